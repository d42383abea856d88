package app

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// behind lets next see the client's own address where the request comes from a
// proxy that is trusted, and leads a request that reached such a proxy without
// TLS to the origin.
func (c config) behind(next http.Handler) http.Handler {
	if len(c.TrustedProxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.trusts(address(r.RemoteAddr)) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Header.Get("X-Forwarded-Proto") == "http" && strings.HasPrefix(c.Origin, "https:") {
			http.Redirect(w, r, pathOf(c.Origin, r.URL), http.StatusPermanentRedirect)
			return
		}
		if from := c.client(r.Header.Values("X-Forwarded-For")); from.IsValid() {
			r = r.Clone(r.Context())
			r.RemoteAddr = net.JoinHostPort(from.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

// client returns the last address of a chain that is no proxy of ours: those
// before it are the client's own words.
func (c config) client(chain []string) netip.Addr {
	var found netip.Addr
	all := strings.Split(strings.Join(chain, ","), ",")
	for i := len(all) - 1; i >= 0; i-- {
		a := address(strings.TrimSpace(all[i]))
		if !a.IsValid() {
			return found
		}
		found = a
		if !c.trusts(a) {
			return found
		}
	}
	return found
}

func (c config) trusts(a netip.Addr) bool {
	for _, p := range c.TrustedProxies {
		if a.IsValid() && p.Contains(a) {
			return true
		}
	}
	return false
}

// address reads an address, with or without a port.
func address(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}
