// Package testkit serves tests alone: databases, a clock, a browser.
package testkit

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/platform/db"
)

// M names the migrations of one module.
type M struct {
	Module string
	Files  fs.FS
}

// EachDB runs f on an empty database of each engine with the tables of ms.
// PostgreSQL is the server that TEST_POSTGRES names, which `make test` starts;
// without it that half is skipped, but never where CI is set.
func EachDB(t *testing.T, f func(t *testing.T, d *db.DB), ms ...M) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t, ms...)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t, ms...)) })
}

// SQLite returns an empty SQLite database with the tables of ms.
func SQLite(t testing.TB, ms ...M) *db.DB {
	t.Helper()
	d, err := db.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "t.db"))
	return ready(t, d, err, ms)
}

// Postgres returns an empty schema on the server that TEST_POSTGRES names, with
// the tables of ms.
func Postgres(t testing.TB, ms ...M) *db.DB {
	t.Helper()
	d, err := db.OpenPostgres(t.Context(), PostgresURL(t), 16)
	return ready(t, d, err, ms)
}

// PostgresURL returns the address of a new empty schema, which goes with the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TEST_POSTGRES")
	if base == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("TEST_POSTGRES is not set")
		}
		t.Skip("TEST_POSTGRES is not set: `make test` starts a server")
	}
	schema := "t" + strings.ToLower(rand.Text())
	admin, err := db.OpenPostgres(t.Context(), base, 1)
	if err != nil {
		t.Fatal(err)
	}
	run := func(q string) {
		if _, err := admin.Exec(context.WithoutCancel(t.Context()), q); err != nil {
			t.Error(err)
		}
	}
	run(fmt.Sprintf(`CREATE SCHEMA %q`, schema))
	t.Cleanup(func() {
		run(fmt.Sprintf(`DROP SCHEMA %q CASCADE`, schema))
		if err := admin.Close(); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

func ready(t testing.TB, d *db.DB, err error, ms []M) *db.DB {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, m := range ms {
		if err := db.Migrate(t.Context(), d, m.Module, m.Files); err != nil {
			t.Fatal(err)
		}
	}
	return d
}
