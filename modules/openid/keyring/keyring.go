// Package keyring signs ID tokens and the like with the program's key ring.
package keyring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"causeway/modules/openid"
	"causeway/platform/keys"
)

// SignerName is the name of the key that signs.
const SignerName = "openid"

// publishedFor is how long the published set is kept.
const publishedFor = time.Minute

// Ring is what this adapter needs of keys.Ring.
type Ring interface {
	Signer(ctx context.Context, name string, alg keys.Alg) (*keys.Signer, error)
	Verifiers(ctx context.Context, name string) ([]keys.Public, error)
	MAC(label string, data []byte) []byte
}

// Keys signs with an ES256 key of its own: the algorithm that FAPI 2.0 and nearly
// every client know.
type Keys struct {
	ring Ring
	now  func() time.Time

	mu      sync.Mutex // guards what follows
	publics []keys.Public
	till    time.Time
}

var _ openid.Keys = (*Keys)(nil)

// New returns Keys over ring.
func New(ring Ring, now func() time.Time) *Keys { return &Keys{ring: ring, now: now} }

// MAC is the ring's.
func (k *Keys) MAC(label string, data []byte) []byte { return k.ring.MAC(label, data) }

// Sign returns a compact JWS of payload.
func (k *Keys) Sign(ctx context.Context, typ string, payload []byte) (string, error) {
	s, err := k.ring.Signer(ctx, SignerName, keys.ES256)
	if err != nil {
		return "", err
	}
	return s.JWS(map[string]any{"typ": typ}, payload)
}

// Verify returns what Sign signed.
func (k *Keys) Verify(ctx context.Context, jws string) ([]byte, error) {
	publics, err := k.known(ctx)
	if err != nil {
		return nil, err
	}
	_, payload, err := keys.VerifyJWS(jws, publics)
	return payload, err
}

func (k *Keys) known(ctx context.Context) ([]keys.Public, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.publics != nil && k.now().Before(k.till) {
		return k.publics, nil
	}
	if _, err := k.ring.Signer(ctx, SignerName, keys.ES256); err != nil {
		return nil, err
	}
	publics, err := k.ring.Verifiers(ctx, SignerName)
	if err != nil {
		return nil, err
	}
	if len(publics) == 0 {
		return nil, errors.New("openid: no key to publish")
	}
	k.publics, k.till = publics, k.now().Add(publishedFor)
	return publics, nil
}

// Published returns the public keys, retired ones too, as a JWK set.
func (k *Keys) Published(ctx context.Context) ([]byte, error) {
	publics, err := k.known(ctx)
	if err != nil {
		return nil, err
	}
	set, err := json.Marshal(keys.JWKS(publics))
	if err != nil {
		return nil, fmt.Errorf("encode keys: %w", err)
	}
	return set, nil
}
