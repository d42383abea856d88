package app

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/app/logcmd"
	"causeway/platform/keys"
	"causeway/platform/testkit"
	"causeway/services"
)

// TestKeysRotate replaces every key that signs under two replicas that run: both
// go over to the new ones without a restart, publish the old ones on, and the log
// verifies from outside with the key of before and the one of now.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	dsn := s.write("url", testkit.PostgresURL(t)+"\n", 0o600)
	if err := os.CopyFS(s.path("services"), services.Files); err != nil {
		t.Fatal(err)
	}
	replicas := make([]running, 2)
	for i := range replicas {
		conf := s.config()
		conf["database"] = map[string]any{"postgres_url_file": dsn, "connections": 8}
		var err error
		if replicas[i], err = s.startAs("causeway-"+strconv.Itoa(i)+".yaml", conf); err != nil {
			t.Fatal(err)
		}
	}
	published := func(r running, path string) string {
		t.Helper()
		code, body := get(t, "http://"+r.listen+path)
		if code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, code, body)
		}
		return body
	}
	sets := []string{"/api/v1/consent-keys", "/api/v1/answer-keys"}
	for _, path := range sets { // makes the keys
		published(replicas[0], path)
	}
	was := strings.TrimSpace(published(replicas[0], "/tlog/key"))
	k := keysCommand{Config: s.path("causeway-0.yaml"), trusting: true}
	said := func(f func(std Streams) error) string {
		t.Helper()
		var out bytes.Buffer
		if err := f(Streams{Out: &out, Err: t.Output()}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if list := said(func(std Streams) error { return k.list(t.Context(), std, time.Now) }); !strings.Contains(list, was) || strings.Contains(list, "retired") {
		t.Errorf("keys list says\n%s", list)
	}
	for _, name := range []string{logcmd.SignerName, "consent", gatewaySigner} {
		out := said(func(std Streams) error {
			return rotateCommand{Name: name, In: keys.RotateSoonest, keysCommand: k}.rotate(t.Context(), std, time.Now)
		})
		if !strings.HasPrefix(out, name+": ") {
			t.Errorf("keys rotate %s says %q", name, out)
		}
	}
	if err := (rotateCommand{Name: "nothing", In: time.Hour, keysCommand: k}).rotate(t.Context(), Streams{Out: t.Output(), Err: t.Output()}, time.Now); err == nil {
		t.Error("a key that is for nothing was replaced")
	}
	now := ""
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		both := 0
		for _, r := range replicas {
			all := strings.Fields(published(r, "/tlog/key"))
			if len(all) == 2 && all[0] != was && all[1] == was {
				now = all[0]
				both++
			}
			published(r, "/tlog/checkpoint") // at no moment one that it does not know
		}
		if both == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the replicas did not go over to the new key")
		}
	}
	for _, r := range replicas {
		for _, path := range sets {
			if n := strings.Count(published(r, path), `"kid"`); n != 2 {
				t.Errorf("%s has %d keys, want the old one and the new one", path, n)
			}
		}
	}
	// What is done from now on is signed by the new key, and the log goes on.
	said(func(std Streams) error {
		return rotateCommand{Name: "consent", In: time.Hour, keysCommand: k}.rotate(t.Context(), std, time.Now)
	})
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var out bytes.Buffer
		code := logcmd.Verify(t.Context(), logcmd.Options{URL: "http://" + replicas[1].listen, Key: now}, &out, &out)
		if code == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the new key alone: exit code %d\n%s", code, out.String())
		}
	}
	var out bytes.Buffer
	if code := logcmd.Verify(t.Context(), logcmd.Options{URL: "http://" + replicas[0].listen, Key: was + "\n" + now}, &out, &out); code != 0 {
		t.Errorf("both keys: exit code %d\n%s", code, out.String())
	}
	list := said(func(std Streams) error { return k.list(t.Context(), std, time.Now) })
	for _, want := range []string{"signs\n", "retired: verifies on", "published: signs soon", was, now} {
		if !strings.Contains(list, want) {
			t.Errorf("keys list does not say %q:\n%s", want, list)
		}
	}
}

// TestKeysRewrap wraps the keys of an installation on SQLite under a new line of
// the master file, and the program runs on, and its log verifies, without the old one.
func TestKeysRewrap(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	conf := s.config()
	r, err := s.start(conf)
	if err != nil {
		t.Fatal(err)
	}
	k := keysCommand{Config: s.path("causeway.yaml")}
	if err := k.rewrap(t.Context(), Streams{Out: t.Output(), Err: t.Output()}, time.Now); err == nil {
		t.Error("keys were wrapped anew under a program that holds the database")
	}
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(s.path("master"))
	if err != nil {
		t.Fatal(err)
	}
	mac, wrap, _ := strings.Cut(string(old), "\n")
	s.write("master", mac+"\nwrap 2 "+strings.Repeat("B", 43)+"=\n"+wrap, 0o600)
	for _, none := range []bool{false, true} { // the log's key and the administrator's, and then nothing more
		var out bytes.Buffer
		if err := k.rewrap(t.Context(), Streams{Out: &out, Err: t.Output()}, time.Now); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(out.String(), "0 keys") != none {
			t.Errorf("said %q", out.String())
		}
	}
	s.write("master", mac+"\nwrap 2 "+strings.Repeat("B", 43)+"=\n", 0o600)
	if r, err = s.start(conf); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		code, _ := get(t, "http://"+r.listen+"/tlog/checkpoint")
		if code == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no checkpoint after it: %d", code)
		}
	}
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	beside := s.path(filepath.Join("data", logcmd.MasterFile)) // where a demo has it
	if err := os.MkdirAll(filepath.Dir(beside), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(s.path("master"), beside); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer // opens every entry
	if code := logcmd.Verify(t.Context(), logcmd.Options{Data: s.path("data")}, &out, &out); code != 0 {
		t.Errorf("the log after it: exit code %d\n%s", code, out.String())
	}
}

// TestKeysUsage: what does not say whose keys are meant is refused.
func TestKeysUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"keys", "list"}, {"keys", "rotate", "tlog", "--data", "x", "--config", "y"}, {"keys", "rotate"}, {"keys", "rewrap", "--config", "x", "--db", "y"},
	} {
		if code := Run(t.Context(), args, Streams{Out: t.Output(), Err: t.Output()}); code != 2 {
			t.Errorf("%v: exit code %d, want 2", args, code)
		}
	}
	if code := Run(t.Context(), []string{"keys", "list", "--data", t.TempDir()}, Streams{Out: t.Output(), Err: t.Output()}); code != 1 {
		t.Errorf("an empty folder: exit code %d, want 1", code)
	}
}
