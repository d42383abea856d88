package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/modules/identity"
	"causeway/modules/identity/passkey"
	"causeway/modules/identity/passkeytest"
	identitystore "causeway/modules/identity/store"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

const origin = "http://localhost:8080"

// world is identity over a real database, with real keys.
type world struct {
	*identity.Service
	t     *testing.T
	db    *db.DB
	store *identitystore.Store
	desk  *desk
	trail *trails

	mu   sync.Mutex // guards what follows
	now  time.Time
	told []string // as person: what
}

func eachWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, newWorld(t, d)) },
		testkit.M{Module: "keys", Files: keys.Migrations}, testkit.M{Module: "identity", Files: identitystore.Migrations})
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	master, err := keys.CreateMaster(filepath.Join(t.TempDir(), "master"))
	if err != nil {
		t.Fatal(err)
	}
	party, err := passkey.New(origin, "Causeway")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: d, store: identitystore.New(d), now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), trail: &trails{}}
	w.desk = &desk{clerk: identity.Clerk{Person: "clerk", Department: "digital-policy-office", DepartmentName: lang.Text{En: "Office"}, Role: "counter-clerk"}, ok: true}
	w.Service = identity.New(identity.Deps{
		Units: d, Store: w.store, Keys: keys.New(d, master, w.clock), Party: party, Desk: w.desk, Trail: w.trail,
		Subject: func(_ context.Context, org string, p identity.PersonID) string { return org + "/" + string(p) },
		Tell: func(_ context.Context, p identity.PersonID, kind, former string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if former != "" {
				kind += " to " + former
			}
			w.told = append(w.told, string(p)+": "+kind)
			return nil
		},
		Now: w.clock, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	})
	t.Cleanup(w.Wait)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

type desk struct {
	clerk identity.Clerk
	ok    bool
}

func (d *desk) Clerk(context.Context) (identity.Clerk, bool) { return d.clerk, d.ok }

// trails keeps what was recorded; what a unit that failed recorded stays too.
type trails struct {
	mu  sync.Mutex // guards all
	all []trail.Entry
	err error
}

func (r *trails) Record(_ context.Context, e trail.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e)
	return r.err
}

func (r *trails) count(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.all {
		if e.What == what {
			n++
		}
	}
	return n
}

// number returns the nth identity number.
func number(t testing.TB, n int) identity.HKID {
	t.Helper()
	h, err := identity.CompleteHKID(fmt.Sprintf("%c%06d", 'A'+n/1_000_000, n%1_000_000))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// letter has a code issued for the nth person, and returns it.
func (w *world) letter(n int) identity.Letter {
	w.t.Helper()
	id, err := w.Issue(w.t.Context(), identity.Application{
		Number: number(w.t, n), Name: "Chan Tai Man", Email: "chan@example.hk", Lang: lang.Hant, Document: identity.IdentityCard,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	l, err := w.Letter(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// open opens a letter's code and confirms it, and returns the activation's token.
func (w *world) open(l identity.Letter, n int) string {
	w.t.Helper()
	token, err := w.OpenCode(w.t.Context(), l.Code)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Confirm(w.t.Context(), token, number(w.t, n)); err != nil {
		w.t.Fatal(err)
	}
	return token
}

// made answers a challenge to make a passkey.
func (w *world) made(d *passkeytest.Device, c identity.Challenge, err error) identity.Answer {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := d.Create(c.Options)
	if err != nil {
		w.t.Fatal(err)
	}
	return identity.Answer{Token: c.Token, Response: b, Device: "Firefox, Linux"}
}

// used answers a challenge to use a passkey.
func (w *world) used(d *passkeytest.Device) identity.Answer {
	w.t.Helper()
	c, err := w.BeginSignIn(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := d.Get(c.Options)
	if err != nil {
		w.t.Fatal(err)
	}
	return identity.Answer{Token: c.Token, Response: b}
}

// activate makes the nth person's passkey on d with a new code, and returns who
// is signed in.
func (w *world) activate(d *passkeytest.Device, n int, clear bool) identity.Caller {
	w.t.Helper()
	return w.caller(w.redeem(d, n, clear, identity.Caller{}))
}

// redeem is activate in a browser in which by is signed in, with what comes of it.
func (w *world) redeem(d *passkeytest.Device, n int, clear bool, by identity.Caller) (string, error) {
	w.t.Helper()
	token := w.open(w.letter(n), n)
	c, err := w.BeginActivation(w.t.Context(), token)
	return w.FinishActivation(w.t.Context(), token, identity.Finish{Answer: w.made(d, c, err), Name: "My phone", Clear: clear, Instead: by})
}

// signIn signs in with d.
func (w *world) signIn(d *passkeytest.Device) identity.Caller {
	w.t.Helper()
	session, err := w.SignIn(w.t.Context(), w.used(d), identity.Caller{})
	return w.caller(session, err)
}

func (w *world) caller(session string, err error) identity.Caller {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	by, err := w.Authenticate(w.t.Context(), session)
	if err != nil {
		w.t.Fatal(err)
	}
	return by
}
