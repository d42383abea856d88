package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"causeway/modules/org"
	"causeway/platform/db"
)

const insertNonce = `
INSERT INTO org_nonces (key_id, nonce, until_us)
VALUES ($1, $2, $3)
ON CONFLICT (key_id, nonce) DO NOTHING`

// insertNonces writes them in the order of their keys, so that two batches with the
// same ones wait for each other and do not lock each other out.
const insertNonces = `
INSERT INTO org_nonces (key_id, nonce, until_us)
SELECT key_id, nonce, until_us
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS n (key_id, nonce, until_us)
ORDER BY key_id, nonce
ON CONFLICT (key_id, nonce) DO NOTHING
RETURNING key_id, nonce`

// A nonce is on its way into the table.
type nonce struct {
	key, value string
	until      int64
}

// Bounds of a batch: nonces that one statement carries, and statements side by side.
const (
	noncesMost = 128
	noncesSide = 2
)

// AddNonce records a nonce. Of two at the same moment the engine lets one in. On
// PostgreSQL those that come together share a statement; SQLite's commits are shared
// by whatever comes together.
func (s *Store) AddNonce(ctx context.Context, key, value string, until time.Time) error {
	if !text(key, value) {
		return org.ErrReplay // no signature can say it
	}
	if s.db.Engine == db.SQLite {
		res, err := s.db.ExecAlone(ctx, insertNonce, key, value, micros(until))
		return changed(res, err, "insert nonce", org.ErrReplay)
	}
	fresh, err := s.nonces.Do(ctx, nonce{key, value, micros(until)})
	if err != nil {
		return fmt.Errorf("insert nonce: %w", err)
	}
	if !fresh[0] {
		return org.ErrReplay
	}
	return nil
}

// addNonces tells of each whether it was not there.
func (s *Store) addNonces(ctx context.Context, all []nonce) ([]bool, error) {
	keys, values, untils := make([]string, len(all)), make([]string, len(all)), make([]int64, len(all))
	for i, n := range all {
		keys[i], values[i], untils[i] = n.key, n.value, n.until
	}
	added := map[[2]string]bool{}
	err := s.db.Claim(ctx, func(rows *sql.Rows) error {
		var id [2]string
		if err := rows.Scan(&id[0], &id[1]); err != nil {
			return err
		}
		added[id] = true
		return nil
	}, insertNonces, keys, values, untils)
	if err != nil {
		return nil, err
	}
	fresh := make([]bool, len(all))
	for i, n := range all {
		id := [2]string{n.key, n.value}
		fresh[i] = added[id]
		delete(added, id) // an equal one behind it is not
	}
	return fresh, nil
}

const deleteNonces = `
DELETE FROM org_nonces
WHERE (key_id, nonce) IN (
	SELECT key_id, nonce
	FROM org_nonces
	WHERE until_us < $1
	ORDER BY until_us
	LIMIT $2)`

// PurgeNonces removes old nonces.
func (s *Store) PurgeNonces(ctx context.Context, before time.Time, most int) (int, error) {
	res, err := s.db.Exec(ctx, deleteNonces, micros(before), most)
	if err != nil {
		return 0, fmt.Errorf("purge nonces: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("purge nonces: %w", err)
	}
	return int(n), nil
}
