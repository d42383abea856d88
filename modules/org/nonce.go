package org

import (
	"context"
	"fmt"
	"time"
)

// Nonces keeps which nonces were used, for all replicas.
type Nonces interface {
	// AddNonce returns ErrReplay if the key has used the nonce before.
	AddNonce(ctx context.Context, key, nonce string, until time.Time) error
	// PurgeNonces removes up to most nonces that ended before the instant, and
	// returns how many it removed.
	PurgeNonces(ctx context.Context, before time.Time, most int) (int, error)
}

// UseNonce records that a key has used a nonce, and keeps the record until the
// instant given. It returns ErrReplay if it did before: of several that use one
// at the same moment, on any replica, exactly one is let through.
func (s *Service) UseNonce(ctx context.Context, key, nonce string, until time.Time) error {
	return s.d.Store.AddNonce(ctx, key, nonce, until)
}

// purgeStep bounds one unit of Purge, so that nobody waits long for it.
const purgeStep = 2000

// Purge removes the nonces whose signatures are too old to be accepted by now.
// It is for a schedule: each minute.
func (s *Service) Purge(ctx context.Context) error {
	for {
		n, err := s.d.Store.PurgeNonces(ctx, s.now().Add(-time.Minute), purgeStep)
		if err != nil {
			return fmt.Errorf("purge nonces: %w", err)
		}
		if n < purgeStep {
			return nil
		}
	}
}
