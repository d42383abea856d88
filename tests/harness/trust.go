package harness

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
)

// Trust has c trust the authority in a PEM file, and no other.
func (c *Client) Trust(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	tr, ok := c.http.Transport.(*http.Transport)
	if !ok || !pool.AppendCertsFromPEM(b) {
		return errors.New("harness: no certificate in " + file)
	}
	tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return nil
}
