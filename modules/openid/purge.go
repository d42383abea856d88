package openid

import (
	"context"
	"time"
)

// How much one step of Purge removes, how long it rests after it, and how long
// what ended is still known: a refresh token that comes again is told from one
// that never was.
const (
	purgeMost = 500
	purgeRest = 20 * time.Millisecond
	keptFor   = time.Hour
)

// Purge removes what ended, step by step, so that requests go on beside it.
func (s *Service) Purge(ctx context.Context) error {
	for {
		n, err := s.d.Store.Purge(ctx, s.now().Add(-keptFor), s.now().Add(-keptFor-refreshFor-codeFor), purgeMost)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(purgeRest):
		}
	}
}
