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
	sweepSize    = 8                // claimed at a time
	sweepMax     = 400              // asked about in one sweep
	sweepLease   = 30 * time.Second // how long nobody else asks about what one sweep has taken
	sweepPatient = 3                // this many questions unanswered in a row end it
)

// Sweep asks the provider about every attempt that is due: what became of those
// whose callback has not come, and the refunds that it has not confirmed. It is
// run every second or two, by one replica or several. What fails is due again
// later; the error joins what is not the provider's being down.
func (s *Service) Sweep(ctx context.Context) error {
	var failed error
	down := 0
	for asked := 0; asked < sweepMax; {
		due, err := s.d.Store.Claim(ctx, s.now(), s.now().Add(sweepLease), sweepSize)
		if err != nil {
			return errors.Join(failed, fmt.Errorf("sweep: %w", err))
		}
		for i, d := range due {
			if err := ctx.Err(); err != nil {
				return errors.Join(failed, err)
			}
			err := s.ask(ctx, d)
			switch {
			case err == nil:
				down = 0
			case passing(err):
				if down++; down == sweepPatient {
					return errors.Join(failed, s.putOff(ctx, due[i+1:]))
				}
			default:
				failed = errors.Join(failed, fmt.Errorf("order %s, attempt %d: %w", d.Order, d.N, err))
			}
		}
		asked += len(due)
		if len(due) < sweepSize {
			break
		}
	}
	return failed
}

// putOff has what was claimed in vain due again soon.
func (s *Service) putOff(ctx context.Context, due []Due) error {
	var failed error
	for _, d := range due {
		failed = errors.Join(failed, s.d.Units.Do(ctx, func(ctx context.Context) error {
			o, a, _, err := s.load(ctx, d.Order, d.N)
			if err != nil || a.Due.IsZero() {
				return err
			}
			a.Due = s.now().Add(pauseMin)
			return s.d.Store.SaveAttempt(ctx, o, a)
		}))
	}
	return failed
}

// Recover has due again at once what a process that died had claimed. It is for
// the start of a program that alone holds its database; with replicas, claims
// end by themselves.
func (s *Service) Recover(ctx context.Context) error {
	if err := s.d.Store.Release(ctx, s.now(), s.now().Add(sweepLease)); err != nil {
		return fmt.Errorf("recover payments: %w", err)
	}
	return nil
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
