package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/modules/openid"
)

const insertGrant = `
INSERT INTO openid_grants (person_id, id, client_id, department_id, subject, details, consent_id, created_us, changed_us, used_us, signed_in_us, revoked_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0)`

// AddGrant keeps g.
func (s *Store) AddGrant(ctx context.Context, g openid.Grant) error {
	details, err := encode(g.Details)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, insertGrant, string(g.Person), g.ID, g.Client, string(g.Department), g.Subject, details, g.Consent,
		micros(g.Created), micros(g.Changed), micros(g.SignedIn))
	if err != nil {
		return fmt.Errorf("insert grant: %w", err)
	}
	return nil
}

const updateGrant = `
UPDATE openid_grants
SET details = $3, consent_id = $4, changed_us = $5, signed_in_us = $6
WHERE person_id = $1 AND id = $2 AND revoked_us = 0`

// SetGrant stores what may change of g.
func (s *Store) SetGrant(ctx context.Context, g openid.Grant) error {
	details, err := encode(g.Details)
	if err != nil {
		return err
	}
	res, err := s.db.Exec(ctx, updateGrant, string(g.Person), g.ID, details, g.Consent, micros(g.Changed), micros(g.SignedIn))
	ok, err := changed(res, err, "update grant")
	if err == nil && !ok {
		return openid.ErrNoGrant
	}
	return err
}

const selectGrant = `
SELECT person_id, id, client_id, department_id, subject, details, consent_id, created_us, changed_us, used_us, signed_in_us, revoked_us
FROM openid_grants
WHERE id = $1`

// Grant returns one.
func (s *Store) Grant(ctx context.Context, id string) (openid.Grant, error) {
	if !text(id) {
		return openid.Grant{}, openid.ErrNoGrant
	}
	return oneGrant(s.db.QueryRow(ctx, selectGrant, id))
}

const selectGrantOf = `
SELECT person_id, id, client_id, department_id, subject, details, consent_id, created_us, changed_us, used_us, signed_in_us, revoked_us
FROM openid_grants
WHERE person_id = $1 AND client_id = $2 AND revoked_us = 0
ORDER BY created_us DESC, id DESC
LIMIT 1`

// GrantOf returns the newest that stands.
func (s *Store) GrantOf(ctx context.Context, p identity.PersonID, client string) (openid.Grant, error) {
	return oneGrant(s.db.QueryRow(ctx, selectGrantOf, string(p), client))
}

func oneGrant(row scanner) (openid.Grant, error) {
	g, err := scanGrant(row)
	if errors.Is(err, sql.ErrNoRows) {
		return g, openid.ErrNoGrant
	}
	return g, err
}

const selectGrantsOf = `
SELECT person_id, id, client_id, department_id, subject, details, consent_id, created_us, changed_us, used_us, signed_in_us, revoked_us
FROM openid_grants
WHERE person_id = $1 AND revoked_us = 0
ORDER BY created_us DESC, id DESC
LIMIT 200`

// GrantsOf returns those that stand.
func (s *Store) GrantsOf(ctx context.Context, p identity.PersonID) ([]openid.Grant, error) {
	rows, err := s.db.Query(ctx, selectGrantsOf, string(p))
	if err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	defer rows.Close()
	var all []openid.Grant
	for rows.Next() {
		g, err := scanGrant(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, rows.Err()
}

func scanGrant(row scanner) (openid.Grant, error) {
	var g openid.Grant
	var details string
	var created, edited, used, signedIn, revoked int64
	err := row.Scan(&g.Person, &g.ID, &g.Client, &g.Department, &g.Subject, &details, &g.Consent, &created, &edited, &used, &signedIn, &revoked)
	if err != nil {
		return openid.Grant{}, fmt.Errorf("grant: %w", err)
	}
	g.Created, g.Changed, g.Used, g.SignedIn, g.Revoked = instant(created), instant(edited), instant(used), instant(signedIn), instant(revoked)
	return g, decode(details, &g.Details)
}

const revokeGrant = `
UPDATE openid_grants
SET revoked_us = $3
WHERE person_id = $1 AND id = $2 AND revoked_us = 0`

// RevokeGrant ends one, and with it every token that came of it.
func (s *Store) RevokeGrant(ctx context.Context, p identity.PersonID, id string, at time.Time) error {
	res, err := s.db.Exec(ctx, revokeGrant, string(p), id, micros(at))
	ok, err := changed(res, err, "revoke grant")
	if err == nil && !ok {
		return openid.ErrNoGrant
	}
	return err
}

const noteUsed = `
UPDATE openid_grants
SET used_us = $3
WHERE person_id = $1 AND id = $2 AND used_us < $3`

// NoteUsed stores when facts were read.
func (s *Store) NoteUsed(ctx context.Context, p identity.PersonID, id string, at time.Time) error {
	if _, err := s.db.ExecAlone(ctx, noteUsed, string(p), id, micros(at)); err != nil {
		return fmt.Errorf("note used: %w", err)
	}
	return nil
}
