package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"causeway/app/logcmd"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/httpsig"
	"causeway/platform/keys"
)

const (
	department = "transport-department"
	asked      = "td.driving-licence"
)

// fields are those of the class that a fetch asks for.
func fields() []string { return []string{"licence_number", "classes", "expires_on", "disqualified"} }

// A department is the software of the transport department, with what it may
// ask for.
type software struct {
	key    ed25519.PrivateKey
	keyID  string
	bodies [][]byte // of requests, one for each consent
}

// enrolled returns the software that the demo enrolled on folder dir, whose key
// follows from the demo's master secret.
func enrolled(dir string) (*software, *keys.Master, error) {
	master, err := keys.LoadMaster(filepath.Join(dir, filepath.FromSlash(logcmd.MasterFile)))
	if err != nil {
		return nil, nil, err
	}
	key := ed25519.NewKeyFromSeed(master.MAC("demo.client-key", nil))
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, nil, errors.New("client: no Ed25519 key")
	}
	return &software{key: key, keyID: org.Thumbprint(public)}, master, nil
}

// consented has n residents apply and agree, and prepares a request under the
// consent of each.
func (s *software) consented(ctx context.Context, origin string, master *keys.Master, n int, next *atomic.Int64) error {
	orgs := org.New(org.Deps{Keys: keys.New(nil, master, clock)}) // its names of persons need no database
	all, err := signedIn(origin, n, next)
	if err != nil {
		return err
	}
	for _, j := range all {
		defer j.close()
		if err := j.apply(); err != nil {
			return err
		}
		if err := j.facts(); err != nil {
			return err
		}
		res, err := j.page("/consents")
		if err != nil {
			return err
		}
		grant, ok := between(res.Body, `href="/consents/`, `"`)
		if !ok {
			return errors.New("no consent is listed")
		}
		person, _, _ := strings.Cut(strings.TrimPrefix(j.session, "__Host-session="), ".")
		body, err := json.Marshal(map[string]any{
			"grant": grant, "subject": orgs.Subject(ctx, department, identity.PersonID(person)), "class": asked, "fields": fields(),
			"case": strings.TrimPrefix(j.at, "/cases/"),
		})
		if err != nil {
			return fmt.Errorf("body: %w", err)
		}
		s.bodies = append(s.bodies, body)
	}
	return nil
}

// fetches asks through the gateway at origin, 32 at a time.
func (s *software) fetches(origin string, span time.Duration) (rate, error) {
	const path = "/api/v1/exchange/fetch"
	clients := make([]*client, 32)
	for i := range clients {
		c, err := newClient(origin)
		if err != nil {
			return rate{}, err
		}
		defer c.close()
		clients[i] = c
	}
	r := hammer(len(clients), span, func(w int) error {
		body := s.bodies[w%len(s.bodies)]
		req, err := http.NewRequest(http.MethodPost, origin+path, nil) //nolint:noctx // it carries the signature; the client sends it
		if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		req.Header.Set("Content-Type", "application/json")
		if err := httpsig.Sign(req, body, httpsig.Params{Key: s.key, KeyID: s.keyID, Created: clock(), Nonce: httpsig.NewNonce()}); err != nil {
			return err
		}
		res, err := clients[w].do(http.MethodPost, path, req.Header, body)
		switch {
		case err != nil:
			return err
		case res.Status != http.StatusOK || !bytes.Contains(res.Body, []byte(`"outcome":"found"`)):
			return fmt.Errorf("fetch: status %d: %.200s", res.Status, res.Body)
		case res.Header.Get("Signature") == "":
			return errors.New("fetch: the answer is not signed")
		}
		return nil
	})
	if r.Done == 0 {
		return r, fmt.Errorf("gateway: %w: %w", errNone, r.First)
	}
	return r, nil
}
