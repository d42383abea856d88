package org

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
)

const maxKeyText = 4 << 10

// ParseKey reads an Ed25519 public key as administrators have it: a PEM block
// (PKIX), a JWK (RFC 8037), or 32 bytes in base64 or base64url. It returns ErrKey
// for anything else, and ErrKeyPrivate for a private key, which must never be
// pasted anywhere.
func ParseKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	switch {
	case len(text) > maxKeyText:
		return nil, ErrKey
	case strings.HasPrefix(text, "-----BEGIN"):
		return keyOfPEM(text)
	case strings.HasPrefix(text, "{"):
		return keyOfJWK(text)
	}
	return keyOfBytes(text)
}

func keyOfPEM(text string) (ed25519.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, ErrKey
	}
	if strings.Contains(block.Type, "PRIVATE") {
		return nil, ErrKeyPrivate
	}
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, ErrKey
	}
	key, ok := pub.(ed25519.PublicKey)
	if !ok {
		return nil, ErrKey
	}
	return key, checkKey(key)
}

func keyOfJWK(text string) (ed25519.PublicKey, error) {
	var jwk struct{ Kty, Crv, X, D string }
	if err := json.Unmarshal([]byte(text), &jwk); err != nil {
		return nil, ErrKey
	}
	if jwk.D != "" {
		return nil, ErrKeyPrivate
	}
	if jwk.Kty != "OKP" || jwk.Crv != "Ed25519" {
		return nil, ErrKey
	}
	return keyOfBytes(jwk.X)
}

func keyOfBytes(text string) (ed25519.PublicKey, error) {
	text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrKey
	}
	return ed25519.PublicKey(b), checkKey(b)
}

// checkKey returns ErrKey for what is no key, and for the keys of small order
// with which anybody can sign.
func checkKey(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return ErrKey
	}
	// The y coordinates of the points of small order, without the sign bit.
	y := bytes.Clone(key)
	y[31] &= 0x7f
	for _, weak := range smallOrder() {
		if bytes.Equal(y, weak) {
			return ErrKey
		}
	}
	return nil
}

// smallOrder returns the encodings of y of the points of order 1, 2, 4 and 8,
// those that are not reduced too.
func smallOrder() [][]byte {
	le := func(low, mid, high byte) []byte {
		b := bytes.Repeat([]byte{mid}, 32)
		b[0], b[31] = low, high
		return b
	}
	return [][]byte{
		le(0, 0, 0),          // 0, order 4
		le(1, 0, 0),          // 1, order 1
		le(0xec, 0xff, 0x7f), // p-1, order 2
		le(0xed, 0xff, 0x7f), // p, that is 0
		le(0xee, 0xff, 0x7f), // p+1, that is 1
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	}
}

// Thumbprint returns the JWK thumbprint of key (RFC 7638, RFC 8037), which is
// the keyid of its signatures.
func Thumbprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(key) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
