package casework_test

import (
	"errors"
	"testing"

	"causeway/modules/casework"
	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/modules/service"
)

// TestByHand: what a registry refuses is done by hand, on the word of two
// officers; the applicant is told, and all of it is on record.
func TestByHand(t *testing.T) {
	t.Parallel()
	second := clerk("ofc2", "transport-department", "licence-officer")
	steward := clerk("dst", "transport-department", "data-steward")
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.submit(w.draft("driving-licence-renewal"))
		ok(t, w.pay(c))
		ok(t, w.work())
		v := w.view(c.ID, casework.Approved)
		want(t, w.s.ProposeByHand(ctx, licensing, c.ID, v.Case.Rev, "Typed."), casework.ErrNotNow) // nothing was refused
		w.confirm(exchange.Failed)
		v = w.view(c.ID, casework.Approved)
		refused, err := w.s.Rejections(ctx, v)
		ok(t, err)
		if len(refused) != 1 || refused[0].Class.ID != "td.driving-licence" || refused[0].Record["licence_number"] != "T1" || refused[0].Registry.ID != "transport-department" {
			t.Fatalf("refused: %+v", refused)
		}
		ok(t, w.s.Look(ctx, licensing, c.ID, "It was refused."))
		rev := v.Case.Rev
		for _, x := range []struct {
			o    org.Officer
			rev  int64
			why  string
			want error
		}{
			{licensing, rev - 1, "Typed.", casework.ErrChanged}, {steward, rev, "Typed.", casework.ErrRole}, {licensing, rev, " ", casework.ErrReason},
			{clerk("ofc", "housing-department", "licence-officer"), rev, "Typed.", casework.ErrNoCase},
			{clerk(resident, "transport-department", "licence-officer"), rev, "Typed.", casework.ErrOwnCase},
		} {
			want(t, w.s.ProposeByHand(ctx, x.o, c.ID, x.rev, x.why), x.want)
		}
		want(t, w.s.Retry(ctx, steward, c.ID, rev), casework.ErrRole)
		want(t, w.s.AnswerByHand(ctx, second, c.ID, rev, true), casework.ErrNotNow) // nobody has said so

		ok(t, w.s.ProposeByHand(ctx, licensing, c.ID, rev, "Typed at counter 3."))
		rev++
		if d := w.desk(licensing, c.ID); d.ByHand == nil || d.ByHand.Text != "Typed at counter 3." || len(d.Rejections) != 1 {
			t.Errorf("the desk: %+v", d.ByHand)
		}
		want(t, w.s.AnswerByHand(ctx, licensing, c.ID, rev, true), casework.ErrSameOfficer)
		ok(t, w.s.AnswerByHand(ctx, second, c.ID, rev, false))
		rev++
		want(t, w.s.AnswerByHand(ctx, second, c.ID, rev, true), casework.ErrNotNow) // it was rejected
		w.view(c.ID, casework.Approved)

		ok(t, w.s.ProposeByHand(ctx, licensing, c.ID, rev, "Now it is typed."))
		ok(t, w.s.AnswerByHand(ctx, second, c.ID, rev+1, true))
		v, lines, err := w.s.History(ctx, by(resident), c.ID)
		ok(t, err)
		if v.Case.State != casework.Done || v.Case.KeepUntil.IsZero() {
			t.Errorf("it is %s", v.Case.State)
		}
		replay(t, w, v.Case, lines)
		if w.told("by-hand") != 1 {
			t.Error("the applicant was not told")
		}
		for what, n := range map[string]int{"casework.hand-asked": 2, "casework.hand-rejected": 1, "casework.completed-by-hand": 1} {
			if got := w.acts(what); got != n {
				t.Errorf("%s is on record %d times", what, got)
			}
		}
		rows, err := w.st.Effects(ctx, v.Case)
		ok(t, err)
		byHand := 0
		for _, r := range rows {
			if r.State == casework.EffectByHand {
				byHand++
			}
		}
		if byHand != 1 {
			t.Errorf("effects: %+v", rows)
		}
		want(t, w.s.Retry(ctx, licensing, c.ID, v.Case.Rev), casework.ErrNotNow)
		if list, _, err := w.s.Queue(ctx, licensing, casework.Queue{State: casework.Approved}); err != nil || len(list) != 0 {
			t.Errorf("it is still in the list: %v, %v", list, err)
		}
	})
}

// typedPermit is a paid application for a permit with an address that was typed
// by hand: two departments look at it in turn.
func (w *world) typedPermit() casework.Case {
	w.t.Helper()
	ctx := w.t.Context()
	w.set("housing.address", exchange.Answer{Outcome: exchange.None, Source: "housing-department"})
	id := w.draft("resident-parking-permit")
	typed, err := w.s.Type(ctx, by(resident), id, "home", map[string]string{"street": "1 Sample Street", "district": "Sha Tin", "moved_in_on": "2026-11-24"})
	want(w.t, err, casework.ErrTyped)
	if out, ok := errors.AsType[*service.RangeError](typed.Problems["moved_in_on"]); !ok || !out.Today || !out.After {
		w.t.Errorf("moved in tomorrow: %v", typed.Problems)
	}
	_, err = w.s.Type(ctx, by(resident), id, "home", map[string]string{"street": "1 Sample Street", "district": "Sha Tin", "moved_in_on": "2026-11-23"})
	ok(w.t, err)
	_, err = w.s.Answer(ctx, by(resident), id, "months", "3")
	ok(w.t, err)
	c := w.submit(id)
	ok(w.t, w.pay(c))
	ok(w.t, w.work())
	return c
}

// TestStages: whose turn it is, was and will be.
func TestStages(t *testing.T) {
	t.Parallel()
	housing := clerk("adr", "housing-department", "address-officer")
	district := clerk("prm", "district-transport", "permit-officer")
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		is := func(v casework.View, with org.ID, states ...casework.StageState) {
			t.Helper()
			if v.With.ID != with || len(v.Stages) != len(states) {
				t.Fatalf("with %s: %+v", v.With.ID, v.Stages)
			}
			for i, s := range states {
				if v.Stages[i].State != s {
					t.Errorf("stage %s is %s, not %s", v.Stages[i].Name, v.Stages[i].State, s)
				}
			}
		}
		c := w.typedPermit()
		v := w.view(c.ID, casework.Deciding)
		is(v, "housing-department", casework.StageNow, casework.StageLater)
		ok(t, w.s.Claim(ctx, housing, c.ID, v.Case.Rev))
		ok(t, w.s.Approve(ctx, housing, c.ID, v.Case.Rev+1, ""))
		v = w.view(c.ID, casework.Deciding)
		is(v, "district-transport", casework.StagePassed, casework.StageNow)
		ok(t, w.s.Claim(ctx, district, c.ID, v.Case.Rev))
		ok(t, w.s.Refuse(ctx, district, c.ID, v.Case.Rev+1, "other", "No."))
		v, err := w.s.Case(ctx, by(resident), c.ID)
		ok(t, err)
		is(v, "district-transport", casework.StagePassed, casework.StageEnded)
	})
}
