package store_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/demo/relying"
	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/openid"
	"causeway/modules/openid/keyring"
	openidstore "causeway/modules/openid/store"
	"causeway/modules/org"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

const (
	issuer   = "https://causeway.example"
	redirect = "https://bank.example/cb"
)

// world is the use cases over a real store, with the rest of the program played.
type world struct {
	t        *testing.T
	db       *db.DB
	store    *openidstore.Store
	provider *openid.Service
	clients  *registry
	clock    *clock
	consents *consents
	facts    *facts
	caller   identity.Caller
	dpop     *ecdsa.PrivateKey
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// each runs f on both engines.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		f(t, newWorld(t, d))
	}, testkit.M{Module: "openid", Files: openidstore.Migrations}, testkit.M{Module: "keys", Files: keys.Migrations})
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	key, err := relying.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: d, store: openidstore.New(d), clock: &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, clients: &registry{all: map[string]org.OIDCClient{}}, dpop: key}
	w.consents = &consents{active: map[consent.GrantID]consent.Request{}}
	w.facts = &facts{consents: w.consents}
	w.caller = identity.Caller{Person: "person-1", Session: "session-1", Assurance: identity.Substantial, Role: trail.Self, Channel: trail.Online}
	w.provider = w.replica(d)
	return w
}

// replica is another process over the same store.
func (w *world) replica(d *db.DB) *openid.Service {
	return openid.New(openid.Deps{
		Units: d, Store: openidstore.New(d), Clients: w.clients, Orgs: orgs{}, Consents: w.consents, Classes: classes{}, Facts: w.facts,
		Sessions: sessions{w.clock.now().Add(-time.Minute)}, Keys: signing{w.t}, Trail: noTrail{}, Now: w.clock.now,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, Issuer: issuer,
	})
}

// client registers a client and returns what signs for it.
func (w *world) client(id string, change func(c *org.OIDCClient)) *relying.Client {
	w.t.Helper()
	key, err := relying.NewKey()
	if err != nil {
		w.t.Fatal(err)
	}
	jwks, err := relying.Public(key, "k1")
	if err != nil {
		w.t.Fatal(err)
	}
	c := org.OIDCClient{
		ID: id, Department: "transport-department", Name: lang.Text{En: id, Hant: id, Hans: id}, Profile: org.FAPI2, Keys: jwks, Redirects: []string{redirect},
		Grants: []string{org.GrantCode, org.GrantRefresh, org.GrantCredentials}, Created: w.clock.now(), Changed: w.clock.now(),
	}
	if change != nil {
		change(&c)
	}
	w.clients.put(c)
	return &relying.Client{Issuer: issuer, ID: id, Redirect: redirect, Key: key, KeyID: "k1", Now: w.clock.now}
}

// ask is a request of c to an endpoint, with an assertion, and a proof by key.
func (w *world) ask(c *relying.Client, path string, form url.Values, key *ecdsa.PrivateKey, token string) openid.Ask {
	w.t.Helper()
	assertion, err := c.Assertion()
	if err != nil {
		w.t.Fatal(err)
	}
	a := openid.Ask{Method: "POST", URL: issuer + path, Form: url.Values{}}
	for name, values := range form {
		a.Form[name] = values
	}
	a.Form.Set("client_id", c.ID)
	a.Form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	a.Form.Set("client_assertion", assertion)
	if key != nil {
		a.Proofs = []string{w.proof(key, "POST", path, token, nil)}
	}
	return a
}

// proof is a DPoP proof; change may spoil its header and claims.
func (w *world) proof(key *ecdsa.PrivateKey, method, path, token string, change func(header, claims map[string]any)) string {
	w.t.Helper()
	claims := map[string]any{"jti": relying.Secret(), "htm": method, "htu": issuer + path, "iat": w.clock.now().Unix(), "nonce": w.provider.Nonce()}
	if token != "" {
		claims["ath"] = relying.Challenge(token)
	}
	header := map[string]any{"typ": "dpop+jwt", "jwk": jwk(w.t, key)}
	if change != nil {
		change(header, claims)
	}
	out, err := relying.Sign(key, header, claims)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func jwk(t *testing.T, key *ecdsa.PrivateKey) map[string]any {
	t.Helper()
	set, err := relying.Public(key, "")
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Keys []map[string]any }
	if err := json.Unmarshal(set, &out); err != nil {
		t.Fatal(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "x": out.Keys[0]["x"], "y": out.Keys[0]["y"]}
}

// code signs the person in to c and returns the code and its verifier.
func (w *world) code(c *relying.Client, more url.Values) (code, verifier string) {
	w.t.Helper()
	verifier = relying.Secret()
	back, err := w.signIn(c, verifier, more)
	if err != nil {
		w.t.Fatal(err)
	}
	if back.Get("code") == "" {
		w.t.Fatalf("no code: %v", back)
	}
	return back.Get("code"), verifier
}

// pushed pushes a request and returns the query of the address to open.
func (w *world) pushed(c *relying.Client, verifier string, more url.Values) (url.Values, error) {
	w.t.Helper()
	form := url.Values{"response_type": {"code"}, "scope": {"openid offline_access"}, "redirect_uri": {redirect}, "code_challenge": {relying.Challenge(verifier)}, "code_challenge_method": {"S256"}}
	for name, values := range more {
		form[name] = values
	}
	p, err := w.provider.Push(w.t.Context(), w.ask(c, openid.PathPush, form, nil, ""))
	return url.Values{"client_id": {c.ID}, "request_uri": {p.RequestURI}}, err
}

func (w *world) signIn(c *relying.Client, verifier string, more url.Values) (url.Values, error) {
	w.t.Helper()
	q, err := w.pushed(c, verifier, more)
	if err != nil {
		return nil, err
	}
	return w.answers(q)
}

// answers opens a request and agrees to it.
func (w *world) answers(q url.Values) (url.Values, error) {
	w.t.Helper()
	ctx := w.t.Context()
	r, err := w.provider.Open(ctx, q, "browser")
	if err != nil {
		return nil, err
	}
	step, err := w.provider.Next(ctx, w.caller, r)
	if err != nil {
		return nil, err
	}
	to := step.Back
	if to == "" {
		if to, err = w.provider.Answer(ctx, w.caller, r, true); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	return u.Query(), nil
}

func (w *world) redeem(c *relying.Client, code, verifier string) (openid.Issued, error) {
	w.t.Helper()
	return w.provider.Token(w.t.Context(), w.ask(c, openid.PathToken, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {redirect},
	}, w.dpop, ""))
}

// active reports whether the token opens anything.
func (w *world) active(c *relying.Client, token string) bool {
	w.t.Helper()
	i, err := w.provider.Introspect(w.t.Context(), w.ask(c, openid.PathIntrospect, url.Values{"token": {token}}, nil, ""))
	if err != nil {
		w.t.Fatal(err)
	}
	return i.Active
}

// wantCode fails unless err says code to the client.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	e, ok := errors.AsType[*openid.Error](err)
	if !ok || e.Code != code {
		t.Errorf("%v, want %s", err, code)
	}
}

type registry struct {
	mu  sync.Mutex
	all map[string]org.OIDCClient
}

func (r *registry) put(c org.OIDCClient) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[c.ID] = c
}

func (r *registry) OIDCClient(_ context.Context, id string) (org.OIDCClient, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.all[id]
	if !ok || !c.Usable() {
		return org.OIDCClient{}, org.ErrNoClient
	}
	return c, nil
}

func (r *registry) OIDCClientName(_ context.Context, id string) (lang.Text, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.all[id]
	return c.Name, ok
}

type orgs struct{}

func (orgs) Subject(_ context.Context, d org.ID, p identity.PersonID) string {
	return string(d) + "/" + string(p)
}
func (o orgs) Remember(ctx context.Context, d org.ID, p identity.PersonID) (string, error) {
	return o.Subject(ctx, d, p), nil
}
func (orgs) Department(_ context.Context, id org.ID) (org.Department, error) {
	if !strings.HasSuffix(string(id), "-department") {
		return org.Department{}, org.ErrNoDepartment
	}
	return org.Department{ID: id}, nil
}

type sessions struct{ since time.Time }

func (s sessions) OwnSessions(context.Context, identity.Caller) ([]identity.Session, error) {
	return []identity.Session{{ID: "session-1", Created: s.since, Current: true}}, nil
}

type signing struct{ t *testing.T }

func (signing) MAC(label string, data []byte) []byte {
	m := hmac.New(sha256.New, []byte(label))
	m.Write(data)
	return m.Sum(nil)
}
func (signing) Sign(_ context.Context, _ string, payload []byte) (string, error) {
	return "x." + string(payload), nil
}
func (signing) Verify(context.Context, string) ([]byte, error) { return nil, errors.New("not played") }
func (signing) Published(context.Context) ([]byte, error)      { return []byte(`{"keys":[]}`), nil }

var _ openid.Keys = signing{}
var _ openid.Keys = (*keyring.Keys)(nil)

type noTrail struct{}

func (noTrail) Record(context.Context, trail.Entry) error { return nil }

type classes struct{}

func (classes) Class(id string) (exchange.Class, bool) {
	if id != "td.driving-licence" {
		return exchange.Class{}, false
	}
	return exchange.Class{ID: id, Registry: "transport-department", Fields: []exchange.Field{{Name: "expires_on"}, {Name: "classes"}}, Check: anything{}}, true
}

type anything struct{}

func (anything) Validate(any) error { return nil }

// consents plays the consent module.
type consents struct {
	mu     sync.Mutex
	active map[consent.GrantID]consent.Request
	n      int
}

func (c *consents) Notice(context.Context, consent.Request) (consent.Notice, error) {
	return consent.Notice{}, nil
}

func (c *consents) Give(_ context.Context, _ identity.Caller, r consent.Request) (consent.Grant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.active, r.Previous)
	c.n++
	id := consent.GrantID(strings.Repeat("c", c.n))
	c.active[id] = r
	return consent.Grant{ID: id}, nil
}

func (c *consents) Words(context.Context, consent.Grant) (consent.Notice, error) {
	return consent.Notice{}, nil
}

func (c *consents) Withdraw(_ context.Context, _ identity.Caller, id consent.GrantID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.active, id)
	return nil
}

func (c *consents) End(_ context.Context, _ identity.PersonID, id consent.GrantID) error {
	return c.Withdraw(context.Background(), identity.Caller{}, id)
}

func (c *consents) Active(_ context.Context, _ identity.PersonID, id consent.GrantID) (consent.Grant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.active[id]; !ok {
		return consent.Grant{}, consent.ErrNotActive
	}
	return consent.Grant{ID: id}, nil
}

// facts plays the gateway.
type facts struct{ consents *consents }

func (f *facts) FetchAll(ctx context.Context, qs []exchange.Query) ([]exchange.Answer, error) {
	var out []exchange.Answer
	for _, q := range qs {
		if _, err := f.consents.Active(ctx, q.Person, q.Grant); err != nil {
			return nil, err
		}
		out = append(out, exchange.Answer{Outcome: exchange.Found, Records: []map[string]any{{"expires_on": "2027-01-01"}}})
	}
	return out, nil
}
