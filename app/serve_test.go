package app

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway/platform/httpx"
	"causeway/platform/testkit"
)

// TestServe starts the program for real on both engines: pages, figures for the
// operator alone, no demo, the first administrator's letter once, and a clean end.
func TestServe(t *testing.T) {
	t.Parallel()
	each := func(t *testing.T, change func(s premises, conf map[string]any)) {
		t.Parallel()
		s := newPremises(t)
		conf := s.config()
		change(s, conf)
		r, err := s.start(conf)
		if err != nil {
			t.Fatal(err)
		}
		page, keepers := "http://"+r.listen, "http://"+r.operator
		for u, want := range map[string]int{
			page + "/": 200, page + "/sign-in": 200, page + "/services": 200, page + "/healthz": 200, page + "/readyz": 200,
			page + "/metrics": 404, page + "/demo": 404, page + "/demo/mails": 404, page + "/demo/switches": 404, page + "/demo/medical-report.pdf": 404,
			keepers + "/healthz": 200, keepers + "/readyz": 200, keepers + "/": 404, keepers + "/debug/pprof/": 404,
		} {
			if got, _ := get(t, u); got != want {
				t.Errorf("%s: %d, want %d", u, got, want)
			}
		}
		res, err := http.PostForm(page+"/demo/sign-in/ordinary", url.Values{})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound || len(res.Cookies()) > 0 {
			t.Errorf("a persona signs in: %d %v", res.StatusCode, res.Cookies())
		}
		figures(t, keepers)
		letter, err := os.ReadFile(s.path("letter"))
		if err != nil || !strings.Contains(string(letter), conf["origin"].(string)+"/activate") {
			t.Errorf("the letter: %s %v", letter, err)
		}
		info, err := os.Stat(s.path("letter"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the letter's mode: %v %v", info, err)
		}
		for _, secret := range []string{"A123456", "CHAN", "Tai Man", "/demo/sign-in/ordinary"} {
			if strings.Contains(r.log.String(), secret) {
				t.Errorf("the log holds %q:\n%s", secret, r.log)
			}
		}
		if err := r.end(); err != nil {
			t.Fatalf("it ends with %v", err)
		}
		again(t, s, conf, letter)
	}
	t.Run("sqlite", func(t *testing.T) { each(t, func(premises, map[string]any) {}) })
	t.Run("postgres", func(t *testing.T) {
		each(t, func(s premises, conf map[string]any) {
			conf["database"] = map[string]any{"postgres_url_file": s.write("url", testkit.PostgresURL(t)+"\n", 0o600), "connections": 8}
		})
	})
}

// again starts the program a second time, without the administrator's file, and
// expects that nobody gets a second letter.
func again(t *testing.T, s premises, conf map[string]any, letter []byte) {
	t.Helper()
	if err := os.Remove(s.path("person")); err != nil {
		t.Fatal(err)
	}
	r, err := s.start(conf)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(s.path("letter")); err != nil || !bytes.Equal(got, letter) {
		t.Errorf("a second letter: %s %v", got, err)
	}
	if err := r.end(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

func figures(t *testing.T, keepers string) {
	t.Helper()
	status, text := get(t, keepers+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("metrics: %d", status)
	}
	for _, want := range []string{
		`causeway_request_seconds_count{method="GET",route="/services",status="200"} 1`, `route="none",status="404"`,
		`causeway_jobs{state="waiting"}`, "causeway_log_pending", "causeway_log_leaves", "causeway_ledger_balanced 1",
		`causeway_database_connections{pool=`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s among the figures:\n%s", want, text)
		}
	}
	if strings.Contains(text, "/demo") {
		t.Error("a path that somebody made up is a figure's label")
	}
}

// TestServeHasNoDemo walks the routes of a program that serves for real.
func TestServeHasNoDemo(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	c, err := readConfig(s.file(s.config()))
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := serveCommand{}.build(t.Context(), c, quiet(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if len(w.mux.Routes()) < 50 {
		t.Errorf("only %d routes", len(w.mux.Routes()))
	}
	for _, r := range w.mux.Routes() {
		if r.Access == httpx.Demo || strings.Contains(r.Pattern, "demo") {
			t.Errorf("a route of the demo: %v", r)
		}
	}
	if w.hood != nil || w.demo {
		t.Error("it knows the demo's neighbours")
	}
}

// TestServeSources: good sources of both kinds are taken.
func TestServeSources(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	conf := s.config()
	sql := s.view("postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable")
	sql["name"], sql["networks"], sql["timeout"] = "y", []any{"127.0.0.0/8"}, "1500ms"
	conf["sources"] = []any{s.source("https://registry.example/causeway"), sql}
	r, err := s.start(conf)
	if err != nil {
		t.Fatal(err)
	}
	if _, text := get(t, "http://"+r.operator+"/metrics"); !strings.Contains(text, `causeway_source_circuit{source="y"} 0`) {
		t.Errorf("no circuit of a source among the figures")
	}
}

// TestServeTLS: a certificate that changed is served without a new start; one
// that is broken leaves the old one.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	first, second := s.certificate("a"), s.certificate("b")
	now := time.Now()
	c, err := newCertificate(first, quiet(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		now = now.Add(time.Minute)
		got, err := c.get(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return string(got.Certificate[0])
	}
	was := serial()
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(to, now, now); err != nil {
			t.Fatal(err)
		}
	}
	move(second.CertificateFile, first.CertificateFile)
	if serial() != was {
		t.Error("a certificate without its key is served")
	}
	move(second.KeyFile, first.KeyFile)
	if serial() == was {
		t.Error("the new certificate is not served")
	}
	conf := s.config()
	conf["listen"], conf["origin"] = "127.0.0.1:0", "https://localhost:8443"
	conf["tls"] = map[string]any{"certificate_file": first.CertificateFile, "key_file": first.KeyFile}
	r, err := s.start(conf)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := client.Get("https://" + r.listen + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("over TLS: %d %v", res.StatusCode, res.Header)
	}
}

func (s premises) certificate(name string) tlsConfig {
	s.t.Helper()
	dir := s.path("tls-" + name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if _, err := demoCertificate(dir, "localhost"); err != nil {
		s.t.Fatal(err)
	}
	return tlsConfig{filepath.Join(dir, certFile), filepath.Join(dir, keyFile)}
}
