package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"causeway/app/logcmd"
	"causeway/demo/city"
	"causeway/modules/exchange/classfile"
	"causeway/modules/notice/smtp"
	"causeway/modules/payment/sandbox"
	paymentweb "causeway/modules/payment/web"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/telemetry"
)

// demoCommand is `causeway demo`.
type demoCommand struct {
	Addr    string `default:"localhost:8080" help:"Where to serve. Passkeys need a name, so use localhost, not a number."`
	Data    string `default:"data/demo" type:"path" help:"The folder that keeps the city."`
	DB      string `name:"db" help:"The URL of a PostgreSQL database to use instead of SQLite."`
	TLS     bool   `name:"tls" help:"Serve HTTPS, under an authority of its own whose certificate lies in the data folder."`
	Verbose bool   `help:"Write a line for each request."`
}

const (
	demoSeed = 1997_07_01
	pgConns  = 32
)

// run serves the fictional city until ctx ends.
func (c demoCommand) run(ctx context.Context, std Streams, now func() time.Time) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	log := slog.New(slog.NewTextHandler(std.Err, nil))
	var observe func(ctx context.Context, pattern string, status int, took time.Duration)
	if c.Verbose {
		log = telemetry.NewLogger(std.Err, slog.LevelDebug)
		observe = telemetry.LogRequests(log)
	}
	slog.SetDefault(log)
	zone, err := time.LoadLocation("Asia/Hong_Kong")
	if err != nil {
		return fmt.Errorf("time zone: %w", err)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	listen, origin, err := c.listen(ctx)
	if err != nil {
		return err
	}
	defer listen.Close() //nolint:errcheck // the server closes it first
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	master, err := keys.CreateMaster(filepath.Join(c.Data, filepath.FromSlash(logcmd.MasterFile)))
	if err != nil {
		return errors.Join(err, d.Close())
	}
	classes, err := classfile.Load(city.Classes())
	if err != nil {
		return errors.Join(err, d.Close())
	}
	hood := &neighbourhood{dir: c.Data, origin: origin, zone: zone, now: now, tls: c.TLS}
	defer func() { err = errors.Join(err, hood.stop()) }()
	if err := hood.start(ctx, master); err != nil {
		return errors.Join(err, d.Close())
	}
	provider, err := sandbox.New(sandbox.Config{
		API: hood.pay.api, Origin: hood.pay.origin, Key: hood.pay.secrets.API, Webhook: hood.pay.secrets.Webhook, Return: origin, CA: hood.authority(), Now: now,
	})
	if err != nil {
		return errors.Join(err, d.Close())
	}
	post, err := smtp.New(hood.mail())
	if err != nil {
		return errors.Join(err, d.Close())
	}
	w, err := newWorld(ctx, parts{
		db: d, master: master, origin: origin, zone: zone, now: now, log: log, demo: true, uploads: uploadsIn(c.Data),
		classes: classes, sources: hood.sources,
		provider: provider, providerName: sandbox.Name, callbacks: map[string]paymentweb.Callbacks{sandbox.Name: provider}, payOrigin: hood.pay.origin,
		mailer:  post,
		hood:    hood,
		observe: observe,
	})
	if err != nil {
		return errors.Join(err, d.Close())
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if d.Engine == db.SQLite { // we alone hold it
		if err := w.jobs.Recover(ctx); err != nil {
			return err
		}
	}
	if err := settle(ctx, w, hood); err != nil {
		return err
	}
	return w.serve(ctx, listen, func() { fmt.Fprintln(std.Out, "ready", origin) })
}

// listen opens the address, and says how browsers reach it.
func (c demoCommand) listen(ctx context.Context) (net.Listener, string, error) {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, "", fmt.Errorf("%w: --addr wants HOST:PORT", ErrUsage)
	}
	if net.ParseIP(host) != nil || host == "" {
		return nil, "", fmt.Errorf("%w: --addr wants a name such as localhost: passkeys do not work with a number", ErrUsage)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, "", fmt.Errorf("listen: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("listen: %w", err), l.Close())
	}
	if !c.TLS {
		return l, "http://" + net.JoinHostPort(host, port), nil
	}
	cert, err := demoCertificate(c.Data, host)
	if err != nil {
		return nil, "", errors.Join(err, l.Close())
	}
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	return tls.NewListener(l, conf), "https://" + net.JoinHostPort(host, port), nil
}

func (c demoCommand) open(ctx context.Context) (*db.DB, error) {
	if c.DB != "" {
		return db.OpenPostgres(ctx, c.DB, pgConns)
	}
	return db.OpenSQLite(ctx, filepath.Join(c.Data, logcmd.DatabaseFile))
}

// serve answers on l until ctx ends, and lets what is under way finish.
func (w *world) serve(ctx context.Context, l net.Listener, ready func()) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	srv := &http.Server{
		Handler: w.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 120 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:    slog.NewLogLogger(w.parts.log.Handler(), slog.LevelDebug),
	}
	background, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); w.run(background) }()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	if err := w.warnCalendars(ctx); err != nil {
		w.parts.log.WarnContext(ctx, "calendars could not be looked at", "err", err)
	}
	ready()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		err = srv.Shutdown(patience)
		cancel()
	}
	stop()
	<-done
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// gcPercent is how far the heap grows before it is collected. What lives long is
// a few dozen megabytes, so that collecting less often costs little memory and
// saves a tenth of the processor.
const gcPercent = 300

// port returns the number of a HOST:PORT.
func port(addr string) int {
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		return 0
	}
	return n
}

// uploadsIn is the address of the folder for uploaded files within data.
func uploadsIn(data string) string {
	dir, err := filepath.Abs(filepath.Join(data, "uploads"))
	if err != nil {
		dir = data
	}
	return (&url.URL{Scheme: "file", Path: dir}).String()
}
