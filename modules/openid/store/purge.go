package store

import (
	"context"
	"fmt"
	"time"
)

// Each removes some of what ended before an instant: a few at a time, so that
// nobody waits for it.
const (
	purgeBurned = `
DELETE FROM openid_burned
WHERE key IN (SELECT key FROM openid_burned WHERE until_us < $1 ORDER BY until_us LIMIT $2)`
	purgeRequests = `
DELETE FROM openid_requests
WHERE id IN (SELECT id FROM openid_requests WHERE until_us < $1 ORDER BY until_us LIMIT $2)`
	purgeTokens = `
DELETE FROM openid_tokens
WHERE hash IN (SELECT hash FROM openid_tokens WHERE until_us < $1 ORDER BY until_us LIMIT $2)`
	purgeAuthorizations = `
DELETE FROM openid_authorizations
WHERE (person_id, id) IN (SELECT person_id, id FROM openid_authorizations WHERE until_us < $1 ORDER BY until_us LIMIT $2)`
)

// Purge removes what ended.
func (s *Store) Purge(ctx context.Context, before, families time.Time, most int) (int, error) {
	total := 0
	for _, x := range []struct {
		q      string
		before time.Time
	}{{purgeBurned, before}, {purgeRequests, before}, {purgeTokens, before}, {purgeAuthorizations, families}} {
		res, err := s.db.ExecAlone(ctx, x.q, micros(x.before), most)
		if err != nil {
			return total, fmt.Errorf("purge: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, fmt.Errorf("purge: %w", err)
		}
		total += int(n)
	}
	return total, nil
}
