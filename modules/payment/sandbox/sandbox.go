// Package sandbox speaks to the sandbox payment provider: its JSON API, and its
// callbacks, signed as Standard Webhooks has it.
package sandbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"causeway/modules/payment"
	"causeway/platform/money"
)

// Name is the provider's name in the ledger and in the callback's path.
const Name = "sandbox"

// Config says where the provider is and what it shares with us.
type Config struct {
	API     string        // the base of its API, such as http://127.0.0.1:9000
	Origin  string        // the origin of its pages, such as http://pay.localhost:9000
	Key     string        // our key to the API
	Webhook []byte        // what its callbacks are signed with
	Return  string        // our own origin, such as http://localhost:8080
	CA      string        // a PEM file with the authority of the API's certificate; "" for the system's
	Timeout time.Duration // of one call; zero means 4 seconds
	Now     func() time.Time
}

// Client implements payment.Provider.
type Client struct {
	cfg  Config
	http *http.Client
}

var _ payment.Provider = (*Client)(nil)

// maxAnswer is the longest answer that is read.
const maxAnswer = 64 << 10

// New returns a client. It returns an error for a Config that lacks something.
func New(cfg Config) (*Client, error) {
	for _, o := range []string{cfg.API, cfg.Origin, cfg.Return} {
		if u, err := url.Parse(o); err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o {
			return nil, fmt.Errorf("sandbox: %q is no origin, such as http://localhost:8080", o)
		}
	}
	if cfg.Key == "" || len(cfg.Webhook) < 24 || cfg.Now == nil {
		return nil, errors.New("sandbox: want a key, a webhook key of 24 bytes or more, and a clock")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 4 * time.Second
	}
	trust, err := authority(cfg.CA)
	if err != nil {
		return nil, err
	}
	tr := &http.Transport{
		DialContext: dial, TLSClientConfig: trust, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 32, MaxConnsPerHost: 64, IdleConnTimeout: time.Minute,
		ResponseHeaderTimeout: cfg.Timeout, MaxResponseHeaderBytes: maxAnswer,
	}
	return &Client{cfg: cfg, http: &http.Client{
		Transport: tr, Timeout: cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// authority trusts the certificates that the PEM file at path vouches for.
func authority(path string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if path == "" {
		return c, nil
	}
	pem, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("sandbox: %s holds no certificate", path)
	}
	return c, nil
}

// dial connects, to this machine for a name below localhost (RFC 6761, 6.3),
// which not every resolver knows.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 2 * time.Second}
	if host, port, err := net.SplitHostPort(addr); err == nil && strings.HasSuffix(host, ".localhost") {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	return d.DialContext(ctx, network, addr)
}

type amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

type text struct {
	En   string `json:"en"`
	Hant string `json:"zh-Hant"`
	Hans string `json:"zh-Hans"`
}

type start struct {
	Reference   string `json:"reference"`
	Amount      amount `json:"amount"`
	Description text   `json:"description"`
	Payee       text   `json:"payee"`
	Return      string `json:"return_url"`
	Lang        string `json:"lang"`
}

type session struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Status string `json:"status"`
	Amount amount `json:"amount"`
}

type refund struct {
	Status string `json:"status"`
	Amount amount `json:"amount"`
}

// errAnswer is an answer that the API does not have.
var errAnswer = errors.New("sandbox: unexpected answer")

// Start opens a session. It refuses an address that is not on the provider's
// configured origin.
func (c *Client) Start(ctx context.Context, s payment.Start) (payment.Session, error) {
	var out session
	code, err := c.call(ctx, http.MethodPost, "/v1/sessions", s.Key, start{
		Reference: s.Reference, Amount: amount(s.Amount), Description: text(s.Description), Payee: text(s.Payee),
		Return: c.cfg.Return + s.Return, Lang: string(s.Lang),
	}, &out)
	if err != nil {
		return payment.Session{}, fmt.Errorf("start: %w", err)
	}
	if code/100 != 2 || out.ID == "" || len(out.ID) > 100 || !strings.HasPrefix(out.URL, c.cfg.Origin+"/") {
		return payment.Session{}, fmt.Errorf("start: %d: %w", code, errAnswer)
	}
	return payment.Session{ID: out.ID, URL: out.URL}, nil
}

// Status asks what became of a session.
func (c *Client) Status(ctx context.Context, id string) (payment.Status, money.Amount, error) {
	var out session
	code, err := c.call(ctx, http.MethodGet, "/v1/sessions/"+url.PathEscape(id), "", nil, &out)
	if err != nil {
		return "", money.Amount{}, fmt.Errorf("status: %w", err)
	}
	if code == http.StatusNotFound {
		return payment.Cancelled, money.Amount{}, nil
	}
	status, ok := statusOf(out.Status)
	if code != http.StatusOK || out.ID != id || !ok {
		return "", money.Amount{}, fmt.Errorf("status: %d: %w", code, errAnswer)
	}
	return status, money.Amount(out.Amount), nil
}

func statusOf(s string) (payment.Status, bool) {
	switch s {
	case "waiting":
		return payment.Waiting, true
	case "succeeded":
		return payment.Succeeded, true
	case "declined":
		return payment.Refused, true
	case "cancelled":
		return payment.Cancelled, true
	}
	return "", false
}

// Refund asks for the money of a session back.
func (c *Client) Refund(ctx context.Context, id, key string, a money.Amount) (bool, error) {
	var out refund
	code, err := c.call(ctx, http.MethodPost, "/v1/sessions/"+url.PathEscape(id)+"/refunds", key,
		struct {
			Amount amount `json:"amount"`
		}{amount(a)}, &out)
	if err != nil {
		return false, fmt.Errorf("refund: %w", err)
	}
	if code != http.StatusOK || out.Status == "" || out.Status == "confirmed" && money.Amount(out.Amount) != a {
		return false, fmt.Errorf("refund: %d: %w", code, errAnswer)
	}
	return out.Status == "confirmed", nil
}

// call returns the status code, with the answer in out if it is a good one. A
// provider that does not answer, or answers 429 or 5xx, is payment.ErrDown.
func (c *Client) call(ctx context.Context, method, path, key string, in, out any) (int, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.API+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.cfg.Key)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", payment.ErrDown, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %w", payment.ErrDown, err)
	case res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests:
		return 0, fmt.Errorf("answered %d: %w", res.StatusCode, payment.ErrDown)
	case len(b) > maxAnswer:
		return 0, fmt.Errorf("too long: %w", errAnswer)
	case res.StatusCode/100 != 2:
		return res.StatusCode, nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return 0, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return res.StatusCode, nil
}
