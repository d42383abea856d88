package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/consent"
	"causeway/modules/consent/keyring"
	consentstore "causeway/modules/consent/store"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

var start = time.Date(2026, 11, 23, 4, 0, 0, 123000, time.UTC)

// world is a Service with everything around it faked but the database and the
// signatures.
type world struct {
	*consent.Service
	db     *db.DB
	store  *consentstore.Store
	now    atomic.Int64
	ids    atomic.Int64
	mu     sync.Mutex
	trail  []trail.Entry
	signer *keys.Signer
}

func (w *world) Record(_ context.Context, e trail.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trail = append(w.trail, e)
	return nil
}

func (w *world) what() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, e := range w.trail {
		all = append(all, e.What)
	}
	return all
}

func (w *world) Signer(context.Context, string, keys.Alg) (*keys.Signer, error) { return w.signer, nil }

func (w *world) Verifiers(context.Context, string) ([]keys.Public, error) {
	return []keys.Public{{KID: w.signer.KID, Alg: w.signer.Alg, Key: w.signer.Public()}}, nil
}

type orgs struct{}

func (orgs) Department(_ context.Context, id org.ID) (org.Department, error) {
	if !strings.HasSuffix(string(id), "-department") {
		return org.Department{}, org.ErrNoDepartment
	}
	return org.Department{ID: id, Name: text(string(id)), Email: "enquiry@" + string(id) + ".example"}, nil
}

func (orgs) Subject(_ context.Context, id org.ID, p identity.PersonID) string {
	return "subject of " + string(p) + " at " + string(id)
}

type labels struct{}

func (labels) Class(id string) (consent.ClassLabel, bool) {
	return consent.ClassLabel{Label: text(id), Fields: map[string]lang.Text{"a": text("A"), "b": text("B")}}, id != "nothing"
}

func (labels) Service(_ context.Context, id string) (lang.Text, bool) {
	return text("Service " + id), true
}

func text(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	signer, err := keys.NewSigner(keys.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{db: d, store: consentstore.New(d), signer: signer}
	w.now.Store(start.UnixMicro())
	w.Service, err = consent.New(consent.Deps{
		Units: d, Store: w.store, Keys: keyring.New(w), Orgs: orgs{}, Labels: labels{}, Trail: w,
		Now:    func() time.Time { return time.UnixMicro(w.now.Load()) },
		NewID:  func() string { return fmt.Sprintf("id-%03d", w.ids.Add(1)) },
		Issuer: "https://causeway.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, newWorld(t, d)) }, testkit.M{Module: "consent", Files: consentstore.Migrations})
}

var (
	alice = identity.Caller{Person: "alice", Role: trail.Self, Channel: trail.Online}
	bob   = identity.Caller{Person: "bob", Role: trail.Self, Channel: trail.Online}
)

func request(p identity.PersonID) consent.Request {
	return consent.Request{
		Person: p, Recipient: "transport-department", Service: "driving-licence-renewal", Case: "case-1", For: 90 * 24 * time.Hour, Keep: "P2Y",
		Items: []consent.Item{
			{Class: "immd.identity", Fields: []string{"a"}, Source: "immigration-department", Purpose: "verify-age", Otherwise: consent.ByHand},
			{Class: "td.driving-licence", Fields: []string{"b", "a"}, Source: "transport-department", Purpose: "decide-application"},
		},
	}
}

func TestGive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g, err := w.Give(ctx, alice, request("alice"))
		if err != nil {
			t.Fatal(err)
		}
		if !g.Given.Equal(start) || !g.Until.Equal(start.Add(90*24*time.Hour)) || g.Items[1].Otherwise != consent.AtCounter {
			t.Errorf("given %+v", g)
		}
		got, err := w.Active(ctx, "alice", g.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, got); diff != "" {
			t.Error(diff)
		}
		if _, err := w.Active(ctx, "bob", g.ID); !errors.Is(err, consent.ErrNotActive) {
			t.Errorf("another person's: %v", err)
		}
		if _, err := w.Grant(ctx, bob, g.ID); !errors.Is(err, consent.ErrNoGrant) {
			t.Errorf("another person's: %v", err)
		}
		for _, id := range []consent.GrantID{"", "\x00", "\xff", "x"} {
			if _, err := w.Grant(ctx, alice, id); !errors.Is(err, consent.ErrNoGrant) {
				t.Errorf("%q: %v", id, err)
			}
			if _, err := w.Active(ctx, "alice", id); !errors.Is(err, consent.ErrNotActive) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if err := w.Withdraw(ctx, bob, g.ID); !errors.Is(err, consent.ErrNoGrant) {
			t.Errorf("another person's: %v", err)
		}
		if !got.Allows("td.driving-licence", []string{"a", "b"}) || got.Allows("immd.identity", []string{"a", "b"}) || got.Allows("x", nil) {
			t.Error("Allows")
		}
		refs := []consent.Ref{{Person: "bob", Grant: g.ID}, {Person: "alice", Grant: g.ID}, {Person: "alice", Grant: "x"}, {Person: "alice", Grant: g.ID}}
		if hold, err := w.Hold(ctx, refs); err != nil || !slices.Equal(hold, []bool{false, true, false, true}) {
			t.Errorf("hold: %v, %v", hold, err)
		}
		w.now.Store(g.Until.UnixMicro() - 1)
		if _, err := w.Active(ctx, "alice", g.ID); err != nil {
			t.Error(err)
		}
		w.now.Store(g.Until.UnixMicro())
		if hold, err := w.Hold(ctx, refs); err != nil || slices.Contains(hold, true) {
			t.Errorf("hold after the end: %v, %v", hold, err)
		}
		if _, err := w.Active(ctx, "alice", g.ID); !errors.Is(err, consent.ErrNotActive) {
			t.Errorf("expired: %v", err)
		}
		if err := w.Withdraw(ctx, alice, g.ID); !errors.Is(err, consent.ErrEnded) {
			t.Errorf("expired: %v", err)
		}
		e := w.trail[0]
		if e.What != "consent.given" || e.Grant != string(g.ID) || e.Case != "case-1" || e.Subject == "" || e.Actor != "alice" {
			t.Errorf("trail %+v", e)
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testkit.SQLite(t, testkit.M{Module: "consent", Files: consentstore.Migrations}))
	for _, test := range []struct {
		name   string
		by     identity.Caller
		change func(*consent.Request)
		want   error
	}{
		{"nobody", identity.Caller{}, func(*consent.Request) {}, identity.ErrSignIn},
		{"for another", bob, func(*consent.Request) {}, consent.ErrNoGrant},
		{"no items", alice, func(r *consent.Request) { r.Items = nil }, consent.ErrRequest},
		{"no time", alice, func(r *consent.Request) { r.For = 0 }, consent.ErrRequest},
		{"for ever", alice, func(r *consent.Request) { r.For = 367 * 24 * time.Hour }, consent.ErrRequest},
		{"no recipient", alice, func(r *consent.Request) { r.Recipient = "x" }, consent.ErrRequest},
		{"no service", alice, func(r *consent.Request) { r.Service = "" }, consent.ErrRequest},
		{"keep", alice, func(r *consent.Request) { r.Keep = "P" }, consent.ErrRequest},
		{"keep words", alice, func(r *consent.Request) { r.Keep = "2 years" }, consent.ErrRequest},
		{"class", alice, func(r *consent.Request) { r.Items[0].Class = "nothing" }, consent.ErrRequest},
		{"field", alice, func(r *consent.Request) { r.Items[0].Fields = []string{"c"} }, consent.ErrRequest},
		{"field twice", alice, func(r *consent.Request) { r.Items[0].Fields = []string{"a", "a"} }, consent.ErrRequest},
		{"no fields", alice, func(r *consent.Request) { r.Items[0].Fields = nil }, consent.ErrRequest},
		{"purpose", alice, func(r *consent.Request) { r.Items[0].Purpose = "because" }, consent.ErrRequest},
		{"source", alice, func(r *consent.Request) { r.Items[0].Source = "x" }, consent.ErrRequest},
		{"otherwise", alice, func(r *consent.Request) { r.Items[0].Otherwise = "never" }, consent.ErrRequest},
		{"replaces nothing", alice, func(r *consent.Request) { r.Previous = "x" }, consent.ErrNoGrant},
	} {
		r := request("alice")
		test.change(&r)
		if _, err := w.Give(t.Context(), test.by, r); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	if len(w.what()) != 0 {
		t.Errorf("trail of what did not happen: %v", w.what())
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		give := func(previous consent.GrantID) consent.Grant {
			t.Helper()
			r := request("alice")
			r.Previous = previous
			g, err := w.Give(ctx, alice, r)
			if err != nil {
				t.Fatal(err)
			}
			w.now.Add(1000)
			return g
		}
		withdrawn, used, first := give(""), give(""), give("")
		second := give(first.ID)
		if err := w.Withdraw(ctx, alice, withdrawn.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.UseUp(ctx, "alice", used.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.UseUp(ctx, "alice", used.ID); err != nil {
			t.Errorf("a second time: %v", err)
		}
		for _, g := range []consent.Grant{withdrawn, used, first} {
			if _, err := w.Active(ctx, "alice", g.ID); !errors.Is(err, consent.ErrNotActive) {
				t.Errorf("ended: %v", err)
			}
			if err := w.Withdraw(ctx, alice, g.ID); !errors.Is(err, consent.ErrEnded) {
				t.Errorf("ended: %v", err)
			}
			r := request("alice")
			r.Previous = g.ID
			if _, err := w.Give(ctx, alice, r); !errors.Is(err, consent.ErrEnded) {
				t.Errorf("replaces what ended: %v", err)
			}
		}
		all, err := w.List(ctx, alice)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range all {
			got = append(got, string(g.ID)+" "+string(w.State(g)))
		}
		want := []string{string(second.ID) + " active", string(first.ID) + " replaced", string(used.ID) + " used", string(withdrawn.ID) + " withdrawn"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if all, err := w.List(ctx, bob); err != nil || len(all) != 0 {
			t.Errorf("bob's: %v, %v", all, err)
		}
		if diff := cmp.Diff([]string{"consent.given", "consent.given", "consent.given", "consent.given", "consent.withdrawn", "consent.used"}, w.what()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWithdrawAtOnce fetches from many goroutines while the grant is withdrawn
// by two at once: no fetch that begins after a withdrawal has returned is let
// through, and one withdrawal succeeds.
func TestWithdrawAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g, err := w.Give(ctx, alice, request("alice"))
		if err != nil {
			t.Fatal(err)
		}
		var gone atomic.Bool
		var done, allowed atomic.Int64
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					before := gone.Load()
					_, err := w.Active(ctx, "alice", g.ID)
					switch {
					case err == nil && before:
						t.Error("a fetch was let through after the withdrawal")
						return
					case err == nil:
						allowed.Add(1)
					case !errors.Is(err, consent.ErrNotActive):
						t.Error(err)
						return
					}
					done.Add(1)
				}
			})
		}
		for allowed.Load() < 50 {
			time.Sleep(time.Millisecond)
		}
		var withdrawals sync.WaitGroup
		var succeeded atomic.Int64
		for range 2 {
			withdrawals.Go(func() {
				switch err := w.Withdraw(ctx, alice, g.ID); {
				case err == nil:
					succeeded.Add(1)
					gone.Store(true)
				case !errors.Is(err, consent.ErrEnded):
					t.Error(err)
				}
			})
		}
		withdrawals.Wait()
		after := done.Load()
		for done.Load() < after+100 {
			time.Sleep(time.Millisecond)
		}
		close(stop)
		wg.Wait()
		if succeeded.Load() != 1 {
			t.Errorf("%d withdrawals succeeded", succeeded.Load())
		}
	})
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testkit.SQLite(t, testkit.M{Module: "consent", Files: consentstore.Migrations}))
	ctx := t.Context()
	g, err := w.Give(ctx, alice, request("alice"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Verify(ctx, g.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != string(g.ID) || !r.Until.Equal(g.Until) || !r.Given.Equal(g.Given) || r.Recipient != g.Recipient || r.Service != g.Service || r.Keep != "P2Y" || !cmp.Equal(r.Items, g.Items) {
		t.Errorf("receipt %+v", r)
	}
	_, payload, err := keys.VerifyJWS(g.Receipt, []keys.Public{{KID: w.signer.KID, Alg: w.signer.Alg, Key: w.signer.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(payload, &fields); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"schema_version", "record_id", "pii_principal_id", "pii_processing", "party_identification", "consent_events"} {
		if fields[f] == nil {
			t.Errorf("no %s", f)
		}
	}
	if strings.Contains(string(payload), `"alice"`) {
		t.Error("the receipt names the person")
	}
	parts := strings.Split(g.Receipt, ".")
	other, err := keys.NewSigner(keys.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := other.JWS(map[string]any{"typ": "consent-receipt+jws", "kid": w.signer.KID}, payload)
	if err != nil {
		t.Fatal(err)
	}
	wrongType, err := w.signer.JWS(map[string]any{"typ": "consent-end+jws"}, payload)
	if err != nil {
		t.Fatal(err)
	}
	for name, jws := range map[string]string{
		"empty": "", "payload changed": parts[0] + "." + parts[1][:len(parts[1])-8] + "AAAAAAAA." + parts[2],
		"signature changed": parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "no signature": parts[0] + "." + parts[1] + ".",
		"alg none": "eyJhbGciOiJub25lIn0." + parts[1] + ".", "forged": forged, "another type": wrongType,
		"huge": strings.Repeat("a", 65<<10), "not UTF-8": "\xff.\xff.\xff",
	} {
		if _, err := w.Verify(ctx, jws); !errors.Is(err, consent.ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTampered changes records behind the program's back.
func TestTampered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for _, q := range []string{
			`UPDATE consent_records SET items = replace(items, '["a"]', '["a","b"]') WHERE id = $1`,
			`UPDATE consent_records SET until_us = until_us + 1000000 WHERE id = $1`,
			`UPDATE consent_records SET recipient = 'housing-department' WHERE id = $1`,
			`UPDATE consent_records SET person_id = 'mallory' WHERE id = $1`,
			`UPDATE consent_records SET case_id = 'case-2' WHERE id = $1`,
		} {
			g, err := w.Give(ctx, alice, request("alice"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.db.Exec(ctx, q, string(g.ID)); err != nil {
				t.Fatal(err)
			}
			p := identity.PersonID("alice")
			if strings.Contains(q, "mallory") {
				p = "mallory"
			}
			if _, err := w.Active(ctx, p, g.ID); err == nil || errors.Is(err, consent.ErrNotActive) || errors.Is(err, consent.ErrReceipt) {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
}

func TestNotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testkit.SQLite(t, testkit.M{Module: "consent", Files: consentstore.Migrations}))
	r := request("alice")
	r.Items = append(r.Items, consent.Item{Class: "immd.passport", Fields: []string{"b"}, Source: "immigration-department", Purpose: "verify-identity", Otherwise: consent.OnPaper})
	n, err := w.Notice(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Sources) != 2 || len(n.Sources[0].Items) != 2 || !n.ByHand || n.Keep != (consent.Period{Years: 2}) || n.Recipient.Name.En != "transport-department" {
		t.Errorf("%+v", n)
	}
	if got := n.Sources[0].Items[0].Purpose.En; got != "To confirm your age" {
		t.Errorf("purpose %q", got)
	}
	if _, err := w.Words(t.Context(), consent.Grant{Recipient: "gone", Items: []consent.Item{{Class: "nothing", Source: "gone", Fields: []string{"z"}, Purpose: "old"}}}); err != nil {
		t.Errorf("what is abolished: %v", err)
	}
}

func BenchmarkActive(b *testing.B) {
	d := testkit.SQLite(b, testkit.M{Module: "consent", Files: consentstore.Migrations})
	w := newWorld(&testing.T{}, d)
	g, err := w.Give(b.Context(), alice, request("alice"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := w.Active(b.Context(), "alice", g.ID); err != nil {
			b.Fatal(err)
		}
	}
}
