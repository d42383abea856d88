package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/org"
)

const insertClient = `
INSERT INTO org_clients (id, department_id, name, actor, channel, created_us, revoked_us)
VALUES ($1, $2, $3, $4, $5, $6, 0)`

// AddClient adds c without its keys.
func (s *Store) AddClient(ctx context.Context, c org.Software, actor, channel string) error {
	if _, err := s.db.Exec(ctx, insertClient, c.ID, string(c.Department), c.Name, actor, channel, micros(c.Created)); err != nil {
		return fmt.Errorf("insert client: %w", err)
	}
	return nil
}

const insertKey = `
INSERT INTO org_keys (id, client_id, department_id, public, actor, channel, added_us, until_us, revoked_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
ON CONFLICT (id) DO NOTHING`

// AddKey adds k.
func (s *Store) AddKey(ctx context.Context, d org.ID, k org.ClientKey, actor, channel string) error {
	res, err := s.db.Exec(ctx, insertKey, k.ID, k.Client, string(d), []byte(k.Public), actor, channel, micros(k.Added), micros(k.Until))
	return changed(res, err, "insert key", org.ErrKeyTaken)
}

const endKeys = `
UPDATE org_keys
SET until_us = $3
WHERE client_id = $1 AND id <> $2 AND revoked_us = 0 AND (until_us = 0 OR until_us > $3)`

// EndKeys has the other keys of client end at until.
func (s *Store) EndKeys(ctx context.Context, client, but string, until time.Time) error {
	if _, err := s.db.Exec(ctx, endKeys, client, but, micros(until)); err != nil {
		return fmt.Errorf("end keys: %w", err)
	}
	return nil
}

const revokeKey = `
UPDATE org_keys
SET revoked_us = $3
WHERE client_id = $1 AND id = $2 AND revoked_us = 0`

// RevokeKey ends a key.
func (s *Store) RevokeKey(ctx context.Context, client, id string, at time.Time) error {
	if !text(client, id) {
		return org.ErrNoKey
	}
	res, err := s.db.Exec(ctx, revokeKey, client, id, micros(at))
	return changed(res, err, "revoke key", org.ErrNoKey)
}

const revokeClient = `
UPDATE org_clients
SET revoked_us = $3
WHERE department_id = $1 AND id = $2 AND revoked_us = 0`

// RevokeClient ends a client; its keys end with it.
func (s *Store) RevokeClient(ctx context.Context, d org.ID, id string, at time.Time) error {
	if !text(id) {
		return org.ErrNoClient
	}
	res, err := s.db.Exec(ctx, revokeClient, string(d), id, micros(at))
	return changed(res, err, "revoke client", org.ErrNoClient)
}

const selectKeyClient = `
SELECT c.id, c.department_id, c.name, k.id, k.public
FROM org_keys k JOIN org_clients c ON c.id = k.client_id
WHERE k.id = $1 AND k.revoked_us = 0 AND (k.until_us = 0 OR k.until_us > $2) AND c.revoked_us = 0`

// KeyClient returns whose key id is.
func (s *Store) KeyClient(ctx context.Context, id string, now time.Time) (org.Client, ed25519.PublicKey, error) {
	if !text(id) {
		return org.Client{}, nil, org.ErrNoKey
	}
	var c org.Client
	var key []byte
	err := s.db.QueryRow(ctx, selectKeyClient, id, micros(now)).Scan(&c.ID, &c.Department, &c.Name, &c.Key, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil, org.ErrNoKey
	}
	if err != nil {
		return c, nil, fmt.Errorf("key: %w", err)
	}
	return c, ed25519.PublicKey(key), nil
}

const selectClients = `
SELECT id, department_id, name, created_us, revoked_us
FROM org_clients
WHERE department_id = $1
ORDER BY created_us, id`

const selectKeys = `
SELECT id, client_id, public, added_us, until_us, revoked_us
FROM org_keys
WHERE department_id = $1
ORDER BY added_us, id`

// ClientsOf returns d's software and keys.
func (s *Store) ClientsOf(ctx context.Context, d org.ID) ([]org.Software, error) {
	rows, err := s.db.Query(ctx, selectClients, string(d))
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	defer rows.Close()
	var all []org.Software
	place := map[string]int{}
	for rows.Next() {
		c, err := scanClient(rows)
		if err != nil {
			return nil, err
		}
		place[c.ID] = len(all)
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	keys, err := s.keys(ctx, selectKeys, string(d))
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if i, ok := place[k.Client]; ok {
			all[i].Keys = append(all[i].Keys, k)
		}
	}
	return all, nil
}

const selectClient = `
SELECT id, department_id, name, created_us, revoked_us
FROM org_clients
WHERE department_id = $1 AND id = $2`

const selectKeysOf = `
SELECT id, client_id, public, added_us, until_us, revoked_us
FROM org_keys
WHERE client_id = $1
ORDER BY added_us, id`

// Client returns one of d's.
func (s *Store) Client(ctx context.Context, d org.ID, id string) (org.Software, error) {
	if !text(id) {
		return org.Software{}, org.ErrNoClient
	}
	c, err := scanClient(s.db.QueryRow(ctx, selectClient, string(d), id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, org.ErrNoClient
	}
	if err != nil {
		return c, err
	}
	c.Keys, err = s.keys(ctx, selectKeysOf, id)
	return c, err
}

func scanClient(row scanner) (org.Software, error) {
	var c org.Software
	var created, revoked int64
	if err := row.Scan(&c.ID, &c.Department, &c.Name, &created, &revoked); err != nil {
		return c, fmt.Errorf("client: %w", err)
	}
	c.Created, c.Revoked = instant(created), instant(revoked)
	return c, nil
}

func (s *Store) keys(ctx context.Context, q, arg string) ([]org.ClientKey, error) {
	rows, err := s.db.Query(ctx, q, arg)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	defer rows.Close()
	var all []org.ClientKey
	for rows.Next() {
		var k org.ClientKey
		var public []byte
		var added, until, revoked int64
		if err := rows.Scan(&k.ID, &k.Client, &public, &added, &until, &revoked); err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		k.Public, k.Added, k.Until, k.Revoked = public, instant(added), instant(until), instant(revoked)
		all = append(all, k)
	}
	return all, rows.Err()
}
