package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/payment"
)

const attemptsOfOrder = `
SELECT n, session, url, progress, started_us, due_us, tries, refund_key, refund_why
FROM payment_attempts
WHERE person_id = $1 AND order_id = $2
ORDER BY n`

// Attempts lists o's attempts, oldest first.
func (s *Store) Attempts(ctx context.Context, o payment.Order) ([]payment.Attempt, error) {
	rows, err := s.db.Query(ctx, attemptsOfOrder, string(o.Person), o.ID)
	if err != nil {
		return nil, fmt.Errorf("attempts of %s: %w", o.ID, err)
	}
	defer rows.Close()
	var attempts []payment.Attempt
	for rows.Next() {
		var a payment.Attempt
		var started int64
		var due sql.NullInt64
		if err := rows.Scan(&a.N, &a.Session, &a.URL, &a.Progress, &started, &due, &a.Tries, &a.RefundKey, &a.RefundWhy); err != nil {
			return nil, fmt.Errorf("attempts of %s: %w", o.ID, err)
		}
		a.Started, a.Due = instant(started), instant(due.Int64)
		attempts = append(attempts, a)
	}
	return attempts, rows.Err()
}

const upsertAttempt = `
INSERT INTO payment_attempts (person_id, order_id, n, session, url, progress, started_us, due_us, tries, refund_key, refund_why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (person_id, order_id, n) DO UPDATE
SET url = excluded.url, progress = excluded.progress, due_us = excluded.due_us, tries = excluded.tries,
	refund_key = excluded.refund_key, refund_why = excluded.refund_why`

// SaveAttempt adds or replaces a; its session stays what it was.
func (s *Store) SaveAttempt(ctx context.Context, o payment.Order, a payment.Attempt) error {
	due := sql.NullInt64{Int64: micros(a.Due), Valid: !a.Due.IsZero()}
	err := s.db.Write(ctx, upsertAttempt, string(o.Person), o.ID, a.N, a.Session, a.URL, string(a.Progress),
		micros(a.Started), due, a.Tries, a.RefundKey, a.RefundWhy)
	if err != nil {
		return fmt.Errorf("save attempt %d of %s: %w", a.N, o.ID, err)
	}
	return nil
}

const anyDue = `
SELECT 1
FROM payment_attempts
WHERE due_us <= $1
LIMIT 1`

const claimDue = `
UPDATE payment_attempts
SET due_us = $1
WHERE (person_id, order_id, n) IN (
	SELECT person_id, order_id, n
	FROM payment_attempts
	WHERE due_us <= $2
	ORDER BY due_us, order_id, n
	LIMIT $3
)
RETURNING order_id, n`

// Claim lists the attempts that are due and puts them off until till. It writes
// nothing where none is.
func (s *Store) Claim(ctx context.Context, at, till time.Time, limit int) ([]payment.Due, error) {
	var one int
	err := s.db.QueryRow(ctx, anyDue, micros(at)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("due attempts: %w", err)
	}
	var due []payment.Due
	err = s.db.Do(ctx, func(ctx context.Context) error {
		due = nil
		rows, err := s.db.Query(ctx, claimDue, micros(till), micros(at), limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d payment.Due
			if err := rows.Scan(&d.Order, &d.N); err != nil {
				return err
			}
			due = append(due, d)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("claim attempts: %w", err)
	}
	return due, nil
}

const release = `
UPDATE payment_attempts
SET due_us = $1
WHERE due_us > $1 AND due_us <= $2`

// Release has what is due after at and until till due at at.
func (s *Store) Release(ctx context.Context, at, till time.Time) error {
	if err := s.db.Write(ctx, release, micros(at), micros(till)); err != nil {
		return fmt.Errorf("release attempts: %w", err)
	}
	return nil
}
