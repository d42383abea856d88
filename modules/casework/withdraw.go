package casework

import (
	"context"
	"fmt"

	"causeway/modules/identity"
)

// Withdraw takes the caller's application back, as they saw it at rev. What was
// paid goes back by itself. It returns ErrChanged, or ErrNotNow once the case is
// decided.
func (s *Service) Withdraw(ctx context.Context, by identity.Caller, id ID, rev int64) (Case, error) {
	t, err := s.mine(ctx, by, id)
	if err != nil {
		return Case{}, err
	}
	switch {
	case !t.c.State.Withdrawable():
		return t.c, fmt.Errorf("withdraw case %s: %w", id, ErrNotNow)
	case t.c.Rev != rev:
		return t.c, fmt.Errorf("withdraw case %s: %w", id, ErrChanged)
	}
	if err := s.takeBack(ctx, t, self(by), WasWithdrawn, "withdrawn"); err != nil {
		return t.c, fmt.Errorf("withdraw case %s: %w", id, err)
	}
	return t.c, nil
}

// told is what the activity record says of how an undecided case ended.
var told = map[What]string{WasWithdrawn: "casework.withdrawn", WasExpired: "casework.expired"} //nolint:gochecknoglobals // never changed

// takeBack ends the undecided case of t, and undoes what was begun for it.
func (s *Service) takeBack(ctx context.Context, t *turn, by actor, what What, why string) error {
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return err
	}
	before := t.c
	if err := t.add(by, what, Detail{Reason: why, Keep: keep(def, t.at)}, nil); err != nil {
		return err
	}
	more := []func(context.Context) error{s.record(t.c, by, told[what], "", nil), s.useUp(t.c)}
	if before.State == Draft { // nobody but the applicant has seen it: nothing is kept
		t.wipe = true
	} else {
		kind := string(what)
		if t.c.State == Withdrawing {
			kind = "withdrawn-refund"
		}
		more = append(more, s.tell(t.c, def, kind, map[string]any{"amount": t.c.Fee}))
	}
	if before.Order != "" {
		row := EffectRow{Key: feeKey(t.c.ID), Kind: PaymentEffect, State: EffectRunning, Attempts: 1, Result: before.Order}
		if !before.Paid {
			why = unpaid
		}
		more = append(more, s.undo(t.c, row, why))
	}
	return s.commit(ctx, t, more...)
}
