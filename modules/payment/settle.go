package payment

import (
	"context"
	"fmt"
	"strings"
	"time"

	"causeway/platform/money"
	"causeway/platform/trail"
)

// Settle applies a provider's callback, whose signature was checked: once,
// however often and in whatever order it comes. It returns ErrNoOrder for an
// order, and ErrCallback for an attempt, that never was, and ErrMismatch where
// the amount taken, or the session, is not the order's; then nothing has changed.
func (s *Service) Settle(ctx context.Context, e Event) error {
	id, n, ok := parseKey(e.Key)
	if !ok || !plain(e.ID) || !plain(e.Session) || e.Provider != s.d.ProviderName {
		return fmt.Errorf("event %q: %w", e.ID, ErrCallback)
	}
	o, err := s.d.Store.Order(ctx, id)
	if err != nil {
		return err
	}
	if seen, err := s.d.Store.Seen(ctx, o.Person, e.Provider, e.ID); err != nil || seen {
		return err
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		o, a, last, err := s.load(ctx, id, n)
		if err != nil {
			return err
		}
		if a.N == 0 { // it came before, or instead of, the answer to Start
			if n > last+1 {
				return fmt.Errorf("event %q: attempt %d of %d: %w", e.ID, n, last, ErrCallback)
			}
			at := s.now()
			a = Attempt{N: n, Session: e.Session, Progress: Started, Started: at, Due: at.Add(s.d.Patience)}
			last = n
			begin(&o)
			if err := s.keep(ctx, o, a); err != nil {
				return err
			}
		}
		if a.Session != e.Session {
			return fmt.Errorf("event %q: session: %w", e.ID, ErrMismatch)
		}
		fresh, err := s.d.Store.Keep(ctx, o, e, s.now())
		if err != nil || !fresh {
			return err
		}
		return s.apply(ctx, o, a, last, e.Status, e.Amount)
	})
}

// plain reports whether s is a name as providers make them: printable ASCII.
func plain(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// load returns an order, its attempt n (the zero Attempt if there is none) and
// the number of its newest attempt.
func (s *Service) load(ctx context.Context, id string, n int) (o Order, a Attempt, last int, err error) {
	if o, err = s.d.Store.Order(ctx, id); err != nil {
		return o, a, 0, err
	}
	attempts, err := s.d.Store.Attempts(ctx, o)
	if err != nil {
		return o, a, 0, err
	}
	for _, x := range attempts {
		last = max(last, x.N)
		if x.N == n {
			a = x
		}
	}
	return o, a, last, nil
}

// keep saves both.
func (s *Service) keep(ctx context.Context, o Order, a Attempt) error {
	if err := s.d.Store.SaveAttempt(ctx, o, a); err != nil {
		return err
	}
	return s.d.Store.Save(ctx, o)
}

// apply writes down what a report about a changes, in the unit of ctx.
func (s *Service) apply(ctx context.Context, o Order, a Attempt, last int, st Status, amount money.Amount) error {
	if st == Succeeded && amount != o.Amount {
		return fmt.Errorf("order %s, attempt %d: amount: %w", o.ID, a.N, ErrMismatch)
	}
	at := s.now()
	switch report(&o, &a, st, last, at) {
	case nothing:
		return nil
	case becamePaid:
		return s.paid(ctx, o, a, at)
	case paidAgain:
		return s.paidAgain(ctx, o, a, at)
	case becameUnpaid:
		if err := s.keep(ctx, o, a); err != nil || o.Closed {
			return err
		}
		return s.d.Settled.NotPaid(ctx, o)
	case attemptOver:
		return s.d.Store.SaveAttempt(ctx, o, a)
	}
	return nil
}

func (s *Service) paid(ctx context.Context, o Order, a Attempt, at time.Time) error {
	if err := s.keep(ctx, o, a); err != nil {
		return err
	}
	if err := s.d.Store.Post(ctx, paidMoves(o, a.N, s.d.ProviderName, at)); err != nil {
		return err
	}
	if err := s.d.Trail.Record(ctx, s.entry(o, "payment.paid", string(o.Person), trail.Self, trail.Online)); err != nil {
		return err
	}
	return s.d.Settled.Paid(ctx, o)
}

// paidAgain owes the money of a second capture back to the person.
func (s *Service) paidAgain(ctx context.Context, o Order, a Attempt, at time.Time) error {
	a.Due, a.RefundKey, a.RefundWhy = at, ProviderKey(o.ID, a.N), "paid-twice"
	if err := s.d.Store.SaveAttempt(ctx, o, a); err != nil {
		return err
	}
	t := move(o, a.N, receivedTwice, refunds(o.Payee), clearing(s.d.ProviderName), at)
	if err := s.d.Store.Post(ctx, []Transaction{t}); err != nil {
		return err
	}
	e := s.entry(o, "payment.refunding", trail.System, trail.System, trail.System)
	e.Why = a.RefundWhy
	return s.d.Trail.Record(ctx, e)
}

// entry is an activity entry about o.
func (s *Service) entry(o Order, what, actor, role, channel string) trail.Entry {
	return trail.Entry{
		Person: string(o.Person), Org: string(o.Payee), Subject: o.Subject,
		Actor: actor, Role: role, Channel: channel, What: what, Case: o.Reference,
		Detail: map[string]string{"amount": o.Amount.String(), "receipt": o.Receipt()},
	}
}
