package org_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"testing"

	"causeway/modules/org"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkix, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	x := base64.RawURLEncoding.EncodeToString(pub)
	for name, text := range map[string]string{
		"PEM": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})), "JWK": ` {"kty":"OKP","crv":"Ed25519","x":"` + x + `"} `,
		"base64": base64.StdEncoding.EncodeToString(pub), "base64url": x, "no padding": base64.RawStdEncoding.EncodeToString(pub),
	} {
		if got, err := org.ParseKey(text); err != nil || !got.Equal(pub) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	weak := bytes.Repeat([]byte{0xff}, 32)
	weak[0] = 0xee
	for _, test := range []struct {
		text string
		want error
	}{
		{"", org.ErrKey}, {"abc", org.ErrKey}, {"-----BEGIN x", org.ErrKey}, {"{", org.ErrKey},
		{`{"kty":"EC","crv":"P-256","x":"` + x + `"}`, org.ErrKey},
		{`{"kty":"OKP","crv":"Ed25519","x":"` + x + `","d":"AA"}`, org.ErrKeyPrivate},
		{string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), org.ErrKeyPrivate},
		{base64.StdEncoding.EncodeToString(private), org.ErrKey},
		{base64.StdEncoding.EncodeToString(make([]byte, 32)), org.ErrKey},
		{base64.StdEncoding.EncodeToString(weak), org.ErrKey},
		{string(bytes.Repeat([]byte("A"), 5000)), org.ErrKey},
	} {
		if _, err := org.ParseKey(test.text); !errors.Is(err, test.want) {
			t.Errorf("%.40q: %v, want %v", test.text, err, test.want)
		}
	}
}

// TestThumbprint checks the example of RFC 8037, appendix A.3.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	key, err := org.ParseKey("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	if got := org.Thumbprint(key); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Error(got)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	f.Add(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`)
	f.Add("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := org.ParseKey(text)
		if err != nil {
			return
		}
		again, err := org.ParseKey(base64.RawURLEncoding.EncodeToString(key))
		if err != nil || !again.Equal(key) {
			t.Errorf("%q: %v, %v", text, again, err)
		}
	})
}
