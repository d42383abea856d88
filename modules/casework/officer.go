package casework

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/trail"
)

// maxNote bounds what an officer or the applicant writes, in characters.
const maxNote = 2000

// Reasons returns the codes of the reasons for which an officer refuses.
func Reasons() []string {
	return []string{"not-eligible", "facts-wrong", "document", "not-answered", "other"}
}

// officer is o as an actor, in the role that c's step asks for.
func officer(o org.Officer, c Case) actor {
	role := c.Role
	if !o.Has(role) && len(o.Roles) > 0 {
		role = o.Roles[0]
	}
	return actor{string(o.Person), role, trail.Online}
}

// note returns a text that somebody typed, or ErrReason.
func note(text string) (string, error) {
	text = strings.TrimSpace(text)
	bad := func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxNote || strings.ContainsFunc(text, bad) {
		return "", ErrReason
	}
	return text, nil
}

// Claim has o work on a case, as they saw it at rev. It returns ErrClaimed if
// somebody else does, ErrRole, ErrOwnCase, ErrChanged or ErrNotNow.
func (s *Service) Claim(ctx context.Context, o org.Officer, id ID, rev int64) error {
	t, err := s.theirs(ctx, o, id)
	if err != nil {
		return err
	}
	switch {
	case t.c.Claimed == o.Person:
		return nil
	case t.c.Person == o.Person:
		return ErrOwnCase
	case t.c.Claimed != "":
		return ErrClaimed
	case !t.c.State.WithOfficer() || t.c.State == Deciding && !t.c.Waiting:
		return ErrNotNow
	case !o.Has(t.c.Role):
		return ErrRole
	case t.c.Rev != rev:
		return ErrChanged
	}
	by := officer(o, t.c)
	if err := t.add(by, WasClaimed, Detail{}, nil); err != nil {
		return err
	}
	return s.commit(ctx, t, s.record(t.c, by, "casework.claimed", "decide-application", nil))
}

// Release gives a case that o works on back to the queue.
func (s *Service) Release(ctx context.Context, o org.Officer, id ID) error {
	return again(func() error {
		t, err := s.theirs(ctx, o, id)
		if err != nil {
			return err
		}
		if t.c.Claimed != o.Person {
			return ErrNotClaimed
		}
		if err := t.add(officer(o, t.c), WasReleased, Detail{}, nil); err != nil {
			return err
		}
		return s.commit(ctx, t)
	})
}

// held begins the turn of a decision by o on a case that they have taken, and
// saw at rev.
func (s *Service) held(ctx context.Context, o org.Officer, id ID, rev int64) (*turn, *service.Definition, error) {
	t, err := s.theirs(ctx, o, id)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case t.c.Person == o.Person:
		return nil, nil, ErrOwnCase
	case t.c.State != Deciding || t.c.Rev != rev:
		return nil, nil, ErrChanged
	case t.c.Claimed != o.Person:
		return nil, nil, ErrNotClaimed
	case !o.Has(t.c.Role):
		return nil, nil, ErrRole
	}
	def, err := s.definition(ctx, t.c)
	return t, def, err
}

// Approve passes the step that a case is at, as o saw it at rev: to the next
// department's, or, when it was the last, to what was applied for. Facts that
// have grown stale are fetched again first; it returns ErrFactsChanged if they
// are not what o saw, and ErrNotReady if the rules no longer allow it.
func (s *Service) Approve(ctx context.Context, o org.Officer, id ID, rev int64, text string) error {
	t, def, err := s.held(ctx, o, id, rev)
	if err != nil {
		return err
	}
	by := officer(o, t.c)
	changed, err := s.renew(ctx, t, def)
	switch {
	case err != nil: // o has seen how old the facts are
	case changed:
		if err := s.commit(ctx, t); err != nil {
			return err
		}
		return ErrFactsChanged
	}
	out, err := s.assess(def, t.file, t.c.Today)
	if err != nil {
		return err
	}
	if out.Status != service.Eligible || !out.Ready {
		return ErrNotReady
	}
	sealed, err := s.sealNote(ctx, t, text)
	if err != nil {
		return err
	}
	i := slices.Index(out.Steps, t.c.StepName)
	if i == len(out.Steps)-1 || i < 0 && t.c.StepName == def.Steps[len(def.Steps)-1].Name {
		return s.approve(ctx, t, def, out, by, sealed)
	}
	if err := t.add(by, WasStepPassed, Detail{Step: t.c.Step, Name: t.c.StepName, Department: t.c.Department}, sealed); err != nil {
		return err
	}
	passed := t.c
	if err := s.step(t, def, out.Steps[i+1]); err != nil {
		return err
	}
	return s.commit(ctx, t, s.record(passed, by, "casework.step-passed", "", map[string]string{"step": passed.StepName}))
}

// sealNote seals an optional text, "" as nil.
func (s *Service) sealNote(ctx context.Context, t *turn, text string) ([]byte, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	text, err := note(text)
	if err != nil {
		return nil, err
	}
	return s.d.Sealer.Seal(ctx, string(t.c.Person), noteLabel, []byte(text))
}

// Refuse refuses a case, as o saw it at rev, for one of Reasons and in words
// that the applicant will read. What was paid goes back by itself.
func (s *Service) Refuse(ctx context.Context, o org.Officer, id ID, rev int64, reason, text string) error {
	t, def, err := s.held(ctx, o, id, rev)
	if err != nil {
		return err
	}
	text, err = note(text)
	if err != nil || !slices.Contains(Reasons(), reason) {
		return ErrReason
	}
	sealed, err := s.sealNote(ctx, t, text)
	if err != nil {
		return err
	}
	by := officer(o, t.c)
	if err := t.add(by, WasRefused, Detail{Department: o.Department, Reason: reason, Keep: keep(def, t.at)}, sealed); err != nil {
		return err
	}
	kind := "refused"
	more := []func(context.Context) error{s.record(t.c, by, "casework.refused", reason, nil), s.useUp(t.c)}
	if t.c.Paid {
		kind = "refused-refund"
		row := EffectRow{Key: feeKey(t.c.ID), Kind: PaymentEffect, State: EffectDone, Attempts: 1, Result: t.c.Order}
		more = append(more, s.undo(t.c, row, "refused"))
	}
	more = append(more, s.tell(t.c, def, kind, map[string]any{"amount": t.c.Fee}))
	return s.commit(ctx, t, more...)
}
