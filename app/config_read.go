package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"causeway/modules/notice/smtp"
)

// errConfig reports a configuration that cannot be used. What wraps it names the
// setting.
var errConfig = errors.New("configuration")

// maxConfig bounds the file, and any file of a secret.
const maxConfig = 1 << 20

var unknownRx = regexp.MustCompile(`^line (\d+): field (\S+) not found in type`)

// readConfig reads and checks the file at path: everything that can be known
// without opening the database.
func readConfig(path string) (config, error) {
	b, err := readFile(path)
	if err != nil {
		return config{}, fmt.Errorf("%w: %w", errConfig, err)
	}
	c, err := parseConfig(filepath.Base(path), b)
	if err != nil {
		return config{}, err
	}
	return c, c.check()
}

// parseConfig reads src, without checking what it says, and fills in what is
// left out.
func parseConfig(name string, src []byte) (config, error) {
	var c config
	in := yaml.NewDecoder(bytes.NewReader(src))
	in.KnownFields(true)
	err := in.Decode(&c)
	if t, ok := errors.AsType[*yaml.TypeError](err); ok {
		all := []error{errConfig}
		for _, e := range t.Errors {
			if m := unknownRx.FindStringSubmatch(e); m != nil {
				e = fmt.Sprintf("line %s: there is no setting %q", m[1], m[2])
			}
			all = append(all, fmt.Errorf("%s: %s", name, e))
		}
		return config{}, errors.Join(all...)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return config{}, fmt.Errorf("%w: %s: %w", errConfig, name, err)
	}
	if err := in.Decode(new(any)); !errors.Is(err, io.EOF) {
		return config{}, fmt.Errorf("%w: %s: more than one document", errConfig, name)
	}
	c.fill()
	return c, nil
}

// fill gives settings that are left out their value.
func (c *config) fill() {
	set := func(s *string, to string) {
		if *s == "" {
			*s = to
		}
	}
	set(&c.Listen, ":8443")
	set(&c.Operator, "127.0.0.1:9090")
	set(&c.TimeZone, "Asia/Hong_Kong")
	set(&c.Payment, "none")
	set(&c.LogLevel, "info")
	c.Origin = strings.TrimSuffix(c.Origin, "/")
	if c.Uploads == "" && c.Database.SQLite != "" {
		c.Uploads = uploadsIn(c.Database.SQLite)
	}
	if c.Database.Connections == 0 {
		c.Database.Connections = pgConns
	}
	if c.SMTP.Security == "" {
		c.SMTP.Security = smtp.StartTLS
	}
	if c.SMTP.Port == 0 {
		c.SMTP.Port = 587
		if c.SMTP.Security == smtp.TLS {
			c.SMTP.Port = 465
		}
	}
}

// level returns the log level that c names.
func (c config) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.LogLevel))
	return l, err
}

// zone returns the time zone that c names.
func (c config) zone() (*time.Location, error) { return time.LoadLocation(c.TimeZone) }

// readFile reads a file of the operator's.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(b) > maxConfig {
		err = fmt.Errorf("%s: longer than %d bytes", path, maxConfig)
	}
	return b, err
}

// readSecret reads a file that others must not read, without the line's end.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return "", fmt.Errorf("%s may be read by everybody; chmod 600 it", path)
	}
	b, err := readFile(path)
	if err != nil {
		return "", err
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return s, nil
}

// loopback reports whether host, a name or a number, is this machine.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// parseOrigin checks an origin.
func parseOrigin(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme+"://"+u.Host != s:
		return nil, errors.New("want https://NAME, without a path")
	case net.ParseIP(u.Hostname()) != nil:
		return nil, errors.New("want a name, not a number: passkeys belong to a name")
	case u.Scheme == "https":
	case u.Scheme != "http" || !loopback(u.Hostname()):
		return nil, errors.New("want https: without it whoever is on the way reads and changes everything; http is for localhost alone")
	}
	return u, nil
}
