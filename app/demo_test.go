package app_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"causeway/app"
	"causeway/tests/harness"
)

// asProgram has the test's own executable be the program, so that companions,
// which are processes of the same executable, start from it as well.
const asProgram = "CAUSEWAY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	os.Exit(app.Run(ctx, os.Args[1:], app.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

// place is a new demo that has not been started.
func place(t *testing.T) *harness.Place {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &harness.Place{Bin: exe, Data: t.TempDir(), Env: []string{asProgram + "=1"}}
}

// start runs the program in p, and ends it with the test.
func start(t *testing.T, p *harness.Place) *harness.City {
	t.Helper()
	c, err := p.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Kill() }) // it may be gone
	return c
}

// get asks for a page, and returns its status.
func get(t *testing.T, b *harness.Client, path string) (int, string) {
	t.Helper()
	a, err := b.Get(path)
	if err != nil {
		t.Fatal(err)
	}
	return a.Status, a.Body
}

var payRx = regexp.MustCompile(`form-action 'self' (https://pay\.localhost:\d+)`)

// TestDemoTLS: with --tls everything is https under the demo's own authority:
// the pages, the payment provider's, and what the two say to each other.
func TestDemoTLS(t *testing.T) {
	t.Parallel()
	p := place(t)
	p.Args = []string{"--tls"}
	c := start(t, p)
	if !strings.HasPrefix(c.Origin, "https://localhost:") {
		t.Fatalf("ready %s", c.Origin)
	}
	browser := func() *harness.Client {
		b := harness.NewClient(c.Origin)
		t.Cleanup(b.Close)
		if err := b.Trust(filepath.Join(p.Data, "authority.pem")); err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := browser()
	front, err := b.Get("/demo")
	if err != nil || front.Status != http.StatusOK || front.Header.Get("Strict-Transport-Security") == "" {
		t.Fatalf("the front page: %d %v %v", front.Status, front.Header, err)
	}
	pay := payRx.FindStringSubmatch(front.Header.Get("Content-Security-Policy"))
	if pay == nil {
		t.Fatalf("forms may not lead to the provider over TLS: %s", front.Header.Get("Content-Security-Policy"))
	}
	if _, err := b.Get(pay[1] + "/"); err != nil {
		t.Errorf("the provider's pages over TLS: %v", err)
	}
	a, err := b.Post("/demo/sign-in/"+persona(t, b), nil)
	if err != nil {
		t.Fatal(err)
	}
	if set := a.Cookies(); len(set) == 0 || !set[0].Secure || !strings.HasPrefix(set[0].Name, "__Host-") {
		t.Errorf("the session's cookie: %v", set)
	}
	if status, page := get(t, b, "/demo/switches"); status != http.StatusOK || !strings.Contains(page, "/demo/switches/payments") {
		t.Errorf("the switches, which ask the provider over TLS: %d", status)
	}
	way := harness.Journey{Who: "resident-0"}
	if err := way.Walk(browser()); err != nil || way.Licence == "" {
		t.Errorf("from sign-in over the payment to the licence: %v", err)
	}
	if _, err := harness.NewClient(c.Origin).Get("/"); err == nil {
		t.Error("who does not trust the authority is served")
	}
}

var personaRx = regexp.MustCompile(`/demo/sign-in/([a-z0-9-]+)`)

// persona returns one whom the demo's page offers.
func persona(t *testing.T, b *harness.Client) string {
	t.Helper()
	_, page := get(t, b, "/demo")
	m := personaRx.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the demo offers nobody")
	}
	return m[1]
}

// TestDemoAddresses: an address that cannot be served is refused with a reason.
func TestDemoAddresses(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	_, port, _ := net.SplitHostPort(busy.Addr().String())
	for addr, want := range map[string]struct {
		code int
		says string
	}{
		"localhost":         {2, "HOST:PORT"},
		":8080":             {2, "a name such as localhost"},
		"127.0.0.1:0":       {2, "passkeys"},
		"localhost:99999":   {1, "99999"},
		"localhost:" + port: {1, "address already in use"},
	} {
		var out, errs bytes.Buffer
		code := app.Run(t.Context(), []string{"demo", "--addr", addr, "--data", t.TempDir()}, app.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		if code != want.code || !strings.Contains(errs.String(), want.says) || out.Len() > 0 {
			t.Errorf("--addr %s: exit %d, %s%s; want %d, %s", addr, code, out.String(), errs.String(), want.code, want.says)
		}
	}
}
