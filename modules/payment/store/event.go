package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/modules/payment"
)

const eventSeen = `
SELECT 1
FROM payment_events
WHERE person_id = $1 AND provider = $2 AND event_id = $3`

// Seen reports whether the event was kept.
func (s *Store) Seen(ctx context.Context, person identity.PersonID, provider, event string) (bool, error) {
	var one int
	err := s.db.QueryRow(ctx, eventSeen, string(person), provider, event).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("event: %w", err)
	}
	return true, nil
}

const insertEvent = `
INSERT INTO payment_events (person_id, provider, event_id, order_id, status, received_us)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person_id, provider, event_id) DO NOTHING`

// Keep keeps e unless it was kept before.
func (s *Store) Keep(ctx context.Context, o payment.Order, e payment.Event, at time.Time) (bool, error) {
	res, err := s.db.Exec(ctx, insertEvent, string(o.Person), e.Provider, e.ID, o.ID, string(e.Status), micros(at))
	if err != nil {
		return false, fmt.Errorf("keep event: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
