package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/demo/city"
	"causeway/platform/httpx"
	"causeway/platform/testkit"
	"causeway/services"
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

// TestServeRefuses starts the program with a setting that is missing, wrong or
// unsafe. Each time the error names it, and nothing listens.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(s premises, conf map[string]any)
		want   []string
	}{
		"unknown key":       {func(_ premises, c map[string]any) { c["lissten"] = "x" }, []string{"line ", `no setting "lissten"`}},
		"unknown deep key":  {func(_ premises, c map[string]any) { c["smtp"].(map[string]any)["pasword"] = "x" }, []string{`no setting "pasword"`}},
		"no origin":         {func(_ premises, c map[string]any) { delete(c, "origin") }, []string{"origin: missing"}},
		"plain origin":      {func(_ premises, c map[string]any) { c["origin"] = "http://causeway.example" }, []string{"origin:", "want https"}},
		"numeric origin":    {func(_ premises, c map[string]any) { c["origin"] = "https://10.0.0.1" }, []string{"origin:", "passkeys"}},
		"origin with path":  {func(_ premises, c map[string]any) { c["origin"] = "https://causeway.example/x" }, []string{"origin:"}},
		"open master":       {func(s premises, _ map[string]any) { s.chmod("master", 0o640) }, []string{"master_key_file:", "chmod 600"}},
		"no master":         {func(_ premises, c map[string]any) { delete(c, "master_key_file") }, []string{"master_key_file: missing"}},
		"broken master":     {func(s premises, _ map[string]any) { s.write("master", "mac short\n", 0o600) }, []string{"master_key_file:"}},
		"no smtp":           {func(_ premises, c map[string]any) { delete(c, "smtp") }, []string{"smtp.host: missing"}},
		"plain smtp":        {func(_ premises, c map[string]any) { c["smtp"].(map[string]any)["host"] = "mail.example" }, []string{"smtp.security:"}},
		"open password":     {func(s premises, c map[string]any) { s.password(c, 0o644) }, []string{"smtp.password_file:", "chmod 600"}},
		"user no password":  {func(_ premises, c map[string]any) { c["smtp"].(map[string]any)["username"] = "x" }, []string{"smtp.username:"}},
		"open to others":    {func(_ premises, c map[string]any) { c["listen"] = ":0" }, []string{"listen:", "without TLS"}},
		"bad listen":        {func(_ premises, c map[string]any) { c["listen"] = "8443" }, []string{"listen:", "HOST:PORT"}},
		"half tls":          {func(_ premises, c map[string]any) { c["tls"] = map[string]any{"key_file": "/x"} }, []string{"tls:"}},
		"no database":       {func(_ premises, c map[string]any) { delete(c, "database") }, []string{"database: missing"}},
		"both databases":    {func(_ premises, c map[string]any) { c["database"].(map[string]any)["postgres_url_file"] = "/x" }, []string{"database:"}},
		"plain postgres":    {postgres("postgres://u:hunter2@db.example/x?sslmode=disable", 0o600), []string{"postgres_url_file:", "sslmode=verify-full"}},
		"lax postgres":      {postgres("postgres://u:hunter2@db.example/x?sslmode=prefer", 0o600), []string{"postgres_url_file:", "sslmode=verify-full"}},
		"open postgres":     {postgres("postgres://u:hunter2@127.0.0.1/x", 0o644), []string{"postgres_url_file:", "chmod 600"}},
		"no postgres there": {postgres("postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable", 0o600), []string{"database:"}},
		"sandbox":           {func(_ premises, c map[string]any) { c["payment"] = "sandbox" }, []string{"payment:", "demo"}},
		"demo folder":       {func(s premises, c map[string]any) { s.write(portsFile, "{}", 0o600); s.sqlite(c, s.dir) }, []string{"database.sqlite:", "demo"}},
		"open folder":       {func(s premises, c map[string]any) { s.sqlite(c, s.dir); s.chmod("", 0o755) }, []string{"database.sqlite:", "chmod 700"}},
		"no classes":        {func(_ premises, c map[string]any) { delete(c, "classes") }, []string{"classes: missing"}},
		"bad source":        {func(_ premises, c map[string]any) { c["sources"] = []any{map[string]any{"name": "x", "kind": "ftp"}} }, []string{"sources[0].kind:", "sources[0].registry:"}},
		"plain source":      {func(s premises, c map[string]any) { c["sources"] = []any{s.source("http://registry.example")} }, []string{"sources[0].http:", "https"}},
		"sql source": {func(s premises, c map[string]any) {
			c["sources"] = []any{s.view("postgres://u:hunter2@db.example/x?sslmode=disable")}
		}, []string{"sources[0].url_file:", "sslmode"}},
		"bad person": {func(s premises, _ map[string]any) {
			s.write("person", "number: A123456(4)\nname: X\nlang: en\n", 0o600)
		}, []string{"bootstrap[0].administrator.person_file:", "check digit"}},
		"open person":  {func(s premises, _ map[string]any) { s.chmod("person", 0o604) }, []string{"bootstrap[0].administrator.person_file:", "chmod 600"}},
		"unknown zone": {func(_ premises, c map[string]any) { c["time_zone"] = "Mars/Olympus" }, []string{"time_zone:"}},
		"bad level":    {func(_ premises, c map[string]any) { c["log_level"] = "loud" }, []string{"log_level:"}},
		"bad uploads":  {func(_ premises, c map[string]any) { c["uploads"] = "s3://bucket" }, []string{"uploads:"}},
		"bad services": {func(s premises, c map[string]any) { c["services"] = s.path("nowhere") }, []string{"services:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPremises(t)
			conf := s.config()
			test.change(s, conf)
			var out bytes.Buffer
			err := serveCommand{Config: s.file(conf)}.run(t.Context(), Streams{Out: &out, Err: io.Discard}, time.Now)
			if err == nil || out.Len() > 0 {
				t.Fatalf("it started, and said %q", out.String())
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			for _, secret := range []string{"hunter2", "A123456", "CHAN"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error %q holds %q", err, secret)
				}
			}
		})
	}
}

func (s premises) chmod(name string, mode os.FileMode) {
	if err := os.Chmod(s.path(name), mode); err != nil {
		s.t.Fatal(err)
	}
}

func (s premises) password(c map[string]any, mode os.FileMode) {
	c["smtp"] = map[string]any{"host": "mail.example", "username": "u", "password_file": s.write("password", "x", mode), "from": "a@b.example"}
}

func (s premises) sqlite(c map[string]any, dir string) { c["database"] = map[string]any{"sqlite": dir} }

func postgres(u string, mode os.FileMode) func(premises, map[string]any) {
	return func(s premises, c map[string]any) {
		c["database"] = map[string]any{"postgres_url_file": s.write("url", u, mode)}
	}
}

func (s premises) source(u string) map[string]any {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	ours, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	theirs, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		s.t.Fatal(err)
	}
	return map[string]any{
		"name": "x", "registry": "transport-department", "kind": "http", "url": u, "key_id": "a", "their_key_id": "b",
		"key_file":       s.write("ours", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ours})), 0o600),
		"their_key_file": s.write("theirs", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: theirs})), 0o644),
	}
}

func (s premises) view(u string) map[string]any {
	return map[string]any{"name": "x", "registry": "housing-department", "kind": "sql", "url_file": s.write("dsn", u, 0o600)}
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

// TestServeWithoutDurability: a server that loses what it confirmed is refused.
func TestServeWithoutDurability(t *testing.T) {
	t.Parallel()
	u := testkit.PostgresURL(t)
	off, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	q := off.Query()
	q.Set("synchronous_commit", "off")
	off.RawQuery = q.Encode()
	fsync := func() string {
		d, err := serveCommand{trusting: true}.open(t.Context(), config{Database: databaseConfig{PostgresURLFile: newPremises(t).write("url", u, 0o600), Connections: 1}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var v string
		if err := d.QueryRow(t.Context(), "SHOW fsync").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}()
	for dsn, want := range map[string]string{off.String(): "synchronous_commit", u: map[string]string{"off": "fsync", "on": ""}[fsync]} {
		c := config{Database: databaseConfig{PostgresURLFile: newPremises(t).write("url", dsn, 0o600), Connections: 1}}
		d, err := serveCommand{}.open(t.Context(), c)
		if err == nil {
			_ = d.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("with %s off: %v", want, err)
		}
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

// TestExamples reads every configuration that is published as an example.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"causeway.yaml", "replicas/causeway.yaml"} {
		src, err := os.ReadFile(filepath.Join("..", "deploy", file))
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseConfig(file, src)
		if err != nil {
			t.Fatal(err)
		}
		// The files that it names are not here; nothing else may be wrong.
		for line := range strings.Lines(fmt.Sprint(c.check())) {
			if !strings.Contains(line, "no such file") && !strings.Contains(line, "database.postgres_url_file") {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
}

// TestServeReplicas starts two programs at once on an empty PostgreSQL database:
// both serve, with one log.
func TestServeReplicas(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	dsn := s.write("url", testkit.PostgresURL(t)+"\n", 0o600)
	if err := os.CopyFS(s.path("services"), services.Files); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	replicas := make([]running, 2)
	for i := range replicas {
		conf := s.config()
		conf["database"] = map[string]any{"postgres_url_file": dsn, "connections": 8}
		conf["services"] = s.path("services")
		conf["bootstrap"] = append(conf["bootstrap"].([]any), departments()...)
		wg.Go(func() {
			var err error
			if replicas[i], err = s.startAs("causeway-"+strconv.Itoa(i)+".yaml", conf); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		code, a := get(t, "http://"+replicas[0].listen+"/tlog/checkpoint")
		_, b := get(t, "http://"+replicas[1].listen+"/tlog/checkpoint")
		if code == http.StatusOK && a == b {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("two logs:\n%s\n%s", a, b)
		}
	}
	for _, r := range replicas {
		if _, page := get(t, "http://"+r.listen+"/services"); !strings.Contains(page, "/services/driving-licence-renewal") {
			t.Errorf("a replica without the services: %s", page)
		}
	}
}

// departments returns those of the city, for a bootstrap.
func departments() []any {
	var all []any
	for _, d := range city.Departments() {
		if d.ID != "digital-policy-office" {
			all = append(all, map[string]any{"id": d.ID, "name": map[string]any{"en": d.Name.En, "zh-Hant": d.Name.Hant, "zh-Hans": d.Name.Hans}})
		}
	}
	return all
}

// TestSettingsAreDocumented: the guides name every setting.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	var guide strings.Builder
	for _, file := range []string{"operate.md", "add-a-registry.md"} {
		src, err := os.ReadFile(filepath.Join("..", "docs", file))
		if err != nil {
			t.Fatal(err)
		}
		guide.Write(src)
	}
	var walk func(x reflect.Type)
	walk = func(x reflect.Type) {
		switch {
		case x.Kind() == reflect.Slice:
			walk(x.Elem())
			return
		case x.Kind() != reflect.Struct || !strings.HasSuffix(x.Name(), "onfig"):
			return
		}
		for f := range x.Fields() {
			key := f.Tag.Get("yaml")
			if key == "" || !strings.Contains(guide.String(), key) {
				t.Errorf("%s.%s: the guides do not name the setting %q", x.Name(), f.Name, key)
			}
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[config]())
}
