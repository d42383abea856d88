// Package payprovider is the sandbox payment provider of the fictional city: a
// company outside of government, in a process of its own, with pages of its own
// on a host name of its own. It moves no money, but behaves as providers do,
// and misbehaves as they do when it is told to.
package payprovider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Config says how a provider runs.
type Config struct {
	Addr     string // where to listen, such as 127.0.0.1:0
	Dir      string // where the journal and the secrets lie
	Origin   string // the origin of its pages; "" means http://pay.localhost and the port of Addr
	Return   string // the only origin that a person is sent back to, such as http://localhost:8080
	Callback string // the URL that learns what became of a session
	CA       string // a PEM file with the authority of Callback's certificate, or ""
	Cert     string // PEM files to serve HTTPS with, or ""
	Key      string
	Expiry   time.Duration       // how long a person has to decide; zero means 30 minutes
	Parent   io.Reader           // when it ends, so does the provider; nil for never
	Ready    func(addr net.Addr) // called once when it listens; may be nil
	Log      *slog.Logger        // nil for none
	Now      func() time.Time
}

// Run serves until ctx or the parent ends.
func Run(ctx context.Context, cfg Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if cfg.Parent != nil {
		go func() {
			_, _ = io.Copy(io.Discard, cfg.Parent) // it ends when the parent does, whatever the reason
			cancel()
		}()
	}
	p, err := open(cfg)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("payment provider: %w", err), p.journal.close())
	}
	if p.cfg.Origin == "" {
		scheme := "http"
		if cfg.Cert != "" {
			scheme = "https"
		}
		_, port, _ := net.SplitHostPort(l.Addr().String()) // an address that listens has a port
		p.cfg.Origin = scheme + "://pay.localhost:" + port
	}
	srv := &http.Server{
		Handler: p.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		<-ctx.Done()
		stop, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer done()
		_ = srv.Shutdown(stop) // a connection that stays is cut when the process ends
	})
	wg.Go(func() { p.journal.syncUntil(ctx) })
	p.resume(ctx)
	if cfg.Ready != nil {
		cfg.Ready(l.Addr())
	}
	if cfg.Cert != "" {
		err = srv.ServeTLS(l, cfg.Cert, cfg.Key)
	} else {
		err = srv.Serve(l)
	}
	cancel()
	wg.Wait()
	p.sending.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, p.journal.close())
}

// provider is a running provider.
type provider struct {
	cfg     Config
	secrets Secrets
	client  *http.Client
	journal *journal
	sending sync.WaitGroup // callbacks under way
	ctx     context.Context

	mu       sync.Mutex // guards what follows, and the journal's order
	sessions map[string]*session
	byKey    map[string]string // idempotency key of a start → session
	modes    Modes
}

// open reads the journal.
func open(cfg Config) (*provider, error) {
	if cfg.Expiry <= 0 {
		cfg.Expiry = 30 * time.Minute
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	secrets, err := OpenSecrets(cfg.Dir)
	if err != nil {
		return nil, err
	}
	tr := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if cfg.CA != "" {
		pem, err := os.ReadFile(cfg.CA)
		if err != nil {
			return nil, fmt.Errorf("payment provider: %w", err)
		}
		tr.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !tr.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("payment provider: %s holds no certificate", cfg.CA)
		}
	}
	p := &provider{
		cfg: cfg, secrets: secrets, sessions: map[string]*session{}, byKey: map[string]string{}, modes: Modes{}.filled(),
		client: &http.Client{Transport: tr, Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	if p.journal, err = openJournal(cfg.Dir, p.load); err != nil {
		return nil, err
	}
	return p, nil
}

// now returns the instant as it is kept.
func (p *provider) now() time.Time { return p.cfg.Now().UTC().Truncate(time.Microsecond) }
