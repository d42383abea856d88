package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Alg is a signature algorithm by its JOSE name.
type Alg string

// The algorithms (RFC 8037, RFC 7518).
const (
	Ed25519 Alg = "EdDSA"
	ES256   Alg = "ES256"
)

// A Signer signs with one key.
type Signer struct {
	KID string // the key's JWK thumbprint-like name: a hash of its public half
	Alg Alg

	private crypto.Signer
}

// A Public is the public half of a key that signs or once signed.
type Public struct {
	KID     string
	Alg     Alg
	Key     crypto.PublicKey // ed25519.PublicKey or *ecdsa.PublicKey
	From    time.Time        // when it begins to sign
	Retired bool             // another signs in its place
}

const insertSigner = `
INSERT INTO keys_signers (name, kid, alg, public, wrapped, created_us)
VALUES ($1, $2, $3, $4, $5, $6)`

// Signer returns the key that signs as name, which it makes with alg when there
// is none yet. Whoever keeps it for long misses its successor: ask each time.
func (r *Ring) Signer(ctx context.Context, name string, alg Alg) (*Signer, error) {
	now := r.now()
	r.mu.RLock()
	c := r.signers[name]
	r.mu.RUnlock()
	if c.Signer != nil && now.Before(c.till) {
		return c.Signer, nil
	}
	err := r.db.Do(ctx, func(ctx context.Context) error {
		all, err := r.rows(ctx, name)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			c.Signer, err = r.create(ctx, name, alg, now)
			return err
		}
		row := all[signing(all, now)]
		if c.Signer == nil || c.KID != row.KID {
			c.Signer, err = r.unwrap(name, row)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("signer %s: %w", name, err)
	}
	if c.Alg != alg {
		return nil, fmt.Errorf("signer %s: its key is for %s, not %s", name, c.Alg, alg)
	}
	c.till = now.Add(SignerFor)
	r.db.After(ctx, func() {
		r.mu.Lock()
		r.signers[name] = c
		r.mu.Unlock()
	})
	return c.Signer, nil
}

// signing returns the index of the key of all, which is newest first, that signs
// at now: the newest that is to sign already, or the first there ever was.
func signing(all []signerRow, now time.Time) int {
	for i, k := range all {
		if !k.From.After(now) {
			return i
		}
	}
	return len(all) - 1
}

func (r *Ring) unwrap(name string, k signerRow) (*Signer, error) {
	der, err := r.master.open("signer\x00"+name, k.wrapped)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("parse key: %w", err)
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("stored key cannot sign")
	}
	return &Signer{KID: k.KID, Alg: k.Alg, private: private}, nil
}

// create adds a key that signs as name at the instant from.
func (r *Ring) create(ctx context.Context, name string, alg Alg, from time.Time) (*Signer, error) {
	s, err := NewSigner(alg)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(s.Public())
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(s.private)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	_, err = r.db.Exec(ctx, insertSigner, name, s.KID, string(alg), public, r.master.seal("signer\x00"+name, der), from.UnixMicro())
	return s, err
}

// NewSigner returns a fresh key that is stored nowhere.
func NewSigner(alg Alg) (*Signer, error) {
	var private crypto.Signer
	var err error
	switch alg {
	case Ed25519:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		err = fmt.Errorf("unknown algorithm %q", alg)
	}
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return SignerOf(alg, private)
}

// SignerOf returns a Signer over private, whose kind must suit alg.
func SignerOf(alg Alg, private crypto.Signer) (*Signer, error) {
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	sum := sha256.Sum256(der)
	return &Signer{KID: base64.RawURLEncoding.EncodeToString(sum[:12]), Alg: alg, private: private}, nil
}

// Public returns the public half: ed25519.PublicKey or *ecdsa.PublicKey.
func (s *Signer) Public() crypto.PublicKey { return s.private.Public() }

// Private returns the key for those who sign in a format of their own.
func (s *Signer) Private() crypto.Signer { return s.private }

// Sign returns the raw JOSE signature of message (RFC 7515): for ES256 the two
// numbers of 32 bytes (RFC 7518, section 3.4).
func (s *Signer) Sign(message []byte) ([]byte, error) {
	switch key := s.private.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message), nil
	case *ecdsa.PrivateKey:
		sum := sha256.Sum256(message)
		a, b, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		sig := make([]byte, 64)
		a.FillBytes(sig[:32])
		b.FillBytes(sig[32:])
		return sig, nil
	}
	return nil, fmt.Errorf("sign: key of type %T", s.private)
}

// JWS returns the compact serialization of payload (RFC 7515, section 3.1). alg
// and kid are added to header.
func (s *Signer) JWS(header map[string]any, payload []byte) (string, error) {
	h := map[string]any{"alg": string(s.Alg), "kid": s.KID}
	maps.Copy(h, header)
	head, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("jws header: %w", err)
	}
	enc := base64.RawURLEncoding
	text := enc.AppendEncode(nil, head)
	text = append(text, '.')
	text = enc.AppendEncode(text, payload)
	sig, err := s.Sign(text)
	if err != nil {
		return "", err
	}
	text = append(text, '.')
	return string(enc.AppendEncode(text, sig)), nil
}
