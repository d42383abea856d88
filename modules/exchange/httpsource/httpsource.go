// Package httpsource speaks to a registry over HTTP and JSON. Requests and
// answers are signed (RFC 9421), an answer is bound to its request, and what
// comes back is limited in size. README.md describes the protocol to those who
// run a registry.
package httpsource

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"causeway/modules/exchange"
	"causeway/platform/httpsig"
)

// Tag is the tag of every signature of this protocol.
const Tag = "causeway-exchange"

// IdempotencyKey is the header that names a write.
const IdempotencyKey = "Idempotency-Key"

// Config says how to reach a registry.
type Config struct {
	URL       string           // where it serves, as in https://registry.example/causeway
	Key       crypto.Signer    // signs our requests
	KeyID     string           // names Key to the registry
	Their     crypto.PublicKey // verifies its answers
	TheirID   string           // names Their in its answers
	Allow     []netip.Prefix   // addresses beside the public ones
	Insecure  bool             // http is allowed, for a source on this machine
	MaxBody   int64            // bytes of an answer; 256 KiB if 0
	MaxRecord int              // records of an answer; 50 if 0
	Now       func() time.Time
}

// Source is one registry. It may be used by many goroutines.
type Source struct {
	c      Config
	base   string
	client *http.Client
	policy httpsig.Policy
}

var (
	_ exchange.Connector = (*Source)(nil)
	_ exchange.Writer    = (*Source)(nil)
)

// New returns the source that c describes.
func New(c Config) (*Source, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("httpsource: url: want https://HOST/PATH")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !c.Insecure) {
		return nil, errors.New("httpsource: url: want https")
	}
	if c.Key == nil || c.KeyID == "" || c.TheirID == "" || c.Now == nil {
		return nil, errors.New("httpsource: keys and a clock are needed")
	}
	their, err := httpsig.PublicKey(c.Their)
	if err != nil {
		return nil, fmt.Errorf("httpsource: the registry's key: %w", err)
	}
	if c.MaxBody == 0 {
		c.MaxBody = 256 << 10
	}
	if c.MaxRecord == 0 {
		c.MaxRecord = 50
	}
	s := &Source{c: c, base: strings.TrimSuffix(u.String(), "/")}
	s.client = &http.Client{
		Transport: &http.Transport{
			DialContext: Dialer(c.Allow), MaxIdleConns: 128, MaxIdleConnsPerHost: 128, IdleConnTimeout: 30 * time.Second,
			TLSHandshakeTimeout: 2 * time.Second, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
			ForceAttemptHTTP2: u.Scheme == "https",
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.policy = httpsig.Policy{
		Keys: func(_ context.Context, id string) (httpsig.Key, error) {
			if id != c.TheirID {
				return httpsig.Key{}, &httpsig.Error{Kind: httpsig.UnknownKey, Detail: "keyid"}
			}
			return their, nil
		},
		Now: c.Now, MaxAge: time.Minute, Tag: Tag,
	}
	return s, nil
}

// lookup is what is asked.
type lookup struct {
	Number    string   `json:"number"`
	Fields    []string `json:"fields"`
	Purpose   string   `json:"purpose"`
	Recipient string   `json:"recipient"`
	Reference string   `json:"reference"`
}

// found is the answer to a lookup.
type found struct {
	Reference string           `json:"reference"`
	Records   []map[string]any `json:"records"`
}

// Fetch looks the person up.
func (s *Source) Fetch(ctx context.Context, l exchange.Lookup) ([]map[string]any, error) {
	var f found
	err := s.post(ctx, l.Class.At+"/lookup", "", lookup{
		Number: l.Number.Reveal(), Fields: l.Fields, Purpose: l.Purpose, Recipient: string(l.Recipient), Reference: l.Reference,
	}, &f)
	switch {
	case err != nil:
		return nil, err
	case f.Reference != l.Reference:
		return nil, invalid("reference", nil)
	case len(f.Records) > s.c.MaxRecord:
		return nil, invalid("too-many-records", nil)
	}
	return f.Records, nil
}

// change is a record to write, or none to take it back.
type change struct {
	Number    string         `json:"number"`
	Record    map[string]any `json:"record,omitempty"`
	Recipient string         `json:"recipient"`
	Reference string         `json:"reference"`
}

// changed is the answer to a change.
type changed struct {
	Reference string `json:"reference"`
	State     string `json:"state"`
}

// Write writes a record, or takes it back. The registry does either once for a
// key, however often it is asked.
func (s *Source) Write(ctx context.Context, c exchange.WriteCall) error {
	path := c.Class.At + "/records"
	if c.Undo {
		path = c.Class.At + "/undo"
	}
	var done changed
	err := s.post(ctx, path, c.Key, change{
		Number: c.Number.Reveal(), Record: c.Record, Recipient: string(c.Recipient), Reference: c.Reference,
	}, &done)
	switch {
	case err != nil:
		return err
	case done.Reference != c.Reference:
		return invalid("reference", nil)
	case done.State == "pending":
		return &exchange.SourceError{Outcome: exchange.Late, Reason: "pending"}
	case done.State != "done":
		return invalid("state", nil)
	}
	return nil
}

// post sends in, signed, and reads the signed answer into out.
func (s *Source) post(ctx context.Context, path, key string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	params := httpsig.Params{Key: s.c.Key, KeyID: s.c.KeyID, Created: s.c.Now(), Nonce: httpsig.NewNonce(), Tag: Tag}
	if key != "" {
		req.Header.Set(IdempotencyKey, key)
		params.Components = []string{"@method", "@authority", "@path", "content-type", "content-digest", "idempotency-key"}
	}
	if err := httpsig.Sign(req, body, params); err != nil {
		return fmt.Errorf("sign request: %w", err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return unreached(err)
	}
	defer resp.Body.Close()
	return s.read(resp, req, out)
}

// read checks an answer and decodes it.
func (s *Source) read(resp *http.Response, req *http.Request, out any) error {
	if resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode == http.StatusTooManyRequests {
		return &exchange.SourceError{Outcome: exchange.Down, Reason: "status-" + strconv.Itoa(resp.StatusCode), Retry: s.retry(resp)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, s.c.MaxBody+1))
	if err != nil {
		return unreached(err)
	}
	if int64(len(body)) > s.c.MaxBody {
		return invalid("too-large", nil)
	}
	if _, err := httpsig.VerifyResponse(resp, body, req, s.policy); err != nil {
		return invalid("signature", err)
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted:
	case http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity:
		return &exchange.SourceError{Outcome: exchange.Refused, Reason: refusal(resp.StatusCode, body)}
	default:
		return invalid("status-"+strconv.Itoa(resp.StatusCode), nil)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return invalid("json", nil) // its words quote the body
	}
	return nil
}

var reasonForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// refusal is why a registry refuses: the code under reason of its answer, or its
// status. Nothing else that it says is kept, for it may be about the person.
func refusal(status int, body []byte) string {
	var said struct {
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal(body, &said); err == nil && reasonForm.MatchString(said.Reason) {
		return said.Reason
	}
	return "status-" + strconv.Itoa(status)
}

// retry reads when a busy source wants to be asked again, within an hour.
func (s *Source) retry(resp *http.Response) time.Time {
	n, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || n < 1 || n > 3600 {
		return time.Time{}
	}
	return s.c.Now().Add(time.Duration(n) * time.Second)
}

func invalid(reason string, err error) error {
	return &exchange.SourceError{Outcome: exchange.Invalid, Reason: reason, Err: err}
}

// unreached tells late from down.
func unreached(err error) error {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, ErrAddress):
		return &exchange.SourceError{Outcome: exchange.Down, Reason: "address-not-allowed", Err: ErrAddress}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &exchange.SourceError{Outcome: exchange.Late, Reason: "timeout", Err: context.DeadlineExceeded}
	}
	return &exchange.SourceError{Outcome: exchange.Down, Reason: "unreachable", Err: err}
}
