package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"causeway/modules/identity"
	"causeway/modules/payment"
	"causeway/platform/db"
)

const insertOrder = `
INSERT INTO payment_orders (person_id, id, payee, subject, reference, description, currency, minor, open_key,
	return_path, state, closed, paid_by, opened_us, settled_us, refunded_us, actor, role, channel)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (person_id, open_key) DO NOTHING`

// Insert adds o, or returns the order that its person has with its key.
func (s *Store) Insert(ctx context.Context, o payment.Order) (payment.Order, error) {
	desc, err := json.Marshal(o.Description)
	if err != nil {
		return o, fmt.Errorf("insert order %s: %w", o.ID, err)
	}
	kept := o
	err = s.db.Do(ctx, func(ctx context.Context) error {
		res, err := s.db.Exec(ctx, insertOrder, string(o.Person), o.ID, string(o.Payee), o.Subject, o.Reference,
			string(desc), o.Amount.Currency, o.Amount.Minor, o.Key, o.Return, string(o.State), flag(o.Closed), o.PaidBy,
			micros(o.Opened), micros(o.Settled), micros(o.Refunded), o.Actor, o.Role, o.Channel)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 1 {
			return err
		}
		kept, err = scanOrder(s.db.QueryRow(ctx, orderByKey, string(o.Person), o.Key))
		return err
	})
	if err != nil {
		return o, fmt.Errorf("insert order %s: %w", o.ID, err)
	}
	return kept, nil
}

const orderByKey = `
SELECT person_id, id, payee, subject, reference, description, currency, minor, open_key, return_path, state,
	closed, paid_by, opened_us, settled_us, refunded_us, actor, role, channel
FROM payment_orders
WHERE person_id = $1 AND open_key = $2`

const orderByID = `
SELECT person_id, id, payee, subject, reference, description, currency, minor, open_key, return_path, state,
	closed, paid_by, opened_us, settled_us, refunded_us, actor, role, channel
FROM payment_orders
WHERE id = $1`

// On PostgreSQL the index is on ids reversed, which lie apart.
const orderByIDReversed = `
SELECT person_id, id, payee, subject, reference, description, currency, minor, open_key, return_path, state,
	closed, paid_by, opened_us, settled_us, refunded_us, actor, role, channel
FROM payment_orders
WHERE reverse(id) = reverse($1)`

// Order returns the order with id.
func (s *Store) Order(ctx context.Context, id string) (payment.Order, error) {
	if !text(id) {
		return payment.Order{}, payment.ErrNoOrder
	}
	q := orderByID
	if s.db.Engine == db.Postgres {
		q = orderByIDReversed
	}
	o, err := scanOrder(s.db.QueryRow(ctx, q, id))
	if err != nil {
		return o, fmt.Errorf("order %q: %w", id, err)
	}
	return o, nil
}

const orderOfPerson = `
SELECT person_id, id, payee, subject, reference, description, currency, minor, open_key, return_path, state,
	closed, paid_by, opened_us, settled_us, refunded_us, actor, role, channel
FROM payment_orders
WHERE person_id = $1 AND id = $2`

// OrderOf returns the person's order with id.
func (s *Store) OrderOf(ctx context.Context, person identity.PersonID, id string) (payment.Order, error) {
	if !text(id) {
		return payment.Order{}, payment.ErrNoOrder
	}
	o, err := scanOrder(s.db.QueryRow(ctx, orderOfPerson, string(person), id))
	if err != nil {
		return o, fmt.Errorf("order %q: %w", id, err)
	}
	return o, nil
}

const ordersOfPerson = `
SELECT person_id, id, payee, subject, reference, description, currency, minor, open_key, return_path, state,
	closed, paid_by, opened_us, settled_us, refunded_us, actor, role, channel
FROM payment_orders
WHERE person_id = $1 AND ($2 = '' OR id < $2)
ORDER BY id DESC
LIMIT $3`

// Orders lists a person's orders, newest first.
func (s *Store) Orders(ctx context.Context, person identity.PersonID, before string, limit int) ([]payment.Order, error) {
	if !text(before) {
		before = "0" // which nothing comes before
	}
	return s.orders(ctx, ordersOfPerson, string(person), before, limit)
}

const unpaidOfPerson = `
SELECT person_id, id, payee, subject, reference, description, currency, minor, open_key, return_path, state,
	closed, paid_by, opened_us, settled_us, refunded_us, actor, role, channel
FROM payment_orders
WHERE person_id = $1 AND closed = 0 AND paid_by = 0
ORDER BY id
LIMIT 50`

// Unpaid lists what a person may still pay, oldest first, 50 at most.
func (s *Store) Unpaid(ctx context.Context, person identity.PersonID) ([]payment.Order, error) {
	return s.orders(ctx, unpaidOfPerson, string(person))
}

func (s *Store) orders(ctx context.Context, q string, args ...any) ([]payment.Order, error) {
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	defer rows.Close()
	var orders []payment.Order
	for rows.Next() {
		o, err := scanOrder(rows)
		if err != nil {
			return nil, fmt.Errorf("orders: %w", err)
		}
		orders = append(orders, o)
	}
	return orders, rows.Err()
}

const updateOrder = `
UPDATE payment_orders
SET state = $3, closed = $4, paid_by = $5, settled_us = $6, refunded_us = $7
WHERE person_id = $1 AND id = $2`

// Save replaces what changes of o.
func (s *Store) Save(ctx context.Context, o payment.Order) error {
	err := s.db.Write(ctx, updateOrder, string(o.Person), o.ID, string(o.State), flag(o.Closed), o.PaidBy,
		micros(o.Settled), micros(o.Refunded))
	if err != nil {
		return fmt.Errorf("save order %s: %w", o.ID, err)
	}
	return nil
}

// text reports whether s is text to both engines: no id is anything else.
func text(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// row is a *sql.Row or *sql.Rows.
type row interface{ Scan(dest ...any) error }

func scanOrder(r row) (payment.Order, error) {
	var o payment.Order
	var desc string
	var closed, opened, settled, refunded int64
	err := r.Scan(&o.Person, &o.ID, &o.Payee, &o.Subject, &o.Reference, &desc, &o.Amount.Currency, &o.Amount.Minor,
		&o.Key, &o.Return, &o.State, &closed, &o.PaidBy, &opened, &settled, &refunded, &o.Actor, &o.Role, &o.Channel)
	if errors.Is(err, sql.ErrNoRows) {
		return payment.Order{}, payment.ErrNoOrder
	}
	if err != nil {
		return payment.Order{}, err
	}
	if err := json.Unmarshal([]byte(desc), &o.Description); err != nil {
		return payment.Order{}, fmt.Errorf("description: %w", err)
	}
	o.Closed = closed != 0
	o.Opened, o.Settled, o.Refunded = instant(opened), instant(settled), instant(refunded)
	return o, nil
}

// micros writes an instant; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant reads what micros wrote.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
