package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/credential"
)

const insertPresentation = `
INSERT INTO credential_presentations (hash, person_id, licence_id, expires_us, sealed)
VALUES ($1, $2, $3, $4, $5)`

// AddPresentation keeps p.
func (s *Store) AddPresentation(ctx context.Context, p credential.StoredPresentation) error {
	if err := s.db.Write(ctx, insertPresentation, p.Hash, string(p.Person), p.Licence, p.Expires.UnixMicro(), p.Sealed); err != nil {
		return fmt.Errorf("insert presentation: %w", err)
	}
	return nil
}

const presentation = `
SELECT hash, person_id, licence_id, expires_us, sealed
FROM credential_presentations
WHERE hash = $1`

// Presentation returns the one that a handle's hash names.
func (s *Store) Presentation(ctx context.Context, hash []byte) (credential.StoredPresentation, error) {
	var p credential.StoredPresentation
	var us int64
	err := s.db.QueryRow(ctx, presentation, hash).Scan(&p.Hash, &p.Person, &p.Licence, &us, &p.Sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return p, credential.ErrNoPresentation
	}
	if err != nil {
		return p, fmt.Errorf("read presentation: %w", err)
	}
	p.Expires = time.UnixMicro(us).UTC()
	return p, nil
}

const dropPresentations = `
DELETE FROM credential_presentations
WHERE expires_us < $1`

// DropPresentations removes those that ended before an instant.
func (s *Store) DropPresentations(ctx context.Context, before time.Time) error {
	if err := s.db.Write(ctx, dropPresentations, before.UnixMicro()); err != nil {
		return fmt.Errorf("drop presentations: %w", err)
	}
	return nil
}

const guess = `
INSERT INTO credential_guesses (print_code, since_us, count)
VALUES ($1, $2, 1)
ON CONFLICT (print_code) DO UPDATE SET
	count = CASE WHEN credential_guesses.since_us < $3 THEN 1 ELSE credential_guesses.count + 1 END,
	since_us = CASE WHEN credential_guesses.since_us < $3 THEN excluded.since_us ELSE credential_guesses.since_us END`

const guessed = `
SELECT count
FROM credential_guesses
WHERE print_code = $1`

// Guess counts one try.
func (s *Store) Guess(ctx context.Context, code string, at, since time.Time) (int, error) {
	var n int
	err := s.db.Do(ctx, func(ctx context.Context) error {
		if err := s.db.Write(ctx, guess, code, at.UnixMicro(), since.UnixMicro()); err != nil {
			return err
		}
		return s.db.QueryRow(ctx, guessed, code).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count guess: %w", err)
	}
	return n - 1, nil
}
