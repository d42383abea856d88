package store_test

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/identity"
	"causeway/modules/org"
	orgstore "causeway/modules/org/store"
	"causeway/platform/db"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

var start = time.Date(2026, 11, 23, 4, 0, 0, 123000, time.UTC)

// world is a Service with everything around it faked but the database.
type world struct {
	*org.Service
	db    *db.DB
	store *orgstore.Store
	now   atomic.Int64
	ids   atomic.Int64
	mu    sync.Mutex
	trail []trail.Entry
}

func (w *world) Record(_ context.Context, e trail.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trail = append(w.trail, e)
	return nil
}

func (w *world) acts() []string {
	var all []string
	for _, e := range w.trail {
		all = append(all, e.What+" by "+e.Actor)
	}
	return all
}

type fakeKeys struct{}

func (fakeKeys) SealShared(_ string, plain []byte) ([]byte, error) {
	return append([]byte("sealed "), plain...), nil
}

func (fakeKeys) OpenShared(_ string, sealed []byte) ([]byte, error) { return sealed[7:], nil }

func (fakeKeys) MAC(label string, data []byte) []byte {
	h := hmac.New(sha256.New, []byte(label))
	h.Write(data)
	return h.Sum(nil)
}

type fakePeople struct{}

func (fakePeople) Find(_ context.Context, n identity.HKID) (identity.PersonID, error) {
	if n.Reveal() == "A1234563" {
		return "wong", nil
	}
	return "", identity.ErrNoPerson
}

func (fakePeople) Contact(_ context.Context, p identity.PersonID) (identity.Contact, error) {
	return identity.Contact{Name: "Name of " + string(p)}, nil
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{db: d, store: orgstore.New(d)}
	w.now.Store(start.UnixMicro())
	w.Service = org.New(org.Deps{
		Units: d, Store: w.store, Keys: fakeKeys{}, People: fakePeople{}, Trail: w,
		Now:   func() time.Time { return time.UnixMicro(w.now.Load()) },
		NewID: func() string { return fmt.Sprintf("id-%03d", w.ids.Add(1)) },
	})
	for _, id := range []org.ID{"transport-department", "housing-department"} {
		if err := w.Create(t.Context(), department(id)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func department(id org.ID) org.Department {
	return org.Department{
		ID: id, Name: lang.Text{En: string(id), Hant: "署", Hans: "署"}, Email: "a@b.example", Phone: "1823",
		Address: lang.Text{En: "1 Road", Hant: "道1號", Hans: "道1号"},
	}
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, newWorld(t, d)) }, testkit.M{Module: "org", Files: orgstore.Migrations})
}

func newKey(t testing.TB) ed25519.PublicKey {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func number(t *testing.T, s string) identity.HKID {
	t.Helper()
	n, err := identity.ParseHKID(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func want(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestDepartments(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		d, err := w.Department(ctx, "housing-department")
		if err != nil || d.Name.Hant != "署" || d.Address.Hans != "道1号" || !d.Created.Equal(start) {
			t.Errorf("%+v, %v", d, err)
		}
		_, err = w.Department(ctx, "x")
		want(t, "unknown", err, org.ErrNoDepartment)
		want(t, "twice", w.Create(ctx, department("housing-department")), org.ErrDepartmentTaken)
		want(t, "slug", w.Create(ctx, department("Housing Department")), org.ErrDepartment)
		d.Name.Hans = ""
		want(t, "language missing", w.Update(ctx, d), org.ErrDepartment)
		d.Name = lang.Text{En: "New", Hant: "新", Hans: "新"}
		if err := w.Update(ctx, d); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Department(ctx, "housing-department"); err != nil || d.Name.En != "New" {
			t.Errorf("changed: %+v, %v", d, err)
		}
		other := org.New(org.Deps{Store: w.store, Now: func() time.Time { return time.UnixMicro(w.now.Load()) }})
		if _, err := other.Department(ctx, "transport-department"); err != nil {
			t.Fatal(err)
		}
		if err := w.Create(ctx, department("late-department")); err != nil {
			t.Fatal(err)
		}
		w.now.Add(int64(2 * time.Second / time.Microsecond))
		if _, err := other.Department(ctx, "late-department"); err != nil {
			t.Errorf("made by another replica: %v", err)
		}
		all, err := w.Departments(ctx)
		if err != nil || len(all) != 3 || all[0].ID != "housing-department" {
			t.Errorf("%v, %v", all, err)
		}
	})
}

func TestOfficers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		admin, err := w.Appoint(ctx, "transport-department", "chan", org.DepartmentAdmin)
		if err != nil {
			t.Fatal(err)
		}
		w.now.Add(1)
		o, err := w.AddOfficer(ctx, admin, number(t, "A123456(3)"), []string{"licence-officer", "clerk", "clerk"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(org.Officer{Person: "wong", Department: "transport-department", Roles: []string{"clerk", "licence-officer"}, Name: "Name of wong"}, o); diff != "" {
			t.Error(diff)
		}
		got, err := w.Officer(ctx, "wong", "transport-department")
		if err != nil || !cmp.Equal(got, o) {
			t.Errorf("%v, %v", got, err)
		}
		_, err = w.Officer(ctx, "wong", "housing-department")
		want(t, "another department", err, org.ErrNotOfficer)
		_, err = w.AddOfficer(ctx, admin, number(t, "A123456(3)"), []string{"clerk"})
		want(t, "twice", err, org.ErrOfficerTaken)
		_, err = w.AddOfficer(ctx, admin, number(t, "G123456(A)"), []string{"clerk"})
		want(t, "nobody", err, org.ErrNobody)
		_, err = w.AddOfficer(ctx, admin, number(t, "A123456(3)"), nil)
		want(t, "no roles", err, org.ErrRoles)
		_, err = w.AddOfficer(ctx, admin, number(t, "A123456(3)"), []string{"A role"})
		want(t, "no slug", err, org.ErrRoles)
		_, err = w.AddOfficer(ctx, o, number(t, "A123456(3)"), []string{"clerk"})
		want(t, "no administrator", err, org.ErrRole)
		_, err = w.Appoint(ctx, "no-department", "wong", "clerk")
		want(t, "no department", err, org.ErrNoDepartment)

		want(t, "last", w.RemoveOfficer(ctx, admin, "chan"), org.ErrLastAdmin)
		want(t, "last", w.SetRoles(ctx, admin, "chan", []string{"clerk"}), org.ErrLastAdmin)
		want(t, "not one", w.RemoveOfficer(ctx, admin, "x"), org.ErrNotOfficer)
		want(t, "no administrator", w.RemoveOfficer(ctx, o, "chan"), org.ErrRole)
		elsewhere := admin
		elsewhere.Department = "housing-department"
		want(t, "of another department", w.RemoveOfficer(ctx, elsewhere, "wong"), org.ErrNotOfficer)
		if err := w.SetRoles(ctx, admin, "wong", []string{org.DepartmentAdmin}); err != nil {
			t.Fatal(err)
		}
		if err := w.RemoveOfficer(ctx, admin, "chan"); err != nil {
			t.Fatal(err)
		}
		_, err = w.Officer(ctx, "chan", "transport-department")
		want(t, "removed", err, org.ErrNotOfficer)
		offices, err := w.Offices(ctx, identity.Caller{Person: "wong"})
		if err != nil || len(offices) != 1 || !offices[0].Has(org.DepartmentAdmin) {
			t.Errorf("%v, %v", offices, err)
		}
		if diff := cmp.Diff([]string{
			"org.department-created by system", "org.department-created by system", "org.officer-added by system",
			"org.officer-added by chan", "org.roles-changed by chan", "org.officer-removed by chan",
		}, w.acts()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestLastAdmin has two administrators remove each other at once: one stays.
func TestLastAdmin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a, err := w.Appoint(ctx, "transport-department", "a", org.DepartmentAdmin)
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.Appoint(ctx, "transport-department", "b", org.DepartmentAdmin)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for _, pair := range [][2]org.Officer{{a, b}, {b, a}} {
			wg.Go(func() {
				if err := w.RemoveOfficer(ctx, pair[0], pair[1].Person); err != nil && !errors.Is(err, org.ErrLastAdmin) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		left, err := w.store.OfficersOf(ctx, "transport-department")
		if err != nil || len(left) != 1 {
			t.Errorf("%d left, %v", len(left), err)
		}
	})
}

func TestClients(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		admin, err := w.Appoint(ctx, "transport-department", "chan", org.DepartmentAdmin)
		if err != nil {
			t.Fatal(err)
		}
		first, second := newKey(t), newKey(t)
		c, err := w.Register(ctx, admin, "Licensing system", first)
		if err != nil {
			t.Fatal(err)
		}
		id := org.Thumbprint(first)
		got, key, err := w.KeyClient(ctx, id)
		if err != nil || !key.Equal(first) || got != (org.Client{ID: c.ID, Department: "transport-department", Name: "Licensing system", Key: id}) {
			t.Errorf("%+v, %v", got, err)
		}
		_, err = w.Register(ctx, admin, "Another", first)
		want(t, "key taken", err, org.ErrKeyTaken)
		_, err = w.Register(ctx, admin, "\x00", newKey(t))
		want(t, "name", err, org.ErrClientName)
		_, err = w.Register(ctx, admin, "x", make([]byte, 32))
		want(t, "weak key", err, org.ErrKey)
		if all, err := w.Software(ctx, admin); err != nil || len(all) != 1 || len(all[0].Keys) != 1 {
			t.Errorf("a failed unit left something: %+v, %v", all, err)
		}

		w.now.Add(1)
		if _, err := w.Rotate(ctx, admin, c.ID, second, time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, k := range []ed25519.PublicKey{first, second} {
			if _, _, err := w.KeyClient(ctx, org.Thumbprint(k)); err != nil {
				t.Errorf("overlap: %v", err)
			}
		}
		w.now.Add(int64(time.Hour / time.Microsecond))
		_, _, err = w.KeyClient(ctx, id)
		want(t, "overlap over", err, org.ErrNoKey)
		if err := w.RevokeKey(ctx, admin, c.ID, org.Thumbprint(second)); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.KeyClient(ctx, org.Thumbprint(second))
		want(t, "revoked", err, org.ErrNoKey)
		want(t, "revoked twice", w.RevokeKey(ctx, admin, c.ID, org.Thumbprint(second)), org.ErrNoKey)
		third := newKey(t)
		if _, err := w.Rotate(ctx, admin, c.ID, third, 0); err != nil {
			t.Fatal(err)
		}
		elsewhere := admin
		elsewhere.Department = "housing-department"
		want(t, "of another department", w.RevokeClient(ctx, elsewhere, c.ID), org.ErrNoClient)
		if err := w.RevokeClient(ctx, admin, c.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.KeyClient(ctx, org.Thumbprint(third))
		want(t, "client revoked", err, org.ErrNoKey)
		want(t, "client revoked twice", w.RevokeClient(ctx, admin, c.ID), org.ErrClientRevoked)
		_, err = w.Rotate(ctx, admin, c.ID, newKey(t), 0)
		want(t, "client revoked", err, org.ErrClientRevoked)
		all, err := w.Software(ctx, admin)
		if err != nil || len(all) != 1 || len(all[0].Keys) != 3 || all[0].Revoked.IsZero() || all[0].Keys[0].ID != id {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// TestNoText asks for ids that are no text.
func TestNoText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		admin, err := w.Appoint(ctx, "transport-department", "chan", org.DepartmentAdmin)
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.Register(ctx, admin, "A", newKey(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"\x00", "\xff", "\xed\xa0\x80"} {
			_, err := w.Officer(ctx, "chan", org.ID(id))
			want(t, "officer", err, org.ErrNotOfficer)
			_, err = w.Department(ctx, org.ID(id))
			want(t, "department", err, org.ErrNoDepartment)
			_, _, err = w.KeyClient(ctx, id)
			want(t, "key", err, org.ErrNoKey)
			want(t, "revoke key", w.RevokeKey(ctx, admin, c.ID, id), org.ErrNoKey)
			want(t, "revoke client", w.RevokeClient(ctx, admin, id), org.ErrNoClient)
			_, err = w.Rotate(ctx, admin, id, newKey(t), 0)
			want(t, "rotate", err, org.ErrNoClient)
			_, err = w.Register(ctx, admin, id, newKey(t))
			want(t, "name", err, org.ErrClientName)
			_, err = w.PersonOf(ctx, "transport-department", id+"aaaaaaaaaaaaaaaaaaaaaaaaa")
			want(t, "subject", err, org.ErrNoSubject)
			want(t, "nonce", w.UseNonce(ctx, "k", id, start), org.ErrReplay)
		}
	})
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a, b := w.Subject(ctx, "transport-department", "chan"), w.Subject(ctx, "housing-department", "chan")
		if len(a) != 26 || a == b || a != w.Subject(ctx, "transport-department", "chan") || a == w.Subject(ctx, "transport-department", "wong") {
			t.Errorf("%s, %s", a, b)
		}
		if w.Subject(ctx, "ab", "c") == w.Subject(ctx, "a", "bc") {
			t.Error("two pairs have one subject")
		}
		_, err := w.PersonOf(ctx, "transport-department", a)
		want(t, "not told yet", err, org.ErrNoSubject)
		for range 2 {
			if got, err := w.Remember(ctx, "transport-department", "chan"); err != nil || got != a {
				t.Errorf("%s, %v", got, err)
			}
		}
		if p, err := w.PersonOf(ctx, "transport-department", a); err != nil || p != "chan" {
			t.Errorf("%s, %v", p, err)
		}
		_, err = w.PersonOf(ctx, "housing-department", a)
		want(t, "another department", err, org.ErrNoSubject)
		_, err = w.PersonOf(ctx, "transport-department", "x")
		want(t, "nonsense", err, org.ErrNoSubject)
	})
}

// TestReplay uses one nonce from many goroutines of two replicas at once.
func TestReplay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		replica := org.New(org.Deps{Units: w.db, Store: orgstore.New(w.db), Now: func() time.Time { return start }})
		for round := range 10 {
			var wg sync.WaitGroup
			var through atomic.Int64
			for i := range 16 {
				s := w.Service
				if i%2 == 1 {
					s = replica
				}
				wg.Go(func() {
					switch err := s.UseNonce(ctx, "key", fmt.Sprint("nonce-", round), start.Add(time.Minute)); {
					case err == nil:
						through.Add(1)
					case !errors.Is(err, org.ErrReplay):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if through.Load() != 1 {
				t.Errorf("%d were let through", through.Load())
			}
		}
		if err := w.UseNonce(ctx, "another", "nonce-0", start.Add(time.Hour)); err != nil {
			t.Errorf("another key: %v", err)
		}
		w.now.Store(start.Add(2*time.Minute + time.Second).UnixMicro())
		if err := w.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		want(t, "kept", w.UseNonce(ctx, "another", "nonce-0", start.Add(time.Hour)), org.ErrReplay)
		if err := w.UseNonce(ctx, "key", "nonce-0", start.Add(time.Minute)); err != nil {
			t.Errorf("purged: %v", err)
		}
	})
}

func BenchmarkNonce(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...testkit.M) *db.DB{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, open(b, testkit.M{Module: "org", Files: orgstore.Migrations}))
			var n atomic.Int64
			b.SetParallelism(16)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := w.UseNonce(b.Context(), "key", fmt.Sprint("nonce-", n.Add(1)), start); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
