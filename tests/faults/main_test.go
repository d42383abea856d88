// Package faults_test does to the program what the world does: kills it, cuts
// its power, fills its disk, and sends it what nobody should send.
package faults_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"causeway/platform/testkit"
	"causeway/tests/harness"
)

// bin is the program under test; TestMain builds it.
var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "causeway-faults")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder for scratch
	if bin, err = harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// engines runs f for a demo on each engine.
func engines(t *testing.T, f func(t *testing.T, p *harness.Place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, place(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, onPostgres(t)) })
}

// onPostgres is a new demo on PostgreSQL that has not been started.
func onPostgres(t *testing.T) *harness.Place {
	t.Helper()
	db := testkit.PostgresURL(t)
	p := place(t)
	p.DB = db
	return p
}

// place is a new demo on SQLite that has not been started.
func place(t *testing.T) *harness.Place {
	t.Helper()
	return &harness.Place{Bin: bin, Data: filepath.Join(t.TempDir(), "data")}
}

// start starts p, and ends it with the test.
func start(t *testing.T, p *harness.Place) *harness.City {
	t.Helper()
	c, err := p.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}
