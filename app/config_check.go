package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"causeway/modules/notice/smtp"
	"causeway/platform/keys"
)

// blame notes what is wrong with a setting; nil is nothing.
type blame func(setting string, err error)

// check returns everything that is wrong or unsafe, each with its setting.
func (c config) check() error {
	var all []error
	bad := blame(func(setting string, err error) {
		if err != nil {
			all = append(all, fmt.Errorf("%w: %s: %w", errConfig, setting, err))
		}
	})
	bad("listen", c.checkListen())
	bad("operator", checkAddress(c.Operator))
	if c.Origin == "" {
		bad("origin", errors.New("missing: how do browsers reach the program?"))
	} else if _, err := parseOrigin(c.Origin); err != nil {
		bad("origin", fmt.Errorf("%s: %w", c.Origin, err))
	}
	if _, err := c.zone(); err != nil {
		bad("time_zone", err)
	}
	if _, err := c.level(); err != nil {
		bad("log_level", fmt.Errorf("%q: want debug, info, warn or error", c.LogLevel))
	}
	c.checkDatabase(bad)
	if c.MasterKeyFile == "" {
		bad("master_key_file", errors.New("missing; docs/operate.md says how to make one"))
	} else if _, err := keys.LoadMaster(c.MasterKeyFile); err != nil {
		bad("master_key_file", err)
	}
	if c.TLS != (tlsConfig{}) {
		bad("tls", c.TLS.check())
	}
	c.SMTP.check(bad)
	if c.Uploads == "" {
		bad("uploads", errors.New("missing: a folder that all replicas share, as file:///path"))
	}
	bad("classes", checkFolder(c.Classes, true))
	bad("services", checkFolder(c.Services, false))
	bad("payment", c.checkPayment())
	seen := map[string]bool{}
	for i, s := range c.Sources {
		name := fmt.Sprintf("sources[%d]", i)
		s.check(func(setting string, err error) { bad(name+"."+setting, err) })
		if seen[s.Name] {
			bad(name+".name", fmt.Errorf("%q is there twice", s.Name))
		}
		seen[s.Name] = true
	}
	for i, b := range c.Bootstrap {
		b.check(func(setting string, err error) { bad(fmt.Sprintf("bootstrap[%d].%s", i, setting), err) })
	}
	return errors.Join(all...)
}

func checkAddress(a string) error {
	if _, _, err := net.SplitHostPort(a); err != nil {
		return fmt.Errorf("%q: want HOST:PORT", a)
	}
	return nil
}

// checkListen also refuses to serve others without TLS at either end.
func (c config) checkListen() error {
	if err := checkAddress(c.Listen); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil || c.TLS != (tlsConfig{}) || loopback(host) || len(c.TrustedProxies) > 0 {
		return err
	}
	return fmt.Errorf("%q is open to others without TLS: set tls, or trusted_proxies for a proxy that ends it, or listen on 127.0.0.1", c.Listen)
}

// checkPayment refuses what only the demo has.
func (c config) checkPayment() error {
	switch c.Payment {
	case "none":
		return nil
	case "sandbox":
		return errors.New("the sandbox is the demo's, and takes no real money; want none")
	}
	return fmt.Errorf("%q is not known; want none", c.Payment)
}

func (c config) checkDatabase(bad blame) {
	d := c.Database
	switch {
	case d.SQLite == "" && d.PostgresURLFile == "":
		bad("database", errors.New("missing: want sqlite or postgres_url_file"))
	case d.SQLite != "" && d.PostgresURLFile != "":
		bad("database", errors.New("sqlite and postgres_url_file: want one of them"))
	case d.SQLite != "":
		if _, err := os.Stat(filepath.Join(d.SQLite, portsFile)); err == nil {
			bad("database.sqlite", fmt.Errorf("%s is the folder of a demo, whose residents are fictional and whose personas sign in with a click", d.SQLite))
		}
		if info, err := os.Stat(d.SQLite); err == nil && info.Mode().Perm()&0o007 != 0 {
			bad("database.sqlite", fmt.Errorf("%s may be read by everybody; chmod 700 it", d.SQLite))
		}
	default:
		_, err := c.postgresURL()
		bad("database.postgres_url_file", err)
	}
	if d.Connections < 0 {
		bad("database.connections", errors.New("want a number above 0"))
	}
}

// postgresURL reads the address of the database and checks how it is reached.
func (c config) postgresURL() (string, error) {
	u, err := readSecret(c.Database.PostgresURLFile)
	if err != nil {
		return "", err
	}
	return u, checkPostgres(u)
}

// checkPostgres refuses an address to another machine that may be spoken to
// without TLS. Its errors do not quote the address, which holds a password.
func checkPostgres(dsn string) error {
	p, err := pgx.ParseConfig(dsn)
	if err != nil {
		return errors.New("want postgres://USER:PASSWORD@HOST/DATABASE")
	}
	plain := func(host string, t *tls.Config) bool {
		return t == nil && !loopback(host) && !strings.HasPrefix(host, "/")
	}
	unsafe := plain(p.Host, p.TLSConfig)
	for _, f := range p.Fallbacks {
		unsafe = unsafe || plain(f.Host, f.TLSConfig)
	}
	if unsafe {
		return errors.New("the connection to another machine may do without TLS: add sslmode=verify-full")
	}
	return nil
}

func (t tlsConfig) check() error {
	if t.CertificateFile == "" || t.KeyFile == "" {
		return errors.New("want certificate_file and key_file")
	}
	if _, err := readSecret(t.KeyFile); err != nil {
		return fmt.Errorf("key_file: %w", err)
	}
	if _, err := tls.LoadX509KeyPair(t.CertificateFile, t.KeyFile); err != nil {
		return err
	}
	return nil
}

func (s smtpConfig) check(bad blame) {
	if s.Host == "" {
		bad("smtp.host", errors.New("missing: people are told by e-mail what happens to their cases"))
		return
	}
	switch s.Security {
	case smtp.StartTLS, smtp.TLS:
	case smtp.None:
		if !loopback(s.Host) {
			bad("smtp.security", fmt.Errorf("none: mails to %s would be open to everybody on the way; want starttls or tls", s.Host))
		}
	default:
		bad("smtp.security", fmt.Errorf("%q: want starttls, tls or none", s.Security))
		return
	}
	if (s.Username == "") != (s.PasswordFile == "") {
		bad("smtp.username", errors.New("want username and password_file together"))
	}
	if s.From == "" {
		bad("smtp.from", errors.New("missing: who are mails from?"))
		return
	}
	conf, err := s.config()
	if err != nil {
		bad("smtp.password_file", err)
		return
	}
	_, err = smtp.New(conf)
	bad("smtp", err)
}

// config reads the secret of s.
func (s smtpConfig) config() (smtp.Config, error) {
	c := smtp.Config{Host: s.Host, Port: s.Port, Security: s.Security, Username: s.Username, From: s.From}
	if s.PasswordFile == "" {
		return c, nil
	}
	var err error
	c.Password, err = readSecret(s.PasswordFile)
	return c, err
}

// checkFolder reports a folder that is not there.
func checkFolder(path string, needed bool) error {
	if path == "" {
		if needed {
			return errors.New("missing: the folder of data class files")
		}
		return nil
	}
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", path)
	}
	return err
}
