package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/modules/openid"
)

const insertAuthorization = `
INSERT INTO openid_authorizations (person_id, id, code_hash, session_id, client_id, grant_id, scopes, details, redirect, challenge, nonce, jkt, acr, auth_us, created_us, until_us, redeemed_us, revoked_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0)`

// AddAuthorization keeps a.
func (s *Store) AddAuthorization(ctx context.Context, a openid.Authorization) error {
	details, err := encode(a.Details)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, insertAuthorization, string(a.Person), a.ID, a.CodeHash, a.Session, a.Client, a.Grant, strings.Join(a.Scopes, " "), details,
		a.Redirect, a.Challenge, a.Nonce, a.JKT, a.ACR, micros(a.AuthTime), micros(a.Created), micros(a.Until))
	if err != nil {
		return fmt.Errorf("insert authorization: %w", err)
	}
	return nil
}

const selectByCode = `
SELECT a.person_id, a.id, a.code_hash, a.session_id, a.client_id, a.grant_id, a.scopes, a.details, a.redirect, a.challenge, a.nonce, a.jkt, a.acr, a.auth_us, a.created_us, a.until_us, a.redeemed_us, a.revoked_us, g.subject
FROM openid_authorizations a JOIN openid_grants g ON g.person_id = a.person_id AND g.id = a.grant_id
WHERE a.code_hash = $1 AND g.revoked_us = 0`

// AuthorizationByCode returns what a code stands for.
func (s *Store) AuthorizationByCode(ctx context.Context, code []byte) (openid.Authorization, openid.Grant, error) {
	var a openid.Authorization
	var g openid.Grant
	var scopes, details string
	var auth, created, until, redeemed, revoked int64
	err := s.db.QueryRow(ctx, selectByCode, code).Scan(&a.Person, &a.ID, &a.CodeHash, &a.Session, &a.Client, &a.Grant, &scopes, &details, &a.Redirect, &a.Challenge,
		&a.Nonce, &a.JKT, &a.ACR, &auth, &created, &until, &redeemed, &revoked, &g.Subject)
	if errors.Is(err, sql.ErrNoRows) {
		return a, g, openid.ErrNoGrant
	}
	if err != nil {
		return a, g, fmt.Errorf("authorization: %w", err)
	}
	a.Scopes, a.AuthTime, a.Created, a.Until, a.Redeemed, a.Revoked = words(scopes), instant(auth), instant(created), instant(until), instant(redeemed), instant(revoked)
	g.ID, g.Person, g.Client = a.Grant, a.Person, a.Client
	return a, g, decode(details, &a.Details)
}

const redeem = `
UPDATE openid_authorizations
SET redeemed_us = $3
WHERE person_id = $1 AND id = $2 AND redeemed_us = 0 AND revoked_us = 0`

// Redeem reports whether this was the first time.
func (s *Store) Redeem(ctx context.Context, p identity.PersonID, id string, at time.Time) (bool, error) {
	res, err := s.db.Exec(ctx, redeem, string(p), id, micros(at))
	return changed(res, err, "redeem")
}

const revokeAuthorization = `
UPDATE openid_authorizations
SET revoked_us = $3
WHERE person_id = $1 AND id = $2 AND revoked_us = 0`

// RevokeAuthorization ends an authorization and every token that came of it.
func (s *Store) RevokeAuthorization(ctx context.Context, p identity.PersonID, id string, at time.Time) error {
	res, err := s.db.Exec(ctx, revokeAuthorization, string(p), id, micros(at))
	_, err = changed(res, err, "revoke authorization")
	return err
}
