package payment_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"causeway/modules/identity"
	"causeway/modules/payment"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// TestAnyOrderOfEvents plays random interleavings of what a person, a provider
// and its callbacks can do, with duplicates, and checks after each step that
// money is told of once and the ledger sums to zero; and, when everything has
// come to rest, that the order agrees with the provider.
func TestAnyOrderOfEvents(t *testing.T) {
	t.Parallel()
	for range 20 { // a hundred games each
		rapid.Check(t, play)
	}
}

func play(t *rapid.T) {
	w := newWorld(t)
	o := w.open(t)
	steps := map[string]func(*rapid.T){
		"pay":       func(*rapid.T) { w.try(t, o, payment.ErrSettled, payment.ErrClosed, payment.ErrDown) },
		"decide":    func(t *rapid.T) { w.provider.decide(t) },
		"callback":  func(t *rapid.T) { w.callback(t) },
		"check":     func(*rapid.T) { w.check(t, o) },
		"sweep":     func(*rapid.T) { w.sweep(t) },
		"refund":    func(*rapid.T) { w.refund(t, o) },
		"close":     func(t *rapid.T) { w.close(t, o) },
		"break":     func(t *rapid.T) { w.provider.down = rapid.IntRange(0, 3).Draw(t, "down") },
		"":          func(*rapid.T) { w.invariant(t, o) },
		"lost unit": func(*rapid.T) { w.units.failNext = true },
		"two at once": func(t *rapid.T) {
			w.provider.meanwhile = func() { w.sweep(t) }
			w.sweep(t)
			w.provider.meanwhile = nil
		},
	}
	t.Repeat(steps)
	w.rest(t, o)
}

// TestTooLate: money that arrives after the order was closed is given back when
// the case says so, in the unit that records it.
func TestTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.open(t)
	w.settled.refundWhenPaid = true
	w.try(t, o)
	w.close(t, o)
	w.provider.settleAll(payment.Succeeded)
	w.rest(t, o)
	if got := w.order(t, o); got.State != payment.Refunded || len(w.settled.paid) != 1 || len(w.settled.refunded) != 1 {
		t.Errorf("order %s, told paid %d times and refunded %d times; want refunded, once each", got.State, len(w.settled.paid), len(w.settled.refunded))
	}
}

// TestPaidTwice: what a second window captured goes back; the order stays paid.
func TestPaidTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.open(t)
	w.try(t, o)
	w.provider.settleAll(payment.Refused)
	w.check(t, o)
	w.try(t, o)
	w.provider.settleAll(payment.Succeeded)
	w.provider.change(0, payment.Succeeded) // the first one, late: it had gone through after all
	w.provider.emit(0)
	for range 5 {
		w.callbackAll(t)
	}
	w.rest(t, o)
	if got := w.order(t, o); got.State != payment.Paid || len(w.settled.paid) != 1 || w.provider.givenBack() != 1 {
		t.Errorf("order %s, told paid %d times, given back %d; want paid, 1, 1", got.State, len(w.settled.paid), w.provider.givenBack())
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := request()
	first, err := w.service.Open(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.service.Open(t.Context(), good)
	if err != nil || again.ID != first.ID {
		t.Errorf("the same key opened %s, %v; want %s", again.ID, err, first.ID)
	}
	for name, test := range map[string]struct {
		change func(*payment.Request)
		want   error
	}{
		"another amount":    {func(r *payment.Request) { r.Amount.Minor++ }, payment.ErrKeyUsed},
		"another case":      {func(r *payment.Request) { r.Reference = "x" }, payment.ErrKeyUsed},
		"nothing":           {func(r *payment.Request) { r.Amount.Minor = 0 }, payment.ErrRequest},
		"less":              {func(r *payment.Request) { r.Amount.Minor = -1 }, payment.ErrRequest},
		"no currency":       {func(r *payment.Request) { r.Amount.Currency = "" }, payment.ErrRequest},
		"no key":            {func(r *payment.Request) { r.Key = "" }, payment.ErrRequest},
		"no person":         {func(r *payment.Request) { r.Person = "" }, payment.ErrRequest},
		"a missing text":    {func(r *payment.Request) { r.Description.Hans = "" }, payment.ErrRequest},
		"another site":      {func(r *payment.Request) { r.Return = "//evil.example/" }, payment.ErrRequest},
		"a whole address":   {func(r *payment.Request) { r.Return = "https://evil.example/" }, payment.ErrRequest},
		"a script":          {func(r *payment.Request) { r.Return = "javascript:alert(1)" }, payment.ErrRequest},
		"a backslash":       {func(r *payment.Request) { r.Return = `/\evil.example` }, payment.ErrRequest},
		"a header's end":    {func(r *payment.Request) { r.Return = "/a\r\nSet-Cookie: x" }, payment.ErrRequest},
		"a path of nothing": {func(r *payment.Request) { r.Return = "cases/1" }, payment.ErrRequest},
	} {
		t.Run(name, func(t *testing.T) {
			req := good
			test.change(&req)
			if _, err := w.service.Open(t.Context(), req); !errors.Is(err, test.want) {
				t.Errorf("Open = %v, want %v", err, test.want)
			}
		})
	}
}

// TestSettleRefuses: what a provider never says changes nothing.
func TestSettleRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.open(t)
	w.try(t, o)
	s := w.provider.sessions[0]
	good := payment.Event{Provider: "sandbox", ID: "e1", Key: payment.ProviderKey(o.ID, 1), Session: s.id, Status: payment.Succeeded, Amount: o.Amount}
	for name, test := range map[string]struct {
		change func(*payment.Event)
		want   error
	}{
		"another provider":   {func(e *payment.Event) { e.Provider = "x" }, payment.ErrCallback},
		"no id":              {func(e *payment.Event) { e.ID = "" }, payment.ErrCallback},
		"no attempt":         {func(e *payment.Event) { e.Key = o.ID }, payment.ErrCallback},
		"attempt 0":          {func(e *payment.Event) { e.Key = o.ID + "/0" }, payment.ErrCallback},
		"attempt 01":         {func(e *payment.Event) { e.Key = o.ID + "/01" }, payment.ErrCallback},
		"an attempt to come": {func(e *payment.Event) { e.Key = o.ID + "/3" }, payment.ErrCallback},
		"an unknown order":   {func(e *payment.Event) { e.Key = "x/1" }, payment.ErrNoOrder},
		"not text":           {func(e *payment.Event) { e.Key = "\xff\x00/1" }, payment.ErrNoOrder},
		"no session":         {func(e *payment.Event) { e.Session = "\x00" }, payment.ErrCallback},
		"another session":    {func(e *payment.Event) { e.Session = "x" }, payment.ErrMismatch},
		"too little":         {func(e *payment.Event) { e.Amount.Minor-- }, payment.ErrMismatch},
		"another currency":   {func(e *payment.Event) { e.Amount.Currency = "USD" }, payment.ErrMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			test.change(&e)
			if err := w.service.Settle(t.Context(), e); !errors.Is(err, test.want) {
				t.Errorf("Settle = %v, want %v", err, test.want)
			}
			if got := w.order(t, o); got.State != payment.Pending {
				t.Errorf("order is %s, want pending", got.State)
			}
		})
	}
	if err := w.service.Settle(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if got := w.order(t, o); got.State != payment.Paid {
		t.Errorf("order is %s, want paid", got.State)
	}
}

// TestAnothers: another person's order is not there.
func TestAnothers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.open(t)
	other := identity.Caller{Person: "p2"}
	for name, err := range map[string]error{
		"order": second(w.service.Order(t.Context(), other, o.ID)),
		"check": second(w.service.Check(t.Context(), other, o.ID)),
		"pay":   second(w.service.Pay(t.Context(), other, o.ID, lang.English)),
		"none":  second(w.service.Order(t.Context(), identity.Caller{}, o.ID)),
	} {
		if !errors.Is(err, payment.ErrNoOrder) {
			t.Errorf("%s = %v, want %v", name, err, payment.ErrNoOrder)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestReceipt(t *testing.T) {
	t.Parallel()
	a, b := payment.Order{ID: "a"}.Receipt(), payment.Order{ID: "b"}.Receipt()
	if a == b || len(a) != len("PR-7K3M-92QF-4TXN") || a != (payment.Order{ID: "a", Amount: money.Amount{Minor: 1}}).Receipt() {
		t.Errorf("receipts %s and %s", a, b)
	}
}
