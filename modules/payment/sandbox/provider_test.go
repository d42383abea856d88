package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"causeway/demo/payprovider"
)

// TestMain is also the provider's process, where the environment says so.
func TestMain(m *testing.M) {
	dir := os.Getenv("TEST_PAYPROVIDER_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	err := payprovider.Run(context.Background(), payprovider.Config{
		Addr: os.Getenv("TEST_PAYPROVIDER_ADDR"), Dir: dir, Return: os.Getenv("TEST_PAYPROVIDER_RETURN"),
		Callback: os.Getenv("TEST_PAYPROVIDER_RETURN") + "/payments/callback/sandbox",
		Parent:   os.Stdin, Ready: func(a net.Addr) { fmt.Println("ready", a) }, Now: time.Now,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is a provider that runs by itself.
type process struct {
	dir, addr, back string
	cmd             *exec.Cmd
	stdin           io.Closer
	control         payprovider.Control
}

// startProvider starts one that sends people back to the origin back.
func startProvider(t testing.TB, back string) *process {
	t.Helper()
	p := &process{dir: t.TempDir(), addr: "127.0.0.1:0", back: back}
	secrets, err := payprovider.OpenSecrets(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	p.control.Token = secrets.Control
	p.start(t)
	t.Cleanup(func() { p.kill() })
	return p
}

func (p *process) start(t testing.TB) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(exe)
	p.cmd.Env = append(os.Environ(), "TEST_PAYPROVIDER_DIR="+p.dir, "TEST_PAYPROVIDER_ADDR="+p.addr, "TEST_PAYPROVIDER_RETURN="+p.back)
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		t.Fatalf("provider said %q, %v", line, err)
	}
	p.addr, p.control.URL = addr, "http://"+addr
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) origin() string {
	_, port, _ := net.SplitHostPort(p.addr)
	return "http://pay.localhost:" + port
}

func (p *process) set(t testing.TB, m payprovider.Modes) {
	t.Helper()
	if _, err := p.control.Set(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// press posts the form of the provider's page at url, as a browser does, and
// returns where it leads.
func (p *process) press(t testing.TB, url, choice string) string {
	t.Helper()
	res := p.browse(t, http.MethodPost, url, "choice="+choice)
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("pressing %s: %d", choice, res.StatusCode)
	}
	return res.Header.Get("Location")
}

// browse asks the provider for url, whose host name it resolves as a browser does.
func (p *process) browse(t testing.TB, method, url, form string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", p.origin())
	c := http.Client{
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.addr)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer c.CloseIdleConnections()
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	res.Body = io.NopCloser(strings.NewReader(string(body)))
	return res
}
