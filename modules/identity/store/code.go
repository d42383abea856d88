package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
)

const insertCode = `
INSERT INTO identity_codes (person_id, code_id, code_mac, state, attempts, document, department, subject, actor, channel, created_us, until_us, letter_sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

// AddCode adds c.
func (s *Store) AddCode(ctx context.Context, c identity.CodeRecord) error {
	_, err := s.db.Exec(ctx, insertCode, string(c.Person), c.ID, c.MAC, string(c.State), c.Attempts, string(c.Document), c.Department,
		c.Subject, string(c.Actor), c.Channel, micro(c.Created), micro(c.Until), c.Letter)
	if err != nil {
		return fmt.Errorf("insert code: %w", err)
	}
	return nil
}

const codeByMAC = `
SELECT person_id, code_id, code_mac, state, attempts, document, department, subject, actor, channel, created_us, until_us, letter_sealed
FROM identity_codes
WHERE code_mac = $1
ORDER BY code_id
LIMIT 1`

// CodeByMAC returns the code with that keyed hash.
func (s *Store) CodeByMAC(ctx context.Context, mac []byte) (identity.CodeRecord, error) {
	return scanCode(s.db.QueryRow(ctx, codeByMAC, mac), identity.ErrCode)
}

const code = `
SELECT person_id, code_id, code_mac, state, attempts, document, department, subject, actor, channel, created_us, until_us, letter_sealed
FROM identity_codes
WHERE person_id = $1 AND code_id = $2`

// Code returns a person's code.
func (s *Store) Code(ctx context.Context, p identity.PersonID, id string) (identity.CodeRecord, error) {
	return scanCode(s.db.QueryRow(ctx, code, string(p), id), identity.ErrCode)
}

const codeOfActor = `
SELECT person_id, code_id, code_mac, state, attempts, document, department, subject, actor, channel, created_us, until_us, letter_sealed
FROM identity_codes
WHERE actor = $1 AND code_id = $2
ORDER BY person_id
LIMIT 1`

// CodeOfActor returns the code that actor issued.
func (s *Store) CodeOfActor(ctx context.Context, id string, actor identity.PersonID) (identity.CodeRecord, error) {
	return scanCode(s.db.QueryRow(ctx, codeOfActor, string(actor), id), identity.ErrNoLetter)
}

const openCodes = `
SELECT person_id, code_id, code_mac, state, attempts, document, department, subject, actor, channel, created_us, until_us, letter_sealed
FROM identity_codes
WHERE person_id = $1 AND state = 'open' AND until_us > $2
ORDER BY code_id`

// OpenCodes returns a person's codes that can be used at now.
func (s *Store) OpenCodes(ctx context.Context, p identity.PersonID, now time.Time) ([]identity.CodeRecord, error) {
	rows, err := s.db.Query(ctx, openCodes, string(p), micro(now))
	if err != nil {
		return nil, fmt.Errorf("open codes: %w", err)
	}
	defer rows.Close()
	var all []identity.CodeRecord
	for rows.Next() {
		c, err := scanCode(rows, identity.ErrCode)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

type scanner interface{ Scan(into ...any) error }

func scanCode(row scanner, absent error) (identity.CodeRecord, error) {
	var c identity.CodeRecord
	var created, until int64
	err := row.Scan((*string)(&c.Person), &c.ID, &c.MAC, (*string)(&c.State), &c.Attempts, (*string)(&c.Document), &c.Department,
		&c.Subject, (*string)(&c.Actor), &c.Channel, &created, &until, &c.Letter)
	if errors.Is(err, sql.ErrNoRows) {
		return c, absent
	}
	if err != nil {
		return c, fmt.Errorf("code: %w", err)
	}
	c.Created, c.Until = at(created), at(until)
	return c, nil
}

const updateCode = `
UPDATE identity_codes
SET state = $4, attempts = $5, letter_sealed = $6
WHERE person_id = $1 AND code_id = $2 AND state = $3`

// UpdateCode changes c if its state is still was.
func (s *Store) UpdateCode(ctx context.Context, c identity.CodeRecord, was identity.CodeState) (bool, error) {
	res, err := s.db.Exec(ctx, updateCode, string(c.Person), c.ID, string(was), string(c.State), c.Attempts, c.Letter)
	return touched(res, err, "update code")
}

const forgetLetters = `
UPDATE identity_codes
SET letter_sealed = NULL
WHERE letter_sealed IS NOT NULL AND created_us < $1`

// ForgetLetters erases the printable codes issued before t.
func (s *Store) ForgetLetters(ctx context.Context, t time.Time) error {
	if _, err := s.db.Exec(ctx, forgetLetters, micro(t)); err != nil {
		return fmt.Errorf("forget letters: %w", err)
	}
	return nil
}
