package payment

import (
	"context"
	"fmt"

	"causeway/modules/identity"
	"causeway/platform/lang"
)

// Pay starts an attempt to pay an order of the caller's, or goes on with the
// one under way, and returns the address of the provider's page. It returns
// ErrNoOrder, ErrSettled for an order that is paid, ErrClosed for one that may
// not be paid any more, and ErrDown when the provider does not answer: then
// nothing was taken.
func (s *Service) Pay(ctx context.Context, by identity.Caller, id string, tag lang.Tag) (string, error) {
	o, err := s.d.Store.OrderOf(ctx, by.Person, id)
	if err != nil {
		return "", err
	}
	if err := payable(o); err != nil {
		return "", err
	}
	n := 1
	if o.State != Open {
		attempts, err := s.d.Store.Attempts(ctx, o)
		if err != nil {
			return "", err
		}
		if k := len(attempts); k > 0 {
			last := attempts[k-1]
			switch {
			case last.Progress != Started:
				n = last.N + 1
			case last.URL != "":
				return last.URL, nil
			default: // a callback was here first: ask for its address
				n = last.N
			}
		}
	}
	if n > maxAttempts {
		return "", fmt.Errorf("order %s: %w", id, ErrClosed)
	}
	name, err := s.d.Departments.Name(ctx, o.Payee)
	if err != nil {
		return "", fmt.Errorf("pay %s: %w", id, err)
	}
	// Two windows, or a crash before the unit below, ask with the same key and
	// get the same session: nothing needs to be written down before.
	session, err := s.d.Provider.Start(ctx, Start{
		Key: ProviderKey(o.ID, n), Reference: o.Receipt(), Amount: o.Amount, Description: o.Description,
		Payee: name, Return: "/payments/" + o.ID + "/return", Lang: tag,
	})
	if err != nil {
		return "", fmt.Errorf("pay %s: %w", id, err)
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error { return s.begin(ctx, id, n, session) })
	if err != nil {
		return "", fmt.Errorf("pay %s: %w", id, err)
	}
	return session.URL, nil
}

func payable(o Order) error {
	switch {
	case o.Payable():
		return nil
	case o.WasPaid():
		return fmt.Errorf("order %s: %w", o.ID, ErrSettled)
	}
	return fmt.Errorf("order %s: %w", o.ID, ErrClosed)
}

// begin records attempt n, unless its callback was here before it.
func (s *Service) begin(ctx context.Context, id string, n int, session Session) error {
	o, err := s.d.Store.Order(ctx, id)
	if err != nil {
		return err
	}
	if err := payable(o); err != nil {
		return err
	}
	attempts, err := s.d.Store.Attempts(ctx, o)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if a.N == n && a.URL != "" {
			return nil
		}
		if a.N == n {
			a.URL = session.URL
			return s.d.Store.SaveAttempt(ctx, o, a)
		}
	}
	at := s.now()
	begin(&o)
	a := Attempt{N: n, Session: session.ID, URL: session.URL, Progress: Started, Started: at, Due: at.Add(s.d.Patience)}
	if err := s.d.Store.SaveAttempt(ctx, o, a); err != nil {
		return err
	}
	return s.d.Store.Save(ctx, o)
}
