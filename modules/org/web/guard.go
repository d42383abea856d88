package web

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
	"causeway/platform/httpsig"
	"causeway/platform/httpx"
)

// Offices finds what a person is.
type Offices interface {
	Officer(ctx context.Context, p identity.PersonID, d org.ID) (org.Officer, error)
}

// OfficerGuard lets through who is an officer of the department that the path
// value {department} names, and gives the handlers behind it org.OfficerOf.
// Everybody else is told that there is no such page. It comes after the guard
// that knows identity.CallerOf. Membership is asked each time.
func OfficerGuard(s Offices, fail func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := identity.CallerOf(r.Context())
			if !c.Known() {
				fail(w, r, identity.ErrSignIn)
				return
			}
			o, err := s.Officer(r.Context(), c.Person, org.ID(r.PathValue("department")))
			if err != nil {
				fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(org.WithOfficer(r.Context(), o)))
		})
	}
}

// Software finds whose key a request is signed with, and remembers nonces.
type Software interface {
	KeyClient(ctx context.Context, keyID string) (org.Client, ed25519.PublicKey, error)
	UseNonce(ctx context.Context, key, nonce string, until time.Time) error
}

// ClientOptions are what the guard of departments' software needs.
type ClientOptions struct {
	Software Software
	Now      func() time.Time
	// Scheme is the one that clients see, where a proxy ends TLS; "" for the
	// connection's own.
	Scheme string
	// MaxBody bounds a request's body in bytes; 64 KiB if 0.
	MaxBody int64
	// Key returns the key by which answers are signed, and its keyid; nil: they
	// are not signed.
	Key func(ctx context.Context) (keyID string, key crypto.Signer, err error)
}

// ClientGuard lets through requests that a department's software signed (RFC
// 9421) less than five minutes ago, with a nonce it never used before, over
// method, authority, path, query and the digest of the body. The handlers behind
// it have org.ClientOf and read the body as if for the first time. Answers are
// signed over their status and body and the signature they answer to.
func ClientGuard(o ClientOptions) func(http.Handler) http.Handler {
	if o.MaxBody == 0 {
		o.MaxBody = 64 << 10
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := o.admit(w, r)
			if err != nil {
				refuse(w, r, err)
				return
			}
			r = r.WithContext(org.WithClient(r.Context(), c))
			if o.Key == nil {
				next.ServeHTTP(w, r)
				return
			}
			a := &answer{header: w.Header(), status: http.StatusOK}
			next.ServeHTTP(a, r)
			if err := o.send(w, r, a); err != nil {
				slog.ErrorContext(r.Context(), "answer not signed", "err", err)
				problem(w, http.StatusInternalServerError, "")
			}
		})
	}
}

// admit returns whose request r is.
func (o ClientOptions) admit(w http.ResponseWriter, r *http.Request) (org.Client, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, o.MaxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return org.Client{}, &httpsig.Error{Kind: httpsig.TooLarge, Detail: "body"}
		}
		return org.Client{}, &httpsig.Error{Kind: httpsig.Malformed, Detail: "body"}
	}
	var c org.Client
	v, err := httpsig.Verify(r, body, httpsig.Policy{
		Now: o.Now, Nonce: true, Scheme: o.Scheme,
		Keys: func(ctx context.Context, id string) (httpsig.Key, error) {
			var key ed25519.PublicKey
			c, key, err = o.Software.KeyClient(ctx, id)
			if errors.Is(err, org.ErrNoKey) {
				return httpsig.Key{}, &httpsig.Error{Kind: httpsig.UnknownKey}
			}
			if err != nil {
				return httpsig.Key{}, err
			}
			return httpsig.PublicKey(key)
		},
	})
	if err != nil {
		return org.Client{}, err
	}
	if err := o.Software.UseNonce(r.Context(), v.KeyID, v.Nonce, v.Until); err != nil {
		return org.Client{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c, nil
}

// send signs a and writes it.
func (o ClientOptions) send(w http.ResponseWriter, r *http.Request, a *answer) error {
	id, key, err := o.Key(r.Context())
	if err != nil {
		return err
	}
	body := a.body.Bytes()
	err = httpsig.SignResponse(w.Header(), a.status, body, r, httpsig.Params{Key: key, KeyID: id, Created: o.Now(), Nonce: httpsig.NewNonce()})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client has gone
	return nil
}

// An answer holds back what a handler writes until it is signed.
type answer struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) {
	if !a.wrote {
		a.status, a.wrote = code, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.wrote = true
	return a.body.Write(b)
}

// refuse says why a request was refused, as a problem (RFC 9457). What it says
// is enough to mend a client, and nothing that helps to forge a signature.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind := httpsig.KindOf(err)
	if errors.Is(err, org.ErrReplay) {
		kind = httpsig.Replay
	}
	switch {
	case kind == httpsig.TooLarge:
		problem(w, http.StatusRequestEntityTooLarge, "org.signature-"+kind.String())
	case kind != 0:
		if kind == httpsig.Missing || kind == httpsig.Coverage {
			w.Header().Set("Accept-Signature", `sig=("@method" "@authority" "@path" "@query" "content-digest");created;keyid;nonce`)
		}
		problem(w, http.StatusUnauthorized, "org.signature-"+kind.String())
	default:
		if fault.KindOf(err) == fault.Internal && r.Context().Err() == nil {
			slog.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "err", err)
		}
		problem(w, httpx.Status(err), "")
	}
}

func problem(w http.ResponseWriter, status int, code string) {
	p := map[string]any{"status": status, "title": http.StatusText(status)}
	if code != "" {
		p["type"] = "/problems/" + code
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p) // the client has gone
}
