package activity_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/modules/activity"
	"causeway/modules/activity/merkle"
	activitystore "causeway/modules/activity/store"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/testkit"
	"causeway/platform/tlog"
	"causeway/platform/trail"
)

// A rig is activity over a real store, log and ring.
type rig struct {
	*activity.Service
	db   *db.DB
	log  *tlog.Log
	ring *keys.Ring
}

func migrations() []testkit.M {
	return []testkit.M{{Module: "keys", Files: keys.Migrations}, {Module: "tlog", Files: tlog.Migrations}, {Module: "activity", Files: activitystore.Migrations}}
}

func newRig(t testing.TB, d *db.DB) rig {
	t.Helper()
	var tick atomic.Int64
	now := func() time.Time {
		return time.Date(2026, 11, 23, 1, 2, 3, 456789, time.UTC).Add(time.Duration(tick.Add(1)) * time.Millisecond)
	}
	master, err := keys.CreateMaster(t.TempDir() + "/keys/master")
	if err != nil {
		t.Fatal(err)
	}
	ring := keys.New(d, master, now)
	key, err := ring.Signer(t.Context(), "tlog", keys.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	log, err := tlog.New(tlog.Options{DB: d, Origin: "log.example", Key: key, MAC: ring.MAC, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	s := activity.New(activity.Deps{
		Units: d, Store: activitystore.New(d), Log: merkle.New(log), Sealer: ring, Now: now,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	})
	return rig{s, d, log, ring}
}

func act(person string, i int) trail.Entry {
	return trail.Entry{
		Person: person, Org: "transport-department", Subject: "s-" + person, Actor: "officer-1", Role: "licence-officer",
		Channel: trail.Online, What: "casework.looked", Why: fmt.Sprintf("reason %d", i), Grant: "g1", Case: "c1",
		Detail: map[string]string{"class": "td.driving-licence", "n": fmt.Sprint(i)},
	}
}

func (r rig) sequence(t testing.TB) {
	t.Helper()
	for {
		n, err := r.log.Sequence(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func TestRecordListProve(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		ada, bob := identity.Caller{Person: "ada"}, identity.Caller{Person: "bob"}
		const n = 2*activity.PageSize + 3
		for i := range n {
			if err := r.Record(t.Context(), act("ada", i)); err != nil {
				t.Fatal(err)
			}
		}
		var seen []activity.Entry
		before := ""
		for page := 0; ; page++ {
			p, err := r.List(t.Context(), ada, before)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, p.Entries...)
			if before = p.Next; before == "" {
				break
			}
		}
		if len(seen) != n {
			t.Fatalf("%d entries over all pages, want %d", len(seen), n)
		}
		for i, e := range seen {
			want := act("ada", n-1-i)
			if !e.Readable || e.Act.Why != want.Why || e.Act.Detail["n"] != want.Detail["n"] || e.Act.Grant != "g1" || e.Sequenced {
				t.Fatalf("entry %d: %+v", i, e)
			}
		}
		ev, err := r.Entry(t.Context(), ada, seen[0].ID)
		if err != nil || ev.Sequenced || !ev.Matches {
			t.Fatalf("pending entry: %+v, %v", ev, err)
		}
		r.sequence(t)
		ev, err = r.Entry(t.Context(), ada, seen[0].ID)
		if err != nil || !ev.Sequenced || !ev.Matches || ev.Position != n-1 || ev.Proof.Checkpoint == "" {
			t.Fatalf("sequenced entry: %+v, %v", ev, err)
		}
		if p, err := r.List(t.Context(), ada, ""); err != nil || !p.Entries[0].Sequenced || p.Entries[0].Position != n-1 {
			t.Fatalf("list after sequencing: %+v, %v", p.Entries[0], err)
		}
		if _, err := r.Entry(t.Context(), bob, seen[0].ID); !errors.Is(err, activity.ErrNoEntry) {
			t.Errorf("another person's entry: %v", err)
		}
		for _, id := range []string{"", "none", "\x00", "\xff", "'; --", string(make([]byte, 1000))} {
			if _, err := r.Entry(t.Context(), ada, id); !errors.Is(err, activity.ErrNoEntry) {
				t.Errorf("entry %q: %v", id, err)
			}
			if _, err := r.List(t.Context(), ada, id); err != nil {
				t.Errorf("list before %q: %v", id, err)
			}
		}
		if _, err := r.List(t.Context(), identity.Caller{}, ""); !errors.Is(err, identity.ErrSignIn) {
			t.Errorf("nobody's list: %v", err)
		}
		if p, err := r.List(t.Context(), bob, ""); err != nil || len(p.Entries) != 0 {
			t.Errorf("list of somebody without entries: %v, %v", p, err)
		}
	}, migrations()...)
}

func TestDepartment(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		e := act("", 1)
		if err := r.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if err := r.Record(t.Context(), act("ada", 2)); err != nil {
			t.Fatal(err)
		}
		admin := org.Officer{Person: "p", Department: "transport-department", Roles: []string{org.DepartmentAdmin}}
		other := org.Officer{Person: "p", Department: "housing-department", Roles: []string{org.DepartmentAdmin}}
		p, err := r.Department(t.Context(), admin, "")
		if err != nil || len(p.Entries) != 1 || p.Entries[0].Act.Why != "reason 1" {
			t.Fatalf("acts of the department: %+v, %v", p, err)
		}
		id := p.Entries[0].ID
		if _, err := r.DepartmentEntry(t.Context(), admin, id); err != nil {
			t.Error(err)
		}
		if _, err := r.DepartmentEntry(t.Context(), other, id); !errors.Is(err, activity.ErrNoEntry) {
			t.Errorf("another department's act: %v", err)
		}
		clerk := org.Officer{Person: "p", Department: "transport-department", Roles: []string{"counter-clerk"}}
		if _, err := r.Department(t.Context(), clerk, ""); !errors.Is(err, activity.ErrNotAdmin) {
			t.Errorf("a clerk's list: %v", err)
		}
	}, migrations()...)
}

// TestRecordJoinsItsUnit: no entry and no leaf without what they are about.
func TestRecordJoinsItsUnit(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		stop := errors.New("stop")
		err := d.Do(t.Context(), func(ctx context.Context) error {
			if err := r.Record(ctx, act("ada", 1)); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		r.sequence(t)
		c, err := r.log.Checkpoint(t.Context())
		if err != nil || c.Size != 0 {
			t.Errorf("the log has %d leaves, %v", c.Size, err)
		}
		if p, err := r.List(t.Context(), identity.Caller{Person: "ada"}, ""); err != nil || len(p.Entries) != 0 {
			t.Errorf("entries: %v, %v", p, err)
		}
		if err := r.Record(t.Context(), trail.Entry{What: "x"}); err == nil {
			t.Error("an act by nobody was recorded")
		}
	}, migrations()...)
}

func TestErase(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for i := range 5 {
			for _, p := range []string{"ada", "bob"} {
				if err := r.Record(t.Context(), act(p, i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.sequence(t)
		n, err := r.Erase(t.Context(), "ada")
		if err != nil || n != 5 {
			t.Fatalf("Erase = %d, %v", n, err)
		}
		if n, err := r.Erase(t.Context(), "ada"); err != nil || n != 0 {
			t.Fatalf("second Erase = %d, %v", n, err)
		}
		r.sequence(t)
		for person, want := range map[identity.PersonID]int{"ada": 0, "bob": 5} {
			if p, err := r.List(t.Context(), identity.Caller{Person: person}, ""); err != nil || len(p.Entries) != want {
				t.Errorf("%s has %d entries, %v; want %d", person, len(p.Entries), err, want)
			}
		}
		if c, err := r.log.Checkpoint(t.Context()); err != nil || c.Size != 11 {
			t.Errorf("the log has %d leaves, %v; want 11", c.Size, err)
		}
	}, migrations()...)
}

// TestForgottenKey: what the key of a person opened cannot be read any more, and
// can still be proven.
func TestForgottenKey(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		if err := r.Record(t.Context(), act("ada", 1)); err != nil {
			t.Fatal(err)
		}
		r.sequence(t)
		if err := r.ring.Forget(t.Context(), "ada"); err != nil {
			t.Fatal(err)
		}
		p, err := r.List(t.Context(), identity.Caller{Person: "ada"}, "")
		if err != nil || len(p.Entries) != 1 || p.Entries[0].Readable {
			t.Fatalf("%+v, %v", p, err)
		}
		ev, err := r.Entry(t.Context(), identity.Caller{Person: "ada"}, p.Entries[0].ID)
		if err != nil || !ev.Matches || !ev.Sequenced || ev.Body != "" {
			t.Errorf("%+v, %v", ev, err)
		}
	}, migrations()...)
}
