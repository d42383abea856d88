package faults_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/app"
	"causeway/demo/payprovider"
	"causeway/modules/org"
	"causeway/platform/db"
	"causeway/platform/httpsig"
	"causeway/platform/httpx"
	"causeway/platform/keys"
	"causeway/platform/webhook"
	"causeway/tests/harness"
)

// acts are the routes that do their work whatever the body holds: they take no
// field, or any text is good. They are held to answer without a failure, with
// addresses that name nothing.
var acts = map[string]string{
	"POST /sign-out": "ends the session", "POST /session/extend": "goes on", "POST /services/{service}/start": "takes no field",
	"POST /cases/{case}/facts": "takes no field", "POST /payments/{order}": "takes no field", "POST /consents/{grant}/withdraw": "takes no field",
	"POST /account/sessions/{session}/end": "takes no field", "POST /account/sessions/end-others": "takes no field", "POST /account/passkeys/{passkey}/remove": "takes no field",
	"POST /account/passkeys/add": "begins a ceremony", "POST /demo/sign-in/{persona}": "takes no field",
	"POST /work/{department}/cases/{case}/release": "takes no field", "POST /work/{department}/reports/{report}/close": "takes no field",
	"POST /work/{department}/organisation/officers/{officer}/remove": "takes no field", "POST /work/{department}/organisation/clients/{client}/revoke": "takes no field",
	"POST /work/{department}/organisation/clients/{client}/keys/{key}/revoke": "takes no field",
	"POST /work/{department}/licences/revocations/{request}/{decision}":       "takes no field",
	"POST /report/{class}/{field}":                                            "takes any text", "POST /work/{department}/cases/{case}/look": "takes any text",
	"POST /work/{department}/cases/{case}/ask": "takes any text", "POST /work/{department}/reports/{report}/answer": "takes any text",
	"POST /messages/preferences": "a box that is not ticked is an answer",
}

// internals are what no answer may show.
var internals = regexp.MustCompile(`goroutine \d|\.go:\d+|runtime error|SQLSTATE|SQLITE|constraint failed|near "|sql:|pq:|no such table|invalid byte sequence`)

// TestBadInput sends what nobody should send to every route that changes
// something. The answer is a 4xx with a sentence, and nothing has changed.
func TestBadInput(t *testing.T) {
	engines(t, func(t *testing.T, p *harness.Place) {
		t.Parallel()
		routes, err := app.Routes(t.Context(), t.TempDir(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		city := start(t, p)
		s := sweep{t: t, a: look(t, p), people: map[string]*harness.Client{}, ids: map[string]string{}, origin: city.Origin}
		s.furnish()
		if err := s.a.rest(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range routes {
			if strings.HasPrefix(r.Pattern, "POST ") && r.Access != httpx.System {
				n += s.route(r)
			}
		}
		n += s.software(p) + s.callbacks(p)
		t.Logf("%d bad requests to %d routes", n, len(routes))
		if err := s.a.check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := verified(p); err != nil {
			t.Error(err)
		}
		if log := city.Log(); strings.Contains(log, "panic") || strings.Contains(log, "request failed") {
			t.Errorf("the log tells of failures:\n%s", last(log))
		}
	})
}

// A sweep goes through the routes of one city.
type sweep struct {
	t      *testing.T
	a      *audit
	origin string
	people map[string]*harness.Client
	ids    map[string]string
}

// as returns the browser of somebody who is signed in; "" is nobody.
func (s *sweep) as(who string) *harness.Client {
	s.t.Helper()
	c, ok := s.people[who]
	if !ok {
		c = harness.NewClient(s.origin)
		s.t.Cleanup(c.Close)
		s.people[who] = c
		if who == "" {
			return c
		}
		if err := c.SignIn(who); err != nil {
			s.t.Fatal(err)
		}
	}
	return c
}

// furnish makes things that addresses can name.
func (s *sweep) furnish() {
	s.t.Helper()
	driver := harness.Journey{Who: "resident-5"}
	if err := driver.Walk(s.as("resident-5")); err != nil {
		s.t.Fatal(err)
	}
	s.ids["licence"] = strings.TrimPrefix(driver.Licence, "/licences/")
	s.ids["order"] = strings.TrimPrefix(driver.Submitted, "/payments/")
	id, err := s.as("seventy-one-report").HandIn("seventy-one-report")
	if err != nil {
		s.t.Fatal(err)
	}
	desk := "/work/transport-department/cases/" + id
	officer := s.as("licence-officer")
	rev, err := officer.Rev(desk)
	if err != nil {
		s.t.Fatal(err)
	}
	if a, err := officer.Post(desk+"/claim", url.Values{"rev": {rev}}); err != nil || a.Status != http.StatusSeeOther {
		s.t.Fatalf("claim: %d, %v", a.Status, err)
	}
	s.ids["desk case"] = id
	draft := harness.Journey{Who: "resident-6"}
	if err := draft.Begin(s.as("resident-6")); err != nil {
		s.t.Fatal(err)
	}
	s.ids["case"] = strings.TrimPrefix(draft.Case, "/cases/")
	elder := harness.Journey{Who: "seventy-one"}
	if err := elder.Begin(s.as("seventy-one")); err != nil {
		s.t.Fatal(err)
	}
	s.ids["elder case"] = strings.TrimPrefix(elder.Case, "/cases/")
	s.ids["service"], s.ids["class"], s.ids["field"], s.ids["evidence"] = harness.Renewal, "td.driving-licence", "classes", "licence"
	s.ids["question"], s.ids["provider"], s.ids["persona"], s.ids["source"], s.ids["decision"] = "medical_report", "sandbox", "renewal", "transport", "confirm"
}

// who uses a route, in which department, on which case.
func who(pattern string) (person, department, thing string) {
	switch {
	case strings.Contains(pattern, "/questions/"):
		return "seventy-one", "", "elder case"
	case strings.Contains(pattern, "/cases/{case}") && strings.Contains(pattern, "{department}"):
		return "licence-officer", "transport-department", "desk case"
	case strings.Contains(pattern, "/organisation"):
		return "transport-admin", "transport-department", ""
	case strings.Contains(pattern, "/reports"):
		return "transport-steward", "transport-department", ""
	case strings.Contains(pattern, "/activation"):
		return "counter-clerk", "digital-policy-office", ""
	case strings.Contains(pattern, "{department}"):
		return "licence-officer", "transport-department", ""
	case strings.Contains(pattern, "/cases/"), strings.Contains(pattern, "/account"), strings.Contains(pattern, "/messages"), strings.Contains(pattern, "/consents"):
		return "resident-6", "", "case"
	case strings.HasPrefix(pattern, "POST /payments/callback"), strings.HasPrefix(pattern, "POST /verify"), strings.HasPrefix(pattern, "POST /activate"),
		strings.HasPrefix(pattern, "POST /sign-in"), strings.HasPrefix(pattern, "POST /demo/sign-in"):
		return "", "", ""
	case pattern == "POST /sign-out", pattern == "POST /session/extend":
		return "resident-7", "", ""
	}
	return "resident-5", "", ""
}

var places = regexp.MustCompile(`\{([a-z]+)\}`)

// route sends everything to one route, and returns how much that was.
func (s *sweep) route(r httpx.Route) int {
	s.t.Helper()
	person, department, thing := who(r.Pattern)
	c := s.as(person)
	_, path, _ := strings.Cut(r.Pattern, " ")
	fill := func(strange string) (string, bool) {
		known := true
		return places.ReplaceAllStringFunc(path, func(m string) string {
			name := strings.Trim(m, "{}")
			switch {
			case name == "department":
				return department
			case strange != "":
				return strange
			case name == "case" && thing != "":
				return s.ids[thing]
			case s.ids[name] == "":
				known = false
				return "x"
			}
			return s.ids[name]
		}), known
	}
	before, n := s.state(), 0
	_, free := acts[r.Pattern]
	if to, known := fill(""); !free || !known {
		for _, b := range bodies() {
			if b.name == "nothing, in parts" && strings.Contains(path, "/questions/") {
				continue // that is how a browser says that there is no file
			}
			n++
			s.send(c, r.Pattern, to, b)
		}
	}
	if strings.Contains(strings.ReplaceAll(path, "{department}", ""), "{") {
		for _, id := range strangeIDs() {
			to, _ := fill(id)
			for _, b := range []body{{"", formType, "rev=1&text=x&reason=x"}, {"no UTF-8", formType, "rev=%ff"}} {
				n++
				s.send(c, r.Pattern, to, b)
			}
		}
	}
	s.unchanged(r.Pattern, before)
	return n
}

// mild are the answers that are no refusal, and why they are none.
func mild(pattern string, b body, a harness.Answer) bool {
	switch {
	case pattern == "POST /cases/{case}/consent": // whoever does not agree types the facts
		return a.Status == http.StatusSeeOther && strings.HasSuffix(a.To(), "/facts")
	case pattern == "POST /verify": // what is no credential is told to be forged
		return a.Status == http.StatusOK && strings.Contains(a.Body, "<h1")
	case pattern == "POST /work/{department}/licences": // nothing was found
		return a.Status == http.StatusOK && strings.Contains(a.Body, "<h1")
	case pattern == "POST /work/{department}/cases/{case}/claim": // the officer has it already
		return a.Status == http.StatusSeeOther && strings.HasPrefix(a.To(), "/work/")
	case pattern == "POST /openid/logout": // whoever is signed in is asked first
		return a.Status == http.StatusOK && strings.Contains(a.Body, "<h1")
	case acts[pattern] != "":
		return a.Status < http.StatusInternalServerError
	}
	return false
}

func (s *sweep) send(c *harness.Client, pattern, to string, b body) {
	s.t.Helper()
	a, err := c.Do(http.MethodPost, to, b.contentType, b.text)
	if err != nil {
		if len(b.text) > 6<<20 { // the program has hung up in the middle, as it may
			return
		}
		s.t.Errorf("%s, %s: %v", pattern, b.name, err)
		return
	}
	said := strings.Contains(a.Body, "<h1") || strings.Contains(a.Header.Get("Content-Type"), "problem+json") || strings.Contains(pattern, "callback") && a.Body != "" ||
		strings.HasPrefix(pattern, "POST /openid/") && strings.Contains(a.Body, `"error_description":"`)
	switch {
	case internals.MatchString(a.Body):
		s.t.Errorf("%s (%s), %s: the answer shows %q", pattern, short(to), b.name, internals.FindString(a.Body))
	case mild(pattern, b, a):
	case a.Status < 400 || a.Status >= 500:
		s.t.Errorf("%s (%s), %s: %d to %q: %s", pattern, short(to), b.name, a.Status, a.To(), harness.Words(a.Body))
	case !said:
		s.t.Errorf("%s (%s), %s: %d without a sentence: %.100q", pattern, short(to), b.name, a.Status, a.Body)
	}
}

func short(s string) string { return s[:min(len(s), 120)] }

// software sends bad JSON in requests that are signed as they should be, and good
// JSON in requests that are not.
func (s *sweep) software(p *harness.Place) int {
	s.t.Helper()
	master, err := keys.LoadMaster(filepath.Join(p.Data, "keys", "master"))
	if err != nil {
		s.t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(master.MAC("demo.client-key", nil))
	var before map[string][32]byte
	n := 0
	for _, to := range []string{"/api/v1/exchange/fetch"} {
		for i, b := range jsons() {
			if n++; i == 1 { // the first answer made the key that signs answers
				before = s.state()
			}
			req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.origin+to, bytes.NewReader([]byte(b.text)))
			if err != nil {
				s.t.Fatal(err)
			}
			req.Header.Set("Content-Type", b.contentType)
			if err := sign(req, []byte(b.text), key); err != nil {
				s.t.Fatal(err)
			}
			s.call(req, b, func(status int) bool { return status >= 400 && status < 500 && status != http.StatusUnauthorized })
			for name, value := range map[string]string{
				"Signature": "sig1=:AAAA:", "Signature-Input": `sig1=("@method` + strings.Repeat("(", 2000), "Content-Digest": "sha-256=:\xff:", "Authorization": "Bearer x",
			} {
				n++
				forged := req.Clone(s.t.Context())
				forged.Body = http.NoBody
				if name == "Authorization" {
					forged.Header.Del("Signature")
				}
				forged.Header.Set(name, value)
				s.call(forged, b, func(status int) bool { return status >= 400 && status < 500 })
			}
		}
	}
	s.unchanged("signed requests", before)
	return n
}

// callbacks sends what a provider with the right secret should not say.
func (s *sweep) callbacks(p *harness.Place) int {
	s.t.Helper()
	secrets, err := payprovider.OpenSecrets(filepath.Join(p.Data, "pay"))
	if err != nil {
		s.t.Fatal(err)
	}
	sessions, err := s.a.journal()
	if err != nil {
		s.t.Fatal(err)
	}
	key := s.ids["order"] + "/1"
	event := func(id, key, session, status, minor string) string {
		return fmt.Sprintf(`{"id":%q,"type":"session.%s","created":"2026-01-01T00:00:00Z","data":{"session":%q,"key":%q,"status":%q,"amount":{"minor":%s,"currency":"HKD"}}}`, id, status, session, key, status, minor)
	}
	session := sessions[key].ID
	all := jsons()
	for i, text := range []string{
		event("e1", key, session, "succeeded", "1"), event("e2", key, session, "succeeded", "-90000"), event("e3", key, session, "succeeded", "1e30"),
		event("e4", key, "ps_other", "succeeded", "90000"), event("e5", s.ids["order"]+"/99", session, "succeeded", "90000"), event("e6", "/1", session, "succeeded", "90000"),
		event("e7", "nobody/1", session, "succeeded", "90000"), event("e8", key, session, "no-such-status", "90000"), event("", key, session, "succeeded", "90000"),
		event("e9", s.ids["order"]+"/"+strings.Repeat("9", 400), session, "succeeded", "90000"), event("e10", strings.Repeat("x", 9000), session, "succeeded", "90000"),
	} {
		all = append(all, body{fmt.Sprintf("event %d", i), "application/json", text})
	}
	before, n := s.state(), 0
	for _, b := range all {
		for _, secret := range [][]byte{secrets.Webhook, bytes.Repeat([]byte("A"), 32)} {
			n++
			req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.origin+"/payments/callback/sandbox", strings.NewReader(b.text))
			if err != nil {
				s.t.Fatal(err)
			}
			req.Header.Set("Content-Type", b.contentType)
			webhook.Sign(req.Header, secret, fmt.Sprintf("evt_%d", n), time.Now(), []byte(b.text))
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				s.t.Fatal(err)
			}
			var said bytes.Buffer
			if _, err := said.ReadFrom(res.Body); err != nil {
				s.t.Error(err)
			}
			_ = res.Body.Close() // it was read
			if res.StatusCode < 400 || res.StatusCode >= 500 || said.Len() == 0 || internals.MatchString(said.String()) {
				s.t.Errorf("callback, %s: %d %.300s", b.name, res.StatusCode, said.String())
			}
		}
	}
	s.unchanged("callbacks", before)
	return n
}

func sign(req *http.Request, content []byte, key ed25519.PrivateKey) error {
	public, _ := key.Public().(ed25519.PublicKey)
	return httpsig.Sign(req, content, httpsig.Params{Key: key, KeyID: org.Thumbprint(public), Created: time.Now(), Nonce: httpsig.NewNonce()})
}

func (s *sweep) call(req *http.Request, b body, good func(status int) bool) {
	s.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Errorf("%s: %v", b.name, err)
		return
	}
	defer res.Body.Close()
	var said bytes.Buffer
	if _, err := said.ReadFrom(res.Body); err != nil {
		s.t.Error(err)
	}
	if !good(res.StatusCode) || internals.MatchString(said.String()) || !strings.Contains(res.Header.Get("Content-Type"), "json") {
		s.t.Errorf("%s %s: %d %.300s", req.URL.Path, b.name, res.StatusCode, said.String())
	}
}

// passing tables hold what every request may change.
var passing = []string{"identity_sessions", "identity_ceremonies", "org_nonces", "credential_guesses", "tlog_lease", "tlog_checkpoints"}

// state is a digest of each table.
func (s *sweep) state() map[string][32]byte {
	s.t.Helper()
	q := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	if s.a.d.Engine == db.Postgres {
		q = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name`
	}
	tables, err := s.a.rows(s.t.Context(), q)
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[string][32]byte{}
	for _, name := range tables {
		if slices.Contains(passing, name) {
			continue
		}
		if all[name], err = s.digest(s.t.Context(), name); err != nil {
			s.t.Fatal(err)
		}
	}
	return all
}

func (s *sweep) digest(ctx context.Context, table string) ([32]byte, error) {
	rows, err := s.a.rows(ctx, fmt.Sprintf(`SELECT * FROM %q`, table))
	slices.Sort(rows)
	return sha256.Sum256([]byte(strings.Join(rows, "\n"))), err
}

func (s *sweep) unchanged(what string, before map[string][32]byte) {
	s.t.Helper()
	after := s.state()
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if after[name] != before[name] {
			s.t.Errorf("%s changed %s", what, name)
		}
	}
}
