package db_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/platform/db"
	"causeway/platform/testkit"
)

// piped is a PostgreSQL database with tables named and marks.
func piped(t *testing.T) *db.DB {
	t.Helper()
	d := testkit.Postgres(t)
	if _, err := d.Exec(t.Context(), "CREATE TABLE named (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), "CREATE TABLE marks (n BIGINT)"); err != nil {
		t.Fatal(err)
	}
	return d
}

const name = "INSERT INTO named (id, name) VALUES ($1, $2)"

// TestPostgresSettings: each connection plans once and goes by indexes, also a
// connection that was used and comes back; what has no index is read all the same.
func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	d := piped(t)
	ctx := t.Context()
	for range 3 {
		for _, setting := range []string{"plan_cache_mode force_generic_plan", "enable_seqscan off", "jit off", "default_transaction_isolation read committed"} {
			key, want, _ := strings.Cut(setting, " ")
			var wg sync.WaitGroup
			for range 4 { // a connection each
				wg.Go(func() {
					var got string
					err := d.QueryRow(ctx, "SELECT setting FROM pg_settings, pg_sleep(0.01) WHERE name = $1", key).Scan(&got)
					if err != nil || got != want {
						t.Errorf("%s is %q, %v; want %q", key, got, err, want)
					}
				})
			}
			wg.Wait()
		}
	}
	if _, err := d.Exec(ctx, name, 1, "one"); err != nil {
		t.Fatal(err)
	}
	plan := func(q string) string {
		rows, err := d.Query(ctx, "EXPLAIN "+q)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var all []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			all = append(all, line)
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
		return strings.Join(all, "\n")
	}
	if p := plan("SELECT name FROM named WHERE id = 1"); !strings.Contains(p, "Index") || strings.Contains(p, "Seq Scan") {
		t.Errorf("a table of one row is read whole:\n%s", p)
	}
	if _, err := d.Exec(ctx, "INSERT INTO marks (n) VALUES ($1)", 7); err != nil {
		t.Fatal(err)
	}
	if p := plan("SELECT n FROM marks WHERE n = 7"); !strings.Contains(p, "Seq Scan") {
		t.Errorf("without an index:\n%s", p)
	}
	if n := count(t, d, "SELECT n FROM marks WHERE n = 7"); n != 7 {
		t.Errorf("without an index: %d", n)
	}
}

// TestWriteOrder: what is written for nobody to wait for is there for the next
// statement of its unit, in its order, and for everybody once the unit is.
func TestWriteOrder(t *testing.T) {
	t.Parallel()
	d := piped(t)
	err := d.Do(t.Context(), func(ctx context.Context) error {
		if err := errors.Join(d.Write(ctx, name, 1, "one"), d.Write(ctx, "UPDATE named SET name = name || $1 WHERE id = 1", "!")); err != nil {
			return err
		}
		var got string
		if err := d.QueryRow(ctx, "SELECT name FROM named WHERE id = $1", 1).Scan(&got); err != nil || got != "one!" {
			t.Errorf("in the unit: %q, %v", got, err)
		}
		if err := d.Write(ctx, name, 2, "two"); err != nil {
			return err
		}
		res, err := d.Exec(ctx, "UPDATE named SET name = name || $1", "?")
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 2 {
			t.Errorf("%d rows, %v; want both", n, err)
		}
		if err := d.Write(ctx, name, 3, "three"); err != nil {
			return err
		}
		if _, err := d.Exec(ctx, "CREATE TABLE further (n BIGINT); INSERT INTO further VALUES (1)"); err != nil { // two statements in one
			return err
		}
		return d.Write(ctx, name, 4, "four") // goes with the commit
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, "SELECT count(*) FROM named, further"); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
	if err := d.Do(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Errorf("a unit in which nothing is said: %v", err)
	}
}

// TestWriteFails: the failure of a write that nobody waited for is that of the
// next statement, or of the commit; it says so, and undoes the unit.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	d := piped(t)
	if _, err := d.Exec(t.Context(), name, 1, "one"); err != nil {
		t.Fatal(err)
	}
	for what, next := range map[string]func(ctx context.Context) error{
		"a commit": func(context.Context) error { return nil },
		"an exec": func(ctx context.Context) error {
			_, err := d.Exec(ctx, "UPDATE named SET name = $1 WHERE id = $2", "x", 1)
			return err
		},
		"statements without arguments": func(ctx context.Context) error {
			_, err := d.Exec(ctx, "UPDATE named SET name = 'x'")
			return err
		},
		"a query": func(ctx context.Context) error {
			rows, err := d.Query(ctx, "SELECT id FROM named WHERE id = $1", 1)
			if err != nil {
				return err
			}
			defer rows.Close()
			return errors.Join(errors.New("there are rows"), rows.Err())
		},
		"a row": func(ctx context.Context) error {
			return d.QueryRow(ctx, "SELECT id FROM named WHERE id = $1", 1).Scan(new(int))
		},
		"another write": func(ctx context.Context) error { return d.Write(ctx, name, 6, "six") },
	} {
		err := d.Do(t.Context(), func(ctx context.Context) error {
			if err := errors.Join(d.Write(ctx, name, 5, "five"), d.Write(ctx, name, 1, "again")); err != nil {
				t.Errorf("%s: the write itself: %v", what, err)
			}
			return next(ctx)
		})
		if !db.IsUnique(err) {
			t.Errorf("%s after a write that fails: %v", what, err)
		}
		if what != "a commit" && what != "another write" && !strings.Contains(err.Error(), "an earlier write") {
			t.Errorf("%s is blamed for the write before it: %v", what, err)
		}
		if n := count(t, d, "SELECT count(*) FROM named WHERE name = 'one'"); n != 1 {
			t.Errorf("%s: the unit is not undone", what)
		}
		if n := count(t, d, "SELECT count(*) FROM named"); n != 1 {
			t.Errorf("%s: %d rows, want 1", what, n)
		}
	}
}

// TestPipeTypes: what a query returns is the same, whether it was sent alone or
// together with a write.
func TestPipeTypes(t *testing.T) {
	t.Parallel()
	d := piped(t)
	const q = `SELECT 'text'::text, 'short'::varchar(9), $1::bigint, -7::bigint, 7::integer, true, NULL::text, '\x00ff'::bytea, ''::bytea, 1.5::double precision,
		12.50::numeric, '2026-11-24T01:02:03Z'::timestamptz, sum(n) FROM generate_series(1, 3) AS n`
	read := func(ctx context.Context) []any {
		rows, err := d.Query(ctx, q, 42)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		cells, into := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range cells {
			switch c := c.(type) {
			case []byte:
				cells[i] = "bytes " + string(c)
			case time.Time:
				cells[i] = c.UTC().String()
			}
		}
		return cells
	}
	alone := read(t.Context())
	var together []any
	err := d.Do(t.Context(), func(ctx context.Context) error {
		if err := d.Write(ctx, "INSERT INTO marks (n) VALUES ($1)", 1); err != nil {
			return err
		}
		together = read(ctx)
		return nil
	})
	if err != nil || !slices.Equal(alone, together) {
		t.Errorf("%v\nalone    %#v\ntogether %#v", err, alone, together)
	}
}

// TestPipeHalfRead: rows that are given up, an empty result and one that fails at
// a later row leave a unit that goes on, or fails, as it should.
func TestPipeHalfRead(t *testing.T) {
	t.Parallel()
	d := piped(t)
	err := d.Do(t.Context(), func(ctx context.Context) error {
		if err := d.Write(ctx, name, 1, "one"); err != nil {
			return err
		}
		if err := d.QueryRow(ctx, "SELECT n FROM generate_series(1, $1) AS n", 1000).Scan(new(int)); err != nil { // of a thousand
			return err
		}
		if err := d.Write(ctx, name, 2, "two"); err != nil {
			return err
		}
		if err := d.QueryRow(ctx, "SELECT id FROM named WHERE id = $1", 9).Scan(new(int)); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("nothing: %v", err)
		}
		return d.Write(ctx, name, 3, "three")
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, "SELECT count(*) FROM named"); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
	err = d.Do(t.Context(), func(ctx context.Context) error {
		if err := d.Write(ctx, name, 4, "four"); err != nil {
			return err
		}
		rows, err := d.Query(ctx, "SELECT 10 / (5 - n) FROM generate_series(1, $1) AS n", 9)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
		}
		return rows.Err()
	})
	if err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("a row that fails: %v", err)
	}
	if n := count(t, d, "SELECT count(*) FROM named"); n != 3 {
		t.Errorf("%d rows after it, want 3", n)
	}
}

// TestPipeEnds: a caller who leaves, and a server that ends the connection, undo
// the unit and leave no connection behind that is inside one.
func TestPipeEnds(t *testing.T) {
	t.Parallel()
	d := piped(t)
	for what, end := range map[string]func(ctx context.Context, cancel func()) error{
		"the caller leaves": func(ctx context.Context, cancel func()) error {
			cancel()
			return d.QueryRow(ctx, "SELECT 1 WHERE $1 = 1", 1).Scan(new(int))
		},
		"the caller leaves while the server works": func(ctx context.Context, cancel func()) error {
			time.AfterFunc(50*time.Millisecond, cancel)
			_, err := d.Exec(ctx, "SELECT pg_sleep($1)", 20)
			return err
		},
		"the connection ends": func(ctx context.Context, _ func()) error {
			_, err := d.Exec(ctx, "SELECT pg_terminate_backend(pg_backend_pid()) WHERE $1 = 1", 1)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Do(ctx, func(ctx context.Context) error {
			if err := d.Write(ctx, name, 1, "one"); err != nil {
				return err
			}
			return end(ctx, cancel)
		})
		cancel()
		if err == nil {
			t.Errorf("%s: the unit committed", what)
		}
		for range 8 { // whichever connection it is
			if _, err := d.Exec(t.Context(), "INSERT INTO marks (n) VALUES ($1)", 1); err != nil {
				t.Errorf("after %s: %v", what, err)
			}
		}
		if n := count(t, d, "SELECT count(*) FROM named"); n != 0 {
			t.Errorf("%s: %d rows are there", what, n)
		}
	}
	if n := count(t, d, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND query LIKE '%named%'"); n != 0 {
		t.Errorf("%d connections are inside a transaction that nobody ends", n)
	}
	if n := count(t, d, "SELECT count(*) FROM marks"); n != 24 {
		t.Errorf("%d marks, want 24", n)
	}
}

// TestExecAlone: inside a unit it is a part of it; outside it is durable at once
// and takes no place of a unit.
func TestExecAlone(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, stop := t.Context(), errors.New("stop")
		if _, err := d.Exec(ctx, "CREATE TABLE named (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)"); err != nil {
			t.Fatal(err)
		}
		err := d.Do(ctx, func(ctx context.Context) error {
			if _, err := d.ExecAlone(ctx, name, 1, "one"); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Errorf("a unit that stops: %v", err)
		}
		if n := count(t, d, "SELECT count(*) FROM named"); n != 0 {
			t.Error("what a unit did alone is not undone with it")
		}
		res, err := d.ExecAlone(ctx, name, 1, "one")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
		if _, err := d.ExecAlone(ctx, name, 1, "one"); !db.IsUnique(err) {
			t.Errorf("twice: %v", err)
		}
	})
}
