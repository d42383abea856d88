package faults_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"causeway/platform/testkit"
)

// TestNotDurable: a database that would lose what it confirmed is refused.
func TestNotDurable(t *testing.T) {
	u, err := url.Parse(testkit.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"off", "local"} {
		q := u.Query()
		q.Set("synchronous_commit", how)
		loose := *u
		loose.RawQuery = q.Encode()
		p := place(t)
		code, out, err := p.Run("demo", "--addr", "localhost:0", "--data", p.Data, "--db", loose.String())
		if err != nil || code != 1 || !strings.Contains(out, "synchronous_commit is "+how) || strings.Contains(out, "ready") {
			t.Errorf("synchronous_commit=%s: exit %d, %v\n%s", how, code, err, out)
		}
	}
}

// TestBadDefinitions: whatever a file of a service holds, `service check` says
// where it is wrong.
func TestBadDefinitions(t *testing.T) {
	good, err := os.ReadFile(filepath.Join("..", "..", "services", "driving-licence-renewal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(good)
	at := regexp.MustCompile(`bad\.yaml(:\d+:\d+: |: the file is | is larger than )`)
	p := place(t)
	path := filepath.Join(t.TempDir(), "bad.yaml")
	for name, content := range map[string]string{
		"nothing":          "",
		"no UTF-8":         "service: \xff\xfe\n",
		"a zero byte":      "service: a\x00b\n",
		"no YAML":          "{{{[[[",
		"a list":           "- a\n- b\n",
		"a word":           "x",
		"huge":             "service: " + strings.Repeat("a", 8<<20),
		"deep":             strings.Repeat("[", 100_000),
		"a bomb":           "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\n",
		"itself":           "a: &a\n  b: *a\n",
		"unknown keys":     text + "\nsurprise: 1\n",
		"twice":            text + "\n" + text,
		"cut off":          text[:len(text)/2],
		"a program":        text + "\nx: !!python/object/apply:os.system ['id']\n",
		"markup for names": strings.Replace(text, "driving-licence-renewal", `"><script>alert(1)</script>`, 1),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, err := p.Run("service", "check", path)
		if err != nil || code != 1 || strings.Contains(out, "goroutine ") || !at.MatchString(out) {
			t.Errorf("%s: exit %d, %v: %.600s", name, code, err, out)
		}
	}
	for name, at := range map[string]string{"a folder": t.TempDir(), "no file": filepath.Join(t.TempDir(), "none.yaml")} {
		if code, out, err := p.Run("service", "check", at); err != nil || code != 1 || strings.Contains(out, "goroutine ") || out == "" {
			t.Errorf("%s: exit %d, %v: %.600s", name, code, err, out)
		}
	}
}
