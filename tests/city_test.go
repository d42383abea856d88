// Package tests drives the real program from outside: over HTTP and in a real
// browser.
package tests

import (
	"bufio"
	"bytes"
	"context"
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
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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
	house.dir, house.bin = dir, filepath.Join(dir, "causeway")
	if out, err := exec.Command("go", "build", "-o", house.bin, "causeway/cmd/causeway").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
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
	house.once.Do(func() { house.city, house.err = start(filepath.Join(house.dir, "shared")) })
	if house.err != nil {
		t.Fatal(house.err)
	}
	return house.city
}

// own returns a city of the test's own, on PostgreSQL where db is not "".
func own(t *testing.T, db string, args ...string) *city {
	t.Helper()
	c, err := start(t.TempDir(), append(args, "--db", db)...)
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
	origin string
	data   string
	cmd    *exec.Cmd
	log    *buffer
	done   chan error

	stopped bool // by the test itself
}

// buffer keeps what a program writes.
type buffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// readyFor bounds a start; a loaded machine with the race detector is slow.
const readyFor = 90 * time.Second

func start(data string, args ...string) (*city, error) {
	args = append([]string{"demo", "--addr", "localhost:0", "--data", data}, args...)
	c := &city{data: data, cmd: exec.Command(house.bin, args...), log: &buffer{}, done: make(chan error, 1)}
	c.cmd.Stderr = c.log
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	line := make(chan string, 1)
	go func() {
		s, _ := bufio.NewReader(out).ReadString('\n')
		line <- s
		_, _ = io.Copy(io.Discard, out)
		c.done <- c.cmd.Wait()
	}()
	select {
	case s := <-line:
		origin, ok := strings.CutPrefix(strings.TrimSpace(s), "ready ")
		if !ok {
			return nil, fmt.Errorf("the program said %q\n%s", s, c.log)
		}
		c.origin = origin
		return c, nil
	case <-time.After(readyFor):
		return nil, errors.Join(fmt.Errorf("not ready in time\n%s", c.log), c.cmd.Process.Kill())
	}
}

func (c *city) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-c.done:
		return err
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("it did not stop"), c.cmd.Process.Kill())
	}
}

// A client is somebody's browser without pages: it keeps cookies and follows no
// redirect.
type client struct {
	t    *testing.T
	city *city
	http *http.Client
}

// visitor returns somebody who is not signed in.
func (c *city) visitor(t *testing.T) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dial := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return dial.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port)) // *.localhost
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t, c, &http.Client{
		Jar: secureJar{jar}, Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// secureJar trusts localhost with Secure cookies, as browsers do.
type secureJar struct{ http.CookieJar }

func (j secureJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(secure(u), cookies)
}
func (j secureJar) Cookies(u *url.URL) []*http.Cookie { return j.CookieJar.Cookies(secure(u)) }

func secure(u *url.URL) *url.URL {
	s := *u
	s.Scheme = "https"
	return &s
}

// as returns somebody who is signed in: a persona, an officer, or resident-N.
func (c *city) as(t *testing.T, persona string) *client {
	t.Helper()
	v := c.visitor(t)
	if r := v.post("/demo/sign-in/"+persona, nil); r.status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %d", persona, r.status)
	}
	return v
}

// borrow takes over the cookies of somebody's browser.
func (c *client) borrow(p person) {
	c.t.Helper()
	u, err := url.Parse(c.city.origin)
	if err != nil {
		c.t.Fatal(err)
	}
	c.http.Jar.SetCookies(u, p.Cookies())
}

// An answer is what the program sent.
type answer struct {
	status int
	header http.Header
	body   string
}

// to is where the answer leads.
func (a answer) to() string { return a.header.Get("Location") }

func (c *client) get(path string) answer { return c.do(http.MethodGet, path, nil, "") }

func (c *client) post(path string, form url.Values) answer {
	return c.do(http.MethodPost, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

func (c *client) do(method, path string, body io.Reader, contentType string) answer {
	c.t.Helper()
	at := path
	if strings.HasPrefix(path, "/") {
		at = c.city.origin + path
	}
	req, err := http.NewRequest(method, at, body)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
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
