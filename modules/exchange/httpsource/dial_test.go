package httpsource_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/exchange/httpsource"
	"causeway/platform/httpsig"
)

func TestDialer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, addr := range []string{
		l.Addr().String(), "localhost:1", "[::1]:1", "10.0.0.1:80", "192.168.1.1:80", "172.16.0.1:80", "169.254.169.254:80",
		"100.64.0.1:80", "0.0.0.0:80", "[::]:80", "224.0.0.1:80", "255.255.255.255:80", "[fe80::1]:80", "[fc00::1]:80",
		"[::ffff:127.0.0.1]:80", "[64:ff9b::7f00:1]:80",
	} {
		if _, err := httpsource.Dialer(nil)(t.Context(), "tcp", addr); !errors.Is(err, httpsource.ErrAddress) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	c, err := httpsource.Dialer(httpsource.Loopback())(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if _, err := httpsource.Dialer([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})(t.Context(), "tcp", "10.2.0.1:80"); !errors.Is(err, httpsource.ErrAddress) {
		t.Errorf("outside of what is allowed: %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := httpsource.Config{URL: "https://registry.example/x", Key: private, KeyID: "k", Their: public, TheirID: "t", Now: time.Now}
	if _, err := httpsource.New(good); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(c *httpsource.Config){
		"http":       func(c *httpsource.Config) { c.URL = "http://registry.example" },
		"a password": func(c *httpsource.Config) { c.URL = "https://u:p@registry.example" },
		"a query":    func(c *httpsource.Config) { c.URL = "https://registry.example/?x=1" },
		"no host":    func(c *httpsource.Config) { c.URL = "https:///x" },
		"no key":     func(c *httpsource.Config) { c.Key = nil },
		"no peer":    func(c *httpsource.Config) { c.Their = nil },
	} {
		c := good
		f(&c)
		if _, err := httpsource.New(c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestAnswers: what a source answers is taken only when it is signed for this
// very request, says what was asked, and comes from there.
func TestAnswers(t *testing.T) {
	t.Parallel()
	ours, us, _ := ed25519.GenerateKey(rand.Reader)
	theirs, them, _ := ed25519.GenerateKey(rand.Reader)
	_ = ours
	var earlier http.Header
	sign := func(w http.ResponseWriter, r *http.Request, status int, body string) {
		err := httpsig.SignResponse(w.Header(), status, []byte(body), r, httpsig.Params{Key: them, KeyID: "t", Created: time.Now(), Tag: httpsource.Tag})
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
	const body = `{"reference":"r","records":[]}`
	for _, test := range []struct {
		name   string
		h      http.HandlerFunc
		want   exchange.Outcome
		reason string
	}{
		{"right", func(w http.ResponseWriter, r *http.Request) { earlier = w.Header(); sign(w, r, 200, body) }, "", ""},
		{"unsigned", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }, exchange.Invalid, "signature"},
		{"the answer to another request", func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range earlier {
				w.Header()[k] = v
			}
			_, _ = w.Write([]byte(body))
		}, exchange.Invalid, "signature"},
		{"another reference", func(w http.ResponseWriter, r *http.Request) { sign(w, r, 200, `{"reference":"x","records":[]}`) }, exchange.Invalid, "reference"},
		{"a key that comes twice", func(w http.ResponseWriter, r *http.Request) {
			sign(w, r, 200, `{"reference":"r","records":[],"records":[{"a":1}]}`)
		}, exchange.Invalid, "json"},
		{"not UTF-8", func(w http.ResponseWriter, r *http.Request) {
			sign(w, r, 200, "{\"reference\":\"r\",\"records\":[{\"a\":\"\xff\"}]}")
		}, exchange.Invalid, "json"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			sign(w, r, 307, "")
		}, exchange.Invalid, "status-307"},
		{"refused, unsigned", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, exchange.Invalid, "signature"},
		{"refused", func(w http.ResponseWriter, r *http.Request) { sign(w, r, 403, "{}") }, exchange.Refused, "status-403"},
		{"refused, with a reason", func(w http.ResponseWriter, r *http.Request) { sign(w, r, 422, `{"reason":"licence-cancelled"}`) }, exchange.Refused, "licence-cancelled"},
		{"refused, in words about somebody", func(w http.ResponseWriter, r *http.Request) { sign(w, r, 422, `{"reason":"Ms Chan has died"}`) }, exchange.Refused, "status-422"},
		{"busy", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "9"); w.WriteHeader(503) }, exchange.Down, "status-503"},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, exchange.Down, "unreachable"},
	} {
		srv := httptest.NewServer(test.h)
		s, err := httpsource.New(httpsource.Config{
			URL: srv.URL, Insecure: true, Allow: httpsource.Loopback(), Key: us, KeyID: "k", Their: theirs, TheirID: "t", Now: time.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err = s.Fetch(ctx, exchange.Lookup{Class: exchange.Class{At: "c"}, Fields: []string{"a"}, Reference: "r"})
		cancel()
		srv.Close()
		e := exchange.Blame(err)
		if test.want == "" && e != nil || test.want != "" && (e == nil || e.Outcome != test.want || e.Reason != test.reason) {
			t.Errorf("%s: %v, want %s %s", test.name, e, test.want, test.reason)
		}
		if test.name == "busy" && e != nil && e.Retry.IsZero() {
			t.Error("busy: no time to try again")
		}
	}
}
