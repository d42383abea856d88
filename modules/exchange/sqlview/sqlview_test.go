package sqlview_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/exchange"
	"causeway/modules/exchange/sqlview"
	"causeway/modules/identity"
	"causeway/platform/testkit"
)

var class = exchange.Class{
	At: "people_view", Key: "hkid",
	Fields: []exchange.Field{
		{Name: "name", Type: exchange.Text, Column: "full_name"}, {Name: "born_on", Type: exchange.Date},
		{Name: "height", Type: exchange.Number}, {Name: "weight", Type: exchange.Number}, {Name: "alive", Type: exchange.Boolean},
		{Name: "debt", Type: exchange.Money},
	},
}

// postgres returns a source on a real PostgreSQL server, and its own pool.
func postgres(t *testing.T, c sqlview.Config) (*sqlview.Source, *sql.DB) {
	t.Helper()
	dsn := testkit.PostgresURL(t)
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	for _, q := range []string{
		"CREATE TABLE people (hkid text, full_name text, born_on date, height integer, weight numeric(5,2), alive boolean, debt text)",
		"CREATE VIEW people_view AS SELECT hkid, full_name, born_on, height, weight, alive, debt FROM people",
		"INSERT INTO people VALUES ('A1234563', '陳 Ada', '1984-02-29', 170, 61.50, true, 'HKD 12.00'), ('B1111111', 'x', NULL, NULL, 'NaN', false, NULL), ('B1111111', 'y', NULL, NULL, NULL, false, NULL), ('B1111111', 'z', NULL, NULL, NULL, false, NULL)",
	} {
		if _, err := admin.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	c.DSN = dsn
	s, err := sqlview.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, admin
}

func number(t *testing.T, s string) identity.HKID {
	t.Helper()
	n, err := identity.CompleteHKID(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFetch(t *testing.T) {
	s, _ := postgres(t, sqlview.Config{})
	all := []string{"name", "born_on", "height", "weight", "alive", "debt"}
	got, err := s.Fetch(t.Context(), exchange.Lookup{Class: class, Number: number(t, "A123456"), Fields: all})
	want := []map[string]any{{"name": "陳 Ada", "born_on": "1984-02-29", "height": 170.0, "weight": 61.5, "alive": true, "debt": "HKD 12.00"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	got, err = s.Fetch(t.Context(), exchange.Lookup{Class: class, Number: number(t, "C123456"), Fields: all})
	if len(got) != 0 || err != nil {
		t.Errorf("nobody: %v %v", got, err)
	}
}

func TestFailures(t *testing.T) {
	s, admin := postgres(t, sqlview.Config{Rows: 2, Timeout: 300 * time.Millisecond})
	if _, err := admin.ExecContext(t.Context(), "UPDATE people SET hkid = $1 WHERE hkid = 'B1111111'", number(t, "B111111").Reveal()); err != nil {
		t.Fatal(err)
	}
	with := func(f func(c *exchange.Class)) exchange.Class {
		c := class
		c.Fields = append([]exchange.Field(nil), c.Fields...)
		f(&c)
		return c
	}
	for _, test := range []struct {
		name   string
		class  exchange.Class
		fields []string
		want   exchange.Outcome
		reason string
	}{
		{"more rows than allowed", class, []string{"name"}, exchange.Invalid, "too-many-records"},
		{"no number", class, []string{"weight"}, exchange.Invalid, "type-of-weight"},
		{"no such view", with(func(c *exchange.Class) { c.At = "nothing" }), []string{"name"}, exchange.Invalid, "sqlstate-42P01"},
		{"no such column", with(func(c *exchange.Class) { c.Key = "nothing" }), []string{"name"}, exchange.Invalid, "sqlstate-42703"},
		{"a column of another type", with(func(c *exchange.Class) { c.Fields[0].Type = exchange.Boolean }), []string{"name"}, exchange.Invalid, "type-of-name"},
		{"a view that is no name", with(func(c *exchange.Class) { c.At = `x"; DROP TABLE people; --` }), []string{"name"}, exchange.Invalid, "binding"},
		{"a column that is no name", with(func(c *exchange.Class) { c.Fields[0].Column = `a" b` }), []string{"name"}, exchange.Invalid, "binding"},
	} {
		_, err := s.Fetch(t.Context(), exchange.Lookup{Class: test.class, Number: number(t, "B111111"), Fields: test.fields})
		e := exchange.Blame(err)
		if e == nil || e.Outcome != test.want || e.Reason != test.reason {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "B111111") || strings.Contains(err.Error(), "陳")) {
			t.Errorf("%s: the error holds a value", test.name)
		}
	}
}

// TestReadOnly: a view that tries to write is stopped by the session, and one
// that takes too long by the server.
func TestReadOnly(t *testing.T) {
	s, admin := postgres(t, sqlview.Config{Timeout: 300 * time.Millisecond})
	for _, q := range []string{
		"CREATE FUNCTION spy() RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM people; RETURN 'x'; END $$",
		"CREATE VIEW bad AS SELECT hkid, spy() AS full_name FROM people",
		"CREATE VIEW slow AS SELECT hkid, pg_sleep(3)::text AS full_name FROM people",
	} {
		if _, err := admin.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	fetch := func(view string) *exchange.SourceError {
		c := class
		c.At = view
		_, err := s.Fetch(t.Context(), exchange.Lookup{Class: c, Number: number(t, "A123456"), Fields: []string{"name"}})
		return exchange.Blame(err)
	}
	if e := fetch("bad"); e == nil || e.Reason != "sqlstate-25006" {
		t.Errorf("a view that writes: %v", e)
	}
	var n int
	if err := admin.QueryRowContext(t.Context(), "SELECT count(*) FROM people").Scan(&n); err != nil || n != 4 {
		t.Errorf("%d rows are left, %v", n, err)
	}
	began := time.Now()
	if e := fetch("slow"); e == nil || e.Outcome != exchange.Late || time.Since(began) > 2*time.Second {
		t.Errorf("a slow view: %v after %v", e, time.Since(began))
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	if _, err := sqlview.New(sqlview.Config{DSN: "postgres://u:hunter2@h:port/d"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a bad address: %v", err)
	}
	s, err := sqlview.New(sqlview.Config{DSN: "postgres://u@127.0.0.1:1/d?sslmode=disable"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Fetch(t.Context(), exchange.Lookup{Class: class, Number: number(t, "A123456"), Fields: []string{"name"}})
	if e := exchange.Blame(err); e == nil || e.Outcome != exchange.Down {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Fetch(ctx, exchange.Lookup{Class: class, Number: number(t, "A123456"), Fields: []string{"name"}}); err == nil {
		t.Error("a caller who left gets an answer")
	}
}

// TestWrongUser: the refusal to admit a session is a refusal. The tests' server
// asks for no password, so that a user who does not exist stands for a wrong one.
func TestWrongUser(t *testing.T) {
	base := os.Getenv("TEST_POSTGRES")
	if base == "" {
		t.Skip("TEST_POSTGRES is not set: `make test` starts a server")
	}
	s, err := sqlview.New(sqlview.Config{DSN: strings.Replace(base, "postgres@", "nobody-of-that-name@", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Fetch(t.Context(), exchange.Lookup{Class: class, Number: number(t, "A123456"), Fields: []string{"name"}})
	var e *exchange.SourceError
	if !errors.As(err, &e) || e.Outcome != exchange.Refused || e.Reason != "sqlstate-28000" {
		t.Errorf("%v", err)
	}
}
