package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often a certificate's files are looked at.
const lookEvery = 10 * time.Second

// certificate is a certificate that is read again when its files change.
type certificate struct {
	files tlsConfig
	log   *slog.Logger
	now   func() time.Time

	mu     sync.Mutex // guards what follows
	cert   *tls.Certificate
	stamp  stamp // of the files that cert was read from
	looked time.Time
}

// stamp tells whether files have changed.
type stamp struct{ cert, key time.Time }

func newCertificate(files tlsConfig, log *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{files: files, log: log, now: now}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("%w: tls: %w", errConfig, err)
	}
	return c, nil
}

func (t tlsConfig) stamp() (stamp, error) {
	cert, err := os.Stat(t.CertificateFile)
	if err != nil {
		return stamp{}, err
	}
	key, err := os.Stat(t.KeyFile)
	if err != nil {
		return stamp{}, err
	}
	return stamp{cert.ModTime(), key.ModTime()}, nil
}

// read reads the files if they have changed. What was read before stays where
// they cannot be used.
func (c *certificate) read() error {
	now, err := c.files.stamp()
	if err != nil || now == c.stamp {
		return err
	}
	cert, err := tls.LoadX509KeyPair(c.files.CertificateFile, c.files.KeyFile)
	if err != nil {
		return err
	}
	c.cert, c.stamp = &cert, now
	return nil
}

// get implements tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		if err := c.read(); err != nil {
			c.log.Error("tls: the certificate cannot be read again; the old one stays", "err", err)
		}
	}
	if c.cert == nil {
		return nil, errors.New("tls: no certificate")
	}
	return c.cert, nil
}
