package app

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/exchange/guard"
	"causeway/modules/exchange/httpsource"
	"causeway/modules/exchange/sqlview"
	"causeway/modules/org"
)

func (s sourceConfig) check(bad blame) {
	if s.Name == "" {
		bad("name", errors.New("missing: data class files name their source"))
	}
	if s.Registry == "" {
		bad("registry", errors.New("missing: the id of the department"))
	}
	if s.Timeout < 0 {
		bad("timeout", errors.New("want more than 0"))
	}
	if s.Parallel < 0 {
		bad("parallel", errors.New("want a number above 0"))
	}
	switch s.Kind {
	case "http":
		_, err := s.http(time.Now) //nolint:forbidigo // it is only built
		bad("http", err)
		if s.URLFile != "" {
			bad("url_file", errors.New("is for kind sql; kind http has url"))
		}
	case "sql":
		_, err := s.dsn()
		bad("url_file", err)
		if s.URL != "" || s.KeyFile != "" || s.TheirKeyFile != "" {
			bad("url", errors.New("url, key_file and their_key_file are for kind http; kind sql has url_file"))
		}
	default:
		bad("kind", fmt.Errorf("%q: want http or sql", s.Kind))
	}
}

// dsn reads the address of a sql source.
func (s sourceConfig) dsn() (string, error) {
	if s.URLFile == "" {
		return "", errors.New("missing: a secret file with postgres://USER:PASSWORD@HOST/DATABASE")
	}
	u, err := readSecret(s.URLFile)
	if err != nil {
		return "", err
	}
	return u, checkPostgres(u)
}

// http makes the connector to an http source.
func (s sourceConfig) http(now func() time.Time) (*httpsource.Source, error) {
	ours, err := privateKey(s.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("key_file: %w", err)
	}
	theirs, err := publicKey(s.TheirKeyFile)
	if err != nil {
		return nil, fmt.Errorf("their_key_file: %w", err)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	return httpsource.New(httpsource.Config{
		URL: s.URL, Key: ours, KeyID: s.KeyID, Their: theirs, TheirID: s.TheirKeyID, Allow: s.Networks,
		Insecure: loopback(u.Hostname()), Now: now,
	})
}

// connect makes the connector to s, behind its limits.
func (s sourceConfig) connect(now func() time.Time) (exchange.Source, error) {
	limits := guard.Limits{Deadline: s.Timeout, Parallel: s.Parallel, Now: now}
	out := exchange.Source{Name: s.Name, Registry: org.ID(s.Registry), Kind: s.Kind}
	if s.Kind == "http" {
		src, err := s.http(now)
		if err != nil {
			return out, fmt.Errorf("source %s: %w", s.Name, err)
		}
		g := guard.New(s.Name, src, src, limits)
		out.Reads, out.Writes, out.Watch = g, g, g
		return out, nil
	}
	dsn, err := s.dsn()
	if err != nil {
		return out, fmt.Errorf("source %s: %w", s.Name, err)
	}
	src, err := sqlview.New(sqlview.Config{DSN: dsn, Timeout: s.Timeout, Conns: s.Parallel, Dial: httpsource.Dialer(s.Networks)})
	if err != nil {
		return out, fmt.Errorf("source %s: %w", s.Name, err)
	}
	g := guard.New(s.Name, src, nil, limits)
	out.Reads, out.Watch = g, g
	return out, nil
}

// privateKey reads an Ed25519 key in PKCS #8.
func privateKey(path string) (crypto.Signer, error) {
	if path == "" {
		return nil, errors.New("missing")
	}
	text, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: want an Ed25519 key", path)
	}
	return key, nil
}

// publicKey reads a public key in PKIX form.
func publicKey(path string) (crypto.PublicKey, error) {
	if path == "" {
		return nil, errors.New("missing")
	}
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM", path)
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}
