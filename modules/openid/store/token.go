package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"causeway/modules/openid"
	"causeway/platform/db"
)

const insertToken = `
INSERT INTO openid_tokens (hash, kind, client_id, department_id, audience_id, person_id, authorization_id, grant_id, scopes, jkt, x5t, created_us, until_us, used_us, revoked_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0)`

const insertTokens = `
INSERT INTO openid_tokens (hash, kind, client_id, department_id, audience_id, person_id, authorization_id, grant_id, scopes, jkt, x5t, created_us, until_us, used_us, revoked_us)
SELECT hash, kind, client_id, department_id, audience_id, person_id, authorization_id, grant_id, scopes, jkt, x5t, created_us, until_us, 0, 0
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[])
	AS n (hash, kind, client_id, department_id, audience_id, person_id, authorization_id, grant_id, scopes, jkt, x5t, created_us, until_us)`

// AddTokens keeps tokens: in the unit of ctx, or all at once.
func (s *Store) AddTokens(ctx context.Context, tokens []openid.Token) error {
	if s.db.Engine == db.SQLite {
		return s.addEach(ctx, tokens)
	}
	var text [10][]string
	hashes, created, until := make([][]byte, len(tokens)), make([]int64, len(tokens)), make([]int64, len(tokens))
	for i, t := range tokens {
		hashes[i], created[i], until[i] = t.Hash, micros(t.Created), micros(t.Until)
		for j, value := range columns(t) {
			text[j] = append(text[j], value)
		}
	}
	_, err := s.db.ExecAlone(ctx, insertTokens, hashes, text[0], text[1], text[2], text[3], text[4], text[5], text[6], text[7], text[8], text[9], created, until)
	if err != nil {
		return fmt.Errorf("insert tokens: %w", err)
	}
	return nil
}

// columns are those between hash and created_us.
func columns(t openid.Token) [10]string {
	return [10]string{
		t.Kind, t.Client, string(t.Department), string(t.Audience), string(t.Person), t.Authorization, t.Grant, strings.Join(t.Scopes, " "), t.JKT, t.X5T,
	}
}

func (s *Store) addEach(ctx context.Context, tokens []openid.Token) error {
	return s.db.Do(ctx, func(ctx context.Context) error {
		for _, t := range tokens {
			c := columns(t)
			_, err := s.db.Exec(ctx, insertToken, t.Hash, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], micros(t.Created), micros(t.Until))
			if err != nil {
				return fmt.Errorf("insert token: %w", err)
			}
		}
		return nil
	})
}

const selectLive = `
SELECT t.hash, t.kind, t.client_id, t.department_id, t.audience_id, t.person_id, t.authorization_id, t.grant_id, t.scopes, t.jkt, t.x5t, t.created_us, t.until_us, t.used_us, t.revoked_us,
	COALESCE(g.subject, ''), COALESCE(g.consent_id, ''), COALESCE(a.details, 'null'), COALESCE(a.acr, ''), COALESCE(a.auth_us, 0), COALESCE(a.session_id, ''),
	CASE WHEN t.grant_id = '' OR g.revoked_us = 0 AND a.revoked_us = 0 THEN 0 ELSE 1 END
FROM openid_tokens t
LEFT JOIN openid_authorizations a ON a.person_id = t.person_id AND a.id = t.authorization_id
LEFT JOIN openid_grants g ON g.person_id = t.person_id AND g.id = t.grant_id
WHERE t.hash = $1`

// Live returns a token with what it rests on.
func (s *Store) Live(ctx context.Context, hash []byte) (openid.Live, error) {
	var l openid.Live
	var scopes, details string
	var created, until, used, revoked, auth, ended int64
	err := s.db.QueryRow(ctx, selectLive, hash).Scan(&l.Hash, &l.Kind, &l.Client, &l.Department, &l.Audience, &l.Person, &l.Authorization, &l.Grant, &scopes, &l.JKT, &l.X5T,
		&created, &until, &used, &revoked, &l.Subject, &l.Consent, &details, &l.ACR, &auth, &l.Session, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return l, openid.ErrNoToken
	}
	if err != nil {
		return l, fmt.Errorf("token: %w", err)
	}
	l.Scopes, l.Created, l.Until, l.Used, l.Revoked, l.AuthTime, l.Ended = words(scopes), instant(created), instant(until), instant(used), instant(revoked), instant(auth), ended != 0
	if details == "null" {
		return l, nil
	}
	return l, decode(details, &l.Details)
}

const useRefresh = `
UPDATE openid_tokens
SET used_us = $2
WHERE hash = $1 AND used_us = 0 AND revoked_us = 0
AND EXISTS (
	SELECT 1
	FROM openid_authorizations a JOIN openid_grants g ON g.person_id = a.person_id AND g.id = a.grant_id
	WHERE a.person_id = openid_tokens.person_id AND a.id = openid_tokens.authorization_id AND a.revoked_us = 0 AND g.revoked_us = 0)`

// UseRefresh reports whether this was the first time.
func (s *Store) UseRefresh(ctx context.Context, hash []byte, at time.Time) (bool, error) {
	res, err := s.db.Exec(ctx, useRefresh, hash, micros(at))
	return changed(res, err, "use refresh token")
}

const revokeToken = `
UPDATE openid_tokens
SET revoked_us = $2
WHERE hash = $1 AND revoked_us = 0`

// RevokeToken ends one token.
func (s *Store) RevokeToken(ctx context.Context, hash []byte, at time.Time) error {
	res, err := s.db.Exec(ctx, revokeToken, hash, micros(at))
	_, err = changed(res, err, "revoke token")
	return err
}
