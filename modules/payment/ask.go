package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/platform/fault"
)

// Check asks the provider about an order of the caller's that is pending, and
// returns the order as it then is. A provider that does not answer leaves it
// pending: that is no error. It returns ErrNoOrder.
func (s *Service) Check(ctx context.Context, by identity.Caller, id string) (Order, error) {
	o, err := s.d.Store.OrderOf(ctx, by.Person, id)
	if err != nil || o.State != Pending {
		return o, err
	}
	attempts, err := s.d.Store.Attempts(ctx, o)
	if err != nil || len(attempts) == 0 {
		return o, err
	}
	if _, err := s.askStatus(ctx, o, attempts[len(attempts)-1]); err != nil && !passing(err) {
		return o, err
	}
	return s.d.Store.OrderOf(ctx, by.Person, id)
}

// passing reports whether err is one that asking again may cure.
func passing(err error) bool { return fault.KindOf(err) == fault.Unavailable }

// askStatus asks the provider about a and applies the answer. It reports
// whether the answer was a final one.
func (s *Service) askStatus(ctx context.Context, o Order, a Attempt) (bool, error) {
	status, amount, err := s.d.Provider.Status(ctx, a.Session)
	if err != nil || status == Waiting {
		return false, err
	}
	return true, s.d.Units.Do(ctx, func(ctx context.Context) error {
		o, a, last, err := s.load(ctx, o.ID, a.N)
		if err != nil {
			return err
		}
		return s.apply(ctx, o, a, last, status, amount)
	})
}

// Bounds of one Sweep.
const (
	sweepSize    = 100
	sweepLease   = time.Minute // how long nobody else asks about what one sweep has taken
	sweepPatient = 3           // this many questions unanswered in a row end it
)

// Sweep asks the provider about every attempt that is due: what became of those
// whose callback has not come, and the refunds that it has not confirmed. It is
// run every second or two, by one replica or several. What fails is due again
// later; the error joins what is not the provider's being down.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := s.d.Store.Claim(ctx, s.now(), s.now().Add(sweepLease), sweepSize)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	var failed error
	down := 0
	for _, d := range due {
		if err := ctx.Err(); err != nil {
			return errors.Join(failed, err)
		}
		err := s.ask(ctx, d)
		switch {
		case err == nil:
			down = 0
		case passing(err):
			if down++; down == sweepPatient {
				return failed // the rest is due again when the lease ends
			}
		default:
			failed = errors.Join(failed, fmt.Errorf("order %s, attempt %d: %w", d.Order, d.N, err))
		}
	}
	return failed
}

// ask asks what is due about one attempt.
func (s *Service) ask(ctx context.Context, d Due) error {
	o, a, _, err := s.load(ctx, d.Order, d.N)
	if err != nil {
		return err
	}
	switch a.Progress {
	case Started:
		final, err := s.askStatus(ctx, o, a)
		if final && err == nil {
			return nil
		}
		return errors.Join(err, s.postpone(ctx, o.ID, a.N, Started))
	case GivingBack:
		return s.askRefund(ctx, o, a)
	case Captured, Declined, Left, GivenBack:
	}
	return nil
}
