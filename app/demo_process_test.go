package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDemoTwice: a second program on the same folder says that the first holds it.
func TestDemoTwice(t *testing.T) {
	t.Parallel()
	p := place(t)
	start(t, p)
	code, out, err := p.Run("demo", "--addr", "localhost:0", "--data", p.Data)
	if err != nil || code != 1 || !strings.Contains(out, "another process holds the database") {
		t.Errorf("a second program: exit %d, %v\n%s", code, err, out)
	}
}

// TestDemoKilled: the companions end with the program, however it ends, and the
// folder serves the next one.
func TestDemoKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("it looks for processes in /proc")
	}
	p := place(t)
	c := start(t, p)
	children := childrenOf(t, c.PID())
	if len(children) != 5 {
		t.Errorf("%d companions, want 5", len(children))
	}
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		alive := 0
		for _, pid := range children {
			if running(pid) {
				alive++
			}
		}
		if alive == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d companions outlive the program", alive)
		}
	}
	start(t, p)
}

// childrenOf returns the processes whose parent is pid.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, s := range stats {
		b, err := os.ReadFile(s)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		if len(f) > 1 && f[1] == strconv.Itoa(pid) {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(s)))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, child)
		}
	}
	return all
}

// running reports whether pid is a process that has not ended.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}
