package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/demo/city"
)

// premises are a folder with everything that a configuration names.
type premises struct {
	t   *testing.T
	dir string
}

func newPremises(t *testing.T) premises {
	t.Helper()
	s := premises{t, t.TempDir()}
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	s.write("master", "mac "+key+"\nwrap 1 "+key+"\n", 0o600)
	s.write("person", "number: A123456(3)\nname: CHAN Tai Man\nlang: en\n", 0o600)
	s.write("password", "secret\n", 0o600)
	if err := os.CopyFS(s.path("classes"), city.Classes()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s premises) path(name string) string { return filepath.Join(s.dir, name) }

func (s premises) write(name, text string, mode os.FileMode) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(s.path(name), mode); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

// config returns settings that are good, on SQLite.
func (s premises) config() map[string]any {
	return map[string]any{
		"listen": "127.0.0.1:0", "operator": "127.0.0.1:0", "origin": "http://localhost:8443",
		"database": map[string]any{"sqlite": s.path("data")}, "master_key_file": s.path("master"), "classes": s.path("classes"),
		"smtp":    map[string]any{"host": "127.0.0.1", "port": 2525, "security": "none", "from": "Causeway <noreply@causeway.example>"},
		"uploads": "file://" + s.path("uploads"),
		"bootstrap": []any{map[string]any{
			"id": "digital-policy-office", "name": map[string]any{"en": "Digital Policy Office", "zh-Hant": "數字政策辦公室", "zh-Hans": "数字政策办公室"},
			"administrator": map[string]any{"person_file": s.path("person"), "letter_file": s.path("letter")},
		}},
	}
}

// file writes conf, which JSON being YAML may hold.
func (s premises) file(conf map[string]any) string {
	s.t.Helper()
	return s.fileAs("causeway.yaml", conf)
}

func (s premises) fileAs(name string, conf map[string]any) string {
	s.t.Helper()
	b, err := json.MarshalIndent(conf, "", " ")
	if err != nil {
		s.t.Fatal(err)
	}
	return s.write(name, string(b), 0o644)
}

// running is a program that serves.
type running struct {
	listen, operator string
	log              *buffer
	end              func() error
}

// buffer is written to and read at once.
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

// start serves as conf says, and returns when it is ready.
func (s premises) start(conf map[string]any) (running, error) {
	s.t.Helper()
	return s.startAs("causeway.yaml", conf)
}

func (s premises) startAs(name string, conf map[string]any) (running, error) {
	s.t.Helper()
	file := s.fileAs(name, conf)
	ctx, cancel := context.WithCancel(s.t.Context())
	out, in := io.Pipe()
	r := running{log: &buffer{}}
	done := make(chan error, 1)
	go func() {
		err := serveCommand{Config: file, trusting: true}.run(ctx, Streams{Out: in, Err: r.log}, time.Now)
		_ = in.Close()
		done <- err
	}()
	b := make([]byte, 200)
	n, err := out.Read(b)
	if err != nil {
		cancel()
		return r, <-done
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	r.end = sync.OnceValue(func() error { cancel(); return <-done })
	s.t.Cleanup(func() {
		if err := r.end(); err != nil {
			s.t.Error(err)
		}
	})
	if got := strings.TrimSpace(string(b[:n])); got != "ready "+conf["origin"].(string) {
		s.t.Errorf("said %q", got)
	}
	for line := range strings.Lines(r.log.String()) {
		var said struct{ Msg, Listen, Operator string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "ready" {
			r.listen, r.operator = said.Listen, said.Operator
		}
	}
	return r, nil
}

func get(t *testing.T, u string) (int, string) {
	t.Helper()
	res, err := (&http.Client{Timeout: 10 * time.Second}).Get(u)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
