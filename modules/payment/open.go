package payment

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// Open adds an order for req, in the unit of ctx if there is one. The same key
// of the same person returns the order that it opened before, or ErrKeyUsed if
// that was for another amount, payee or reference. It returns ErrRequest for an
// amount of nothing or less, or a Return that is no path of ours.
func (s *Service) Open(ctx context.Context, req Request) (Order, error) {
	if req.Person == "" || req.Payee == "" || req.Key == "" || req.Amount.Minor <= 0 || len(req.Amount.Currency) != 3 ||
		len(req.Description.Missing()) > 0 || !localPath(req.Return) {
		return Order{}, fmt.Errorf("open %s: %w", req.Key, ErrRequest)
	}
	by := identity.CallerOf(ctx)
	o := Order{
		ID: s.d.NewID(), Person: req.Person, Payee: req.Payee,
		Subject:   s.d.Departments.Subject(ctx, req.Payee, req.Person),
		Reference: req.Reference, Description: req.Description, Amount: req.Amount,
		Key: req.Key, Return: req.Return, State: Open, Opened: s.now(),
		Actor: string(by.Person), Role: by.Role, Channel: by.Channel,
	}
	if o.Actor == "" {
		o.Actor, o.Role, o.Channel = trail.System, trail.System, trail.System
	}
	kept, err := s.d.Store.Insert(ctx, o)
	if err != nil {
		return Order{}, fmt.Errorf("open: %w", err)
	}
	if kept.Amount != o.Amount || kept.Payee != o.Payee || kept.Reference != o.Reference {
		return Order{}, fmt.Errorf("open: order %s: %w", kept.ID, ErrKeyUsed)
	}
	return kept, nil
}

// localPath reports whether p is "" or a path on our own origin, which no
// browser reads as another host.
func localPath(p string) bool {
	if p == "" {
		return true
	}
	u, err := url.Parse(p)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(p, "/") &&
		!strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n\t")
}

// Close ends what may be paid of an order, such as when its application is
// withdrawn. It is idempotent. Money that comes all the same is taken note of:
// Settled.Paid then decides whether it goes back. It returns ErrNoOrder.
func (s *Service) Close(ctx context.Context, order string) error {
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		o, err := s.d.Store.Order(ctx, order)
		if err != nil {
			return err
		}
		if o.Closed || o.WasPaid() {
			return nil
		}
		o.Closed = true
		if o.State == Open || o.State == Failed {
			o.State = Abandoned
		}
		return s.d.Store.Save(ctx, o)
	})
}

// Order returns one order of the caller's; ErrNoOrder alike if there is none and
// if it is another person's.
func (s *Service) Order(ctx context.Context, by identity.Caller, id string) (Order, error) {
	return s.d.Store.OrderOf(ctx, by.Person, id)
}

// Find returns an order for modules that act by themselves, whoever's it is.
func (s *Service) Find(ctx context.Context, id string) (Order, error) {
	return s.d.Store.Order(ctx, id)
}

// pageSize is how many orders List returns at most.
const pageSize = 50

// List returns the caller's orders, newest first. before is the last id of the
// page before, or "". more reports that there are further ones.
func (s *Service) List(ctx context.Context, by identity.Caller, before string) (orders []Order, more bool, err error) {
	orders, err = s.d.Store.Orders(ctx, by.Person, before, pageSize+1)
	if err != nil {
		return nil, false, err
	}
	if len(orders) > pageSize {
		return orders[:pageSize], true, nil
	}
	return orders, false, nil
}

// ToPay returns what the caller may still pay, oldest first.
func (s *Service) ToPay(ctx context.Context, by identity.Caller) ([]Order, error) {
	return s.d.Store.Unpaid(ctx, by.Person)
}
