package registry_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"causeway/demo/registry"
	"causeway/platform/day"
)

// TestMain is also what a companion process runs.
func TestMain(m *testing.M) {
	switch os.Getenv("REGISTRY_TEST") {
	case "companion":
		if err := registry.Main(context.Background(), os.Stdin, os.Stdout, time.Now); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case "parent": // starts a companion, tells its process id, and waits to be killed
		p, err := start(os.Getenv("REGISTRY_DIR"), registry.SQL)
		if err != nil {
			os.Exit(1)
		}
		_ = json.NewEncoder(os.Stdout).Encode(p.Pid)
		time.Sleep(time.Minute)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

func start(dir, kind string) (*registry.Process, error) {
	if err := os.Setenv("REGISTRY_TEST", "companion"); err != nil {
		return nil, err
	}
	return registry.Start(context.Background(), registry.Config{
		Kind: kind, Dir: dir, Seed: 1, Today: day.Of(2026, 11, 23), Token: "t", Password: "p",
		GatewayKeyID: "gateway", GatewayKey: make([]byte, ed25519.PublicKeySize),
	}, os.Stderr, os.Args[0])
}

func TestStartAndStop(t *testing.T) {
	for _, kind := range []string{registry.HTTP, registry.SQL} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			for _, most := range []time.Duration{5 * time.Second, 2 * time.Second} { // a fresh folder, one that exists
				began := time.Now()
				p, err := start(dir, kind)
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(began)
				t.Logf("ready after %v: %d sources", took, len(p.Ready.Sources))
				if took > most || len(p.Ready.Sources) == 0 {
					t.Errorf("ready after %v, want at most %v", took, most)
				}
				if err := p.Stop(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestDiesWithParent: a companion whose parent is killed is gone soon.
func TestDiesWithParent(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	parent, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{
		Env:   append([]string{"REGISTRY_TEST=parent", "REGISTRY_DIR=" + t.TempDir()}, os.Environ()...), // the first counts
		Files: []*os.File{nil, w, os.Stderr},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	var pid int
	if err := json.NewDecoder(r).Decode(&pid); err != nil {
		t.Fatal(err)
	}
	if err := parent.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := parent.Wait(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err := syscall.Kill(pid, 0); err != nil || zombie(pid) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the companion lives on")
		}
	}
}

// zombie reports whether a process has ended and nobody has asked how.
func zombie(pid int) bool {
	b, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
	return err != nil || bytes.Contains(b, []byte(") Z "))
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestControl(t *testing.T) {
	p, err := start(t.TempDir(), registry.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop() //nolint:errcheck // TestStartAndStop looks
	do := func(method, token, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.Ready.Control+"/control", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	for _, test := range []struct {
		name, method, token, body string
		want                      int
	}{
		{"no token", "POST", "", `{"source":"transport","mode":"down"}`, 401},
		{"unknown source", "POST", "t", `{"source":"x","mode":"down"}`, 422},
		{"unknown mode", "POST", "t", `{"source":"transport","mode":"x"}`, 422},
		{"not JSON", "POST", "t", `{`, 400},
		{"down", "POST", "t", `{"source":"transport","mode":"down"}`, 204},
		{"told", "GET", "t", ``, 200},
	} {
		if got := do(test.method, test.token, test.body); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	addr := p.Ready.Sources["transport"].Addr
	if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		_ = c.Close()
		t.Error("a source that is down takes connections")
	}
	if got := do("POST", "t", `{"source":"transport","mode":"fine"}`); got != 204 {
		t.Fatal(got)
	}
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		t.Fatal("a mended source is not there:", err)
	}
	_ = c.Close()
}
