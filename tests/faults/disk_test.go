//go:build linux

package faults_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"causeway/tests/harness"
)

// TestDiskFull fills the disk while people are on their way. They are told so in
// a sentence; when there is room again they go on where they were, and nothing
// that they were told before is lost.
func TestDiskFull(t *testing.T) {
	t.Parallel() // it waits most of the time
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("NOT TESTED: full disks: this machine lets us mount nothing: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p := &harness.Place{Bin: bin, Data: filepath.Join(dir, "data")}
	if err := os.Mkdir(p.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, neighbour := range []string{"pay", "post", "registry-http", "registry-sql"} { // have disks of their own
		if err := os.Symlink(t.TempDir(), filepath.Join(p.Data, neighbour)); err != nil {
			t.Fatal(err)
		}
	}
	city := start(t, p)
	a := look(t, p)
	var c crowd
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- c.walk(city.Origin, stop) }()
	time.Sleep(time.Second)
	whole := c.whole()
	room, err := fillUp(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	visitor := harness.NewClient(city.Origin)
	defer visitor.Close()
	if x, err := visitor.Get("/services"); err != nil || x.Status != http.StatusOK {
		t.Errorf("reading while the disk is full: %d, %v", x.Status, err)
	}
	if err := errors.Join(c.told(t.Context(), a, false), a.check(t.Context())); err != nil {
		t.Errorf("while the disk is full: %v", err)
	}
	if log := city.Log(); !strings.Contains(log, "disk is full") {
		t.Errorf("the log does not say that the disk is full:\n%s", last(log))
	}
	if err := room(); err != nil {
		t.Fatal(err)
	}
	close(stop)
	err = <-done
	told := met(err)
	if len(told) == 0 {
		t.Errorf("nobody met the full disk: %v", err)
	}
	for _, u := range told {
		if u.Answer.Status < 500 || !strings.Contains(u.Answer.Body, "<h1") || internals.MatchString(u.Answer.Body) {
			t.Errorf("a full disk, told as %v", u)
		}
	}
	stop = make(chan struct{})
	go func() { done <- c.walk(city.Origin, stop) }() // they go on
	time.Sleep(2 * time.Second)
	close(stop)
	if err := <-done; err != nil {
		t.Errorf("once there is room again: %v", err)
	}
	if c.whole() <= whole {
		t.Error("nobody went on")
	}
	err = errors.Join(a.rest(t.Context(), 2*time.Minute), a.check(t.Context()), c.told(t.Context(), a, true), verified(p))
	if err != nil {
		t.Errorf("%v\n%s", err, last(city.Log()))
	}
	for _, s := range a.slow {
		t.Logf("slow to rest: %s", s)
	}
	t.Logf("%d whole journeys before, %d people met the full disk, %d journeys after", whole, len(told), c.whole()-whole)
}

// whole is how many journeys came to their end.
func (c *crowd) whole() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ended)
}

// met returns the pages that ended people's journeys.
func met(err error) []*harness.Unexpected {
	var all []*harness.Unexpected
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			if u, ok := errors.AsType[*harness.Unexpected](e); ok {
				all = append(all, u)
			}
		}
	}
	return all
}

// fillUp writes to path until there is no room, and takes what is freed meanwhile
// until it is told to stop; then there is room again.
func fillUp(path string) (stop func() error, err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	var once sync.Once
	full, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			for _, size := range []int{1 << 20, 1 << 12} {
				for err := error(nil); err == nil; {
					_, err = f.Write(make([]byte, size))
				}
			}
			once.Do(func() { close(full) })
			select {
			case <-end:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	<-full
	return func() error {
		close(end)
		<-ended
		return errors.Join(f.Close(), os.Remove(path))
	}, nil
}
