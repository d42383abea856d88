//go:build linux

package faults_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPowerCut kills the program among journeys and then takes from its database
// files what a power cut would take: every byte that was written, but not on the
// disk, stays, is zero or is noise, sector by sector. strace tells which those are,
// and makes syncs slow, so that there are some.
// What people were told before must be there all the same.
func TestPowerCut(t *testing.T) {
	tracer, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no strace: run scripts/setup")
		}
		t.Skip("there is no strace: run scripts/setup")
	}
	if out, err := exec.Command(tracer, "-f", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: power cuts: this machine lets nobody trace: %v %s", err, out)
	}
	p, trace := place(t), filepath.Join(t.TempDir(), "trace")
	c, lost := &crowd{}, 0
	for i := 0; ; i++ {
		// A busy machine may lose nothing: then there are more cuts, to a limit.
		over := i >= *cuts && (lost > 0 || i >= 4**cuts)
		p.Wrap = nil
		if !over {
			p.Wrap = []string{tracer, "-f", "-qq", "--seccomp-bpf", "-y", "-s", "0", "-e", "signal=none",
				"-e", "trace=pwrite64,write,ftruncate,fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_enter=4000", "-o", trace}
			for _, f := range databaseFiles {
				p.Wrap = append(p.Wrap, "-P", filepath.Join(p.Data, f))
			}
		}
		city, err := p.Start()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = city.Kill() }) // it may be gone
		a, err := openAudit(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(a.rest(t.Context(), time.Minute), a.check(t.Context()), c.told(t.Context(), a, true), verified(p), a.d.Close())
		if err != nil {
			t.Fatalf("after %d power cuts: %v\n%s", i, err, last(city.Log()))
		}
		if over {
			t.Logf("%d power cuts, %d whole journeys, %d sectors lost", i, len(c.ended), lost)
			break
		}
		set(t, city, callbacks[i%len(callbacks)], 0)
		stop, done := make(chan struct{}), make(chan error, 1)
		go func() { done <- c.walk(city.Origin, stop) }()
		time.Sleep(time.Second + rand.N(time.Second))
		close(stop)
		inner, err := child(city.PID())
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(inner, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Errorf("before power cut %d: %v", i+1, err)
		}
		city.Gone()
		n, err := cut(p.Data, trace)
		if err != nil {
			t.Fatal(err)
		}
		lost += n
	}
	if len(c.ended) < *cuts || lost == 0 {
		t.Error("that tests nothing")
	}
}

// databaseFiles are what a power cut is about; the -shm file is never read back.
var databaseFiles = []string{"causeway.db", "causeway.db-wal"}

// child is the first process that pid started.
func child(pid int) (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	words := strings.Fields(string(b))
	if len(words) == 0 {
		return 0, fmt.Errorf("process %d has no child", pid)
	}
	return strconv.Atoi(words[0])
}

// cut makes of the database in dir what a power cut would have left, and returns
// how many sectors it took.
func cut(dir, trace string) (int, error) {
	loose, err := unsynced(trace)
	if err != nil {
		return 0, err
	}
	lost := 0
	for _, name := range databaseFiles {
		path := filepath.Join(dir, name)
		n, err := damage(path, loose[path])
		if err != nil {
			return 0, err
		}
		lost += n
	}
	err = os.Remove(filepath.Join(dir, "causeway.db-shm"))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return lost, err
}

// span is a part of a file.
type span struct{ from, to int64 }

const sector = 512

// damage takes each sector of the spans of a file: it stays, is lost, or is noise.
func damage(path string, spans []span) (int, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // written without a buffer
	lost := 0
	for _, s := range spans {
		for at := s.from; at < s.to; at += sector {
			b := make([]byte, min(sector, s.to-at))
			switch rand.IntN(3) {
			case 0:
				continue
			case 1:
				for i := range b {
					b[i] = byte(rand.Uint32())
				}
			}
			lost++
			if _, err := f.WriteAt(b, at); err != nil {
				return 0, err
			}
		}
	}
	end, err := f.Seek(0, 2)
	if err != nil {
		return 0, err
	}
	for _, s := range spans { // and the file may not have grown yet
		if s.to >= end && s.from < end && rand.IntN(2) == 0 {
			end = s.from
			if err := f.Truncate(end); err != nil {
				return 0, err
			}
		}
	}
	return lost, nil
}

var (
	call    = regexp.MustCompile(`^(\d+) +(pwrite64|write|ftruncate|fsync|fdatasync)\(\d+<([^>]*)>(.*)$`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. (pwrite64|write|ftruncate|fsync|fdatasync) resumed>(.*)$`)
	written = regexp.MustCompile(`, (\d+), (\d+)(?:\)| <)`)
)

// written bytes are loose until a sync that began after they were written has ended.
type writing struct {
	span
	file string
	done bool
}

// unsynced reads from a trace which spans of each file were not on the disk when
// it ended.
func unsynced(trace string) (map[string][]span, error) {
	f, err := os.Open(trace)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	var loose []*writing
	open := map[string]*writing{}      // by thread
	syncing := map[string][]*writing{} // by thread: what its sync covers
	settle := func(covered []*writing) {
		loose = slices.DeleteFunc(loose, func(w *writing) bool { return slices.Contains(covered, w) })
	}
	syncs := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := call.FindStringSubmatch(line); m != nil {
			thread, name, file, rest := m[1], m[2], m[3], m[4]
			unfinished := strings.Contains(rest, " <unfinished") || strings.Contains(rest, " <detached")
			switch name {
			case "pwrite64":
				n := written.FindStringSubmatch(rest)
				if n == nil {
					return nil, fmt.Errorf("trace: %q", line)
				}
				size, _ := strconv.ParseInt(n[1], 10, 64)
				at, _ := strconv.ParseInt(n[2], 10, 64)
				w := &writing{span{at, at + size}, file, !unfinished}
				loose = append(loose, w)
				if unfinished {
					open[thread] = w
				}
			case "fsync", "fdatasync":
				var covered []*writing
				for _, w := range loose {
					if w.file == file && w.done {
						covered = append(covered, w)
					}
				}
				if unfinished {
					syncing[thread] = covered
				} else if strings.Contains(rest, "= 0") {
					syncs++
					settle(covered)
				}
			case "write":
				return nil, fmt.Errorf("trace: a write without a place: %q", line)
			case "ftruncate": // what is cut off needs no sync to be of no use
			}
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			thread, name, rest := m[1], m[2], m[3]
			switch name {
			case "pwrite64":
				if w := open[thread]; w != nil {
					w.done = true
				}
			case "fsync", "fdatasync":
				if strings.Contains(rest, "= 0") {
					syncs++
					settle(syncing[thread])
				}
			}
		}
	}
	if syncs == 0 {
		return nil, errors.New("trace: not one sync")
	}
	all := map[string][]span{}
	for _, w := range loose {
		all[w.file] = append(all[w.file], w.span)
	}
	return all, lines.Err()
}
