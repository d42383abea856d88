package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/identity"
)

const insertWrite = `
INSERT INTO exchange_writes (person_id, key, undo, class, recipient, case_id, party, subject, actor, channel, sealed, state, reason, reference, created_us, settled_us)
VALUES ($1, $2, $3, $4, $5, $6, $1, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

// AddWrite adds w.
func (s *Store) AddWrite(ctx context.Context, w exchange.StoredWrite) error {
	err := s.db.Write(ctx, insertWrite, string(w.Person), w.Key, flag(w.Undo), w.Class, string(w.Recipient), w.Case,
		w.Subject, w.Actor, w.Channel, w.Sealed, string(w.State), w.Reason, w.Reference, micros(w.Created), micros(w.Settled))
	if err != nil {
		return fmt.Errorf("insert write: %w", err)
	}
	return nil
}

const writeByKey = `
SELECT class, recipient, case_id, subject, actor, channel, sealed, state, reason, reference, created_us, settled_us
FROM exchange_writes
WHERE person_id = $1 AND key = $2 AND undo = $3`

// Write returns the write of person with key, or exchange.ErrNoWrite.
func (s *Store) Write(ctx context.Context, person identity.PersonID, key string, undo bool) (exchange.StoredWrite, error) {
	w := exchange.StoredWrite{Person: person, Key: key, Undo: undo}
	var created, settled int64
	err := s.db.QueryRow(ctx, writeByKey, string(person), key, flag(undo)).Scan(&w.Class, &w.Recipient, &w.Case,
		&w.Subject, &w.Actor, &w.Channel, &w.Sealed, &w.State, &w.Reason, &w.Reference, &created, &settled)
	if errors.Is(err, sql.ErrNoRows) {
		return exchange.StoredWrite{}, fmt.Errorf("write: %w", exchange.ErrNoWrite)
	}
	if err != nil {
		return exchange.StoredWrite{}, fmt.Errorf("write: %w", err)
	}
	w.Created, w.Settled = instant(created), instant(settled)
	return w, nil
}

const settleWrite = `
UPDATE exchange_writes
SET state = $4, reason = $5, settled_us = $6
WHERE person_id = $1 AND key = $2 AND undo = $3 AND state = 'pending'`

// SettleWrite ends a pending write; first is false if it was settled before.
func (s *Store) SettleWrite(ctx context.Context, person identity.PersonID, key string, undo bool, state exchange.WriteState, reason string, at time.Time) (first bool, err error) {
	res, err := s.db.Exec(ctx, settleWrite, string(person), key, flag(undo), string(state), reason, micros(at))
	if err != nil {
		return false, fmt.Errorf("settle write: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("settle write: %w", err)
	}
	return n == 1, nil
}

const emptyWrites = `
UPDATE exchange_writes
SET sealed = $2
WHERE state <> 'pending' AND settled_us < $1 AND LENGTH(sealed) > 0`

// EmptyWrites takes the records out of writes settled before t.
func (s *Store) EmptyWrites(ctx context.Context, t time.Time) error {
	if err := s.db.Write(ctx, emptyWrites, micros(t), []byte{}); err != nil {
		return fmt.Errorf("empty writes: %w", err)
	}
	return nil
}

const pendingWrites = `
SELECT COUNT(key)
FROM exchange_writes
WHERE class = $1 AND state = 'pending'`

// PendingWrites counts the writes of class that wait for their registry.
func (s *Store) PendingWrites(ctx context.Context, class string) (int, error) {
	var n int
	if err := s.db.QueryRow(ctx, pendingWrites, class).Scan(&n); err != nil {
		return 0, fmt.Errorf("pending writes: %w", err)
	}
	return n, nil
}
