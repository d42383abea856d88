package casework_test

import (
	"errors"
	"testing"
	"time"

	"causeway/modules/casework"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
)

func isErr(err, target error) bool { return errors.Is(err, target) }

func TestStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, err := w.s.Start(ctx, identity.Caller{}, "driving-licence-renewal")
		want(t, err, identity.ErrSignIn)
		_, err = w.s.Start(ctx, identity.Caller{Person: resident, Assurance: identity.Low}, "driving-licence-renewal")
		want(t, err, casework.ErrAssurance)
		_, err = w.s.Start(ctx, by(resident), "no-such-service")
		want(t, err, casework.ErrNoService)
		c, err := w.s.Start(ctx, by(resident), "driving-licence-renewal")
		ok(t, err)
		again, err := w.s.Start(ctx, by(resident), "driving-licence-renewal")
		ok(t, err)
		if again != c {
			t.Errorf("a second draft: %+v, %+v", c, again)
		}
		if _, fine := casework.ParseReference(c.Reference); !fine {
			t.Errorf("reference %s", c.Reference)
		}

		// another person's case is not there
		other := by("other")
		for name, err := range map[string]error{
			"case":     second(w.s.Case(ctx, other, c.ID)),
			"agree":    w.s.Agree(ctx, other, c.ID),
			"again":    w.s.AskAgain(ctx, other, c.ID),
			"choose":   w.s.Choose(ctx, other, c.ID, "licence", 1),
			"type":     second(w.s.Type(ctx, other, c.ID, "who", nil)),
			"answer":   second(w.s.Answer(ctx, other, c.ID, "years", "1")),
			"attach":   second(w.s.Attach(ctx, other, c.ID, "medical_report", "x", []byte("%PDF"))),
			"submit":   second(w.s.Submit(ctx, other, c.ID, casework.Submission{Rev: c.Rev, Declared: true})),
			"withdraw": second(w.s.Withdraw(ctx, other, c.ID, c.Rev)),
			"more":     w.s.GiveMore(ctx, other, c.ID, "x", "", nil),
			"shown":    second(w.s.Shown(ctx, other, string(c.ID), "immd.identity", "name")),
			"nobody":   second(w.s.Case(ctx, identity.Caller{}, c.ID)),
			"missing":  second(w.s.Case(ctx, by(resident), "none")),
			"officer":  second(w.s.Desk(ctx, licensing, c.ID)), // a draft is nobody else's business
		} {
			if !errors.Is(err, casework.ErrNoCase) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, _, err := w.s.List(ctx, other, ""); err != nil || len(list) != 0 {
			t.Errorf("list %v, %v", list, err)
		}
		list, _, err := w.s.List(ctx, by(resident), "")
		ok(t, err)
		if len(list) != 1 || list[0].Title.Hant == "" {
			t.Errorf("list %v", list)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestIneligible(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.set("td.driving-licence", w.found("transport-department", map[string]any{"licence_number": "T1", "classes": "1", "expires_on": "2026-12-20", "disqualified": true}))
		id := w.draft("driving-licence-renewal")
		v := w.view(id, casework.Ineligible)
		if v.Case.Reason != "disqualified" || v.Outcome.Say.En == "" || v.Case.KeepUntil.IsZero() {
			t.Errorf("ineligible: %+v", v.Case)
		}
		if w.grants[v.Case.Grant] || w.acts("casework.ineligible") != 1 {
			t.Error("the consent goes on, or nothing says what was decided")
		}
		if list, _, _ := w.s.Queue(ctx, licensing, casework.Queue{}); len(list) != 0 {
			t.Error("it went to an officer")
		}
		_, err := w.s.Submit(ctx, by(resident), id, casework.Submission{Rev: v.Case.Rev, Declared: true})
		want(t, err, casework.ErrNotNow)
		if s, err := w.s.Shown(ctx, by(resident), string(id), "td.driving-licence", "licence_number"); err != nil || s != "T1" {
			t.Errorf("shown %q, %v", s, err)
		}
	})
}

func TestSubmitTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.draft("driving-licence-renewal")
		v := w.view(id, casework.Draft)
		_, err := w.s.Submit(ctx, by(resident), id, casework.Submission{Rev: v.Case.Rev})
		want(t, err, casework.ErrDeclare)
		_, err = w.s.Submit(ctx, by(resident), id, casework.Submission{Rev: v.Case.Rev - 1, Declared: true})
		want(t, err, casework.ErrChanged)
		errs := race(6, func(int) error {
			return second(w.s.Submit(ctx, by(resident), id, casework.Submission{Rev: v.Case.Rev, Declared: true}))
		})
		if n := wins(errs); n != 1 || len(w.orders) != 1 {
			t.Fatalf("%d submissions, %d orders: %v", n, len(w.orders), errs)
		}
		_, lines, err := w.s.History(ctx, by(resident), id)
		ok(t, err)
		n := 0
		for _, l := range lines {
			if l.What == casework.WasSubmitted {
				n++
			}
		}
		if n != 1 {
			t.Errorf("submitted %d times", n)
		}
	})
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.set("td.driving-licence", exchange.Answer{Outcome: exchange.Down, Source: "transport-department"})
		id := w.draft("driving-licence-renewal")
		v := w.view(id, casework.Draft)
		_, err := w.s.Submit(ctx, by(resident), id, casework.Submission{Rev: v.Case.Rev, Declared: true})
		want(t, err, casework.ErrNotReady)
		_, err = w.s.Type(ctx, by(resident), id, "who", map[string]string{"name": "X", "born_on": "1984-05-02"})
		want(t, err, casework.ErrNoEvidence) // a registry has it
		w.set("td.driving-licence", w.found("transport-department", map[string]any{"licence_number": "T1", "classes": "1", "expires_on": "2026-12-20", "disqualified": false}))
		ok(t, w.s.AskAgain(ctx, by(resident), id))
		w.s.Wait()
		if v = w.view(id, casework.Draft); !v.Outcome.Ready || v.Case.Asking != (time.Time{}) {
			t.Errorf("asked again: %+v", v.Outcome)
		}
		want(t, w.s.Agree(ctx, by(resident), id), casework.ErrNotNow) // it was given
	})
}

func TestSlowSource(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.slow = make(chan struct{})
		c, err := w.s.Start(ctx, by(resident), "driving-licence-renewal")
		ok(t, err)
		ok(t, w.s.Agree(ctx, by(resident), c.ID)) // answers although nothing came
		v := w.view(c.ID, casework.Draft)
		if !v.Waiting || len(v.Outcome.Missing) != 2 {
			t.Fatalf("not waiting: %+v", v.Case)
		}
		ok(t, w.s.AskAgain(ctx, by(resident), c.ID)) // already under way
		w.pass(31 * time.Second)                     // as if the process that asks had died
		if w.view(c.ID, casework.Draft).Waiting {
			t.Error("waits for ever")
		}
		close(w.slow)
		w.s.Wait()
		if v := w.view(c.ID, casework.Draft); v.Waiting || !v.Outcome.Ready || w.fetches != 1 {
			t.Errorf("after it came: %+v", v.Case)
		}
	})
}

func TestConsentWithdrawn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.draft("driving-licence-renewal")
		v := w.view(id, casework.Draft)
		ok(t, consents{w}.UseUp(ctx, resident, v.Case.Grant))
		_, err := w.s.Submit(ctx, by(resident), id, casework.Submission{Rev: v.Case.Rev, Declared: true})
		want(t, err, casework.ErrConsent)
		v = w.view(id, casework.Draft)
		if v.Case.Grant != "" || len(v.File.Facts) != 0 {
			t.Fatalf("facts stayed: %+v", v.File)
		}
		// without consent everything may be typed, and an officer decides
		_, err = w.s.Type(ctx, by(resident), id, "who", map[string]string{"name": "CHAN", "born_on": "1984-05-02"})
		ok(t, err)
		_, err = w.s.Type(ctx, by(resident), id, "licence", map[string]string{"licence_number": "T1", "classes": "1", "expires_on": "2026-12-20", "disqualified": "false"})
		ok(t, err)
		if v = w.view(id, casework.Draft); !v.Outcome.Ready || v.Outcome.Automatic {
			t.Fatalf("typed: %+v", v.Outcome)
		}
		c := w.submit(id)
		ok(t, w.pay(c))
		ok(t, w.work())
		if v = w.view(id, casework.Deciding); !v.Case.Waiting || len(w.licences) != 0 {
			t.Error("decided on facts that were typed")
		}
	})
}

func TestStale(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		then      func(w *world)
		automatic bool
	}{
		"the same": {func(*world) {}, true},
		"changed": {func(w *world) {
			w.set("td.driving-licence", w.found("transport-department", map[string]any{"licence_number": "T1", "classes": "1, 2", "expires_on": "2026-12-20", "disqualified": true}))
		}, false},
		"gone": {func(w *world) {
			w.set("td.driving-licence", exchange.Answer{Outcome: exchange.None, Source: "transport-department"})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				id := w.draft("driving-licence-renewal")
				c := w.submit(id)
				w.pass(25 * time.Hour)
				test.then(w)
				ok(t, w.pay(c))
				ok(t, w.work())
				if w.fetches != 2 {
					t.Errorf("fetched %d times", w.fetches)
				}
				if test.automatic {
					w.view(id, casework.Approved)
					return
				}
				if v := w.view(id, casework.Deciding); !v.Case.Waiting || len(v.File.Renewed) != 1 || v.Case.Today.String() != "2026-11-23" {
					t.Errorf("%+v", v.Case)
				}
			})
		})
	}
}

func TestStaleAndDown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.draft("driving-licence-renewal")
		c := w.submit(id)
		w.pass(25 * time.Hour)
		w.set("td.driving-licence", exchange.Answer{Outcome: exchange.Down})
		ok(t, w.pay(c))
		if err := w.work(); err == nil {
			t.Fatal("decided on old facts")
		}
		w.view(id, casework.Deciding)
		w.pass(2 * time.Hour)
		ok(t, w.work())
		if v := w.view(id, casework.Deciding); !v.Case.Waiting || len(w.licences) != 0 {
			t.Errorf("%+v", v.Case)
		}
	})
}

// TestApproveStale: an officer decides on facts that are fresh, or looks again.
func TestApproveStale(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.claimed(licensing, w.elderly().ID)
		w.pass(25 * time.Hour)
		w.set("td.driving-licence", w.found("transport-department", map[string]any{"licence_number": "T1", "classes": "1", "expires_on": "2026-12-20", "disqualified": false}))
		want(t, w.s.Approve(ctx, licensing, c.ID, c.Rev, ""), casework.ErrFactsChanged)
		want(t, w.s.Approve(ctx, licensing, c.ID, c.Rev, ""), casework.ErrChanged)
		d := w.desk(licensing, c.ID)
		if len(d.File.Renewed) != 1 || len(w.licences) != 0 {
			t.Errorf("%+v", d.File)
		}
		ok(t, w.s.Approve(ctx, licensing, c.ID, d.Case.Rev, ""))
	})
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.draft("driving-licence-renewal")
		v := w.view(id, casework.Draft)
		_, err := w.s.Withdraw(ctx, by(resident), id, v.Case.Rev-1)
		want(t, err, casework.ErrChanged)
		_, err = w.s.Withdraw(ctx, by(resident), id, v.Case.Rev)
		ok(t, err)
		if v = w.view(id, casework.Withdrawn); len(v.File.Facts) != 0 || w.grants[v.Case.Grant] {
			t.Error("a draft leaves nothing behind")
		}

		// before paying: nothing may be paid any more, and what comes goes back
		c := w.submit(w.draft("driving-licence-renewal"))
		_, err = w.s.Withdraw(ctx, by(resident), c.ID, c.Rev)
		ok(t, err)
		if !w.orders[c.Order].Closed || len(w.refunds) != 0 {
			t.Error("the order stays open")
		}
		ok(t, w.pay(c))
		w.view(c.ID, casework.Withdrawing)
		ok(t, w.pay(c))
		if len(w.refunds) != 1 || w.told("refund") != 1 {
			t.Errorf("refunds %v", w.refunds)
		}
		ok(t, w.work())
		w.refunded(c)
		w.view(c.ID, casework.Withdrawn)
		_, err = w.s.Withdraw(ctx, by(resident), c.ID, 1)
		want(t, err, casework.ErrNotNow)

		// after paying, before the decision
		w.set("immd.identity", w.found("immigration-department", map[string]any{"name": "CHAN Tai Man", "born_on": "1984-05-02"}))
		c = w.elderly()
		_, err = w.s.Withdraw(ctx, by(resident), c.ID, c.Rev)
		ok(t, err)
		w.view(c.ID, casework.Withdrawing)
		if len(w.refunds) != 2 {
			t.Errorf("refunds %v", w.refunds)
		}
		w.refunded(c)
		v, lines, err := w.s.History(ctx, by(resident), c.ID)
		ok(t, err)
		replay(t, w, v.Case, lines)
	})
}

func TestNotPaid(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.submit(w.draft("driving-licence-renewal"))
		ok(t, w.s.NotPaid(t.Context(), w.orders[c.Order]))
		w.view(c.ID, casework.ToPay)
		stray := w.orders[c.Order]
		stray.ID = "another"
		ok(t, w.s.Paid(t.Context(), stray))
		w.view(c.ID, casework.ToPay) // it is no order of this case
		ok(t, w.pay(c))
		ok(t, w.s.NotPaid(t.Context(), w.orders[c.Order])) // late news of the first attempt
		w.view(c.ID, casework.Deciding)
	})
}

func TestFailedWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.submit(w.draft("driving-licence-renewal"))
		ok(t, w.pay(c))
		ok(t, w.work())
		w.confirm(exchange.Failed)
		v := w.view(c.ID, casework.Approved)
		list, _, err := w.s.Queue(ctx, licensing, casework.Queue{State: casework.Approved})
		ok(t, err)
		if len(list) != 1 {
			t.Fatal("nobody sees that it failed")
		}
		if n := w.told("not-entered"); n != 1 {
			t.Errorf("the applicant was told %d times", n)
		}
		want(t, w.s.Retry(ctx, licensing, c.ID, v.Case.Rev-1), casework.ErrChanged)
		ok(t, w.s.Retry(ctx, licensing, c.ID, v.Case.Rev))
		if len(w.writes) != 2 || len(w.licences) != 1 {
			t.Errorf("%d writes", len(w.writes))
		}
		v = w.view(c.ID, casework.Approved)
		want(t, w.s.Retry(ctx, licensing, c.ID, v.Case.Rev), casework.ErrNotNow)
		w.confirm(exchange.Done)
		w.view(c.ID, casework.Done)
		if a, b := w.told("not-entered"), w.told("entered"); a != 1 || b != 1 {
			t.Errorf("told %d times that it was not taken and %d times that it was, want once each", a, b)
		}
	})
}

func TestTidy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		done := w.submit(w.draft("driving-licence-renewal"))
		ok(t, w.pay(done))
		ok(t, w.work())
		w.confirm(exchange.Done)
		unpaid := w.submit(w.draft("driving-licence-renewal"))
		left := w.draft("driving-licence-renewal")
		tidy := func() {
			ok(t, w.s.Expire(ctx))
			ok(t, w.s.Purge(ctx))
		}
		w.pass(6 * 24 * time.Hour)
		tidy()
		w.view(unpaid.ID, casework.ToPay)
		w.pass(2 * 24 * time.Hour)
		tidy()
		w.view(unpaid.ID, casework.Withdrawn)
		w.view(left, casework.Draft)
		if !w.orders[unpaid.Order].Closed || w.told("expired") != 1 {
			t.Error("the order stays open")
		}
		w.pass(30 * 24 * time.Hour)
		tidy()
		if v := w.view(left, casework.Expired); len(v.File.Facts) != 0 {
			t.Error("an old draft keeps its facts")
		}
		w.pass(600 * 24 * time.Hour)
		tidy()
		if v := w.view(done.ID, casework.Done); v.Case.Purged || len(v.File.Facts) == 0 {
			t.Fatal("removed too early")
		}
		w.pass(100 * 24 * time.Hour)
		tidy()
		tidy()
		v, lines, err := w.s.History(ctx, by(resident), done.ID)
		ok(t, err)
		if !v.Case.Purged || len(v.File.Facts) != 0 || v.Case.Reference != done.Reference || len(lines) == 0 {
			t.Errorf("kept: %+v", v.Case)
		}
		if w.acts("casework.purged") < 1 {
			t.Error("nothing says that it was removed")
		}
		replay(t, w, v.Case, lines)
	})
}

func TestByReference(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := org.Client{ID: "c", Department: "transport-department"}
		id := w.draft("driving-licence-renewal")
		ref := w.view(id, casework.Draft).Case.Reference
		_, err := w.s.ByReference(ctx, client, ref)
		want(t, err, casework.ErrNoCase) // a draft
		c := w.submit(id)
		got, err := w.s.ByReference(ctx, client, "cw"+ref[2:])
		ok(t, err)
		if got.ID != c.ID {
			t.Errorf("got %s", got.ID)
		}
		for _, x := range []struct {
			client org.Client
			ref    string
		}{{org.Client{}, ref}, {org.Client{ID: "c", Department: "housing-department"}, ref}, {client, "CW-0000-0000"}, {client, ""}, {client, "\xff"}} {
			_, err := w.s.ByReference(ctx, x.client, x.ref)
			want(t, err, casework.ErrNoCase)
		}
	})
}
