// Package jws reads the signed tokens that clients send (RFC 7515, RFC 7519):
// it is all that the OpenID Provider sees of go-jose on the way in. What comes in
// is anybody's, so that nothing here trusts a header before a signature holds.
package jws

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// ErrMalformed reports what is no compact JWS by an algorithm of Algorithms.
var ErrMalformed = errors.New("jws: malformed")

// ErrSignature reports a signature that does not hold.
var ErrSignature = errors.New("jws: signature does not hold")

// Bounds on what is read.
const (
	maxToken = 16 << 10
	minRSA   = 2048
	maxRSA   = 4096 // beyond, a signature takes long to check
)

// Algorithms returns the signature algorithms that are taken: those of FAPI 2.0
// (section 5.4). There is no "none" and nothing symmetric, so that a public key
// never serves as a secret.
func Algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.ES256, jose.PS256, jose.EdDSA}
}

// A Token is a signed token whose signature has not been checked.
type Token struct {
	KID string
	Alg string
	Typ string
	JWK *jose.JSONWebKey // the public key within the header, or nil

	sig *jose.JSONWebSignature
}

// Parse reads the compact serialization.
func Parse(text string) (Token, error) {
	if len(text) == 0 || len(text) > maxToken {
		return Token{}, ErrMalformed
	}
	sig, err := jose.ParseSignedCompact(text, Algorithms())
	if err != nil || len(sig.Signatures) != 1 {
		return Token{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	h := sig.Signatures[0].Protected
	if _, critical := h.ExtraHeaders["crit"]; critical {
		return Token{}, ErrMalformed
	}
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	return Token{KID: h.KeyID, Alg: h.Algorithm, Typ: typ, JWK: h.JSONWebKey, sig: sig}, nil
}

// Peek returns the payload unchecked: to learn whose key to check it with.
func (t Token) Peek() []byte { return t.sig.UnsafePayloadWithoutVerification() }

// Verify returns the payload if key signed it.
func (t Token) Verify(key crypto.PublicKey) ([]byte, error) {
	payload, err := t.sig.Verify(key)
	if err != nil {
		return nil, ErrSignature
	}
	return payload, nil
}

// Thumbprint returns the SHA-256 thumbprint of the key in t's header (RFC 7638)
// in base64url, and ErrMalformed if there is none that is public and sound.
func (t Token) Thumbprint() (string, error) {
	if t.JWK == nil || !t.JWK.Valid() || !t.JWK.IsPublic() {
		return "", ErrMalformed
	}
	if key, ok := t.JWK.Key.(*rsa.PublicKey); ok && (key.N.BitLen() < minRSA || key.N.BitLen() > maxRSA) {
		return "", ErrMalformed
	}
	sum, err := t.JWK.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", ErrMalformed
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// Claims are the registered claims (RFC 7519, section 4.1).
type Claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  Audience `json:"aud"`
	ID        string   `json:"jti"`
	Expires   Date     `json:"exp"`
	NotBefore Date     `json:"nbf"`
	Issued    Date     `json:"iat"`
}

// Decode reads a payload into v, which may hold a Claims.
func Decode(payload []byte, v any) error {
	if err := json.Unmarshal(payload, v); err != nil {
		return ErrMalformed
	}
	return nil
}

// An Audience is the value of aud.
type Audience struct {
	Values []string
	List   bool // it was an array
}

// UnmarshalJSON reads a string or an array of strings.
func (a *Audience) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("[")) {
		a.List = true
		return json.Unmarshal(b, &a.Values)
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	a.Values = []string{s}
	return nil
}

// Has reports whether a names s.
func (a Audience) Has(s string) bool { return slices.Contains(a.Values, s) }

// Is reports whether a is s, as a string and nothing else.
func (a Audience) Is(s string) bool { return !a.List && len(a.Values) == 1 && a.Values[0] == s }

// A Date is a NumericDate; zero if it was not there.
type Date struct{ time.Time }

// UnmarshalJSON reads seconds since 1970, with or without a fraction.
func (d *Date) UnmarshalJSON(b []byte) error {
	var f float64
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	if math.IsNaN(f) || f <= 0 || f > 1<<40 {
		return ErrMalformed
	}
	d.Time = time.UnixMicro(int64(f * 1e6))
	return nil
}
