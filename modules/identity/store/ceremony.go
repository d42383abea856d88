package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
)

const insertCeremony = `
INSERT INTO identity_ceremonies (token_hash, kind, person_id, state, until_us)
VALUES ($1, $2, $3, $4, $5)`

// AddCeremony adds c.
func (s *Store) AddCeremony(ctx context.Context, c identity.Ceremony) error {
	if _, err := s.db.Exec(ctx, insertCeremony, c.Hash, c.Kind, string(c.Person), c.State, micro(c.Until)); err != nil {
		return fmt.Errorf("insert ceremony: %w", err)
	}
	return nil
}

const ceremony = `
SELECT kind, person_id, state, until_us
FROM identity_ceremonies
WHERE token_hash = $1`

// Ceremony returns the ceremony with that hash.
func (s *Store) Ceremony(ctx context.Context, hash []byte) (identity.Ceremony, error) {
	c := identity.Ceremony{Hash: hash}
	var until int64
	err := s.db.QueryRow(ctx, ceremony, hash).Scan(&c.Kind, (*string)(&c.Person), &c.State, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return c, identity.ErrCeremony
	}
	if err != nil {
		return c, fmt.Errorf("ceremony: %w", err)
	}
	c.Until = at(until)
	return c, nil
}

const updateCeremony = `
UPDATE identity_ceremonies
SET state = $2
WHERE token_hash = $1`

// UpdateCeremony changes the state of c.
func (s *Store) UpdateCeremony(ctx context.Context, c identity.Ceremony) error {
	res, err := s.db.Exec(ctx, updateCeremony, c.Hash, c.State)
	ok, err := touched(res, err, "update ceremony")
	if err == nil && !ok {
		return identity.ErrCeremony
	}
	return err
}

const deleteCeremony = `
DELETE FROM identity_ceremonies
WHERE token_hash = $1`

// TakeCeremony removes the ceremony with that hash and returns it.
func (s *Store) TakeCeremony(ctx context.Context, hash []byte) (identity.Ceremony, error) {
	var c identity.Ceremony
	err := s.db.Do(ctx, func(ctx context.Context) (err error) {
		if c, err = s.Ceremony(ctx, hash); err != nil {
			return err
		}
		res, err := s.db.Exec(ctx, deleteCeremony, hash)
		ok, err := touched(res, err, "take ceremony")
		if err == nil && !ok {
			return identity.ErrCeremony
		}
		return err
	})
	return c, err
}

const purgeCeremonies = `
DELETE FROM identity_ceremonies
WHERE until_us <= $1`

// PurgeCeremonies removes those that ended before t.
func (s *Store) PurgeCeremonies(ctx context.Context, t time.Time) error {
	if _, err := s.db.Exec(ctx, purgeCeremonies, micro(t)); err != nil {
		return fmt.Errorf("purge ceremonies: %w", err)
	}
	return nil
}
