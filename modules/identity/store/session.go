package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
)

const insertSession = `
INSERT INTO identity_sessions (person_id, session_id, token_hash, passkey_id, assurance, role, actor, channel, device, created_us, seen_us, until_us, proved_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

// AddSession adds r.
func (s *Store) AddSession(ctx context.Context, r identity.SessionRecord) error {
	_, err := s.db.Exec(ctx, insertSession, string(r.Person), r.ID, r.Hash, r.Passkey, int64(r.Assurance), r.Role, r.Actor, r.Channel,
		r.Device, micro(r.Created), micro(r.Seen), micro(r.Until), micro(r.Proved))
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

const session = `
SELECT token_hash, passkey_id, assurance, role, actor, channel, device, created_us, seen_us, until_us, proved_us
FROM identity_sessions
WHERE person_id = $1 AND session_id = $2`

// Session returns a person's session.
func (s *Store) Session(ctx context.Context, p identity.PersonID, id string) (identity.SessionRecord, error) {
	r := identity.SessionRecord{Person: p, ID: id}
	var created, seen, until, proved int64
	err := s.db.QueryRow(ctx, session, string(p), id).
		Scan(&r.Hash, &r.Passkey, &r.Assurance, &r.Role, &r.Actor, &r.Channel, &r.Device, &created, &seen, &until, &proved)
	if errors.Is(err, sql.ErrNoRows) {
		return r, identity.ErrNoSession
	}
	if err != nil {
		return r, fmt.Errorf("session: %w", err)
	}
	r.Created, r.Seen, r.Until, r.Proved = at(created), at(seen), at(until), at(proved)
	return r, nil
}

const sessionsOf = `
SELECT session_id, passkey_id, assurance, role, actor, channel, device, created_us, seen_us, until_us
FROM identity_sessions
WHERE person_id = $1 AND until_us > $2 AND seen_us > $3
ORDER BY created_us DESC, session_id DESC
LIMIT 100`

// SessionsOf returns a person's sessions that may still be used, without their
// hashes and when they were proved, the latest first.
func (s *Store) SessionsOf(ctx context.Context, p identity.PersonID, now, idleSince time.Time) ([]identity.SessionRecord, error) {
	rows, err := s.db.Query(ctx, sessionsOf, string(p), micro(now), micro(idleSince))
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	defer rows.Close()
	var all []identity.SessionRecord
	for rows.Next() {
		r := identity.SessionRecord{Person: p}
		var created, seen, until int64
		if err := rows.Scan(&r.ID, &r.Passkey, &r.Assurance, &r.Role, &r.Actor, &r.Channel, &r.Device, &created, &seen, &until); err != nil {
			return nil, fmt.Errorf("sessions: %w", err)
		}
		r.Created, r.Seen, r.Until = at(created), at(seen), at(until)
		all = append(all, r)
	}
	return all, rows.Err()
}

const seeSession = `
UPDATE identity_sessions
SET seen_us = $3
WHERE person_id = $1 AND session_id = $2 AND seen_us < $3`

// SeeSession notes that a session was seen at t.
func (s *Store) SeeSession(ctx context.Context, p identity.PersonID, id string, t time.Time) error {
	if _, err := s.db.Exec(ctx, seeSession, string(p), id, micro(t)); err != nil {
		return fmt.Errorf("see session: %w", err)
	}
	return nil
}

const proveSession = `
UPDATE identity_sessions
SET token_hash = $3, proved_us = $4
WHERE person_id = $1 AND session_id = $2`

// ProveSession notes that a passkey was used at t, and changes the token's hash.
func (s *Store) ProveSession(ctx context.Context, p identity.PersonID, id string, hash []byte, t time.Time) (bool, error) {
	res, err := s.db.Exec(ctx, proveSession, string(p), id, hash, micro(t))
	return touched(res, err, "prove session")
}

const endSession = `
DELETE FROM identity_sessions
WHERE person_id = $1 AND session_id = $2`

// EndSession ends a person's session.
func (s *Store) EndSession(ctx context.Context, p identity.PersonID, id string) (bool, error) {
	res, err := s.db.Exec(ctx, endSession, string(p), id)
	return touched(res, err, "end session")
}

const endSessions = `
DELETE FROM identity_sessions
WHERE person_id = $1 AND ($2 = '' OR passkey_id = $2) AND session_id <> $3`

// EndSessions ends a person's sessions that passkey began, or all if it is "",
// but not the session except.
func (s *Store) EndSessions(ctx context.Context, p identity.PersonID, passkey, except string) (int, error) {
	res, err := s.db.Exec(ctx, endSessions, string(p), passkey, except)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

const purgeSessions = `
DELETE FROM identity_sessions
WHERE seen_us <= $1`

// PurgeSessions removes those not seen since idleSince.
func (s *Store) PurgeSessions(ctx context.Context, idleSince time.Time) error {
	if _, err := s.db.Exec(ctx, purgeSessions, micro(idleSince)); err != nil {
		return fmt.Errorf("purge sessions: %w", err)
	}
	return nil
}
