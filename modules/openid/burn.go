package openid

import (
	"context"
	"crypto/sha256"
	"time"
)

// A Burned is an id that may be used once until it would no longer be taken
// anyway: the jti of a client assertion, a DPoP proof or a request object.
type Burned struct {
	Key   []byte // SHA-256 of who used it as what, and of the id
	Until time.Time
}

// burned names the id jti that who used as kind. Who uses it is part of the name,
// so that nobody uses up another's ids.
func burned(kind, who, jti string, until time.Time) Burned {
	h := sha256.New()
	for _, part := range []string{kind, who, jti} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return Burned{Key: h.Sum(nil), Until: until}
}

// burn uses up all of ids, durably and for every replica, in one batch with
// those of other requests. It reports whether none had been used.
func (s *Service) burn(ctx context.Context, ids []Burned) (bool, error) {
	if len(ids) == 0 {
		return true, nil
	}
	fresh, err := s.burns.Do(ctx, ids...)
	if err != nil {
		return false, err
	}
	for _, f := range fresh {
		if !f {
			return false, nil
		}
	}
	return true, nil
}
