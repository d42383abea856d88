package jws_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"causeway/demo/relying"
	"causeway/modules/openid/jws"
)

func token(t testing.TB, header map[string]any) (string, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := relying.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := relying.Sign(key, header, map[string]any{"jti": "x", "aud": []string{"a"}, "exp": 1.5e9})
	if err != nil {
		t.Fatal(err)
	}
	return text, key
}

func TestVerify(t *testing.T) {
	t.Parallel()
	text, key := token(t, map[string]any{"kid": "k", "typ": "JWT"})
	got, err := jws.Parse(text)
	if err != nil || got.KID != "k" || got.Typ != "JWT" || got.Alg != "ES256" {
		t.Fatalf("%+v, %v", got, err)
	}
	payload, err := got.Verify(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	var c jws.Claims
	if err := jws.Decode(payload, &c); err != nil || c.ID != "x" || !c.Audience.Has("a") || c.Audience.Is("a") || c.Expires.Unix() != 1.5e9 {
		t.Errorf("%+v, %v", c, err)
	}
	other, err := relying.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := got.Verify(other.Public()); err == nil {
		t.Error("another key verifies")
	}
}

// TestRefused are tokens that are none: by no algorithm of ours, or with a key
// in the header that is none.
func TestRefused(t *testing.T) {
	t.Parallel()
	enc := base64.RawURLEncoding.EncodeToString
	raw := func(header string) string {
		return enc([]byte(header)) + "." + enc([]byte(`{}`)) + "." + enc([]byte("sig"))
	}
	symmetric, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: make([]byte, 32)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := symmetric.Sign([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	hs, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "words": "a.b.c", "none": enc([]byte(`{"alg":"none"}`)) + "." + enc([]byte(`{}`)) + ".", "symmetric": hs, "rs256": raw(`{"alg":"RS256"}`),
		"no alg": raw(`{}`), "too long": strings.Repeat("a", 17<<10), "json": `{"payload":"e30","signatures":[]}`,
	} {
		if _, err := jws.Parse(text); err == nil {
			t.Errorf("%s is parsed", name)
		}
	}
	for name, header := range map[string]string{
		"no jwk": `{"alg":"ES256"}`, "null": `{"alg":"ES256","jwk":null}`, "empty": `{"alg":"ES256","jwk":{}}`, "text": `{"alg":"ES256","jwk":"x"}`, "list": `{"alg":"ES256","jwk":[]}`,
		"no point": `{"alg":"ES256","jwk":{"kty":"EC","crv":"P-256"}}`, "off the curve": `{"alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}}`,
		"symmetric": `{"alg":"ES256","jwk":{"kty":"oct","k":"AAAA"}}`, "short ed25519": `{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"AQ"}}`,
		"small rsa": `{"alg":"PS256","jwk":{"kty":"RSA","n":"` + enc(append([]byte{0x80}, make([]byte, 127)...)) + `","e":"AQAB"}}`,
		"huge rsa":  `{"alg":"PS256","jwk":{"kty":"RSA","n":"` + enc(append([]byte{0x80}, make([]byte, 4000)...)) + `","e":"AQAB"}}`,
	} {
		got, err := jws.Parse(raw(header))
		if err != nil {
			continue
		}
		if _, err := got.Thumbprint(); err == nil {
			t.Errorf("jwk %s has a thumbprint", name)
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(jose.JSONWebKey{Key: private})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := jws.Parse(raw(`{"alg":"ES256","jwk":` + string(b) + `}`)); err == nil {
		if _, err := got.Thumbprint(); err == nil {
			t.Error("a private key in a header is taken")
		}
	}
}

// FuzzParse looks for a token that panics, or whose key is sound and fails to
// have a thumbprint.
func FuzzParse(f *testing.F) {
	text, _ := token(f, map[string]any{"typ": "dpop+jwt", "jwk": map[string]any{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}})
	f.Add(text)
	enc := base64.RawURLEncoding.EncodeToString
	for _, h := range []string{
		`{"alg":"ES256","jwk":null}`, `{"alg":"ES256","jwk":{"kty":"EC"}}`, `{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":""}}`, `{"alg":"PS256","jwk":{"kty":"RSA","n":"","e":""}}`,
		`{"alg":"PS256","jwk":{"kty":"RSA","n":"AA","e":"AA"}}`, `{"alg":"ES256","crit":["b64"],"b64":false}`, `{"alg":"ES256","kid":7}`,
	} {
		f.Add(enc([]byte(h)) + ".e30.AA")
	}
	f.Fuzz(func(_ *testing.T, text string) {
		got, err := jws.Parse(text)
		if err != nil {
			return
		}
		_ = got.Peek()
		if _, err := got.Thumbprint(); err == nil {
			_, _ = got.Verify(got.JWK.Key) // whether it holds is the signature's business
		}
		var c jws.Claims
		_ = jws.Decode(got.Peek(), &c) // it must not panic
	})
}
