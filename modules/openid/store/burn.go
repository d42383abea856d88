package store

import (
	"context"
	"database/sql"
	"fmt"

	"causeway/modules/openid"
	"causeway/platform/db"
)

const insertBurned = `
INSERT INTO openid_burned (key, until_us)
VALUES ($1, $2)
ON CONFLICT (key) DO NOTHING`

// insertAllBurned writes them in the order of keys, so that two batches with the
// same ones wait for each other and do not lock each other out.
const insertAllBurned = `
INSERT INTO openid_burned (key, until_us)
SELECT key, until_us
FROM unnest($1::bytea[], $2::bigint[]) AS n (key, until_us)
ORDER BY key
ON CONFLICT (key) DO NOTHING
RETURNING key`

// Burn keeps ids: one statement on PostgreSQL, one unit on SQLite.
func (s *Store) Burn(ctx context.Context, ids []openid.Burned) ([]bool, error) {
	if s.db.Engine == db.SQLite {
		return s.burnEach(ctx, ids)
	}
	keys, untils := make([][]byte, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		keys[i], untils[i] = id.Key, micros(id.Until)
	}
	fresh := map[string]bool{}
	err := s.db.Claim(ctx, func(rows *sql.Rows) error {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			return err
		}
		fresh[string(key)] = true
		return nil
	}, insertAllBurned, keys, untils)
	if err != nil {
		return nil, fmt.Errorf("burn: %w", err)
	}
	out := make([]bool, len(ids))
	for i, id := range ids {
		out[i] = fresh[string(id.Key)]
		delete(fresh, string(id.Key)) // an equal one behind it is not
	}
	return out, nil
}

func (s *Store) burnEach(ctx context.Context, ids []openid.Burned) ([]bool, error) {
	out := make([]bool, len(ids))
	err := s.db.Do(ctx, func(ctx context.Context) error {
		for i, id := range ids {
			res, err := s.db.Exec(ctx, insertBurned, id.Key, micros(id.Until))
			if out[i], err = changed(res, err, "burn"); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
