package casework_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/modules/casework"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
)

func clerk(p identity.PersonID, dep org.ID, roles ...string) org.Officer {
	return org.Officer{Person: p, Department: dep, Roles: roles, Name: string(p)}
}

var licensing = clerk("ofc", "transport-department", "licence-officer")

// elderly is somebody whose renewal an officer decides: with an uploaded report.
func (w *world) elderly() casework.Case {
	w.t.Helper()
	ctx := w.t.Context()
	w.set("immd.identity", w.found("immigration-department", map[string]any{"name": "WONG", "born_on": "1950-01-02"}))
	id := w.draft("driving-licence-renewal")
	v := w.view(id, casework.Draft)
	if len(v.Outcome.Next) != 2 || v.Outcome.Ready {
		w.t.Fatalf("asked %v", v.Outcome.Next)
	}
	_, err := w.s.Attach(ctx, by(resident), id, "medical_report", "report.exe", []byte("MZ"))
	want(w.t, err, errNoPDF)
	_, err = w.s.Attach(ctx, by(resident), id, "medical_report", "report.pdf", []byte("%PDF"))
	ok(w.t, err)
	_, err = w.s.Answer(ctx, by(resident), id, "years", "2")
	want(w.t, err, casework.ErrTyped)
	_, err = w.s.Answer(ctx, by(resident), id, "years", "1")
	ok(w.t, err)
	c := w.submit(id)
	ok(w.t, w.pay(c))
	ok(w.t, w.work())
	return w.view(id, casework.Deciding).Case
}

// desk returns a case as o sees it.
func (w *world) desk(o org.Officer, id casework.ID) casework.Desk {
	w.t.Helper()
	d, err := w.s.Desk(w.t.Context(), o, id)
	ok(w.t, err)
	return d
}

// claimed has o take the case, and returns it as o sees it then.
func (w *world) claimed(o org.Officer, id casework.ID) casework.Case {
	w.t.Helper()
	ok(w.t, w.s.Claim(w.t.Context(), o, id, w.desk(o, id).Case.Rev))
	return w.desk(o, id).Case
}

func TestOfficer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.elderly()
		if !c.Waiting || c.Due.String() != "2026-11-26" || c.Role != "licence-officer" {
			t.Fatalf("at step: %+v", c)
		}
		if len(w.licences) != 0 {
			t.Fatal("decided without an officer")
		}
		list, more, err := w.s.Queue(ctx, licensing, casework.Queue{})
		ok(t, err)
		if len(list) != 1 || more || list[0].ID != c.ID || list[0].Title.En == "" {
			t.Fatalf("queue %v", list)
		}
		for _, o := range []org.Officer{clerk("x", "housing-department", "licence-officer"), clerk("x", "transport-department", "clerk"), {}} {
			if list, _, err := w.s.Queue(ctx, o, casework.Queue{}); err != nil || len(list) != 0 {
				t.Errorf("%v sees %v, %v", o, list, err)
			}
		}
		_, err = w.s.Desk(ctx, clerk("x", "housing-department", "licence-officer"), c.ID)
		want(t, err, casework.ErrNoCase)

		// closed until it is taken, or a reason is stated
		if d := w.desk(licensing, c.ID); d.Open || len(d.File.Facts) != 0 || len(d.History) != 0 || d.Outcome.Status != "" {
			t.Errorf("open without a reason: %+v", d)
		}
		want(t, w.s.MayRead(ctx, licensing, c.ID), casework.ErrNoCase)
		want(t, w.s.Look(ctx, licensing, c.ID, " "), casework.ErrReason)
		want(t, w.s.Look(ctx, licensing, c.ID, strings.Repeat("x", 2001)), casework.ErrReason)
		want(t, w.s.Look(ctx, licensing, c.ID, "\xff"), casework.ErrReason)
		ok(t, w.s.Look(ctx, licensing, c.ID, "a call by the applicant"))
		if d := w.desk(licensing, c.ID); !d.Open || d.Mine || len(d.File.Facts) != 2 || w.acts("casework.looked") != 1 {
			t.Errorf("closed with a reason: %+v", d)
		}
		w.pass(31 * time.Minute)
		if w.desk(licensing, c.ID).Open {
			t.Error("the reason holds for ever")
		}

		want(t, w.s.Approve(ctx, licensing, c.ID, c.Rev, ""), casework.ErrNotClaimed)
		want(t, w.s.Claim(ctx, clerk(resident, "transport-department", "licence-officer"), c.ID, c.Rev), casework.ErrOwnCase)
		want(t, w.s.Claim(ctx, clerk("x", "transport-department", "clerk"), c.ID, c.Rev), casework.ErrRole)
		c = w.claimed(licensing, c.ID)
		ok(t, w.s.MayRead(ctx, licensing, c.ID))
		want(t, w.s.Claim(ctx, clerk("x", "transport-department", "licence-officer"), c.ID, c.Rev), casework.ErrClaimed)
		d := w.desk(licensing, c.ID)
		if !d.Open || d.File.Answers["medical_report"].Upload.Name != "report.pdf" || len(d.Effects) != 1 || len(d.Outcome.Rules) != 4 {
			t.Errorf("desk %+v", d)
		}
		ok(t, w.s.Approve(ctx, licensing, c.ID, c.Rev, "Seen."))
		if len(w.licences) != 1 {
			t.Fatalf("%d licences", len(w.licences))
		}
		want(t, w.s.Approve(ctx, licensing, c.ID, c.Rev, ""), casework.ErrChanged)
		v, lines, err := w.s.History(ctx, by(resident), c.ID)
		ok(t, err)
		replay(t, w, v.Case, lines)
	})
}

// TestOneDecision: of many officers and tabs that decide at the same time, one
// does.
func TestOneDecision(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.elderly()
		taken := race(8, func(i int) error {
			return w.s.Claim(ctx, clerk(identity.PersonID(rune('a'+i)), "transport-department", "licence-officer"), c.ID, c.Rev)
		})
		if n := wins(taken); n != 1 {
			t.Fatalf("%d officers took the case: %v", n, taken)
		}
		now, _, err := w.st.ByID(ctx, c.ID)
		ok(t, err)
		holder := clerk(now.Claimed, "transport-department", "licence-officer")
		decided := race(9, func(i int) error {
			switch i % 3 {
			case 0:
				return w.s.Approve(ctx, holder, c.ID, now.Rev, "")
			case 1:
				return w.s.Refuse(ctx, holder, c.ID, now.Rev, "other", "No.")
			}
			_, err := w.s.Withdraw(ctx, by(resident), c.ID, now.Rev)
			return err
		})
		if n := wins(decided); n != 1 {
			t.Fatalf("decided %d times: %v", n, decided)
		}
		for _, err := range decided {
			if err != nil {
				want(t, err, oneOf(err, casework.ErrChanged, casework.ErrNotNow))
			}
		}
		end, _, err := w.st.ByID(ctx, c.ID)
		ok(t, err)
		switch end.State {
		case casework.Approved:
			if len(w.licences) != 1 {
				t.Errorf("%d licences", len(w.licences))
			}
		case casework.Refusing, casework.Withdrawing:
			if len(w.refunds) != 1 {
				t.Errorf("%d refunds", len(w.refunds))
			}
		default:
			t.Errorf("ended %s", end.State)
		}
	})
}

func oneOf(err error, targets ...error) error {
	for _, target := range targets {
		if isErr(err, target) {
			return target
		}
	}
	return targets[0]
}

// race runs f n times at once.
func race(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errs
}

func wins(errs []error) (n int) {
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.claimed(licensing, w.elderly().ID)
		want(t, w.s.Refuse(ctx, licensing, c.ID, c.Rev, "other", ""), casework.ErrReason)
		want(t, w.s.Refuse(ctx, licensing, c.ID, c.Rev, "because", "No."), casework.ErrReason)
		ok(t, w.s.Refuse(ctx, licensing, c.ID, c.Rev, "document", "The report is not signed."))
		v := w.view(c.ID, casework.Refusing)
		if len(w.refunds) != 1 || len(w.licences) != 0 || v.Case.Reason != "document" || w.told("refused-refund") != 1 {
			t.Errorf("refused: %+v", v.Case)
		}
		_, lines, err := w.s.History(ctx, by(resident), c.ID)
		ok(t, err)
		if lines[len(lines)-1].Text != "The report is not signed." {
			t.Error("the reason is not in the history")
		}
		w.refunded(c)
		w.refunded(c)
		if v := w.view(c.ID, casework.Refused); v.Case.KeepUntil.IsZero() || w.told("refunded") != 1 {
			t.Errorf("refunded: %+v", v.Case)
		}
	})
}

func TestMore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.claimed(licensing, w.elderly().ID)
		want(t, w.s.AskMore(ctx, licensing, c.ID, c.Rev, ""), casework.ErrReason)
		w.pass(24 * time.Hour) // Tuesday: two of the three working days are left
		ok(t, w.s.AskMore(ctx, licensing, c.ID, c.Rev, "Please sign the report."))
		v := w.view(c.ID, casework.MoreInformation)
		if !v.Case.Due.IsZero() || v.Case.Left != 2 || w.told("more") != 1 {
			t.Fatalf("asked: %+v", v.Case)
		}
		w.pass(30 * 24 * time.Hour) // Thursday, 24 December
		ok(t, w.s.Escalate(ctx))
		w.view(c.ID, casework.MoreInformation)
		want(t, w.s.GiveMore(ctx, by(resident), c.ID, "", "", nil), casework.ErrReason)
		want(t, w.s.GiveMore(ctx, by(resident), c.ID, "Here", "x.exe", []byte("MZ")), errNoPDF)
		ok(t, w.s.GiveMore(ctx, by(resident), c.ID, "Here it is.", "signed.pdf", []byte("%PDF")))
		v = w.view(c.ID, casework.Deciding)
		if v.Case.Due.String() != "2026-12-29" { // 25 and 26 are holidays, 27 a Sunday
			t.Errorf("due %s", v.Case.Due)
		}
		if v.Case.Claimed != licensing.Person || len(v.File.Extra) != 1 {
			t.Errorf("given: %+v", v.Case)
		}
		want(t, w.s.GiveMore(ctx, by(resident), c.ID, "Again", "", nil), casework.ErrNotNow)
		d := w.desk(licensing, c.ID)
		ok(t, w.s.Approve(ctx, licensing, c.ID, d.Case.Rev, ""))
	})
}

func TestEscalate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.claimed(licensing, w.elderly().ID)
		w.pass(3 * 24 * time.Hour)
		ok(t, w.s.Escalate(ctx))
		if w.view(c.ID, casework.Deciding).Case.Late {
			t.Fatal("late on its last day")
		}
		w.pass(24 * time.Hour)
		ok(t, w.s.Escalate(ctx))
		ok(t, w.s.Escalate(ctx))
		v := w.view(c.ID, casework.Deciding)
		if !v.Case.Late || v.Case.Role != "department-admin" || v.Case.Claimed != "" {
			t.Fatalf("escalated: %+v", v.Case)
		}
		list, _, err := w.s.Queue(ctx, clerk("head", "transport-department", "department-admin"), casework.Queue{Late: true})
		ok(t, err)
		if len(list) != 1 {
			t.Error("the head does not see it")
		}
	})
}

// TestPermit is a definition that no line of Go knows, decided by two
// departments in turn.
func TestPermit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.set("housing.address", exchange.Answer{Outcome: exchange.None, Source: "housing-department"})
		w.set("td.vehicle", w.found("transport-department",
			map[string]any{"plate": "AB 123", "length_mm": 4100, "fuel": "petrol", "licence_ends_on": "2027-06-30"},
			map[string]any{"plate": "CD 456", "length_mm": 3900, "fuel": "petrol", "licence_ends_on": "2027-06-30"}))
		id := w.draft("resident-parking-permit")
		v := w.view(id, casework.Draft)
		if len(v.Outcome.Missing) != 2 {
			t.Fatalf("missing %v", v.Outcome.Missing)
		}
		want(t, w.s.Choose(ctx, by(resident), id, "car", 3), casework.ErrNoEvidence)
		ok(t, w.s.Choose(ctx, by(resident), id, "car", 1))
		ok(t, w.s.Choose(ctx, by(resident), id, "car", 2))
		_, err := w.s.Type(ctx, by(resident), id, "car", map[string]string{"plate": "X"})
		want(t, err, casework.ErrNoEvidence) // this one may not be typed
		typed, err := w.s.Type(ctx, by(resident), id, "home", map[string]string{"street": "1 Sample Street", "district": "", "moved_in_on": "2019-02-30"})
		want(t, err, casework.ErrTyped)
		if len(typed.Problems) != 2 || w.view(id, casework.Draft).Case.Rev != v.Case.Rev+2 {
			t.Errorf("problems %v", typed.Problems)
		}
		_, err = w.s.Type(ctx, by(resident), id, "home", map[string]string{"street": "1 Sample Street", "district": "Sha Tin", "moved_in_on": "2019-03-01"})
		ok(t, err)
		_, err = w.s.Answer(ctx, by(resident), id, "months", "12")
		ok(t, err)
		v = w.view(id, casework.Draft)
		if !v.Outcome.Ready || v.Outcome.Automatic || v.Outcome.Fee.Amount.String() != "HKD 1440.00" {
			t.Fatalf("outcome %+v", v.Outcome)
		}
		c := w.submit(id)
		ok(t, w.pay(c))
		ok(t, w.work())

		housing := clerk("housing", "housing-department", "address-officer")
		permits := clerk("permits", "district-transport", "permit-officer")
		c = w.view(id, casework.Deciding).Case
		if c.StepName != "residence" || c.Department != "housing-department" {
			t.Fatalf("first at %s", c.StepName)
		}
		_, err = w.s.Desk(ctx, permits, id)
		want(t, err, casework.ErrNoCase)
		c = w.claimed(housing, id)
		if f := w.desk(housing, id).File.Facts["home"]; !f.ByHand() || f.Outcome != exchange.None {
			t.Errorf("by hand: %+v", f)
		}
		ok(t, w.s.Approve(ctx, housing, id, c.Rev, "The address is right."))
		if len(w.licences) != 0 {
			t.Fatal("one department alone decided")
		}
		_, err = w.s.Desk(ctx, housing, id)
		want(t, err, casework.ErrNoCase)
		c = w.view(id, casework.Deciding).Case
		if c.StepName != "decide" || c.Claimed != "" || c.Late {
			t.Fatalf("then at %+v", c)
		}
		c = w.claimed(permits, id)
		ok(t, w.s.Approve(ctx, permits, id, c.Rev, ""))
		w.confirm(exchange.Done)
		v = w.view(id, casework.Done)
		for _, l := range w.licences {
			if l.Department != "district-transport" || l.Claims["plate"] != "CD 456" || l.Claims["district"] != "Sha Tin" {
				t.Errorf("permit %+v", l)
			}
		}
		for _, x := range w.writes {
			if x.Class != "district.permits" || x.Record["plate"] != "CD 456" || x.Recipient != "district-transport" {
				t.Errorf("write %+v", x)
			}
		}
		_, lines, err := w.s.History(ctx, by(resident), id)
		ok(t, err)
		replay(t, w, v.Case, lines)

		// the reminder comes two weeks before the end, and not before
		sent := w.told("reminder")
		w.pass(300 * 24 * time.Hour)
		ok(t, w.work())
		if w.told("reminder") != sent {
			t.Error("reminded too early")
		}
		w.pass(60 * 24 * time.Hour)
		ok(t, w.work())
		if w.told("reminder") != sent+1 {
			t.Error("not reminded")
		}
	})
}

func TestPermitAutomatic(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.set("td.vehicle", w.found("transport-department", map[string]any{"plate": "EV 1", "length_mm": 4100, "fuel": "electric", "licence_ends_on": "2027-06-30"}))
		id := w.draft("resident-parking-permit")
		_, err := w.s.Answer(t.Context(), by(resident), id, "months", "3")
		ok(t, err)
		c := w.submit(id)
		if c.State != casework.Deciding || c.Order != "" || len(w.orders) != 0 {
			t.Fatalf("a waived fee: %+v", c)
		}
		ok(t, w.work())
		w.view(id, casework.Approved)
		w.confirm(exchange.Done)
		w.view(id, casework.Done)
	})
}
