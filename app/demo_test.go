package app_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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

// A program is one that runs.
type program struct {
	cmd    *exec.Cmd
	origin string
	errs   *text
	done   chan error
}

// text is written to and read at once.
type text struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// start runs the program and waits until it serves or ends.
func start(t *testing.T, args ...string) (*program, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(exe, args...), errs: &text{}, done: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	line := make(chan string, 1)
	go func() {
		s, _ := bufio.NewReader(out).ReadString('\n')
		line <- s
		_, _ = io.Copy(io.Discard, out)
		p.done <- p.cmd.Wait()
	}()
	select {
	case s := <-line:
		var ok bool
		if p.origin, ok = strings.CutPrefix(strings.TrimSpace(s), "ready "); !ok {
			return p, errors.Join(fmt.Errorf("said %q", s), <-p.done)
		}
		return p, nil
	case <-time.After(90 * time.Second):
		t.Fatalf("not ready in time\n%s", p.errs)
	}
	return nil, nil
}

// kill ends p at once.
func (p *program) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
}

// browser keeps cookies and follows no redirect.
func browser(t *testing.T, trust *x509.CertPool) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}, DialContext: local}}
}

// local reaches every name below localhost.
func local(ctx context.Context, network, addr string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("localhost", port))
}

func body(t *testing.T, res *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var payRx = regexp.MustCompile(`form-action 'self' (https://pay\.localhost:\d+)`)

// TestDemoTLS: with --tls everything is https under the demo's own authority:
// the pages, the payment provider's, and what the two say to each other.
func TestDemoTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := start(t, "demo", "--addr", "localhost:0", "--data", dir, "--tls")
	if err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	if !strings.HasPrefix(p.origin, "https://localhost:") {
		t.Fatalf("ready %s", p.origin)
	}
	pem, err := os.ReadFile(filepath.Join(dir, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(pem)
	b := browser(t, trust)
	res, err := b.Get(p.origin + "/demo")
	if text := body(t, res, err); res.StatusCode != http.StatusOK || res.Header.Get("Strict-Transport-Security") == "" {
		t.Fatalf("the front page: %d %s", res.StatusCode, text)
	}
	pay := payRx.FindStringSubmatch(res.Header.Get("Content-Security-Policy"))
	if pay == nil {
		t.Fatalf("forms may not lead to the provider over TLS: %s", res.Header.Get("Content-Security-Policy"))
	}
	if res, err := b.Get(pay[1] + "/"); err != nil {
		t.Errorf("the provider's pages over TLS: %v", err)
	} else {
		_ = res.Body.Close()
	}
	res, err = b.PostForm(p.origin+"/demo/sign-in/"+persona(t, b, p.origin), url.Values{})
	_ = body(t, res, err)
	if len(res.Cookies()) == 0 || !res.Cookies()[0].Secure || !strings.HasPrefix(res.Cookies()[0].Name, "__Host-") {
		t.Errorf("the session's cookie: %v", res.Cookies())
	}
	res, err = b.Get(p.origin + "/demo/switches")
	if text := body(t, res, err); res.StatusCode != http.StatusOK || !strings.Contains(text, "/demo/switches/payments") {
		t.Errorf("the switches, which ask the provider over TLS: %d", res.StatusCode)
	}
	resident := harness.NewClient(p.origin)
	defer resident.Close()
	if err := resident.Trust(filepath.Join(dir, "authority.pem")); err != nil {
		t.Fatal(err)
	}
	way := harness.Journey{Who: "resident-0"}
	if err := way.Walk(resident); err != nil || way.Licence == "" {
		t.Errorf("from sign-in over the payment to the licence: %v", err)
	}
	if _, err := browser(t, x509.NewCertPool()).Get(p.origin); err == nil {
		t.Error("who does not trust the authority is served")
	}
}

var personaRx = regexp.MustCompile(`/demo/sign-in/([a-z0-9-]+)`)

// persona returns one whom the demo's page offers.
func persona(t *testing.T, b *http.Client, origin string) string {
	t.Helper()
	res, err := b.Get(origin + "/demo")
	m := personaRx.FindStringSubmatch(body(t, res, err))
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

// TestDemoTwice: a second program on the same folder says that the first holds it.
func TestDemoTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if p, err := start(t, "demo", "--addr", "localhost:0", "--data", dir); err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	p, err := start(t, "demo", "--addr", "localhost:0", "--data", dir)
	if err == nil || !strings.Contains(p.errs.String(), "another process holds the database") || p.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("a second program: %v\n%s", err, p.errs)
	}
}

// TestDemoKilled: the companions end with the program, however it ends, and the
// folder serves the next one.
func TestDemoKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("it looks for processes in /proc")
	}
	dir := t.TempDir()
	p, err := start(t, "demo", "--addr", "localhost:0", "--data", dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	children := childrenOf(t, p.cmd.Process.Pid)
	if len(children) != 5 {
		t.Errorf("%d companions, want 5", len(children))
	}
	p.kill(t)
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
	if p, err := start(t, "demo", "--addr", "localhost:0", "--data", dir); err != nil {
		t.Errorf("it does not start again: %v\n%s", err, p.errs)
	}
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
