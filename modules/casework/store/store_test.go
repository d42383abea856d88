package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/modules/casework"
	caseworkstore "causeway/modules/casework/store"
	"causeway/modules/identity"
	"causeway/platform/day"
	"causeway/platform/db"
	"causeway/platform/money"
	"causeway/platform/testkit"
)

var at = time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC)

func each(t *testing.T, f func(t *testing.T, d *db.DB, s *caseworkstore.Store)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, d, caseworkstore.New(d)) }, testkit.M{Module: "casework", Files: caseworkstore.Migrations})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func full(n int) casework.Case {
	return casework.Case{
		Person: "person", ID: casework.ID(fmt.Sprintf("id-%03d", n)), Reference: fmt.Sprintf("CW-%03d", n), Service: "service", Version: 3,
		State: casework.Deciding, Rev: 7, Grant: "grant", Asking: at, Today: day.Of(2026, 11, 23),
		Fee: money.Amount{Minor: 12345, Currency: "HKD"}, Order: "order", Paid: true, Step: 1, StepName: "decide", Department: "dep", Role: "role",
		Due: day.Of(2026, 11, 26), Left: 2, Late: true, Waiting: true, Claimed: "officer", ClaimedAt: at, Reason: "why",
		Opened: at, Changed: at, Submitted: at, Ended: at, KeepUntil: at, Purged: true,
	}
}

func TestCase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *caseworkstore.Store) {
		ctx := t.Context()
		for i, c := range []casework.Case{full(1), {Person: "person", ID: "bare", Reference: "r", State: casework.Draft, Rev: 1, Opened: at, Changed: at}} {
			ok(t, s.Insert(ctx, c, []byte("sealed")))
			got, file, err := s.Case(ctx, c.Person, c.ID)
			ok(t, err)
			if got != c || string(file) != "sealed" {
				t.Errorf("%d: got %+v, want %+v", i, got, c)
			}
			if got, _, err := s.ByID(ctx, c.ID); err != nil || got != c {
				t.Errorf("by id: %+v, %v", got, err)
			}
			if got, err := s.ByReference(ctx, c.Reference); err != nil || got != c {
				t.Errorf("by reference: %+v, %v", got, err)
			}
		}
		c := full(1)
		if err := s.Insert(ctx, func() casework.Case { x := full(2); x.Reference = c.Reference; return x }(), nil); !errors.Is(err, casework.ErrReferenceTaken) {
			t.Errorf("same reference: %v", err)
		}
		if _, _, err := s.Case(ctx, "other", c.ID); !errors.Is(err, casework.ErrNoCase) {
			t.Errorf("another person's: %v", err)
		}

		next := c
		next.Rev, next.State, next.Due = 8, casework.MoreInformation, day.Date{}
		ok(t, s.Save(ctx, next, 7, nil))
		if got, file, err := s.Case(ctx, c.Person, c.ID); err != nil || got != next || string(file) != "sealed" {
			t.Errorf("saved: %+v, %q, %v", got, file, err)
		}
		if err := s.Save(ctx, next, 7, []byte("x")); !errors.Is(err, casework.ErrChanged) {
			t.Errorf("saved over another version: %v", err)
		}
		ok(t, s.Save(ctx, next, 8, []byte("new")))
		if _, file, _ := s.Case(ctx, c.Person, c.ID); string(file) != "new" {
			t.Errorf("file %q", file)
		}
	})
}

func TestHistory(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *caseworkstore.Store) {
		ctx := t.Context()
		c := full(1)
		ok(t, s.Insert(ctx, c, []byte("sealed")))
		es := []casework.Event{
			{Seq: 1, At: at, What: casework.WasOpened, Subject: "sub", Actor: "a", Role: "self", Channel: "online", Detail: casework.Detail{
				Reference: "r", Service: "s", Version: 2, Fee: money.Amount{Minor: 5, Currency: "HKD"}, Due: day.Of(2026, 1, 2), Keep: at, Outcomes: map[string]string{"a": "found"}}},
			{Seq: 2, At: at, What: casework.WasAskedMore, Actor: "b", Role: "r", Channel: "online", Note: []byte("sealed words")},
		}
		ok(t, s.Append(ctx, c, es))
		got, err := s.Events(ctx, c)
		ok(t, err)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", es) {
			t.Errorf("got %+v\nwant %+v", got, es)
		}
		if err := s.Append(ctx, c, es[1:]); err == nil {
			t.Error("an event was written twice")
		}
		ok(t, s.Forget(ctx, c))
		got, err = s.Events(ctx, c)
		ok(t, err)
		_, file, err := s.Case(ctx, c.Person, c.ID)
		if err != nil || len(got) != 2 || got[1].Note != nil || file != nil {
			t.Errorf("forgotten: %+v, %q, %v", got, file, err)
		}
	})
}

func TestEffects(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *caseworkstore.Store) {
		ctx, c := t.Context(), full(1)
		rows := []casework.EffectRow{
			{Key: "z", Ordinal: 1, Kind: "write", State: casework.EffectRunning, Attempts: 1, Changed: at},
			{Key: "a", Ordinal: 2, Kind: "credential", State: casework.EffectDone, Attempts: 1, Result: "licence", Changed: at},
		}
		for _, r := range rows {
			ok(t, s.PutEffect(ctx, c, r))
		}
		rows[0].State, rows[0].Attempts = casework.EffectFailed, 2
		ok(t, s.PutEffect(ctx, c, rows[0]))
		if got, err := s.Effects(ctx, c); err != nil || !slices.Equal(got, rows) {
			t.Errorf("got %+v, %v", got, err)
		}
		if seen, err := s.Looked(ctx, c, "o", at); err != nil || seen {
			t.Errorf("looked %v, %v", seen, err)
		}
		ok(t, s.AddLook(ctx, c, "o", at))
		ok(t, s.AddLook(ctx, c, "o", at.Add(time.Minute)))
		for since, want := range map[time.Duration]bool{0: true, time.Minute: true, time.Hour: false} {
			if seen, err := s.Looked(ctx, c, "o", at.Add(since)); err != nil || seen != want {
				t.Errorf("looked since %s: %v, %v", since, seen, err)
			}
		}
		if seen, _ := s.Looked(ctx, c, "x", at); seen {
			t.Error("another officer looked")
		}
	})
}

func ids(cs []casework.Case) string {
	var s []string
	for _, c := range cs {
		s = append(s, strings.TrimPrefix(string(c.ID), "id-00"))
	}
	return strings.Join(s, " ")
}

func TestLists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *caseworkstore.Store) {
		ctx := t.Context()
		for i := range 8 {
			c := full(i)
			c.Purged, c.Late, c.Claimed = false, i == 2, ""
			c.Due = day.Of(2026, 11, 30-i/2)
			c.Changed, c.KeepUntil = at.Add(time.Duration(i)*time.Hour), at.Add(time.Duration(i)*time.Hour)
			switch i {
			case 3:
				c.Role = "other"
			case 4:
				c.Department = "elsewhere"
			case 5:
				c.Due = day.Date{}
			case 6:
				c.Waiting = false
			case 7:
				c.Person, c.State, c.Claimed = "second", casework.MoreInformation, "me"
			}
			ok(t, s.Insert(ctx, c, nil))
		}
		q := casework.Queue{Department: "dep", State: casework.Deciding, Limit: 10}
		for name, test := range map[string]struct {
			with func(q *casework.Queue)
			want string
		}{
			"all":        {func(*casework.Queue) {}, "2 3 0 1 5"},
			"role":       {func(q *casework.Queue) { q.Roles = []string{"role", "ro"} }, "2 0 1 5"},
			"other role": {func(q *casework.Queue) { q.Roles = []string{"other"} }, "3"},
			"no role":    {func(q *casework.Queue) { q.Roles = []string{"ol"} }, ""},
			"service":    {func(q *casework.Queue) { q.Service = "none" }, ""},
			"late":       {func(q *casework.Queue) { q.Late = true }, "2"},
			"first":      {func(q *casework.Queue) { q.Limit = 2 }, "2 3"},
			"then":       {func(q *casework.Queue) { q.AfterDue, q.After = "2026-11-29", "id-003" }, "0 1 5"},
			"last":       {func(q *casework.Queue) { q.AfterDue, q.After = "2026-11-30", "id-001" }, "5"},
			"asked":      {func(q *casework.Queue) { q.State, q.Claimed = casework.MoreInformation, "me" }, "7"},
			"elsewhere":  {func(q *casework.Queue) { q.Department = "elsewhere" }, "4"},
			"nowhere":    {func(q *casework.Queue) { q.Department = "nowhere" }, ""},
		} {
			with := q
			test.with(&with)
			if cs, err := s.Queue(ctx, with); err != nil || ids(cs) != test.want {
				t.Errorf("%s: %q, want %q, %v", name, ids(cs), test.want, err)
			}
		}
		if cs, err := s.Overdue(ctx, day.Of(2026, 11, 30), 10); err != nil || ids(cs) != "4 3" {
			t.Errorf("overdue %q, %v", ids(cs), err)
		}
		if cs, err := s.Idle(ctx, casework.Deciding, at.Add(2*time.Hour), 10); err != nil || ids(cs) != "0 1" {
			t.Errorf("idle %q, %v", ids(cs), err)
		}
		if cs, err := s.Spent(ctx, at.Add(time.Hour), 10); err != nil || ids(cs) != "0 1" {
			t.Errorf("spent %q, %v", ids(cs), err)
		}
		for before, want := range map[casework.ID]string{"": "6 5 4", "id-004": "3 2 1", "id-000": ""} {
			if cs, err := s.OfPerson(ctx, "person", before, 3); err != nil || ids(cs) != want {
				t.Errorf("before %q: %q, want %q, %v", before, ids(cs), want, err)
			}
		}
		if _, err := s.DraftOf(ctx, "person", "service", 3); !errors.Is(err, casework.ErrNoCase) {
			t.Errorf("draft: %v", err)
		}
		d := casework.Case{Person: "person", ID: "draft", Reference: "draft", Service: "service", Version: 3, State: casework.Draft, Rev: 1}
		ok(t, s.Insert(ctx, d, nil))
		if got, err := s.DraftOf(ctx, "person", "service", 3); err != nil || got.ID != "draft" {
			t.Errorf("draft %v, %v", got, err)
		}
		for _, x := range []struct {
			p identity.PersonID
			s string
			v int
		}{{"second", "service", 3}, {"person", "other", 3}, {"person", "service", 4}} {
			if _, err := s.DraftOf(ctx, x.p, x.s, x.v); !errors.Is(err, casework.ErrNoCase) {
				t.Errorf("%v: %v", x, err)
			}
		}
	})
}

// TestMigrations: both engines have the same files, tables and columns.
func TestMigrations(t *testing.T) {
	t.Parallel()
	column := regexp.MustCompile(`(?m)^\t?(CREATE TABLE \w+|[a-z_]+ )`)
	read := func(engine string) map[string][]string {
		all := map[string][]string{}
		ok(t, fs.WalkDir(caseworkstore.Migrations, "migrations/"+engine, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(caseworkstore.Migrations, path)
			for _, m := range column.FindAllString(string(b), -1) {
				all[d.Name()] = append(all[d.Name()], strings.TrimSpace(m))
			}
			return err
		}))
		return all
	}
	if a, b := read("sqlite"), read("postgres"); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("SQLite has %v\nPostgreSQL has %v", a, b)
	}
}
