package payment

import (
	"context"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// Refund gives the money of a paid order back, without anybody's further help:
// it is asked of the provider, again and again, until the provider confirms,
// and Settled.Refunded tells then. It joins the unit of ctx. An order that is
// being, or was, refunded stays as it is, whatever the key. It returns
// ErrNoOrder, or ErrNotPaid where there is nothing to give back: Close such an
// order. key and why are codes, such as a case and "refused".
func (s *Service) Refund(ctx context.Context, order, key, why string) error {
	if key == "" || why == "" {
		return fmt.Errorf("refund %s: %w", order, ErrRequest)
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		o, err := s.d.Store.Order(ctx, order)
		if err != nil {
			return err
		}
		if o.State == Refunding || o.State == Refunded {
			return nil
		}
		o, a, _, err := s.load(ctx, order, o.PaidBy)
		if err != nil {
			return err
		}
		if !giveBack(&o, &a) {
			return fmt.Errorf("refund %s, %s: %w", order, o.State, ErrNotPaid)
		}
		at := s.now()
		a.Due, a.RefundKey, a.RefundWhy = at, key, why
		if err := s.keep(ctx, o, a); err != nil {
			return err
		}
		t := move(o, a.N, refundOwed, refunds(o.Payee), payee(o.Payee), at)
		if err := s.d.Store.Post(ctx, []Transaction{t}); err != nil {
			return err
		}
		e := s.entry(o, "payment.refunding", trail.System, trail.System, trail.System)
		if by := identity.CallerOf(ctx); by.Person != "" {
			e.Actor, e.Role, e.Channel = string(by.Person), by.Role, by.Channel
		}
		e.Why = why
		return s.d.Trail.Record(ctx, e)
	})
}

// askRefund asks the provider for the money of attempt a back.
func (s *Service) askRefund(ctx context.Context, o Order, a Attempt) error {
	key := ProviderKey(o.ID, a.N) + keySeparator + "refund"
	confirmed, err := s.d.Provider.Refund(ctx, a.Session, key, o.Amount)
	if err != nil || !confirmed {
		if later := s.postpone(ctx, o.ID, a.N, GivingBack); later != nil {
			return later
		}
		return err
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		o, a, _, err := s.load(ctx, o.ID, a.N)
		if err != nil {
			return err
		}
		at := s.now()
		if !gaveBack(&o, &a, at) {
			return nil
		}
		if err := s.keep(ctx, o, a); err != nil {
			return err
		}
		t := move(o, a.N, refundPaid, clearing(s.d.ProviderName), refunds(o.Payee), at)
		if err := s.d.Store.Post(ctx, []Transaction{t}); err != nil {
			return err
		}
		e := s.entry(o, "payment.refunded", trail.System, trail.System, trail.System)
		e.Why = a.RefundWhy
		if err := s.d.Trail.Record(ctx, e); err != nil || o.PaidBy != a.N {
			return err
		}
		return s.d.Settled.Refunded(ctx, o)
	})
}

// Bounds of the pause between two questions about the same attempt.
const (
	pauseMin = 2 * time.Second
	pauseMax = 10 * time.Minute
)

// pause is how long to wait after tries questions that changed nothing.
func pause(tries int) time.Duration {
	return min(pauseMax, pauseMin<<min(tries, 10))
}

// postpone puts off the next question about an attempt that is still where it was.
func (s *Service) postpone(ctx context.Context, order string, n int, still Progress) error {
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		o, a, _, err := s.load(ctx, order, n)
		if err != nil || a.Progress != still {
			return err
		}
		a.Due = s.now().Add(pause(a.Tries))
		a.Tries++
		return s.d.Store.SaveAttempt(ctx, o, a)
	})
}
