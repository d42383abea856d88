package store

import (
	"context"
	"fmt"
	"time"

	"causeway/modules/org"
)

const insertNonce = `
INSERT INTO org_nonces (key_id, nonce, until_us)
VALUES ($1, $2, $3)
ON CONFLICT (key_id, nonce) DO NOTHING`

// AddNonce records a nonce. Of two at the same moment the engine lets one in.
func (s *Store) AddNonce(ctx context.Context, key, nonce string, until time.Time) error {
	if !text(key, nonce) {
		return org.ErrReplay // no signature can say it
	}
	res, err := s.db.ExecAlone(ctx, insertNonce, key, nonce, micros(until))
	return changed(res, err, "insert nonce", org.ErrReplay)
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
