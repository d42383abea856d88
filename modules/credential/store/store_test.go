package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/modules/credential"
	"causeway/modules/credential/sdjwtvc"
	credentialstore "causeway/modules/credential/store"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

type quiet struct{ told atomic.Int32 }

func (*quiet) Record(context.Context, trail.Entry) error { return nil }
func (*quiet) Subject(_ context.Context, d org.ID, p identity.PersonID) string {
	return string(d) + "/" + string(p)
}
func (q *quiet) Revoked(context.Context, credential.Licence) error { q.told.Add(1); return nil }

type world struct {
	s     *credential.Service
	quiet *quiet
	skew  atomic.Int64
}

func (w *world) now() time.Time {
	return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC).Add(time.Duration(w.skew.Load()))
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		master, err := keys.CreateMaster(t.TempDir() + "/m")
		if err != nil {
			t.Fatal(err)
		}
		w, zone := &world{quiet: &quiet{}}, time.FixedZone("HKT", 8*60*60)
		ring := keys.New(d, master, w.now)
		var n atomic.Int64
		w.s = credential.New(credential.Deps{
			Units: d, Store: credentialstore.New(d, ring), Sealer: ring, Format: sdjwtvc.New(ring, "https://city.example", zone),
			Subjects: w.quiet, Notices: w.quiet, Trail: w.quiet, Now: w.now, Zone: zone,
			NewID: func() string { return fmt.Sprintf("id-%04d", n.Add(1)) },
		})
		f(t, w)
	}, testkit.M{Module: "keys", Files: keys.Migrations}, testkit.M{Module: "credential", Files: credentialstore.Migrations})
}

func ask(person, key string) credential.Issue {
	return credential.Issue{
		Person: identity.PersonID(person), Type: "td.driving-licence", Label: lang.Text{En: "Licence", Hant: "牌照", Hans: "牌照"},
		Department: "transport-department", Case: "c1", Key: key, From: day.Of(2026, 1, 1), Until: day.Of(2026, 12, 1),
		Claims: map[string]any{"name": "Chan", "classes": "1, 2"},
	}
}

func issue(t *testing.T, w *world, person, key string) credential.Licence {
	t.Helper()
	l, err := w.s.Issue(t.Context(), ask(person, key))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func me(p string) identity.Caller { return identity.Caller{Person: identity.PersonID(p)} }

func revoker(p string) org.Officer {
	o := officer(p)
	o.Roles = append(o.Roles, credential.RoleRevoker)
	return o
}

func officer(p string) org.Officer {
	return org.Officer{Person: identity.PersonID(p), Department: "transport-department", Roles: []string{credential.RoleOfficer}}
}

func TestIssueIsIdempotentAndPrivate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, first := t.Context(), issue(t, w, "p1", "k1")
		if again := issue(t, w, "p1", "k1"); again.ID != first.ID {
			t.Errorf("the same key issued %s and %s", first.ID, again.ID)
		}
		other := ask("p1", "k1")
		other.Until = day.Of(2030, 1, 1)
		if _, err := w.s.Issue(ctx, other); !errors.Is(err, credential.ErrKeyReused) {
			t.Errorf("the key with other terms: %v, want ErrKeyReused", err)
		}
		if _, err := w.s.Licence(ctx, me("p2"), first.ID); !errors.Is(err, credential.ErrNoLicence) {
			t.Errorf("somebody else's licence: %v, want ErrNoLicence", err)
		}
		if _, err := w.s.Share(ctx, me("p2"), first.ID, []string{"name"}); !errors.Is(err, credential.ErrNoLicence) {
			t.Errorf("sharing somebody else's: %v, want ErrNoLicence", err)
		}
		l, err := w.s.Licence(ctx, me("p1"), first.ID)
		if err != nil || len(l.Claims) != 2 || !strings.HasPrefix(l.Number, "TDL-") {
			t.Errorf("licence = %+v, %v", l, err)
		}
		if ls, err := w.s.ByPerson(ctx, me("p1")); err != nil || len(ls) != 1 {
			t.Errorf("ByPerson = %d, %v; want 1", len(ls), err)
		}
	})
}

func TestShownLicencesAreChecked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, l := t.Context(), issue(t, w, "p1", "k1")
		if _, err := w.s.Share(ctx, me("p1"), l.ID, []string{"nonsense"}); !errors.Is(err, credential.ErrNothingChosen) {
			t.Errorf("sharing nothing: %v", err)
		}
		p, err := w.s.Share(ctx, me("p1"), l.ID, []string{"classes"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.s.Show(ctx, p.Handle)
		if err != nil || c.Verdict != credential.Verdict(credential.Valid) || len(c.Claims) != 1 || c.Claims[0].Name != "classes" {
			t.Errorf("shown: %+v, %v", c, err)
		}
		if _, err := w.s.Shown(ctx, me("p2"), l.ID, p.Handle); !errors.Is(err, credential.ErrNoPresentation) {
			t.Errorf("another's presentation: %v", err)
		}
		if _, err := w.s.Show(ctx, "guess"); !errors.Is(err, credential.ErrNoPresentation) {
			t.Errorf("a guessed handle: %v", err)
		}
		w.skew.Store(int64(6 * time.Minute))
		if c, err := w.s.Show(ctx, p.Handle); err != nil || c.Verdict != credential.Stale || len(c.Claims) != 0 {
			t.Errorf("after six minutes: %+v, %v; want stale and no claims", c, err)
		}
		w.skew.Store(int64(2 * time.Hour))
		if err := w.s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Show(ctx, p.Handle); !errors.Is(err, credential.ErrNoPresentation) {
			t.Errorf("after the sweep: %v", err)
		}
		w.skew.Store(int64(30 * 24 * time.Hour))
		if _, err := w.s.Share(ctx, me("p1"), l.ID, []string{"classes"}); !errors.Is(err, credential.ErrNotInForce) {
			t.Errorf("sharing an ended licence: %v", err)
		}
	})
}

func TestPrintedLicencesNeedTheirNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		l, err := w.s.Licence(ctx, me("p1"), issue(t, w, "p1", "k1").ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.s.Printed(ctx, "guess"); !errors.Is(err, credential.ErrNoPresentation) {
			t.Errorf("a guessed code: %v", err)
		}
		if c, err := w.s.CheckPrinted(ctx, l.PrintCode, " "+strings.ToLower(strings.ReplaceAll(l.Number, "-", " "))); err != nil || c.Verdict != "valid" || c.Claims[0].Value != l.Number {
			t.Errorf("the right number: %+v, %v", c, err)
		}
		for range 9 {
			if _, err := w.s.CheckPrinted(ctx, l.PrintCode, "TDL-0"); !errors.Is(err, credential.ErrWrongNumber) {
				t.Fatalf("a wrong number: %v", err)
			}
		}
		if _, err := w.s.CheckPrinted(ctx, l.PrintCode, l.Number); !errors.Is(err, credential.ErrTooManyGuesses) {
			t.Errorf("after ten tries: %v", err)
		}
		w.skew.Store(int64(2 * time.Hour))
		if _, err := w.s.CheckPrinted(ctx, l.PrintCode, l.Number); err != nil {
			t.Errorf("two hours later: %v", err)
		}
	})
}

func TestTwoOfficersRevoke(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		l, err := w.s.Licence(ctx, me("p1"), issue(t, w, "p1", "k1").ID)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.s.Share(ctx, me("p1"), l.ID, []string{"number"})
		if err != nil {
			t.Fatal(err)
		}
		const why = "obtained by a false statement"
		stranger := revoker("o1")
		stranger.Department = "housing-department"
		for name, test := range map[string]struct {
			o              org.Officer
			number, reason string
			want           error
		}{
			"another department": {stranger, l.Number, why, credential.ErrNoLicence},
			"another role":       {org.Officer{Person: "o1", Department: "transport-department"}, l.Number, why, credential.ErrNotOfficer},
			"no reason":          {officer("o1"), l.Number, "because", credential.ErrReason},
			"no such number":     {officer("o1"), "TDL-0", why, credential.ErrNoLicence},
			"their own":          {officer("p1"), l.Number, why, credential.ErrOwnLicence},
		} {
			if _, err := w.s.AskRevocation(ctx, test.o, test.number, test.reason); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
		}
		r, err := w.s.AskRevocation(ctx, officer("o1"), l.Number, why)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.s.Decide(ctx, officer("o1"), r.ID, true); !errors.Is(err, credential.ErrSameOfficer) {
			t.Errorf("the same officer: %v, want ErrSameOfficer", err)
		}
		if err := w.s.Decide(ctx, revoker("o1"), r.ID, true); !errors.Is(err, credential.ErrSameOfficer) {
			t.Errorf("the same officer in another role: %v, want ErrSameOfficer", err)
		}
		if err := w.s.Decide(ctx, officer("o2"), r.ID, true); !errors.Is(err, credential.ErrNotRevoker) {
			t.Errorf("a second officer without the role: %v, want ErrNotRevoker", err)
		}
		if err := w.s.Decide(ctx, org.Officer{Person: "o2", Department: "transport-department"}, r.ID, false); !errors.Is(err, credential.ErrNotOfficer) {
			t.Errorf("rejecting without a role: %v, want ErrNotOfficer", err)
		}
		alone := revoker("o2")
		alone.Roles = []string{credential.RoleRevoker}
		if _, err := w.s.Find(ctx, alone, l.Number, why); !errors.Is(err, credential.ErrNotOfficer) {
			t.Errorf("looking up with the role to confirm alone: %v, want ErrNotOfficer", err)
		}
		if all, err := w.s.Requests(ctx, alone); err != nil || len(all) != 1 {
			t.Errorf("the role to confirm sees %d requests, %v", len(all), err)
		}
		if err := w.s.Decide(ctx, stranger, r.ID, true); !errors.Is(err, credential.ErrNoRequest) {
			t.Errorf("another department decides: %v, want ErrNoRequest", err)
		}
		if c, err := w.s.Show(ctx, p.Handle); err != nil || c.Verdict != "valid" {
			t.Errorf("before: %v, %v", c.Verdict, err)
		}
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				switch err := w.s.Decide(ctx, revoker(fmt.Sprintf("o%d", i+2)), r.ID, i%2 == 0); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, credential.ErrDecided):
					t.Errorf("officer %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		got, after, err := w.s.Request(ctx, officer("o9"), r.ID)
		if err != nil || won.Load() != 1 {
			t.Fatalf("decided %d times, %v; want once", won.Load(), err)
		}
		if (got.State == credential.Confirmed) != !after.Revoked.IsZero() {
			t.Errorf("request %s, licence revoked at %v", got.State, after.Revoked)
		}
		if err := w.s.Compensate(ctx, "k1"); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Compensate(ctx, "k1"); err != nil {
			t.Fatal(err)
		}
		if c, err := w.s.Show(ctx, p.Handle); err != nil || c.Verdict != "revoked" || w.quiet.told.Load() != 1 {
			t.Errorf("after: %v, %v, told %d times; want revoked, told once", c.Verdict, err, w.quiet.told.Load())
		}
		if _, err := w.s.StatusList(ctx, 1); err != nil {
			t.Error(err)
		}
		if _, err := w.s.StatusList(ctx, 9); !errors.Is(err, credential.ErrNoLicence) {
			t.Errorf("a list that is not there: %v", err)
		}
	})
}
