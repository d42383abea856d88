package web

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"causeway/modules/identity"
)

// A Limit lets Burst requests through at once and one more each Every.
type Limit struct {
	Every time.Duration
	Burst int
}

// Limits are how often one address may sign in and try activation codes, and
// one person may change the account. A zero Limit is the default one.
type Limits struct{ SignIn, Activate, Account Limit }

func (l Limits) orDefault() Limits {
	if l.SignIn.Burst == 0 {
		l.SignIn = Limit{2 * time.Second, 60}
	}
	if l.Activate.Burst == 0 {
		l.Activate = Limit{6 * time.Second, 20}
	}
	if l.Account.Burst == 0 {
		l.Account = Limit{2 * time.Second, 30}
	}
	return l
}

// maxKeys bounds a limiter's memory. Those beyond share one bucket.
const maxKeys = 20_000

// A limiter holds a token bucket for each key.
type limiter struct {
	limit Limit
	now   func() time.Time

	mu      sync.Mutex // guards what follows
	buckets map[string]*rate.Limiter
	others  *rate.Limiter
}

func newLimiter(l Limit, now func() time.Time) *limiter {
	x := &limiter{limit: l, now: now, buckets: map[string]*rate.Limiter{}}
	x.others = x.bucket()
	return x
}

func (l *limiter) bucket() *rate.Limiter {
	return rate.NewLimiter(rate.Every(l.limit.Every), l.limit.Burst)
}

// allow takes a token from key's bucket; wait is how long until there is one.
func (l *limiter) allow(key string) (wait time.Duration, ok bool) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= maxKeys {
			l.sweep(now)
		}
		if len(l.buckets) >= maxKeys {
			b = l.others
		} else {
			b = l.bucket()
			l.buckets[key] = b
		}
	}
	if b.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - b.TokensAt(now)
	return time.Duration(missing * float64(l.limit.Every)), false
}

// sweep forgets the buckets that are full again.
func (l *limiter) sweep(now time.Time) {
	for k, b := range l.buckets {
		if b.TokensAt(now) >= float64(l.limit.Burst) {
			delete(l.buckets, k)
		}
	}
}

// remote returns the other end of the connection. An IPv6 subscriber has a whole
// /64 to choose addresses from, and counts as one.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil || a.Unmap().Is4() {
		return host
	}
	subnet, err := a.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return subnet.String()
}

type page = func(w http.ResponseWriter, r *http.Request) error

// limit lets h answer as often as l allows the address.
func (p *Pages) limit(l *limiter, h page) page {
	return p.limitBy(l, p.Address, h)
}

// limitPerson lets h answer as often as l allows the person.
func (p *Pages) limitPerson(l *limiter, h page) page {
	return p.limitBy(l, func(r *http.Request) string { return string(identity.CallerOf(r.Context()).Person) }, h)
}

func (p *Pages) limitBy(l *limiter, key func(*http.Request) string, h page) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		wait, ok := l.allow(key(r))
		if ok {
			return h(w, r)
		}
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
		return identity.ErrTooMany
	}
}
