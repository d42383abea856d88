package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"causeway/modules/casework"
	"causeway/modules/identity"
)

const insertEvent = `
INSERT INTO casework_events (person_id, case_id, seq, at_us, what, subject, actor, role, channel, detail, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// Append adds events to c's history.
func (s *Store) Append(ctx context.Context, c casework.Case, events []casework.Event) error {
	for _, e := range events {
		detail, err := json.Marshal(e.Detail)
		if err != nil {
			return fmt.Errorf("event %d of case %s: %w", e.Seq, c.ID, err)
		}
		if err := s.db.Write(ctx, insertEvent, string(c.Person), string(c.ID), e.Seq, e.At.UnixMicro(), string(e.What),
			e.Subject, e.Actor, e.Role, e.Channel, string(detail), e.Note); err != nil {
			return fmt.Errorf("event %d of case %s: %w", e.Seq, c.ID, err)
		}
	}
	return nil
}

const events = `
SELECT seq, at_us, what, subject, actor, role, channel, detail, note
FROM casework_events
WHERE person_id = $1 AND case_id = $2
ORDER BY seq`

// Events returns c's history, the oldest first.
func (s *Store) Events(ctx context.Context, c casework.Case) ([]casework.Event, error) {
	rows, err := s.db.Query(ctx, events, string(c.Person), string(c.ID))
	if err != nil {
		return nil, fmt.Errorf("events of case %s: %w", c.ID, err)
	}
	defer rows.Close()
	var es []casework.Event
	for rows.Next() {
		var e casework.Event
		var at int64
		var what, detail string
		if err := rows.Scan(&e.Seq, &at, &what, &e.Subject, &e.Actor, &e.Role, &e.Channel, &detail, &e.Note); err != nil {
			return nil, fmt.Errorf("events of case %s: %w", c.ID, err)
		}
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			return nil, fmt.Errorf("event %d of case %s: %w", e.Seq, c.ID, err)
		}
		e.At, e.What = instant(at), casework.What(what)
		es = append(es, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("events of case %s: %w", c.ID, err)
	}
	return es, nil
}

const forgetFile = `
UPDATE casework_cases SET file = NULL
WHERE person_id = $1 AND id = $2`

const forgetNotes = `
UPDATE casework_events SET note = NULL
WHERE person_id = $1 AND case_id = $2 AND note IS NOT NULL`

// Forget removes c's file and the notes of its history.
func (s *Store) Forget(ctx context.Context, c casework.Case) error {
	for _, q := range []string{forgetFile, forgetNotes} {
		if err := s.db.Write(ctx, q, string(c.Person), string(c.ID)); err != nil {
			return fmt.Errorf("forget case %s: %w", c.ID, err)
		}
	}
	return nil
}

const effects = `
SELECT key, ordinal, kind, state, attempts, result, changed_us
FROM casework_effects
WHERE person_id = $1 AND case_id = $2
ORDER BY ordinal, key`

// Effects returns c's effects in their order.
func (s *Store) Effects(ctx context.Context, c casework.Case) ([]casework.EffectRow, error) {
	rows, err := s.db.Query(ctx, effects, string(c.Person), string(c.ID))
	if err != nil {
		return nil, fmt.Errorf("effects of case %s: %w", c.ID, err)
	}
	defer rows.Close()
	var es []casework.EffectRow
	for rows.Next() {
		var e casework.EffectRow
		var state string
		var us int64
		if err := rows.Scan(&e.Key, &e.Ordinal, &e.Kind, &state, &e.Attempts, &e.Result, &us); err != nil {
			return nil, fmt.Errorf("effects of case %s: %w", c.ID, err)
		}
		e.State, e.Changed = casework.EffectState(state), instant(us)
		es = append(es, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("effects of case %s: %w", c.ID, err)
	}
	return es, nil
}

const putEffect = `
INSERT INTO casework_effects (person_id, case_id, key, ordinal, kind, state, attempts, result, changed_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (person_id, case_id, key) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, result = excluded.result, changed_us = excluded.changed_us`

// PutEffect adds or replaces one effect of c.
func (s *Store) PutEffect(ctx context.Context, c casework.Case, e casework.EffectRow) error {
	if err := s.db.Write(ctx, putEffect, string(c.Person), string(c.ID), e.Key, e.Ordinal, e.Kind, string(e.State), e.Attempts, e.Result, e.Changed.UnixMicro()); err != nil {
		return fmt.Errorf("effect %s: %w", e.Key, err)
	}
	return nil
}

const addLook = `
INSERT INTO casework_looks (person_id, case_id, officer, at_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id, case_id, officer) DO UPDATE SET at_us = excluded.at_us`

// AddLook keeps that officer stated a reason to look at c.
func (s *Store) AddLook(ctx context.Context, c casework.Case, officer identity.PersonID, at time.Time) error {
	if err := s.db.Write(ctx, addLook, string(c.Person), string(c.ID), string(officer), at.UnixMicro()); err != nil {
		return fmt.Errorf("look at case %s: %w", c.ID, err)
	}
	return nil
}

const looked = `
SELECT count(*)
FROM casework_looks
WHERE person_id = $1 AND case_id = $2 AND officer = $3 AND at_us >= $4`

// Looked reports whether officer stated a reason since.
func (s *Store) Looked(ctx context.Context, c casework.Case, officer identity.PersonID, since time.Time) (bool, error) {
	var n int
	if err := s.db.QueryRow(ctx, looked, string(c.Person), string(c.ID), string(officer), since.UnixMicro()).Scan(&n); err != nil {
		return false, fmt.Errorf("looks at case %s: %w", c.ID, err)
	}
	return n > 0, nil
}
