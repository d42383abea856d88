package httpsig

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"net/http"

	"github.com/dunglas/httpsfv"
)

// ContentDigest returns the value of a Content-Digest field for body, by SHA-256
// (RFC 9530, section 2).
func ContentDigest(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// CheckDigest compares the Content-Digest field in h with body: every sha-256
// and sha-512 digest in it must be right, and there must be one of them.
func CheckDigest(h http.Header, body []byte) error {
	lines := h["Content-Digest"]
	if len(lines) == 0 {
		return refuse(Digest, "no Content-Digest")
	}
	if size(lines) > maxField {
		return refuse(TooLarge, "Content-Digest")
	}
	dict, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return refuse(Malformed, "Content-Digest")
	}
	known := false
	for _, name := range dict.Names() {
		var want []byte
		switch name {
		case "sha-256":
			sum := sha256.Sum256(body)
			want = sum[:]
		case "sha-512":
			sum := sha512.Sum512(body)
			want = sum[:]
		default:
			continue
		}
		m, _ := dict.Get(name)
		item, ok := m.(httpsfv.Item)
		if !ok {
			return refuse(Malformed, "Content-Digest")
		}
		got, ok := item.Value.([]byte)
		if !ok {
			return refuse(Malformed, "Content-Digest")
		}
		if subtle.ConstantTimeCompare(got, want) != 1 {
			return refuse(Digest, "the body is another")
		}
		known = true
	}
	if !known {
		return refuse(Digest, "no digest by sha-256 or sha-512")
	}
	return nil
}

func size(lines []string) int {
	n := 0
	for _, l := range lines {
		n += len(l) + 2
	}
	return n
}
