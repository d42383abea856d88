package db

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// keeping opens a connection of its own to a new file, with ten rows in it, and
// says how many statements it keeps prepared.
func keeping(t *testing.T) (c *sql.Conn, kept func() int) {
	t.Helper()
	conns, err := newFiles("file:" + filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(conns)
	if c, err = pool.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	run(t, c, "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT")
	for i := range 10 {
		run(t, c, "INSERT INTO things (id, name) VALUES ($1, $2)", i, fmt.Sprint("thing ", i))
	}
	return c, func() int {
		n := 0
		err := c.Raw(func(inner any) error {
			p := inner.(*prepared)
			n = len(p.stmts)
			if n != p.order.Len() {
				t.Errorf("%d statements by text, %d in order", n, p.order.Len())
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
}

func run(t *testing.T, c *sql.Conn, q string, args ...any) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), q, args...); err != nil {
		t.Fatalf("%.80s: %v", q, err)
	}
}

func named(t *testing.T, c *sql.Conn, id int) string {
	t.Helper()
	var name string
	if err := c.QueryRowContext(t.Context(), "SELECT name FROM things WHERE id = $1", id).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestPreparedAgain: a text is prepared once, whatever its arguments, and a
// statement that failed can be run again.
func TestPreparedAgain(t *testing.T) {
	t.Parallel()
	c, kept := keeping(t)
	was := kept()
	for i := range 10 {
		if got := named(t, c, i); got != fmt.Sprint("thing ", i) {
			t.Errorf("%d is %q", i, got)
		}
	}
	if n := kept(); n != was+1 {
		t.Errorf("%d statements more for one text", n-was)
	}
	const insert = "INSERT INTO things (id, name) VALUES ($1, $2)"
	if _, err := c.ExecContext(t.Context(), insert, 10, "thing 1"); !IsUnique(err) {
		t.Errorf("the same name twice: %v", err)
	}
	run(t, c, insert, 10, "thing 10")
	was = kept()
	if _, err := c.ExecContext(t.Context(), "INSERT INTO nothing VALUES ($1)", 1); err == nil {
		t.Error("a table that is not there was written to")
	}
	if n := kept(); n != was {
		t.Errorf("a text that cannot be prepared is kept: %d", n-was)
	}
}

// TestPreparedWithin: while the rows of a text are read the same text can be read
// again, and afterwards too.
func TestPreparedWithin(t *testing.T) {
	t.Parallel()
	c, _ := keeping(t)
	const all = "SELECT id FROM things WHERE id >= $1 ORDER BY id"
	sum := func(from int) (sum int) {
		rows, err := c.QueryContext(t.Context(), all, from)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id, above int
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			if from == 0 { // the same text, while it is read
				if err := c.QueryRowContext(t.Context(), all, id).Scan(&above); err != nil || above != id {
					t.Errorf("within: %d, %v; want %d", above, err, id)
				}
			}
			sum += id
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
		return sum
	}
	for range 3 {
		if got := sum(0); got != 45 {
			t.Errorf("sum = %d, want 45", got)
		}
		if got := sum(8); got != 17 {
			t.Errorf("sum from 8 = %d, want 17", got)
		}
	}
	// Rows that were given up half read do not stay with their statement.
	if err := c.QueryRowContext(t.Context(), all, 3).Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	if got := sum(8); got != 17 {
		t.Errorf("after rows that were given up: %d", got)
	}
}

// TestPreparedOtherSchema: a statement that was prepared before the schema changed
// gives what one prepared afterwards would.
func TestPreparedOtherSchema(t *testing.T) {
	t.Parallel()
	c, _ := keeping(t)
	columns := func() string {
		rows, err := c.QueryContext(t.Context(), "SELECT * FROM things WHERE id = 1")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		for rows.Next() {
			if err := rows.Scan(cells...); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
		return strings.Join(names, " ")
	}
	if got := columns(); got != "id name" {
		t.Errorf("columns %q", got)
	}
	if got := named(t, c, 1); got != "thing 1" {
		t.Errorf("name %q", got)
	}
	run(t, c, "ALTER TABLE things ADD COLUMN colour TEXT")
	if got := columns(); got != "id name colour" {
		t.Errorf("columns %q after one was added", got)
	}
	run(t, c, "DROP TABLE things")
	run(t, c, "CREATE TABLE things (name TEXT, id INTEGER)")
	run(t, c, "INSERT INTO things (id, name) VALUES ($1, $2)", 1, "new")
	if got := named(t, c, 1); got != "new" {
		t.Errorf("name %q in a table made anew", got)
	}
}

// TestPreparedBound: no more than so many are kept, the one whose rows are being
// read among them; and a text that is too long is not.
func TestPreparedBound(t *testing.T) {
	t.Parallel()
	c, kept := keeping(t)
	rows, err := c.QueryContext(t.Context(), "SELECT id FROM things ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		for range preparedMax / 5 {
			n++
			var got int
			if err := c.QueryRowContext(t.Context(), fmt.Sprintf("SELECT id + %d FROM things WHERE id = $1", n), 1).Scan(&got); err != nil || got != n+1 {
				t.Fatalf("statement %d: %d, %v", n, got, err)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
	if got := kept(); n <= preparedMax || got != preparedMax {
		t.Errorf("%d of %d statements are kept, want %d", got, n, preparedMax)
	}
	run(t, c, "UPDATE things SET name = $1 WHERE id = 1 /* "+strings.Repeat("x", preparedText)+" */", "long")
	if got := named(t, c, 1); got != "long" {
		t.Errorf("name %q", got)
	}
	err = c.Raw(func(inner any) error {
		for q := range inner.(*prepared).stmts {
			if len(q) > preparedText {
				t.Error("a long text is kept")
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
