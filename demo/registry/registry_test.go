package registry_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"causeway/demo/companion"
	"causeway/demo/registry"
	"causeway/platform/day"
)

// TestMain is also what a companion process runs.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "companion" {
		if err := companion.Main(context.Background(), os.Args[2], os.Stdin, os.Stdout, time.Now); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv("REGISTRY_TEST_PARENT"); dir != "" { // starts a companion, tells where it is, and waits to be killed
		var r registry.Ready
		if _, err := start(dir, companion.RegistrySQL, &r); err != nil {
			os.Exit(1)
		}
		_ = json.NewEncoder(os.Stdout).Encode(r)
		time.Sleep(time.Minute)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

func start(dir, kind string, r *registry.Ready) (*companion.Process, error) {
	c := registry.Config{
		Kind: registry.HTTP, Dir: dir, Seed: 1, Today: day.Of(2026, 11, 23), Token: "t", Password: "p",
		GatewayKeyID: "gateway", GatewayKey: make([]byte, ed25519.PublicKeySize),
	}
	if kind == companion.RegistrySQL {
		c.Kind = registry.SQL
	}
	return companion.Start(context.Background(), os.Args[0], kind, c, r)
}

func TestStartAndStop(t *testing.T) {
	for _, kind := range []string{companion.RegistryHTTP, companion.RegistrySQL} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			for _, most := range []time.Duration{5 * time.Second, 2 * time.Second} { // a fresh folder, one that exists
				began := time.Now()
				var r registry.Ready
				p, err := start(dir, kind, &r)
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(began)
				t.Logf("ready after %v: %d sources", took, len(r.Sources))
				if took > most || len(r.Sources) == 0 {
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
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	parent, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{
		Env: append(os.Environ(), "REGISTRY_TEST_PARENT="+t.TempDir()), Files: []*os.File{nil, w, os.Stderr},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	var r registry.Ready
	if err := json.NewDecoder(out).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if err := parent.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := parent.Wait(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", r.Control, time.Second)
		if err != nil {
			return
		}
		_ = c.Close()
		if time.Now().After(deadline) {
			t.Fatal("the companion lives on")
		}
	}
}

func TestControl(t *testing.T) {
	var r registry.Ready
	p, err := start(t.TempDir(), companion.RegistryHTTP, &r)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	do := func(method, token, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.Control+"/control", bytes.NewReader([]byte(body)))
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
	addr := r.Sources["transport"].Addr
	if answers(addr) {
		t.Error("a source that is down answers")
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

// answers reports whether a web server is at addr. A connection alone says
// nothing: a port that nobody listens at may be given to somebody else, or to
// the very connection that looks for it.
func answers(addr string) bool {
	c := http.Client{Timeout: time.Second}
	res, err := c.Get("http://" + addr + "/")
	if err != nil {
		return false
	}
	return res.Body.Close() == nil
}
