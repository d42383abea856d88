//go:build linux

package app_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"causeway/tests/harness"
)

// inside marks the test that runs where it may mount file systems of its own.
const inside = "CAUSEWAY_TEST_INSIDE"

// TestDemoDisk runs TestDemoDiskInside in a mount namespace of its own.
func TestDemoDisk(t *testing.T) {
	t.Parallel()
	flags := []string{"--mount"}
	if os.Getuid() != 0 {
		flags = append(flags, "--map-root-user", "--user")
	}
	try := append(flags, "sh", "-c", `mount -t tmpfs none "$0"`, t.TempDir())
	if out, err := exec.Command("unshare", try...).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: full and read-only disks: this machine lets nobody mount: %v %s", err, out)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", append(flags, exe, "-test.run=^TestDemoDiskInside$", "-test.v")...)
	cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestDemoDiskInside") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestDemoDiskInside fills the program's disk, frees it, and makes it read-only.
// Each time people get a clear page, and the program goes on when the disk does;
// in the end the log and every entry verify.
func TestDemoDiskInside(t *testing.T) {
	dir := os.Getenv(inside)
	if dir == "" {
		t.Skip("it is a part of TestDemoDisk")
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Fatal(err)
	}
	p := place(t)
	p.Data = filepath.Join(dir, "city")
	city := start(t, p)
	b := harness.NewClient(city.Origin)
	defer b.Close()
	who := persona(t, b)
	signIn := func() int {
		a, err := b.Post("/demo/sign-in/"+who, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.Status
	}
	if got := signIn(); got != http.StatusSeeOther {
		t.Fatalf("sign-in: %d", got)
	}
	fill(t, filepath.Join(dir, "filler"))
	failed := 0
	for try := 0; failed < 5 && try < 5000; try++ { // the write-ahead log has some room left
		if got := signIn(); got >= http.StatusInternalServerError {
			failed++
		}
	}
	if failed == 0 {
		t.Error("nothing failed on a full disk")
	}
	if got, _ := get(t, b, "/services"); got != http.StatusOK {
		t.Errorf("reading on a full disk: %d", got)
	}
	if !strings.Contains(city.Log(), "disk is full") {
		t.Errorf("the log does not say that the disk is full:\n%s", city.Log())
	}
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	if got := signIn(); got != http.StatusSeeOther {
		t.Errorf("sign-in once there is room: %d", got)
	}
	if err := city.Kill(); err != nil {
		t.Fatal(err)
	}
	if code, out, err := p.Run("log", "verify", "--data", p.Data); err != nil || code != 0 {
		t.Fatalf("the log after a full disk: exit %d, %v\n%s", code, err, out)
	}
	readOnly(t, p, dir)
	start(t, p)
}

// readOnly starts the program on a disk that nobody may write to, and one that
// has no room.
func readOnly(t *testing.T, p *harness.Place, dir string) {
	t.Helper()
	remount := func(flags uintptr) {
		if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|flags, "size=24m"); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	for _, at := range []string{p.Data, filepath.Join(dir, "new")} {
		code, out, err := p.Run("demo", "--addr", "localhost:0", "--data", at)
		if err != nil || code != 1 || !strings.Contains(out, "read-only file system") || strings.Contains(out, "ready") {
			t.Errorf("on a read-only disk: exit %d\n%s", code, out)
		}
	}
	remount(0)
	fill(t, filepath.Join(dir, "filler"))
	code, out, err := p.Run("demo", "--addr", "localhost:0", "--data", filepath.Join(dir, "new"))
	if err != nil || code != 1 || !strings.Contains(out, "no space left") && !strings.Contains(out, "disk is full") {
		t.Errorf("on a full disk: exit %d\n%s", code, out)
	}
	if err = errors.Join(os.Remove(filepath.Join(dir, "filler")), os.RemoveAll(filepath.Join(dir, "new"))); err != nil {
		t.Fatal(err)
	}
}

// fill writes to path until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}
