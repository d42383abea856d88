// Package httpsig signs HTTP messages and checks such signatures: RFC 9421 HTTP
// Message Signatures, with RFC 9530 Content-Digest for the body.
//
// What comes from outside is bounded before it is parsed, a key speaks for one
// algorithm alone, and every refusal is an *Error whose Kind says why. Replays
// are the caller's to refuse: Verified carries the nonce and the instant until
// which it must be remembered, and Nonces is the port that remembers it.
package httpsig

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"time"
)

// An Alg is an algorithm by its name in the registry of RFC 9421, section 6.2.
type Alg string

// The algorithms. Ed25519 and ES256 sign; all four are verified.
const (
	Ed25519 Alg = "ed25519"
	ES256   Alg = "ecdsa-p256-sha256"
	HMAC    Alg = "hmac-sha256"
	RSAPSS  Alg = "rsa-pss-sha512"
)

// A Key verifies signatures of one algorithm. Which one follows from how the
// key was made, never from what a message claims.
type Key struct {
	alg    Alg
	public crypto.PublicKey // nil for HMAC
	secret []byte           // HMAC alone
}

// Alg returns the only algorithm that k verifies, or "" for the zero Key.
func (k Key) Alg() Alg { return k.alg }

// PublicKey returns the key of an Ed25519, ECDSA P-256 or RSA public key of at
// least 2048 bits. Other keys give ErrKey.
func PublicKey(pub crypto.PublicKey) (Key, error) {
	switch p := pub.(type) {
	case ed25519.PublicKey:
		if len(p) == ed25519.PublicKeySize {
			return Key{alg: Ed25519, public: p}, nil
		}
	case *ecdsa.PublicKey:
		if p.Curve == elliptic.P256() {
			return Key{alg: ES256, public: p}, nil
		}
	case *rsa.PublicKey:
		if p.N != nil && p.N.BitLen() >= 2048 {
			return Key{alg: RSAPSS, public: p}, nil
		}
	}
	return Key{}, ErrKey
}

// SharedSecret returns the HMAC key of a secret of at least 32 bytes.
func SharedSecret(secret []byte) (Key, error) {
	if len(secret) < 32 {
		return Key{}, ErrKey
	}
	return Key{alg: HMAC, secret: secret}, nil
}

// ErrKey reports a key of a kind or size that no algorithm here takes.
var ErrKey = errors.New("httpsig: no algorithm takes this key")

// Nonces remembers which nonces were used, for all replicas of the program.
type Nonces interface {
	// Use records that the key keyID has used nonce, and keeps the record until
	// the instant given. A nonce that was used before is an *Error of Kind
	// Replay: of two that use one at the same moment, exactly one is let through.
	Use(ctx context.Context, keyID, nonce string, until time.Time) error
}

// An Error is why a message was refused.
type Error struct {
	Kind   Kind
	Detail string // fixed words of this package, or the name of a component; never a value
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return "httpsig: " + e.Kind.String()
	}
	return "httpsig: " + e.Kind.String() + ": " + e.Detail
}

// Is reports whether target is an *Error of the same Kind.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind
}

// A Kind is a class of refusal.
type Kind uint8

// The kinds of refusal.
const (
	Missing    Kind = iota + 1 // no signature, or none with the label or tag wanted
	Malformed                  // not as RFC 9421 and RFC 9651 have it
	TooLarge                   // more than this package reads
	Coverage                   // a component or parameter that the policy requires is not covered
	UnknownKey                 // keyid names no key that may be used now
	Algorithm                  // alg is not the algorithm of the key
	TooOld                     // created too long ago, or expired
	TooNew                     // created in the future
	Digest                     // the body is not the one that was signed
	Mismatch                   // the signature does not verify
	Replay                     // the nonce was used before
)

// String returns a slug such as "too-old", fit for a problem type.
func (k Kind) String() string {
	switch k {
	case Missing:
		return "missing"
	case Malformed:
		return "malformed"
	case TooLarge:
		return "too-large"
	case Coverage:
		return "coverage"
	case UnknownKey:
		return "unknown-key"
	case Algorithm:
		return "algorithm"
	case TooOld:
		return "too-old"
	case TooNew:
		return "too-new"
	case Digest:
		return "digest"
	case Mismatch:
		return "mismatch"
	case Replay:
		return "replay"
	}
	return "unknown"
}

// KindOf returns the kind of the first *Error in err's tree, or 0.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return 0
}

func refuse(k Kind, detail string) error { return &Error{Kind: k, Detail: detail} }
