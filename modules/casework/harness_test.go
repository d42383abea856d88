package casework_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"causeway/modules/casework"
	caseworkstore "causeway/modules/casework/store"
	"causeway/modules/consent"
	"causeway/modules/credential"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/payment"
	"causeway/modules/service"
	"causeway/platform/db"
	"causeway/platform/fault"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

// A world is casework over a real store, with everything around it played.
type world struct {
	t  testing.TB
	db *db.DB
	s  *casework.Service
	st *caseworkstore.Store

	mu       sync.Mutex // guards everything below
	now      time.Time
	ids      int
	defs     map[string]*service.Definition
	answers  map[string]exchange.Answer // by class
	slow     chan struct{}              // FetchAll waits for it, if it is not nil
	fetches  int
	grants   map[consent.GrantID]bool // whether it holds
	orders   map[string]payment.Order
	refunds  []string
	licences map[string]credential.Issue
	writes   map[string]exchange.Write
	uploads  map[string]string // by id: the case
	notices  []casework.Notice
	jobs     []job
	trail    []trail.Entry
}

type job struct {
	kind, key string
	payload   []byte
	at        time.Time
}

var hongKong, _ = time.LoadLocation("Asia/Hong_Kong")

const resident = identity.PersonID("resident")

func by(p identity.PersonID) identity.Caller {
	return identity.Caller{Person: p, Assurance: identity.Substantial, Role: trail.Self, Channel: trail.Online}
}

func newWorld(t testing.TB, d *db.DB) *world {
	w := &world{
		t: t, db: d, st: caseworkstore.New(d), now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
		defs: map[string]*service.Definition{}, grants: map[consent.GrantID]bool{}, orders: map[string]payment.Order{},
		licences: map[string]credential.Issue{}, writes: map[string]exchange.Write{}, uploads: map[string]string{},
	}
	for _, name := range []string{"driving-licence-renewal", "rates-demand", "resident-parking-permit"} {
		src, err := os.ReadFile("../../services/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if w.defs[name], err = service.Parse(name+".yaml", src); err != nil {
			t.Fatal(err)
		}
	}
	w.answers = map[string]exchange.Answer{
		"immd.identity":      w.found("immigration-department", map[string]any{"name": "CHAN Tai Man", "born_on": "1984-05-02"}),
		"td.driving-licence": w.found("transport-department", map[string]any{"licence_number": "T1", "classes": "1, 2", "expires_on": "2026-12-20", "disqualified": false}),
		"rvd.tenement":       w.found("rating-and-valuation-department", map[string]any{"rateable_value": "HKD 120000.00", "quarter_starts_on": "2026-10-01"}),
		"housing.address":    w.found("housing-department", map[string]any{"street": "1 Sample Street", "district": "Sha Tin", "moved_in_on": "2019-03-01"}),
		"td.vehicle":         w.found("transport-department", map[string]any{"plate": "AB 123", "length_mm": 4100, "fuel": "petrol", "licence_ends_on": "2027-06-30"}),
	}
	w.s = casework.New(casework.Deps{
		Units: d, Store: w.st, Definitions: definitions{w}, Consents: consents{w}, Gateway: gateway{w}, Payments: payments{w},
		Credentials: credentials{w}, Documents: documents{w}, Departments: departments{}, Notices: notices{w}, Jobs: queue{w},
		Sealer: sealer{}, Trail: w, Now: w.clock, NewID: w.newID, Patience: 20 * time.Millisecond,
	})
	t.Cleanup(w.s.Wait)
	return w
}

// each runs f on both engines.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, newWorld(t, d)) }, testkit.M{Module: "casework", Files: caseworkstore.Migrations})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("0193a000-0000-7000-8000-%012d", w.ids)
}

func (w *world) found(source org.ID, records ...map[string]any) exchange.Answer {
	a := exchange.Answer{Outcome: exchange.Found, Records: records, Source: source, At: w.now}
	if len(records) > 1 {
		a.Outcome = exchange.Several
	}
	return a
}

func (w *world) set(class string, a exchange.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[class] = a
}

// Record keeps an entry of the activity record. Entries of units that are run
// again come twice, as nothing here is undone.
func (w *world) Record(_ context.Context, e trail.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trail = append(w.trail, e)
	return nil
}

func (w *world) acts(what string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.trail {
		if e.What == what {
			n++
		}
	}
	return n
}

func (w *world) told(kind string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.notices {
		if e.Kind == "casework.notice."+kind {
			n++
		}
	}
	return n
}

type definitions struct{ w *world }

func (d definitions) Current(_ context.Context, id string) (*service.Definition, error) {
	if def, ok := d.w.defs[id]; ok {
		return def, nil
	}
	return nil, casework.ErrNoService
}

func (d definitions) Version(ctx context.Context, id string, _ int) (*service.Definition, error) {
	return d.Current(ctx, id)
}

func (d definitions) Calendar(name string) (*service.Calendar, error) {
	if name == "" {
		return nil, nil
	}
	src, err := os.ReadFile("../../services/calendars/" + name + ".json")
	if err != nil {
		return nil, err
	}
	return service.ParseCalendar(src)
}

type consents struct{ w *world }

func (c consents) Give(_ context.Context, by identity.Caller, r consent.Request) (consent.Grant, error) {
	id := consent.GrantID("grant-" + c.w.newID())
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.grants[id] = true
	return consent.Grant{ID: id, Person: by.Person, Case: r.Case, Items: r.Items}, nil
}

func (c consents) Active(_ context.Context, _ identity.PersonID, id consent.GrantID) (consent.Grant, error) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if !c.w.grants[id] {
		return consent.Grant{}, consent.ErrNotActive
	}
	return consent.Grant{ID: id}, nil
}

func (c consents) UseUp(_ context.Context, _ identity.PersonID, id consent.GrantID) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.grants[id] = false
	return nil
}

type gateway struct{ w *world }

func (g gateway) Class(id string) (exchange.Class, bool) {
	text := func(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }
	registry := map[string]org.ID{
		"immd.identity": "immigration-department", "td.driving-licence": "transport-department", "td.vehicle": "transport-department",
		"rvd.tenement": "rating-and-valuation-department", "housing.address": "housing-department",
	}
	dep, ok := registry[id]
	if !ok {
		return exchange.Class{}, false
	}
	c := exchange.Class{ID: id, Registry: dep, Label: text(id), FreshFor: 24 * time.Hour}
	for _, def := range g.w.defs {
		for _, e := range def.Evidence {
			for _, f := range e.Fields {
				if _, ok := c.Field(f.Name); e.Class == id && !ok {
					c.Fields = append(c.Fields, exchange.Field{Name: f.Name, Label: text(f.Name), Type: f.Type.String()})
				}
			}
		}
	}
	return c, true
}

func (g gateway) FetchAll(ctx context.Context, qs []exchange.Query) ([]exchange.Answer, error) {
	g.w.mu.Lock()
	g.w.fetches++
	slow := g.w.slow
	g.w.mu.Unlock()
	if slow != nil {
		select {
		case <-slow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	g.w.mu.Lock()
	defer g.w.mu.Unlock()
	as := make([]exchange.Answer, len(qs))
	for i, q := range qs {
		if !g.w.grants[q.Grant] {
			return nil, consent.ErrNotActive
		}
		as[i] = g.w.answers[q.Class]
		as[i].At = g.w.now
		recs := make([]map[string]any, 0, len(as[i].Records))
		for _, r := range as[i].Records {
			only := map[string]any{}
			for _, f := range q.Fields {
				if v, ok := r[f]; ok {
					only[f] = v
				}
			}
			recs = append(recs, only)
		}
		as[i].Records = recs
	}
	return as, nil
}

func (g gateway) Write(_ context.Context, w exchange.Write) (exchange.WriteState, error) {
	g.w.mu.Lock()
	defer g.w.mu.Unlock()
	g.w.writes[w.Key] = w
	return exchange.Pending, nil
}

func (g gateway) Undo(context.Context, identity.PersonID, string) (exchange.WriteState, error) {
	return exchange.Pending, nil
}

type payments struct{ w *world }

func (p payments) Open(_ context.Context, r payment.Request) (payment.Order, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	for _, o := range p.w.orders {
		if o.Key == r.Key {
			return o, nil
		}
	}
	o := payment.Order{
		ID: "order-" + r.Key, Person: r.Person, Payee: r.Payee, Reference: r.Reference, Amount: r.Amount, Key: r.Key, State: payment.Open,
		Actor: string(r.Person), Role: trail.Self, Channel: trail.Online,
	}
	p.w.orders[o.ID] = o
	return o, nil
}

func (p payments) Close(_ context.Context, id string) error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	o := p.w.orders[id]
	o.Closed = true
	p.w.orders[id] = o
	return nil
}

func (p payments) Refund(_ context.Context, id, _, _ string) error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if slices.Contains(p.w.refunds, id) {
		return nil
	}
	p.w.refunds = append(p.w.refunds, id)
	return nil
}

type credentials struct{ w *world }

func (c credentials) Issue(_ context.Context, i credential.Issue) (credential.Licence, error) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.licences[i.Key] = i
	return credential.Licence{ID: "licence-" + i.Key}, nil
}

func (c credentials) Compensate(_ context.Context, key string) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	delete(c.w.licences, key)
	return nil
}

type documents struct{ w *world }

var errNoPDF = fault.New(fault.Invalid, "document.kind")

func (d documents) Put(_ context.Context, _ identity.Caller, caseID, _ string, content []byte) (string, error) {
	if string(content) != "%PDF" {
		return "", errNoPDF
	}
	id := d.w.newID()
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.w.uploads[id] = caseID
	return id, nil
}

func (d documents) Remove(_ context.Context, _ identity.PersonID, caseID string) error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	for id, c := range d.w.uploads {
		if c == caseID {
			delete(d.w.uploads, id)
		}
	}
	return nil
}

type departments struct{}

func (departments) Department(_ context.Context, id org.ID) (org.Department, error) {
	return org.Department{ID: id, Name: lang.Text{En: string(id), Hant: string(id), Hans: string(id)}}, nil
}

func (departments) Subject(_ context.Context, id org.ID, p identity.PersonID) string {
	return string(p) + "@" + string(id)
}

type notices struct{ w *world }

func (n notices) Tell(_ context.Context, m casework.Notice) error {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	n.w.notices = append(n.w.notices, m)
	return nil
}

type queue struct{ w *world }

func (q queue) Enqueue(_ context.Context, kind, key string, payload []byte, at time.Time) error {
	q.w.mu.Lock()
	defer q.w.mu.Unlock()
	for _, j := range q.w.jobs {
		if j.kind == kind && j.key == key {
			return nil
		}
	}
	q.w.jobs = append(q.w.jobs, job{kind, key, payload, at})
	return nil
}

// work does every job that is due.
func (w *world) work() error {
	w.mu.Lock()
	var due []job
	w.jobs = slices.DeleteFunc(w.jobs, func(j job) bool {
		if j.at.After(w.now) {
			return false
		}
		due = append(due, j)
		return true
	})
	w.mu.Unlock()
	var errs []error
	for _, j := range due {
		run := w.s.RunDecide
		if j.kind == casework.RemindJob {
			run = w.s.RunRemind
		}
		if err := run(w.t.Context(), j.payload); err != nil {
			errs = append(errs, err)
			w.mu.Lock()
			w.jobs = append(w.jobs, j)
			w.mu.Unlock()
		}
	}
	return errors.Join(errs...)
}

// sealer seals with no more than a mark, which names the person.
type sealer struct{}

func (sealer) Seal(_ context.Context, person, label string, plain []byte) ([]byte, error) {
	return json.Marshal(map[string]any{"p": person, "l": label, "b": plain})
}

func (sealer) Open(_ context.Context, person, label string, sealed []byte) ([]byte, error) {
	var x struct {
		P, L string
		B    []byte
	}
	if err := json.Unmarshal(sealed, &x); err != nil || x.P != person || x.L != label {
		return nil, errors.New("sealed for somebody else")
	}
	return x.B, nil
}
