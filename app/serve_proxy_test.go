package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestProxies: a client's address is believed when a proxy of ours says it, and
// what stands before it in the chain never.
func TestProxies(t *testing.T) {
	t.Parallel()
	c := config{Origin: "https://causeway.example", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	for _, test := range []struct {
		name, from string
		chain      []string
		want       string
	}{
		{"straight", "198.51.100.7:1", nil, "198.51.100.7:1"},
		{"straight, forged", "198.51.100.7:1", []string{"203.0.113.9"}, "198.51.100.7:1"},
		{"proxied", "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9:0"},
		{"proxied, forged", "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9:0"},
		{"two proxies", "10.0.0.1:1", []string{"203.0.113.9", "10.2.3.4"}, "203.0.113.9:0"},
		{"IPv6", "[fd00::1]:1", []string{"2001:db8::7"}, "[2001:db8::7]:0"},
		{"with a port", "10.0.0.1:1", []string{"203.0.113.9:4711"}, "203.0.113.9:0"},
		{"nonsense", "10.0.0.1:1", []string{"x"}, "10.0.0.1:1"},
		{"nonsense before", "10.0.0.1:1", []string{"x, 203.0.113.9"}, "203.0.113.9:0"},
		{"nothing", "10.0.0.1:1", nil, "10.0.0.1:1"},
		{"proxies alone", "10.0.0.1:1", []string{"10.9.9.9"}, "10.9.9.9:0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got string
			h := c.behind(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = test.from
			for _, x := range test.chain {
				r.Header.Add("X-Forwarded-For", x)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestProxyWithoutTLS(t *testing.T) {
	t.Parallel()
	c := config{Origin: "https://causeway.example", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	h := c.behind(http.NotFoundHandler())
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://other.example/verify?x=1", nil)
	r.RemoteAddr = "10.0.0.1:1"
	r.Header.Set("X-Forwarded-Proto", "http")
	h.ServeHTTP(w, r)
	if w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "https://causeway.example/verify?x=1" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}
