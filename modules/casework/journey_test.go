package casework_test

import (
	"errors"
	"testing"

	"causeway/modules/casework"
	caseworkstore "causeway/modules/casework/store"
	"causeway/modules/exchange"
	"causeway/modules/payment"
	"causeway/platform/testkit"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

// draft begins a case and agrees.
func (w *world) draft(service string) casework.ID {
	w.t.Helper()
	c, err := w.s.Start(w.t.Context(), by(resident), service)
	ok(w.t, err)
	ok(w.t, w.s.Agree(w.t.Context(), by(resident), c.ID))
	w.s.Wait()
	return c.ID
}

// view returns the resident's case, which must be in state s.
func (w *world) view(id casework.ID, s casework.State) casework.View {
	w.t.Helper()
	v, err := w.s.Case(w.t.Context(), by(resident), id)
	ok(w.t, err)
	if v.Case.State != s {
		w.t.Fatalf("case is %s, want %s", v.Case.State, s)
	}
	return v
}

func (w *world) submit(id casework.ID) casework.Case {
	w.t.Helper()
	v := w.view(id, casework.Draft)
	c, err := w.s.Submit(w.t.Context(), by(resident), id, casework.Submission{Rev: v.Case.Rev, Declared: true})
	ok(w.t, err)
	return c
}

// pay has the provider say that a case's order is paid.
func (w *world) pay(c casework.Case) error {
	w.mu.Lock()
	o := w.orders[c.Order]
	o.State, o.PaidBy = payment.Paid, 1
	w.orders[c.Order] = o
	w.mu.Unlock()
	return w.s.Paid(w.t.Context(), o)
}

func (w *world) refunded(c casework.Case) {
	w.t.Helper()
	ok(w.t, w.s.Refunded(w.t.Context(), w.orders[c.Order]))
}

// confirm has the registries confirm every write.
func (w *world) confirm(state exchange.WriteState) {
	w.t.Helper()
	for key, x := range w.writes {
		ok(w.t, w.s.Written(w.t.Context(), exchange.Written{Key: key, Person: x.Person, Case: x.Case, State: state}))
	}
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.draft("driving-licence-renewal")
		v := w.view(id, casework.Draft)
		if !v.Outcome.Ready || v.Outcome.Fee.Amount.String() != "HKD 900.00" || !v.Outcome.Automatic || v.Waiting {
			t.Fatalf("not ready: %+v", v.Outcome)
		}
		c := w.submit(id)
		if c.State != casework.ToPay || c.Order == "" || c.Today.String() != "2026-11-23" {
			t.Fatalf("submitted: %+v", c)
		}
		ok(t, w.pay(c))
		ok(t, w.pay(c)) // the callback comes twice
		w.view(id, casework.Deciding)
		ok(t, w.work())
		w.view(id, casework.Approved) // the registry has not confirmed yet
		if len(w.licences) != 1 || len(w.writes) != 1 {
			t.Fatalf("%d licences, %d writes", len(w.licences), len(w.writes))
		}
		for _, l := range w.licences {
			if l.From.String() != "2026-12-21" || l.Until.String() != "2036-12-20" || l.Claims["licence_number"] != "T1" {
				t.Errorf("licence %+v", l)
			}
		}
		w.confirm(exchange.Done)
		v = w.view(id, casework.Done)
		if w.grants[v.Case.Grant] {
			t.Error("the consent was not used up")
		}
		if got := v.Case.KeepUntil.In(hongKong).Format("2006-01-02"); got != "2028-11-23" {
			t.Errorf("kept until %s", got)
		}
		if w.acts("casework.submitted") != 1 || w.acts("casework.approved") != 1 || w.told("approved") != 1 {
			t.Errorf("trail %v, notices %v", w.trail, w.notices)
		}
		_, lines, err := w.s.History(t.Context(), by(resident), id)
		ok(t, err)
		replay(t, w, v.Case, lines)
	})
}

// replay checks that the row of a case is what its events make.
func replay(t testing.TB, w *world, c casework.Case, lines []casework.Line) {
	t.Helper()
	got := casework.Case{Person: c.Person, ID: c.ID}
	for _, l := range lines {
		var err error
		got, err = got.After(l.Event)
		ok(t, err)
	}
	if got != c {
		t.Errorf("the row is\n%+v\nits events make\n%+v", c, got)
	}
}

// BenchmarkRenewal is what casework itself costs of a whole journey, with the
// pages that it reads, on SQLite.
func BenchmarkRenewal(b *testing.B) {
	w := newWorld(b, testkit.SQLite(b, testkit.M{Module: "casework", Files: caseworkstore.Migrations}))
	for b.Loop() {
		id := w.draft("driving-licence-renewal")
		w.view(id, casework.Draft)
		c := w.submit(id)
		ok(b, w.pay(c))
		ok(b, w.work())
		w.confirm(exchange.Done)
		w.view(id, casework.Done)
		clear(w.writes)
	}
}
