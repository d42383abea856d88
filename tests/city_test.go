// Package tests drives the real program from outside: over HTTP and in a real
// browser.
package tests

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"causeway/tests/harness"
)

// house is what the tests of this package share.
var house struct {
	bin  string // the program
	dir  string // for scratch
	once sync.Once
	city *city // on SQLite
	err  error
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "causeway-tests")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	house.dir = dir
	if house.bin, err = harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if house.city == nil {
			return
		}
		if err := house.city.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "the shared city:", err)
			code = max(code, 1)
		}
	}()
	return m.Run()
}

// shared returns a city on SQLite that tests share: each uses people of its own,
// and mends what it breaks.
func shared(t *testing.T) *city {
	t.Helper()
	house.once.Do(func() { house.city, house.err = start(filepath.Join(house.dir, "shared"), "") })
	if house.err != nil {
		t.Fatal(house.err)
	}
	return house.city
}

// own returns a city of the test's own, on PostgreSQL where db is not "".
func own(t *testing.T, db string, args ...string) *city {
	t.Helper()
	c, err := start(t.TempDir(), db, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.stopped {
			return
		}
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// A city is a running demo.
type city struct {
	*harness.City
	origin  string
	stopped bool // by the test itself
}

func start(data, db string, args ...string) (*city, error) {
	c, err := (&harness.Place{Bin: house.bin, Data: data, DB: db, Args: args}).Start()
	if err != nil {
		return nil, err
	}
	return &city{City: c, origin: c.Origin}, nil
}

func (c *city) stop() error {
	c.stopped = true
	return c.Stop()
}

// switchSource changes how a source behaves, and mends it when the test ends.
func (c *city) switchSource(t *testing.T, source, mode string) {
	t.Helper()
	v := c.visitor(t)
	set := func(mode string) {
		if r := v.post("/demo/switches/sources/"+source, url.Values{"mode": {mode}}); r.status != http.StatusSeeOther {
			t.Errorf("set %s to %s: %d", source, mode, r.status)
		}
	}
	set(mode)
	if mode != "fine" {
		t.Cleanup(func() { set("fine") })
	}
}
