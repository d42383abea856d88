// Package sdjwt issues, presents and verifies selectively disclosable JWTs with
// key binding (RFC 9901), in the compact serialization and with flat claims.
//
// It checks signatures and digests alone; what a claim means, and how long a
// presentation is good for, is the caller's.
package sdjwt

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"causeway/platform/keys"
)

// Limits on what Parse reads.
const (
	MaxSize        = 32 << 10 // bytes
	maxDisclosures = 64
)

// Errors of this package.
var (
	// ErrSyntax reports a text that is no SD-JWT.
	ErrSyntax = errors.New("sdjwt: not an SD-JWT")
	// ErrForged reports an SD-JWT whose signature, digest or key binding is wrong.
	ErrForged = errors.New("sdjwt: a signature or digest is wrong")
	// ErrNoBinding reports one that does not show who presents it.
	ErrNoBinding = errors.New("sdjwt: no key binding")
)

// A Disclosure is one claim that its holder may show or keep.
type Disclosure struct {
	Name  string
	Value any    // as JSON has it
	Text  string // the encoded form, over which the digest goes
}

// A Token is a parsed SD-JWT.
type Token struct {
	JWT         string // issuer-signed
	Disclosures []Disclosure
	KB          string // key-binding JWT, or ""
}

// Disclose makes the disclosure of one claim with a fresh salt of 128 bits.
func Disclose(name string, value any) (Disclosure, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	b, err := json.Marshal([]any{base64.RawURLEncoding.EncodeToString(salt), name, value})
	if err != nil {
		return Disclosure{}, fmt.Errorf("disclosure of %s: %w", name, err)
	}
	return Disclosure{name, value, base64.RawURLEncoding.EncodeToString(b)}, nil
}

// Digest is the hash of d's text that the issuer signs (section 4.2.3).
func (d Disclosure) Digest() string { return digest(d.Text) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Issue signs plain, claims that everybody sees, together with the digests of
// hidden, in an order that tells nothing. typ is the header's, such as "dc+sd-jwt".
func Issue(s *keys.Signer, typ string, plain map[string]any, hidden []Disclosure, holder *keys.Signer) (Token, error) {
	digests := make([]string, len(hidden))
	for i, d := range hidden {
		digests[i] = d.Digest()
	}
	slices.Sort(digests)
	claims := map[string]any{"_sd": digests, "_sd_alg": "sha-256"}
	for k, v := range plain {
		claims[k] = v
	}
	if holder != nil {
		claims["cnf"] = map[string]any{"jwk": jose.JSONWebKey{Key: holder.Public()}}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return Token{}, fmt.Errorf("claims: %w", err)
	}
	jwt, err := s.JWS(map[string]any{"typ": typ}, payload)
	if err != nil {
		return Token{}, err
	}
	return Token{JWT: jwt, Disclosures: hidden}, nil
}

// String is the compact serialization (section 4).
func (t Token) String() string {
	var b strings.Builder
	b.WriteString(t.JWT)
	b.WriteByte('~')
	for _, d := range t.Disclosures {
		b.WriteString(d.Text)
		b.WriteByte('~')
	}
	b.WriteString(t.KB)
	return b.String()
}

// Present returns t with the claims named alone, bound to holder's key, for
// audience and nonce, at iat (seconds since 1970).
func (t Token) Present(names []string, holder *keys.Signer, audience, nonce string, iat int64) (Token, error) {
	p := Token{JWT: t.JWT}
	for _, d := range t.Disclosures {
		if slices.Contains(names, d.Name) {
			p.Disclosures = append(p.Disclosures, d)
		}
	}
	payload, err := json.Marshal(map[string]any{"aud": audience, "nonce": nonce, "iat": iat, "sd_hash": digest(p.String())})
	if err != nil {
		return Token{}, fmt.Errorf("key binding: %w", err)
	}
	if p.KB, err = holder.JWS(map[string]any{"typ": "kb+jwt"}, payload); err != nil {
		return Token{}, err
	}
	return p, nil
}

// Parse reads the compact serialization. It checks no signature.
func Parse(text string) (Token, error) {
	if len(text) > MaxSize {
		return Token{}, fmt.Errorf("%w: too long", ErrSyntax)
	}
	parts := strings.Split(text, "~")
	if len(parts) < 2 || len(parts)-2 > maxDisclosures || strings.Count(parts[0], ".") != 2 {
		return Token{}, ErrSyntax
	}
	t := Token{JWT: parts[0], KB: parts[len(parts)-1]}
	for _, text := range parts[1 : len(parts)-1] {
		d, err := parseDisclosure(text)
		if err != nil {
			return Token{}, err
		}
		t.Disclosures = append(t.Disclosures, d)
	}
	return t, nil
}

func parseDisclosure(text string) (Disclosure, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return Disclosure{}, ErrSyntax
	}
	var fields []json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil || len(fields) != 3 {
		return Disclosure{}, ErrSyntax
	}
	d := Disclosure{Text: text}
	if err := json.Unmarshal(fields[1], &d.Name); err != nil || d.Name == "" || d.Name == "_sd" || d.Name == "..." {
		return Disclosure{}, ErrSyntax
	}
	if err := json.Unmarshal(fields[2], &d.Value); err != nil {
		return Disclosure{}, ErrSyntax
	}
	return d, nil
}
