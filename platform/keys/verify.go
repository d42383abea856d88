package keys

import (
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// ErrSignature reports a token that none of the given keys signed.
var ErrSignature = errors.New("keys: not signed by a known key")

// VerifyJWS checks a compact JWS against the key of publics that its kid names,
// by that key's own algorithm, and returns its header and payload. It returns
// ErrSignature for whatever is wrong with it.
func VerifyJWS(token string, publics []Public) (jose.Header, []byte, error) {
	sig, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256})
	if err != nil || len(sig.Signatures) != 1 {
		return jose.Header{}, nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	head := sig.Signatures[0].Protected
	for _, p := range publics {
		if p.KID != head.KeyID || string(p.Alg) != head.Algorithm {
			continue
		}
		payload, err := sig.Verify(p.Key)
		if err != nil {
			return jose.Header{}, nil, fmt.Errorf("%w: %w", ErrSignature, err)
		}
		return head, payload, nil
	}
	return jose.Header{}, nil, ErrSignature
}

// JWKS returns publics as a JWK set (RFC 7517).
func JWKS(publics []Public) jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, p := range publics {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: p.Key, KeyID: p.KID, Algorithm: string(p.Alg), Use: "sig"})
	}
	return set
}
