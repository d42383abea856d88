package org

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Bounds on the keys of a client.
const (
	maxJWKS    = 16 << 10
	maxJWKKeys = 10
	minRSA     = 2048
)

// ParseJWKS reads the public keys by which a client signs: a JWK set (RFC 7517),
// one JWK, or PEM blocks (PKIX). It returns the set with a kid and an alg for
// each key: ES256, EdDSA or PS256. It returns ErrJWKS for anything else and
// ErrKeyPrivate for a private key, which must never be pasted anywhere.
func ParseJWKS(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxJWKS {
		return nil, ErrJWKS
	}
	var set jose.JSONWebKeySet
	var err error
	if strings.HasPrefix(text, "-----BEGIN") {
		set, err = setOfPEM(text)
	} else {
		set, err = setOfJSON(text)
	}
	if err != nil {
		return nil, err
	}
	if len(set.Keys) == 0 || len(set.Keys) > maxJWKKeys {
		return nil, ErrJWKS
	}
	seen := map[string]bool{}
	for i := range set.Keys {
		if set.Keys[i], err = signingKey(set.Keys[i]); err != nil {
			return nil, err
		}
		if seen[set.Keys[i].KeyID] {
			return nil, ErrJWKS
		}
		seen[set.Keys[i].KeyID] = true
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, ErrJWKS
	}
	return b, nil
}

func setOfJSON(text string) (jose.JSONWebKeySet, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return jose.JSONWebKeySet{}, ErrJWKS
	}
	if raw.Keys == nil {
		raw.Keys = []json.RawMessage{json.RawMessage(text)}
	}
	var set jose.JSONWebKeySet
	for _, b := range raw.Keys {
		var secret struct {
			D, K json.RawMessage
		}
		if err := json.Unmarshal(b, &secret); err != nil {
			return set, ErrJWKS
		}
		if secret.D != nil || secret.K != nil {
			return set, ErrKeyPrivate
		}
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(b); err != nil || !k.Valid() || !k.IsPublic() {
			return set, ErrJWKS
		}
		set.Keys = append(set.Keys, k)
	}
	return set, nil
}

func setOfPEM(text string) (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	rest := []byte(text)
	for len(strings.TrimSpace(string(rest))) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return set, ErrJWKS
		}
		if strings.Contains(block.Type, "PRIVATE") {
			return set, ErrKeyPrivate
		}
		pub, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return set, ErrJWKS
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: pub})
	}
	return set, nil
}

// signingKey returns k with the algorithm that its kind signs by, and an id. It
// keeps nothing else of what came with it.
func signingKey(k jose.JSONWebKey) (jose.JSONWebKey, error) {
	if k.Use != "" && k.Use != "sig" {
		return k, ErrJWKS
	}
	out := jose.JSONWebKey{Key: k.Key, KeyID: k.KeyID, Use: "sig"}
	switch key := k.Key.(type) {
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return k, ErrJWKS
		}
		out.Algorithm = string(jose.ES256)
	case ed25519.PublicKey:
		if err := checkKey(key); err != nil {
			return k, ErrJWKS
		}
		out.Algorithm = string(jose.EdDSA)
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSA || key.E < 3 {
			return k, ErrJWKS
		}
		out.Algorithm = string(jose.PS256)
	default:
		return k, ErrJWKS
	}
	if k.Algorithm != "" && k.Algorithm != out.Algorithm && (k.Algorithm != "Ed25519" || out.Algorithm != string(jose.EdDSA)) {
		return k, ErrJWKS
	}
	if len(out.KeyID) > 200 {
		return k, ErrJWKS
	}
	if out.KeyID == "" {
		sum, err := out.Thumbprint(crypto.SHA256)
		if err != nil {
			return k, ErrJWKS
		}
		out.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	return out, nil
}
