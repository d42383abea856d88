package payment_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"causeway/modules/identity"
	"causeway/modules/payment"
	"causeway/platform/money"
)

// memory is a store in maps.
type memory struct {
	orders   map[string]payment.Order
	attempts map[string][]payment.Attempt
	events   map[string]bool
	postings map[string]payment.Transaction
}

var _ payment.Store = (*memory)(nil)

func newMemory() *memory {
	return &memory{map[string]payment.Order{}, map[string][]payment.Attempt{}, map[string]bool{}, map[string]payment.Transaction{}}
}

func (m *memory) clone() *memory {
	c := &memory{maps.Clone(m.orders), map[string][]payment.Attempt{}, maps.Clone(m.events), maps.Clone(m.postings)}
	for k, v := range m.attempts {
		c.attempts[k] = slices.Clone(v)
	}
	return c
}

func (m *memory) known() map[string]bool {
	known := map[string]bool{}
	for _, as := range m.attempts {
		for _, a := range as {
			known[a.Session] = true
		}
	}
	return known
}

func (m *memory) Insert(_ context.Context, o payment.Order) (payment.Order, error) {
	for _, x := range m.orders {
		if x.Person == o.Person && x.Key == o.Key {
			return x, nil
		}
	}
	m.orders[o.ID] = o
	return o, nil
}

func (m *memory) Order(_ context.Context, id string) (payment.Order, error) {
	o, ok := m.orders[id]
	if !ok {
		return o, payment.ErrNoOrder
	}
	return o, nil
}

func (m *memory) OrderOf(ctx context.Context, p identity.PersonID, id string) (payment.Order, error) {
	o, err := m.Order(ctx, id)
	if err == nil && o.Person != p {
		return payment.Order{}, payment.ErrNoOrder
	}
	return o, err
}

func (m *memory) Orders(context.Context, identity.PersonID, string, int) ([]payment.Order, error) {
	return slices.Collect(maps.Values(m.orders)), nil
}

func (m *memory) Unpaid(ctx context.Context, p identity.PersonID) ([]payment.Order, error) {
	return m.Orders(ctx, p, "", 0)
}

func (m *memory) Save(_ context.Context, o payment.Order) error {
	m.orders[o.ID] = o
	return nil
}

func (m *memory) Attempts(_ context.Context, o payment.Order) ([]payment.Attempt, error) {
	return slices.Clone(m.attempts[o.ID]), nil
}

func (m *memory) SaveAttempt(_ context.Context, o payment.Order, a payment.Attempt) error {
	as := m.attempts[o.ID]
	if i := slices.IndexFunc(as, func(x payment.Attempt) bool { return x.N == a.N }); i >= 0 {
		as[i] = a
		return nil
	}
	as = append(as, a)
	slices.SortFunc(as, func(x, y payment.Attempt) int { return cmp.Compare(x.N, y.N) })
	m.attempts[o.ID] = as
	return nil
}

func (m *memory) Claim(_ context.Context, at, till time.Time, _ int) ([]payment.Due, error) {
	var due []payment.Due
	for id, as := range m.attempts {
		for i, a := range as {
			if !a.Due.IsZero() && !a.Due.After(at) {
				as[i].Due = till
				due = append(due, payment.Due{Order: id, N: a.N})
			}
		}
	}
	return due, nil
}

func (m *memory) Release(_ context.Context, at, till time.Time) error {
	for _, as := range m.attempts {
		for i, a := range as {
			if a.Due.After(at) && !a.Due.After(till) {
				as[i].Due = at
			}
		}
	}
	return nil
}

func (m *memory) Seen(_ context.Context, _ identity.PersonID, provider, event string) (bool, error) {
	return m.events[provider+event], nil
}

func (m *memory) Keep(_ context.Context, _ payment.Order, e payment.Event, _ time.Time) (bool, error) {
	fresh := !m.events[e.Provider+e.ID]
	m.events[e.Provider+e.ID] = true
	return fresh, nil
}

func (m *memory) Post(_ context.Context, ts []payment.Transaction) error {
	for _, t := range ts {
		if _, ok := m.postings[t.Order+t.ID]; ok {
			return fmt.Errorf("%s of %s was posted before", t.ID, t.Order)
		}
		m.postings[t.Order+t.ID] = t
	}
	return nil
}

func (m *memory) Balances(context.Context) ([]payment.AccountBalance, int, error) {
	sums, unbalanced := map[payment.Account]int64{}, 0
	for _, t := range m.postings {
		for _, p := range t.Postings {
			sums[p.Account] += p.Amount.Minor
		}
		if t.Postings[0].Amount.Minor+t.Postings[1].Amount.Minor != 0 {
			unbalanced++
		}
	}
	var accounts []payment.AccountBalance
	for a, n := range sums {
		accounts = append(accounts, payment.AccountBalance{Account: a, Amount: money.Amount{Minor: n, Currency: "HKD"}})
	}
	return accounts, unbalanced, nil
}
