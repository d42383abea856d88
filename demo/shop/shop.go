// Package shop is the demo's relying party: a fictional car hire firm whose site
// signs people in with Causeway and asks to see their driving licence. It is a
// process of its own, with a name and cookies of its own, and knows of Causeway
// what any relying party knows: the issuer, its own client id, and its own key.
package shop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"causeway/demo/relying"
)

// ClientID names the shop at the provider.
const ClientID = "harbour-cars"

// KeyID names the shop's key.
const KeyID = "shop-1"

// Config is what the shop is told.
type Config struct {
	Port   int    `json:"port"`
	Issuer string `json:"issuer"`
	Seed   []byte `json:"seed"` // of its key: 32 bytes
	CA     string `json:"ca,omitempty"`
	Cert   string `json:"cert,omitempty"`
	Key    string `json:"key,omitempty"`

	Now func() time.Time `json:"-"`
}

// Ready is where the shop serves.
type Ready struct {
	Addr   string `json:"addr"`
	Origin string `json:"origin"`
}

// Key returns the key that seed stands for.
func Key(seed []byte) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed)
	if err != nil {
		return nil, fmt.Errorf("shop key: %w", err)
	}
	return key, nil
}

// Callback is where the shop at origin gets its answers.
func Callback(origin string) string { return origin + "/callback" }

// Bye is where people come after signing out.
func Bye(origin string) string { return origin + "/" }

// A shop is the running site. What it knows of visitors it keeps in memory.
type shop struct {
	cfg    Config
	origin string
	client *relying.Client
	http   *http.Client

	mu       sync.Mutex // guards what follows
	provider *oidc.Provider
	visits   map[string]*visit
}

// A visit is one browser's session with the shop.
type visit struct {
	till     time.Time
	state    string // of the sign-in under way
	nonce    string
	verifier string
	dpop     *ecdsa.PrivateKey

	subject, acr   string // once signed in
	access, idHint string
	facts          []fact
	outcome        string
	problem        string // the error that the provider answered
}

type fact struct{ Name, Value string }

// Bounds on visits.
const (
	visitFor  = 30 * time.Minute
	visitsMax = 5_000
)

// Run serves until ctx ends, and says through ready where.
func Run(ctx context.Context, c Config, ready func(Ready)) error {
	key, err := Key(c.Seed)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", c.Port))
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	scheme := "http"
	if c.Cert != "" {
		scheme = "https"
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return errors.Join(fmt.Errorf("shop: %w", err), l.Close())
	}
	s := &shop{cfg: c, origin: scheme + "://shop.localhost:" + port, visits: map[string]*visit{}}
	if s.http, err = c.dialer(); err != nil {
		return errors.Join(err, l.Close())
	}
	s.client = &relying.Client{Issuer: c.Issuer, ID: ClientID, Redirect: Callback(s.origin), Key: key, KeyID: KeyID, HTTP: s.http, Now: c.Now}
	srv := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() {
		<-ctx.Done()
		_ = srv.Close() // the demo ends
	}()
	ready(Ready{l.Addr().String(), s.origin})
	if c.Cert != "" {
		err = srv.ServeTLS(l, c.Cert, c.Key)
	} else {
		err = srv.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// dialer reaches the provider, under the demo's own authority where there is TLS.
func (c Config) dialer() (*http.Client, error) {
	tr := &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("shop: %w", err)
		}
		trust := x509.NewCertPool()
		if !trust.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("shop: %s holds no certificate", c.CA)
		}
		tr.TLSClientConfig = &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: tr, Timeout: 20 * time.Second}, nil
}

// discovered returns the provider, whose description is read once.
func (s *shop) discovered(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.http), s.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	s.provider = p
	return p, nil
}
