package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"causeway/modules/exchange"
	"causeway/modules/payment"
)

// Paid learns, in the unit that records it, that an order was paid. A case that
// waited for it goes on to its decision; money that comes for a case that was
// withdrawn goes back.
func (s *Service) Paid(ctx context.Context, o payment.Order) error {
	t, err := s.ofOrder(ctx, o)
	if err != nil {
		if errors.Is(err, errStop) {
			return nil
		}
		return err
	}
	if t.c.Paid {
		return nil
	}
	if !t.c.Can(WasPaid) {
		// The case has ended without this money: it goes back at once, since an
		// error would leave what the provider took unrecorded.
		return s.d.Payments.Refund(ctx, o.ID, feeKey(t.c.ID), "late")
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return err
	}
	if err := t.add(payer(o), WasPaid, Detail{Order: o.ID, Fee: o.Amount}, nil); err != nil {
		return err
	}
	row := EffectRow{Key: feeKey(t.c.ID), Kind: PaymentEffect, State: EffectDone, Attempts: 1, Result: o.ID, Changed: t.at}
	more := []func(context.Context) error{func(ctx context.Context) error { return s.d.Store.PutEffect(ctx, t.c, row) }}
	if t.c.State == Deciding {
		more = append(more, s.tell(t.c, def, "paid", map[string]any{"amount": o.Amount}), s.decideSoon(t.c))
	} else {
		more = append(more, s.undo(t.c, row, "withdrawn"), s.tell(t.c, def, "refund", map[string]any{"amount": o.Amount}))
	}
	return s.commit(ctx, t, more...)
}

// NotPaid learns that an attempt to pay an order ended without a payment. The
// applicant may try again.
func (s *Service) NotPaid(ctx context.Context, o payment.Order) error {
	t, err := s.ofOrder(ctx, o)
	if err != nil {
		if errors.Is(err, errStop) {
			return nil
		}
		return err
	}
	if !t.c.Can(WasNotPaid) {
		return nil
	}
	if err := t.add(payer(o), WasNotPaid, Detail{Order: o.ID}, nil); err != nil {
		return err
	}
	return s.commit(ctx, t)
}

// Refunded learns that the money of an order is back where it came from.
func (s *Service) Refunded(ctx context.Context, o payment.Order) error {
	t, err := s.ofOrder(ctx, o)
	if err != nil {
		if errors.Is(err, errStop) {
			return nil
		}
		return err
	}
	if !t.c.Can(WasRefunded) {
		return nil
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return err
	}
	if err := t.add(system(), WasRefunded, Detail{Order: o.ID, Fee: o.Amount, Keep: keep(def, t.at)}, nil); err != nil {
		return err
	}
	row := EffectRow{Key: feeKey(t.c.ID), Kind: PaymentEffect, State: EffectUndone, Attempts: 1, Result: o.ID, Changed: t.at}
	return s.commit(ctx, t,
		func(ctx context.Context) error { return s.d.Store.PutEffect(ctx, t.c, row) },
		s.tell(t.c, def, "refunded", map[string]any{"amount": o.Amount}))
}

// ofOrder begins the turn that an order's news makes on its case. It returns
// errStop for an order that is none of a case's.
func (s *Service) ofOrder(ctx context.Context, o payment.Order) (*turn, error) {
	if o.Reference == "" {
		return nil, errStop
	}
	c, _, err := s.d.Store.Case(ctx, o.Person, ID(o.Reference))
	if errors.Is(err, ErrNoCase) || err == nil && c.Order != o.ID {
		return nil, errStop
	}
	if err != nil {
		return nil, fmt.Errorf("case of order %s: %w", o.ID, err)
	}
	return &turn{c: c, was: c.Rev, file: newFile(), at: s.now()}, nil
}

// payer is the payer of o.
func payer(o payment.Order) actor {
	a := system()
	if o.Actor != "" && o.Role != "" {
		a = actor{o.Actor, o.Role, o.Channel}
	}
	return a
}

// undo returns what takes an effect back, in the unit of its ctx.
func (s *Service) undo(c Case, row EffectRow, why string) func(context.Context) error {
	return func(ctx context.Context) error {
		r := EffectRequest{Key: row.Key, Kind: row.Kind, Person: c.Person, Case: c.ID, Reference: c.Reference, Department: c.Department}
		state, err := s.effects[row.Kind].Compensate(ctx, r, row.Result, why)
		if err != nil {
			return fmt.Errorf("undo %s: %w", row.Key, err)
		}
		row.State, row.Changed = state, s.now()
		return s.d.Store.PutEffect(ctx, c, row)
	}
}

// Written learns, in the unit that settles it, how a write to a registry ended.
func (s *Service) Written(ctx context.Context, w exchange.Written) error {
	c, _, err := s.d.Store.Case(ctx, w.Person, ID(w.Case))
	if errors.Is(err, ErrNoCase) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("case of write %s: %w", w.Key, err)
	}
	rows, err := s.d.Store.Effects(ctx, c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r EffectRow) bool { return r.Key == w.Key })
	if i < 0 || rows[i].State == EffectDone && !w.Undo {
		return nil
	}
	t := &turn{c: c, was: c.Rev, file: newFile(), at: s.now()}
	rows[i].State, rows[i].Result, rows[i].Changed = written(w.State), w.Reason, t.at
	put := func(ctx context.Context) error { return s.d.Store.PutEffect(ctx, c, rows[i]) }
	if w.Undo && w.State == exchange.Done {
		rows[i].State = EffectUndone
	}
	if w.Undo || c.State != Approved {
		return put(ctx)
	}
	what, after := WasEffectDone, []func(context.Context) error{put}
	if w.State == exchange.Failed {
		def, err := s.definition(ctx, c)
		if err != nil {
			return err
		}
		what, after = WasEffectFailed, append(after, s.tell(c, def, "not-entered", nil))
	}
	if err := t.add(system(), what, Detail{Effect: rows[i].Kind, Key: w.Key, Reason: w.Reason}, nil); err != nil {
		return err
	}
	if done(rows) {
		def, err := s.definition(ctx, c)
		if err != nil {
			return err
		}
		if err := t.add(system(), WasDone, Detail{Keep: keep(def, t.at)}, nil); err != nil {
			return err
		}
		if rows[i].Attempts > 1 { // they were told that it had not been taken
			after = append(after, s.tell(c, def, "entered", nil))
		}
	}
	return s.commit(ctx, t, after...)
}

var (
	_ payment.Settled  = (*Service)(nil)
	_ exchange.Settled = (*Service)(nil)
)
