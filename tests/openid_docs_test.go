package tests

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDocExample does what docs/openid.md says: the key, the registration, the
// site, as they stand there.
func TestDocExample(t *testing.T) {
	t.Parallel()
	node, installed := nodeClient(t)
	doc, err := os.ReadFile(filepath.Join("..", "docs", "openid.md"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll(string(regexp.MustCompile("(?s)```js\n(.*?)```").FindSubmatch(doc)[1]), "3000", port)
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "app.mjs"), []byte(script), 0o600), os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(dir, "node_modules"))); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^    openssl (.*)$`).FindAllStringSubmatch(string(doc), -1) {
		cmd := exec.CommandContext(t.Context(), "openssl", strings.Fields(m[1])...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			without(t, fmt.Sprintf("openssl %s: %v %s", m[1], err, out))
		}
	}
	public, err := os.ReadFile(filepath.Join(dir, "client.pub"))
	if err != nil {
		t.Fatal(err)
	}
	c := shared(t)
	id, _ := c.registers(t, url.Values{"profile": {"fapi2"}, "sign-in": {"yes"}, "keys": {string(public)}, "redirects": {"http://localhost:" + port + "/cb"}})
	var wrong bytes.Buffer
	cmd := exec.CommandContext(t.Context(), node, "app.mjs", c.origin, id)
	cmd.Dir, cmd.Stderr = dir, &wrong
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(cmd.Process.Kill(), cmd.Wait()) }) // it was killed
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		k, err := net.Dial("tcp", "localhost:"+port)
		if err == nil {
			_ = k.Close() // it was only to see
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the site does not serve: %s", wrong.String())
		}
	}
	browser := c.as(t, "resident-921")
	site := browser.get("http://localhost:" + port + "/")
	question := browser.get(site.to()).to()
	back := browser.post(question, url.Values{"answer": {"agree"}}).to()
	if a := browser.get(back); a.status != http.StatusOK || !strings.Contains(a.body, `"outcome": "found"`) {
		t.Errorf("the site says %d %s\n%s", a.status, a.body, wrong.String())
	}
}
