package payment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/payment"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/trail"
)

// tb is what a test and a rapid test share.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// world is a payment service over a store in memory and a provider that can be
// told to misbehave.
type world struct {
	service  *payment.Service
	units    *units
	store    *memory
	provider *provider
	settled  *settled
	clock    time.Time
	pending  []payment.Event // callbacks on their way; any of them may come, and again
}

func newWorld(t tb) *world {
	t.Helper()
	w := &world{clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), store: newMemory(), settled: &settled{}}
	w.units = &units{store: w.store, settled: w.settled}
	w.provider = &provider{world: w}
	w.settled.world = w
	ids := 0
	w.service = payment.New(payment.Deps{
		Units: w.units, Store: w.store, Provider: w.provider, ProviderName: "sandbox", Departments: departments{},
		Settled: w.settled, Trail: w.settled, Now: func() time.Time { return w.clock },
		NewID: func() string { ids++; return fmt.Sprintf("o%d", ids) },
	})
	return w
}

func request() payment.Request {
	return payment.Request{
		Person: "p1", Payee: "transport-department", Reference: "case-1", Key: "case-1/fee", Return: "/cases/case-1",
		Description: lang.Text{En: "Licence", Hant: "執照", Hans: "执照"}, Amount: money.Amount{Minor: 90000, Currency: "HKD"},
	}
}

func (w *world) open(t tb) payment.Order {
	t.Helper()
	o, err := w.service.Open(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *world) order(t tb, o payment.Order) payment.Order {
	t.Helper()
	got, err := w.service.Find(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// allow fails t unless err is nil, a lost unit, or one of ok.
func (w *world) allow(t tb, err error, ok ...error) {
	t.Helper()
	if err == nil || errors.Is(err, errLost) {
		return
	}
	for _, e := range ok {
		if errors.Is(err, e) {
			return
		}
	}
	t.Fatal(err)
}

func (w *world) try(t tb, o payment.Order, ok ...error) {
	t.Helper()
	_, err := w.service.Pay(t.Context(), identity.Caller{Person: o.Person}, o.ID, lang.English)
	w.allow(t, err, ok...)
}

func (w *world) check(t tb, o payment.Order) {
	t.Helper()
	_, err := w.service.Check(t.Context(), identity.Caller{Person: o.Person}, o.ID)
	w.allow(t, err)
}

func (w *world) sweep(t tb) {
	t.Helper()
	w.clock = w.clock.Add(time.Hour)
	w.allow(t, w.service.Sweep(t.Context()))
}

func (w *world) refund(t tb, o payment.Order) {
	t.Helper()
	w.allow(t, w.service.Refund(t.Context(), o.ID, "case-1", "refused"), payment.ErrNotPaid)
}

func (w *world) close(t tb, o payment.Order) {
	t.Helper()
	w.allow(t, w.service.Close(t.Context(), o.ID))
}

// callback delivers one of the events on their way; it may come again later.
func (w *world) callback(t *rapid.T) {
	if len(w.pending) == 0 {
		return
	}
	e := rapid.SampledFrom(w.pending).Draw(t, "event")
	w.allow(t, w.service.Settle(t.Context(), e))
}

func (w *world) callbackAll(t tb) {
	t.Helper()
	for _, e := range w.pending {
		w.allow(t, w.service.Settle(t.Context(), e))
	}
}

// invariant is what holds after every step.
func (w *world) invariant(t tb, o payment.Order) {
	t.Helper()
	if _, err := w.service.Balance(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.settled.paid) > 1 || len(w.settled.refunded) > 1 {
		t.Fatalf("told paid %d times, refunded %d times", len(w.settled.paid), len(w.settled.refunded))
	}
	got := w.order(t, o)
	if told := len(w.settled.paid) == 1; told != got.WasPaid() {
		t.Fatalf("order %s, paid by %d, told %v", got.State, got.PaidBy, told)
	}
	if (got.State == payment.Refunded) != (len(w.settled.refunded) == 1) {
		t.Fatalf("order %s, told refunded %d times", got.State, len(w.settled.refunded))
	}
	for _, s := range w.provider.sessions {
		if s.refunds > 1 || s.refunds == 1 && s.status != payment.Succeeded {
			t.Fatalf("session %s, %s, given back %d times", s.id, s.status, s.refunds)
		}
	}
}

// rest lets everything come to an end, and checks that the money is where the
// ledger says: one capture kept at most, every other one given back.
func (w *world) rest(t tb, o payment.Order) {
	t.Helper()
	w.units.failNext, w.provider.down = false, 0
	for range 8 {
		w.callbackAll(t)
		w.sweep(t)
	}
	w.invariant(t, o)
	got := w.order(t, o)
	known := w.store.known()
	taken, back := 0, 0
	for _, s := range w.provider.sessions {
		if !known[s.id] && !w.hasEvent(s.id) {
			continue // its person never learned of it
		}
		if s.status == payment.Succeeded {
			taken++
		}
		back += s.refunds
	}
	want := 0
	if got.State == payment.Paid {
		want = 1
	}
	if taken-back != want {
		t.Fatalf("order %s, but %d were taken and %d given back", got.State, taken, back)
	}
	accounts, err := w.service.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		if a.Account == "clearing/sandbox" && a.Amount.Minor != int64(want)*o.Amount.Minor {
			t.Fatalf("order %s, but clearing is %v", got.State, a.Amount)
		}
		if a.Account == "receivable" && a.Amount.Minor != 0 {
			t.Fatalf("receivable is %v", a.Amount)
		}
		if a.Account == "refunds/transport-department" && a.Amount.Minor != 0 {
			t.Fatalf("refunds is %v at rest", a.Amount)
		}
	}
}

func (w *world) hasEvent(session string) bool {
	return slices.ContainsFunc(w.pending, func(e payment.Event) bool { return e.Session == session })
}

// units runs a unit on a copy of the store, and fails it when told to.
type units struct {
	store    *memory
	settled  *settled
	inside   bool
	failNext bool
}

var errLost = errors.New("unit lost")

func (u *units) Do(ctx context.Context, f func(ctx context.Context) error) error {
	if u.inside {
		return f(ctx)
	}
	u.inside = true
	defer func() { u.inside = false }()
	store, told := u.store.clone(), *u.settled
	err := f(ctx)
	if err == nil && u.failNext {
		err, u.failNext = errLost, false
	}
	if err != nil {
		*u.store = *store
		u.settled.paid, u.settled.notPaid, u.settled.refunded = told.paid, told.notPaid, told.refunded
	}
	return err
}

// settled counts what it is told, and may ask for the money back.
type settled struct {
	world                   *world
	paid, notPaid, refunded []payment.State
	refundWhenPaid          bool
}

func (s *settled) Paid(ctx context.Context, o payment.Order) error {
	s.paid = append(s.paid, o.State)
	if s.refundWhenPaid {
		return s.world.service.Refund(ctx, o.ID, "case-1", "withdrawn")
	}
	return nil
}

func (s *settled) NotPaid(_ context.Context, o payment.Order) error {
	s.notPaid = append(s.notPaid, o.State)
	return nil
}

func (s *settled) Refunded(_ context.Context, o payment.Order) error {
	s.refunded = append(s.refunded, o.State)
	return nil
}

func (s *settled) Record(context.Context, trail.Entry) error { return nil }

type departments struct{}

func (departments) Name(context.Context, org.ID) (lang.Text, error) {
	return lang.Text{En: "Transport Department", Hant: "運輸署", Hans: "运输署"}, nil
}

func (departments) Subject(_ context.Context, id org.ID, p identity.PersonID) string {
	return string(id) + ":" + string(p)
}

// provider is one in memory.
type provider struct {
	world     *world
	sessions  []*session
	down      int    // the next so many calls do not answer; half of them happen all the same
	meanwhile func() // what another replica does while one waits for an answer
}

type session struct {
	id, key string
	amount  money.Amount
	status  payment.Status
	refunds int
	back    bool
}

// fails reports whether a call is not answered.
func (p *provider) fails() bool {
	if p.down == 0 {
		return false
	}
	p.down--
	return true
}

func (p *provider) Start(_ context.Context, in payment.Start) (payment.Session, error) {
	fails := p.fails()
	if fails && p.down%2 == 0 {
		return payment.Session{}, payment.ErrDown
	}
	i := slices.IndexFunc(p.sessions, func(s *session) bool { return s.key == in.Key })
	if i < 0 {
		i = len(p.sessions)
		p.sessions = append(p.sessions, &session{id: fmt.Sprintf("s%d", i), key: in.Key, amount: in.Amount, status: payment.Waiting})
	}
	if fails {
		return payment.Session{}, payment.ErrDown
	}
	return payment.Session{ID: p.sessions[i].id, URL: "http://pay.localhost/pay/" + p.sessions[i].id}, nil
}

func (p *provider) find(id string) *session {
	for _, s := range p.sessions {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (p *provider) Status(_ context.Context, id string) (payment.Status, money.Amount, error) {
	if p.fails() {
		return "", money.Amount{}, payment.ErrDown
	}
	s := p.find(id)
	if s == nil {
		return payment.Cancelled, money.Amount{}, nil
	}
	return s.status, s.amount, nil
}

func (p *provider) Refund(_ context.Context, id, _ string, amount money.Amount) (bool, error) {
	if f := p.meanwhile; f != nil {
		p.meanwhile = nil
		f()
	}
	fails := p.fails()
	s := p.find(id)
	if fails && p.down%2 == 0 {
		return false, payment.ErrDown
	}
	if s.status != payment.Succeeded || amount != s.amount {
		return false, errors.New("nothing to refund")
	}
	if !s.back {
		s.back = true
		s.refunds++
	}
	if fails {
		return false, payment.ErrDown
	}
	return true, nil
}

// decide has a person press a button on one of the pages. What was declined or
// left may still succeed, with another card: a callback tells of that, since
// nobody asks any more.
func (p *provider) decide(t *rapid.T) {
	var open []int
	for i, s := range p.sessions {
		if s.status != payment.Succeeded {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return
	}
	i := rapid.SampledFrom(open).Draw(t, "session")
	first := p.sessions[i].status == payment.Waiting
	p.change(i, rapid.SampledFrom([]payment.Status{payment.Succeeded, payment.Refused, payment.Cancelled}).Draw(t, "status"))
	if !first || rapid.Bool().Draw(t, "callback comes") {
		p.emit(i)
	}
}

func (p *provider) settleAll(st payment.Status) {
	for i, s := range p.sessions {
		if s.status == payment.Waiting {
			p.change(i, st)
			p.emit(i)
		}
	}
}

func (p *provider) change(i int, st payment.Status) { p.sessions[i].status = st }

func (p *provider) emit(i int) {
	s := p.sessions[i]
	for n, st := range []payment.Status{payment.Waiting, s.status} {
		p.world.pending = append(p.world.pending, payment.Event{
			Provider: "sandbox", ID: fmt.Sprintf("%s-%s-%d", s.id, s.status, n), Key: s.key, Session: s.id, Status: st, Amount: s.amount,
		})
	}
}

func (p *provider) givenBack() int {
	n := 0
	for _, s := range p.sessions {
		n += s.refunds
	}
	return n
}
