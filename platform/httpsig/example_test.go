package httpsig_test

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"strings"
	"time"

	"causeway/platform/httpsig"
)

// A department's software signs a request before it sends it.
func ExampleSign() {
	key := ed25519.NewKeyFromSeed([]byte("an example seed of 32 bytes here"))
	body := []byte(`{"plate":"AB1234"}`)
	r, err := http.NewRequest(http.MethodPost, "https://causeway.example/api/v1/echo?a=1", strings.NewReader(string(body)))
	if err != nil {
		panic(err)
	}
	err = httpsig.Sign(r, body, httpsig.Params{Key: key, KeyID: "licensing-1", Created: time.Unix(1795406400, 0), Nonce: "0123456789abcdef"})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Header.Get("Content-Digest"))
	fmt.Println(r.Header.Get("Signature-Input"))
	// Output:
	// sha-256=:i6l97qQA4NOijdg7fOFF0736dDqJJ4GIG5GqS50efb0=:
	// sig=("@method" "@authority" "@path" "@query" "content-digest");created=1795406400;nonce="0123456789abcdef";keyid="licensing-1"
}
