package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"causeway/app/logcmd"
	"causeway/modules/catalogue"
	"causeway/modules/exchange"
	"causeway/modules/exchange/classfile"
	"causeway/modules/notice/smtp"
	"causeway/modules/org"
	"causeway/platform/db"
	"causeway/platform/fault"
	"causeway/platform/keys"
	"causeway/platform/telemetry"
)

// serveCommand is `causeway serve`.
type serveCommand struct {
	Config string `required:"" type:"path" help:"The configuration file; docs/operate.md describes it."`

	trusting bool // of a test: PostgreSQL may be one that loses data
}

// run serves as the configuration says until ctx ends. It listens when
// everything has been found good, and says so on standard output.
func (s serveCommand) run(ctx context.Context, std Streams, now func() time.Time) (err error) {
	c, err := readConfig(s.Config)
	if err != nil {
		return err
	}
	level, err := c.level()
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(std.Err, level)
	slog.SetDefault(log)
	w, metrics, err := s.build(ctx, c, log, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := bootstrap(ctx, w, c.Bootstrap); err != nil {
		return err
	}
	if c.Services != "" {
		if err := publish(ctx, w, dirFS(c.Services)); err != nil {
			return fmt.Errorf("services: %w", err)
		}
	}
	l, err := c.listen(ctx, log, now)
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // the server closes it first
	keepers, stop, err := operate(ctx, c.Operator, w, metrics)
	if err != nil {
		return err
	}
	defer stop()
	return w.serve(ctx, l, func() {
		log.InfoContext(ctx, "ready", "origin", c.Origin, "listen", l.Addr().String(), "operator", keepers.String(), "engine", string(w.db.Engine))
		fmt.Fprintln(std.Out, "ready", c.Origin)
	})
}

// publish publishes what files hold. Where another replica published the same
// in between, a second look finds it there.
func publish(ctx context.Context, w *world, files fs.FS) error {
	var err error
	for range 3 {
		err = w.catalogue.PublishFS(ctx, catalogue.System(), files)
		if fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return err
}

// build makes the world that c describes.
func (s serveCommand) build(ctx context.Context, c config, log *slog.Logger, now func() time.Time) (*world, *telemetry.Metrics, error) {
	zone, err := c.zone()
	if err != nil {
		return nil, nil, fmt.Errorf("time_zone: %w", err)
	}
	master, err := keys.LoadMaster(c.MasterKeyFile)
	if err != nil {
		return nil, nil, err
	}
	classes, err := classfile.Load(dirFS(c.Classes))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: classes: %w", errConfig, err)
	}
	mail, err := c.SMTP.config()
	if err != nil {
		return nil, nil, err
	}
	mail.Now = now
	post, err := smtp.New(mail)
	if err != nil {
		return nil, nil, err
	}
	d, err := s.open(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	metrics, sources := telemetry.New(), map[string]exchange.Source{}
	observe, write := metrics.Observe, telemetry.LogRequests(log)
	w, err := newWorld(ctx, parts{
		db: d, master: master, origin: c.Origin, zone: zone, now: now, log: log, uploads: c.Uploads, classes: classes, mailer: post,
		sources: func(*world) (map[string]exchange.Source, error) {
			for _, s := range c.Sources {
				src, err := s.connect(now)
				if err != nil {
					return nil, err
				}
				sources[s.Name] = src
			}
			return sources, nil
		},
		provider: noProvider{}, providerName: "none",
		observe: func(ctx context.Context, pattern string, status int, took time.Duration) {
			observe(ctx, pattern, status, took)
			write(ctx, pattern, status, took)
		},
		outer: func(next http.Handler) http.Handler { return telemetry.Requests(c.behind(next)) },
	})
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	if err := genuine(ctx, w); err != nil {
		return nil, nil, errors.Join(err, w.close())
	}
	if d.Engine == db.SQLite { // we alone hold it
		if err := w.jobs.Recover(ctx); err != nil {
			return nil, nil, errors.Join(err, w.close())
		}
	}
	w.measure(metrics, sources)
	return w, metrics, nil
}

// open opens the database and holds it to its promises.
func (s serveCommand) open(ctx context.Context, c config) (*db.DB, error) {
	if c.Database.SQLite != "" {
		if err := os.MkdirAll(c.Database.SQLite, 0o700); err != nil {
			return nil, fmt.Errorf("%w: database.sqlite: %w", errConfig, err)
		}
		d, err := db.OpenSQLite(ctx, filepath.Join(c.Database.SQLite, logcmd.DatabaseFile))
		if err != nil {
			return nil, fmt.Errorf("%w: database.sqlite: %w", errConfig, err)
		}
		return d, nil
	}
	u, err := c.postgresURL()
	if err != nil {
		return nil, fmt.Errorf("%w: database.postgres_url_file: %w", errConfig, err)
	}
	d, err := db.OpenPostgres(ctx, u, c.Database.Connections)
	if err != nil {
		return nil, fmt.Errorf("%w: database: %w", errConfig, err)
	}
	if s.trusting {
		return d, nil
	}
	for _, q := range []struct{ setting, show string }{{"fsync", "SHOW fsync"}, {"full_page_writes", "SHOW full_page_writes"}} {
		var value string
		if err := d.QueryRow(ctx, q.show).Scan(&value); err != nil {
			return nil, errors.Join(fmt.Errorf("%w: database: %w", errConfig, err), d.Close())
		}
		if value != "on" {
			return nil, errors.Join(fmt.Errorf("%w: database: the server's %s is %s: what it confirmed may be lost; set it on", errConfig, q.setting, value), d.Close())
		}
	}
	return d, nil
}

// genuine refuses a database that a demo has filled: the key of the demo's
// software follows from its master secret.
func genuine(ctx context.Context, w *world) error {
	public, ok := demoClientPublic(w)
	if !ok {
		return nil
	}
	_, _, err := w.org.KeyClient(ctx, org.Thumbprint(public))
	if errors.Is(err, org.ErrNoKey) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: database: a demo filled it, with fictional residents; take an empty one", errConfig)
}

// listen opens the address, with TLS if c has a certificate.
func (c config) listen(ctx context.Context, log *slog.Logger, now func() time.Time) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: listen: %w", errConfig, err)
	}
	if c.TLS == (tlsConfig{}) {
		return l, nil
	}
	cert, err := newCertificate(c.TLS, log, now)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{
		GetCertificate: cert.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}), nil
}

// dirFS is a folder of the operator's.
func dirFS(path string) fs.FS { return os.DirFS(path) }

// pathOf returns the address of r at origin.
func pathOf(origin string, u *url.URL) string { return origin + u.RequestURI() }
