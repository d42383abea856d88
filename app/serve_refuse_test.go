package app

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"causeway/platform/testkit"
)

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
