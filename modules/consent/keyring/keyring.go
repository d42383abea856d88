// Package keyring signs consent records with the program's key ring.
package keyring

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"causeway/modules/consent"
	"causeway/platform/keys"
)

// signerName is the name of the key that signs records.
const signerName = "consent"

// Ring is what this adapter needs of keys.Ring.
type Ring interface {
	Signer(ctx context.Context, name string, alg keys.Alg) (*keys.Signer, error)
	Verifiers(ctx context.Context, name string) ([]keys.Public, error)
}

// Keys signs with an Ed25519 key of its own.
type Keys struct {
	ring Ring

	mu      sync.Mutex // guards publics
	publics []keys.Public
}

var _ consent.Keys = (*Keys)(nil)

// New returns Keys over ring.
func New(ring Ring) *Keys { return &Keys{ring: ring} }

// Sign returns a compact JWS of payload.
func (k *Keys) Sign(ctx context.Context, typ string, payload []byte) (string, error) {
	s, err := k.ring.Signer(ctx, signerName, keys.Ed25519)
	if err != nil {
		return "", err
	}
	return s.JWS(map[string]any{"typ": typ}, payload)
}

// Verify returns what Sign signed, or consent.ErrReceipt. Public keys that are
// known are not asked for again, unless a signature is by none of them.
func (k *Keys) Verify(ctx context.Context, jws string) (string, []byte, error) {
	k.mu.Lock()
	known := k.publics
	k.mu.Unlock()
	head, payload, err := keys.VerifyJWS(jws, known)
	if err != nil {
		publics, err := k.ring.Verifiers(ctx, signerName)
		if err != nil {
			return "", nil, err
		}
		k.mu.Lock()
		k.publics = publics
		k.mu.Unlock()
		if head, payload, err = keys.VerifyJWS(jws, publics); err != nil {
			return "", nil, fmt.Errorf("%w: %w", consent.ErrReceipt, err)
		}
	}
	typ, _ := head.ExtraHeaders["typ"].(string)
	return typ, payload, nil
}

// Published returns the public keys, retired ones too, as a JWK set. It makes the
// first key if there is none yet.
func (k *Keys) Published(ctx context.Context) ([]byte, error) {
	if _, err := k.ring.Signer(ctx, signerName, keys.Ed25519); err != nil {
		return nil, err
	}
	publics, err := k.ring.Verifiers(ctx, signerName)
	if err != nil {
		return nil, err
	}
	set, err := json.Marshal(keys.JWKS(publics))
	if err != nil {
		return nil, fmt.Errorf("encode keys: %w", err)
	}
	return set, nil
}
