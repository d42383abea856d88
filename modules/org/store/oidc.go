package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"causeway/modules/org"
)

const insertOIDC = `
INSERT INTO org_oidc_clients (id, department_id, name, profile, grants, keys, secret_hash, redirects, logout_redirects, logout_uri, actor, channel, created_us, changed_us, revoked_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0)`

// AddOIDCClient adds c.
func (s *Store) AddOIDCClient(ctx context.Context, c org.OIDCClient, actor, channel string) error {
	l, err := listsOf(c)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, insertOIDC, c.ID, string(c.Department), l.name, string(c.Profile), l.grants, string(c.Keys), secret(c), l.redirects, l.logout,
		c.LogoutURI, actor, channel, micros(c.Created), micros(c.Changed))
	if err != nil {
		return fmt.Errorf("insert oidc client: %w", err)
	}
	return nil
}

func secret(c org.OIDCClient) []byte {
	if c.SecretHash == nil {
		return []byte{}
	}
	return c.SecretHash
}

// lists are the columns of a client that hold JSON.
type lists struct{ name, grants, redirects, logout string }

func listsOf(c org.OIDCClient) (lists, error) {
	var l lists
	for _, x := range []struct {
		to   *string
		from any
	}{{&l.name, c.Name}, {&l.grants, c.Grants}, {&l.redirects, c.Redirects}, {&l.logout, c.LogoutRedirects}} {
		b, err := json.Marshal(x.from)
		if err != nil {
			return l, fmt.Errorf("oidc client: %w", err)
		}
		*x.to = string(b)
	}
	return l, nil
}

const selectOIDC = `
SELECT id, department_id, name, profile, grants, keys, secret_hash, redirects, logout_redirects, logout_uri, created_us, changed_us, revoked_us
FROM org_oidc_clients
WHERE id = $1`

// OIDCClient returns one by its id.
func (s *Store) OIDCClient(ctx context.Context, id string) (org.OIDCClient, error) {
	if !text(id) {
		return org.OIDCClient{}, org.ErrNoClient
	}
	c, err := scanOIDC(s.db.QueryRow(ctx, selectOIDC, id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, org.ErrNoClient
	}
	return c, err
}

const selectOIDCOf = `
SELECT id, department_id, name, profile, grants, keys, secret_hash, redirects, logout_redirects, logout_uri, created_us, changed_us, revoked_us
FROM org_oidc_clients
WHERE department_id = $1
ORDER BY created_us, id`

// OIDCClientsOf returns d's.
func (s *Store) OIDCClientsOf(ctx context.Context, d org.ID) ([]org.OIDCClient, error) {
	rows, err := s.db.Query(ctx, selectOIDCOf, string(d))
	if err != nil {
		return nil, fmt.Errorf("oidc clients: %w", err)
	}
	defer rows.Close()
	var all []org.OIDCClient
	for rows.Next() {
		c, err := scanOIDC(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

func scanOIDC(row scanner) (org.OIDCClient, error) {
	var c org.OIDCClient
	var l lists
	var keys string
	var created, changed, revoked int64
	err := row.Scan(&c.ID, &c.Department, &l.name, &c.Profile, &l.grants, &keys, &c.SecretHash, &l.redirects, &l.logout, &c.LogoutURI, &created, &changed, &revoked)
	if err != nil {
		return c, fmt.Errorf("oidc client: %w", err)
	}
	for _, x := range []struct {
		from string
		to   any
	}{{l.name, &c.Name}, {l.grants, &c.Grants}, {l.redirects, &c.Redirects}, {l.logout, &c.LogoutRedirects}} {
		if err := json.Unmarshal([]byte(x.from), x.to); err != nil {
			return c, fmt.Errorf("oidc client: %w", err)
		}
	}
	if keys != "" {
		c.Keys = []byte(keys)
	}
	if len(c.SecretHash) == 0 {
		c.SecretHash = nil
	}
	c.Created, c.Changed, c.Revoked = instant(created), instant(changed), instant(revoked)
	return c, nil
}

const updateOIDC = `
UPDATE org_oidc_clients
SET name = $3, grants = $4, keys = $5, secret_hash = $6, redirects = $7, logout_redirects = $8, logout_uri = $9, changed_us = $10
WHERE department_id = $1 AND id = $2 AND revoked_us = 0`

// SetOIDCClient stores what may change of c.
func (s *Store) SetOIDCClient(ctx context.Context, c org.OIDCClient) error {
	l, err := listsOf(c)
	if err != nil {
		return err
	}
	res, err := s.db.Exec(ctx, updateOIDC, string(c.Department), c.ID, l.name, l.grants, string(c.Keys), secret(c), l.redirects, l.logout, c.LogoutURI, micros(c.Changed))
	return changed(res, err, "update oidc client", org.ErrNoClient)
}

const revokeOIDC = `
UPDATE org_oidc_clients
SET revoked_us = $3, changed_us = $3
WHERE department_id = $1 AND id = $2 AND revoked_us = 0`

// RevokeOIDCClient ends one of d's.
func (s *Store) RevokeOIDCClient(ctx context.Context, d org.ID, id string, at time.Time) error {
	if !text(id) {
		return org.ErrNoClient
	}
	res, err := s.db.Exec(ctx, revokeOIDC, string(d), id, micros(at))
	return changed(res, err, "revoke oidc client", org.ErrNoClient)
}
