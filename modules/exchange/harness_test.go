package exchange_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/demo/city"
	"causeway/demo/companion"
	"causeway/demo/registry"
	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/exchange/classfile"
	"causeway/modules/exchange/guard"
	"causeway/modules/exchange/httpsource"
	"causeway/modules/exchange/sqlview"
	exchangestore "causeway/modules/exchange/store"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/db"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

// TestMain is also what a companion process runs.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "companion" {
		if err := companion.Main(context.Background(), os.Args[2], os.Stdin, os.Stdout, time.Now); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if shared != nil {
		for _, p := range shared.stop {
			_ = p.Stop()
		}
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

var today = day.In(time.Now(), time.UTC)

// companions are the registries of both kinds, each in a process of its own.
type companions struct {
	http, sql registry.Ready
	gateway   ed25519.PrivateKey
	dir       string
	stop      map[string]*companion.Process
}

const secret = "only-for-tests"

// shared are the companions of all tests of this package, which run in turn.
var shared *companions

// startCompanions returns the companions with nothing wrong with any.
func startCompanions(t testing.TB) *companions {
	t.Helper()
	if shared != nil {
		for source := range shared.http.Sources {
			shared.set(t, source, registry.Fine, 0)
		}
		for source := range shared.sql.Sources {
			shared.set(t, source, registry.Fine, 0)
		}
		return shared
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "exchange")
	if err != nil {
		t.Fatal(err)
	}
	shared = &companions{gateway: private, dir: dir, stop: map[string]*companion.Process{}}
	shared.start(t, registry.HTTP)
	shared.start(t, registry.SQL)
	return shared
}

// start starts the registry of kind, again if it ran before.
func (c *companions) start(t testing.TB, kind string) {
	t.Helper()
	public, _ := c.gateway.Public().(ed25519.PublicKey)
	cfg := registry.Config{
		Kind: kind, Dir: c.dir + "/" + kind, Seed: 1, Today: today, Token: secret, Password: secret, GatewayKeyID: "gateway", GatewayKey: public,
	}
	as, ready := companion.RegistryHTTP, &c.http
	if kind == registry.SQL {
		as, ready = companion.RegistrySQL, &c.sql
	}
	if p := c.stop[kind]; p != nil {
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	*ready = registry.Ready{}
	p, err := companion.Start(context.WithoutCancel(t.Context()), os.Args[0], as, cfg, ready)
	if err != nil {
		t.Fatal(err)
	}
	c.stop[kind] = p
}

// set changes what is wrong with a source.
func (c *companions) set(t testing.TB, source, mode string, slow time.Duration) {
	t.Helper()
	p := c.http
	if _, ok := c.sql.Sources[source]; ok {
		p = c.sql
	}
	b, err := json.Marshal(registry.Setting{Source: source, Mode: mode, SlowMS: int(slow.Milliseconds())})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.Control+"/control", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("control: %s", resp.Status)
	}
}

// house is a gateway over the companions with everything else faked.
type house struct {
	*exchange.Service
	c        *companions
	deps     exchange.Deps
	grants   *grants
	trail    *recorder
	jobs     *jobs
	notices  *notices
	settled  *settled
	city     *city.City
	sealed   *sealer
	database *db.DB
}

func newHouse(t testing.TB, c *companions, d *db.DB, l guard.Limits) *house {
	t.Helper()
	classes, err := classfile.Load(city.Classes())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{
		c: c, grants: &grants{}, trail: &recorder{}, jobs: &jobs{}, notices: &notices{}, settled: &settled{},
		city: city.New(1, today, today), sealed: &sealer{}, database: d,
	}
	l.Now = time.Now
	sources := map[string]exchange.Source{}
	for name, at := range c.http.Sources {
		src, err := httpsource.New(httpsource.Config{
			URL: "http://" + at.Addr, Insecure: true, Allow: httpsource.Loopback(), Now: time.Now,
			Key: c.gateway, KeyID: "gateway", Their: ed25519.PublicKey(at.Key), TheirID: at.KeyID,
		})
		if err != nil {
			t.Fatal(err)
		}
		g := guard.New(name, src, src, l)
		sources[name] = exchange.Source{Name: name, Registry: registryOf(name), Kind: "http", Reads: g, Writes: g, Watch: g}
	}
	for name, at := range c.sql.Sources {
		src, err := sqlview.New(sqlview.Config{
			DSN: "postgres://gateway:" + secret + "@" + at.Addr + "/" + name + "?sslmode=disable", Timeout: l.Deadline,
			Dial: httpsource.Dialer(httpsource.Loopback()),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = src.Close() })
		g := guard.New(name, src, nil, l)
		sources[name] = exchange.Source{Name: name, Registry: registryOf(name), Kind: "sql", Reads: g, Watch: g}
	}
	h.deps = exchange.Deps{
		Units: d, Store: exchangestore.New(d), Classes: classes, Sources: sources, Grants: h.grants, Numbers: h,
		Subjects: subjects{}, Sealer: h.sealed, Trail: h.trail, Jobs: h.jobs, Settled: h.settled, Notices: h.notices,
		Now: time.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	}
	h.Service = exchange.New(h.deps)
	return h
}

func registryOf(source string) org.ID {
	return map[string]org.ID{
		"transport": "transport-department", "district": "district-transport", "rating": "rating-and-valuation-department",
		"immigration": "immigration-department", "housing": "housing-department",
	}[source]
}

func sqliteHouse(t testing.TB, c *companions, l guard.Limits) *house {
	t.Helper()
	return newHouse(t, c, testkit.SQLite(t, testkit.M{Module: "exchange", Files: exchangestore.Migrations}), l)
}

// Number gives the number of a persona, whose id is the person's.
func (h *house) Number(_ context.Context, p identity.PersonID) (identity.HKID, error) {
	if who, ok := h.city.Persona(string(p)); ok {
		return who.Resident.Number, nil
	}
	return identity.HKID{}, errors.New("nobody")
}

// consented adds a grant of everything the class has, and returns its query.
func (h *house) consented(person, class string, fields ...string) exchange.Query {
	c, _ := h.Class(class)
	g := consent.Grant{
		ID: consent.GrantID(uuid.NewString()), Person: identity.PersonID(person), Recipient: "transport-department", Case: "case-1",
		Items: []consent.Item{{Class: class, Fields: fields, Source: c.Registry, Purpose: "decide-application"}},
	}
	h.grants.mu.Lock()
	defer h.grants.mu.Unlock()
	h.grants.active = append(h.grants.active, g)
	return exchange.Query{Person: g.Person, Grant: g.ID, Class: class, Fields: fields, Recipient: g.Recipient, Case: "case-1"}
}

type grants struct {
	mu     sync.Mutex
	active []consent.Grant
}

func (g *grants) Active(_ context.Context, p identity.PersonID, id consent.GrantID) (consent.Grant, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.active {
		if a.Person == p && a.ID == id {
			return a, nil
		}
	}
	return consent.Grant{}, consent.ErrNotActive
}

func (g *grants) Hold(ctx context.Context, refs []consent.Ref) ([]bool, error) {
	hold := make([]bool, len(refs))
	for i, r := range refs {
		_, err := g.Active(ctx, r.Person, r.Grant)
		hold[i] = err == nil
	}
	return hold, nil
}

func (g *grants) withdraw(id consent.GrantID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active = slices.DeleteFunc(g.active, func(a consent.Grant) bool { return a.ID == id })
}

type subjects struct{}

func (subjects) Subject(_ context.Context, by org.ID, p identity.PersonID) string {
	return "subject-of-" + string(p) + "-at-" + string(by)
}

func (subjects) PersonOf(_ context.Context, by org.ID, subject string) (identity.PersonID, error) {
	if subject == "subject-of-renewal-at-"+string(by) {
		return "renewal", nil
	}
	return "", org.ErrNoSubject
}

type recorder struct {
	mu  sync.Mutex
	all []trail.Entry
	err error
}

func (r *recorder) Record(_ context.Context, e trail.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.all = append(r.all, e)
	return nil
}

// take returns the entries so far, and forgets them.
func (r *recorder) take() []trail.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

type jobs struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (j *jobs) Enqueue(_ context.Context, kind, key string, payload []byte, _ time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.all == nil {
		j.all = map[string][]byte{}
	}
	j.all[kind+" "+key] = payload
	return nil
}

func (j *jobs) payload(key string) []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all[exchange.WriteJob+" "+key]
}

type settled struct{ all []exchange.Written }

func (s *settled) Written(_ context.Context, w exchange.Written) error {
	s.all = append(s.all, w)
	return nil
}

type notices struct{ kinds []string }

func (n *notices) Tell(_ context.Context, _ identity.PersonID, kind string, _ map[string]string, _ string) error {
	n.kinds = append(n.kinds, kind)
	return nil
}

// sealer marks what was sealed for whom, so that nothing plain is stored.
type sealer struct{}

func (sealer) Seal(_ context.Context, person, label string, plain []byte) ([]byte, error) {
	out := []byte(person + "|" + label + "|")
	for _, b := range plain {
		out = append(out, b^0x5a)
	}
	return out, nil
}

func (sealer) Open(_ context.Context, person, label string, sealed []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed, []byte(person+"|"+label+"|"))
	if !ok {
		return nil, errors.New("not sealed for that")
	}
	out := make([]byte, len(rest))
	for i, b := range rest {
		out[i] = b ^ 0x5a
	}
	return out, nil
}
