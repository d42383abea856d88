package web_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	orgstore "causeway/modules/org/store"
	orgweb "causeway/modules/org/web"
	"causeway/platform/day"
	"causeway/platform/fault"
	"causeway/platform/httpsig"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
	"causeway/platform/view/viewtest"
)

var now = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

type fakes struct{}

func (fakes) Record(context.Context, trail.Entry) error          { return nil }
func (fakes) SealShared(_ string, plain []byte) ([]byte, error)  { return plain, nil }
func (fakes) OpenShared(_ string, sealed []byte) ([]byte, error) { return sealed, nil }
func (fakes) Contact(_ context.Context, p identity.PersonID) (identity.Contact, error) {
	return identity.Contact{Name: "Name of " + string(p)}, nil
}

func (fakes) MAC(label string, data []byte) []byte {
	h := hmac.New(sha256.New, []byte(label))
	h.Write(data)
	return h.Sum(nil)
}

func (fakes) Find(_ context.Context, n identity.HKID) (identity.PersonID, error) {
	if n.Reveal() == "A1234563" {
		return "wong", nil
	}
	return "", identity.ErrNoPerson
}

type city struct {
	*org.Service
	*httptest.Server
	answer ed25519.PrivateKey
}

// newCity serves the pages to whoever the header Test-Person names.
func newCity(t *testing.T) *city {
	t.Helper()
	d := testkit.SQLite(t, testkit.M{Module: "org", Files: orgstore.Migrations})
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var ids atomic.Int64
	c := &city{answer: key}
	c.Service = org.New(org.Deps{
		Units: d, Store: orgstore.New(d), Keys: fakes{}, People: fakes{}, Trail: fakes{}, Now: clock,
		NewID: func() string { return fmt.Sprint("id-", ids.Add(1)) },
	})
	for _, id := range []org.ID{"transport-department", "housing-department"} {
		if err := c.Create(t.Context(), org.Department{ID: id, Name: lang.Text{En: string(id), Hant: "署", Hans: "署"}}); err != nil {
			t.Fatal(err)
		}
	}
	fail := func(w http.ResponseWriter, _ *http.Request, err error) {
		code := ""
		if f, ok := errors.AsType[*fault.Error](err); ok {
			code = f.Code
		}
		http.Error(w, code, httpx.Status(err))
	}
	person := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := identity.PersonID(r.Header.Get("Test-Person"))
			next.ServeHTTP(w, r.WithContext(identity.WithCaller(r.Context(), identity.Caller{Person: p})))
		})
	}
	officer := orgweb.OfficerGuard(c.Service, fail)
	m := httpx.New(httpx.Options{
		Now: clock, Title: "t", Version: "1", Fail: fail,
		Guards: map[httpx.Access]func(http.Handler) http.Handler{
			httpx.Resident: person,
			httpx.Officer:  func(next http.Handler) http.Handler { return person(officer(next)) },
			httpx.System: orgweb.ClientGuard(orgweb.ClientOptions{
				Software: c.Service, Now: clock,
				Key: func(context.Context) (string, crypto.Signer, error) { return "causeway", key, nil },
			}),
		},
	})
	orgweb.Mount(m, orgweb.Deps{
		Orgs: c.Service, Views: viewtest.Set(t, orgweb.Source()), Now: clock,
		Roles: func(context.Context, org.ID) []string { return []string{"licence-officer"} },
		Keys:  func(context.Context) ([]byte, error) { return []byte(`{"keys":[]}`), nil },
		RoleName: func(_ context.Context, role string) (lang.Text, bool) {
			return lang.Text{En: "Ferry officer", Hant: "渡輪主任", Hans: "渡轮主任"}, role == "ferry-officer"
		},
		Endings: func(context.Context, org.ID) ([]orgweb.Ending, error) {
			return []orgweb.Ending{{Calendar: "hk-general-holidays", Last: day.Of(2027, 12, 31), Services: []lang.Text{{En: "Renew a licence"}}}}, nil
		},
	})
	m.Handle("POST /api/v1/echo", httpx.System, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	c.Server = httptest.NewServer(m)
	t.Cleanup(c.Close)
	return c
}

// TestWorkPage: administrators alone read of a calendar that ends, and a role of a
// service's own goes by the service's words.
func TestWorkPage(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for person, roles := range map[identity.PersonID][]string{"chan": {org.DepartmentAdmin, "ferry-officer"}, "lee": {"licence-officer"}} {
		if _, err := c.Appoint(t.Context(), "transport-department", person, roles...); err != nil {
			t.Fatal(err)
		}
	}
	const ends, service = "hk-general-holidays” ends on 31 December 2027", "Renew a licence"
	for person, told := range map[string]bool{"chan": true, "lee": false} {
		code, body := c.visit(t, person, "/work", nil)
		if code != http.StatusOK || strings.Contains(body, ends) != told || strings.Contains(body, service) != told {
			t.Errorf("%s: %d, told %t: %s", person, code, !told, body)
		}
		if strings.Contains(body, "Ferry officer") != told || strings.Contains(body, "ferry-officer") {
			t.Errorf("%s reads a slug: %s", person, body)
		}
	}
}

// visit returns what person gets; a form posts it.
func (c *city) visit(t *testing.T, person, path string, form url.Values) (int, string) {
	t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Test-Person", person)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := c.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if at := resp.Header.Get("Location"); at != "" {
		return resp.StatusCode, at
	}
	return resp.StatusCode, string(b)
}

func TestOrganisation(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ctx := t.Context()
	for _, o := range []struct {
		p identity.PersonID
		d org.ID
		r string
	}{{"chan", "transport-department", org.DepartmentAdmin}, {"lee", "transport-department", "licence-officer"}, {"ho", "housing-department", org.DepartmentAdmin}} {
		if _, err := c.Appoint(ctx, o.d, o.p, o.r); err != nil {
			t.Fatal(err)
		}
	}
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const at = "/work/transport-department/organisation"
	key := base64.StdEncoding.EncodeToString(pub)
	lee := c.Subject(ctx, "transport-department", "lee")
	wong := c.Subject(ctx, "transport-department", "wong")
	for _, test := range []struct {
		person, path string
		form         url.Values
		status       int
		want         string
	}{
		{"chan", "/work", nil, 200, "transport-department"},
		{"nobody", "/work", nil, 200, "not an officer"},
		{"", "/work", nil, 401, "identity.sign-in"},
		{"lee", "/work/transport-department", nil, 200, "Licensing officer"},
		{"ho", "/work/transport-department", nil, 404, "org.not-officer"},
		{"ho", "/work/no-department", nil, 404, "org.not-officer"},
		{"", "/work/transport-department", nil, 401, "identity.sign-in"},
		{"chan", at, nil, 200, "Name of lee"},
		{"lee", at, nil, 403, "org.role"},
		{"ho", at, nil, 404, "org.not-officer"},
		{"chan", at + "/officers/new", nil, 200, "licence-officer"},
		{"lee", at + "/officers/new", nil, 403, "org.role"},
		{"lee", at + "/officers/new", url.Values{"number": {"A123456(3)"}, "roles": {"x"}}, 403, "org.role"},
		{"chan", at + "/officers/new", url.Values{"number": {"A123456(4)"}, "roles": {"x"}}, 422, "check digit"},
		{"chan", at + "/officers/new", url.Values{"number": {"G123456(A)"}, "roles": {"x"}}, 422, "Nobody with this number"},
		{"chan", at + "/officers/new", url.Values{"number": {"A123456(3)"}}, 422, "at least one role"},
		{"chan", at + "/officers/new", url.Values{"number": {"A123456(3)"}, "other": {"<b>"}}, 422, "&lt;b&gt;"},
		{"chan", at + "/officers/new", url.Values{"number": {"A123456(3)"}, "roles": {"licence-officer"}, "other": {"head-of-x"}}, 303, at},
		{"chan", at + "/officers/new", url.Values{"number": {"A123456(3)"}, "roles": {"x"}}, 422, "already"},
		{"chan", at + "/officers/" + wong, nil, 200, "head-of-x"},
		{"chan", at + "/officers/wong", nil, 404, "org.not-officer"},
		{"ho", at + "/officers/" + wong, nil, 404, "org.not-officer"},
		{"chan", at + "/officers/" + lee + "/roles", url.Values{}, 422, "at least one role"},
		{"chan", at + "/officers/" + lee + "/roles", url.Values{"roles": {org.DepartmentAdmin}}, 303, at},
		{"lee", at + "/officers/" + wong + "/remove", url.Values{}, 303, at},
		{"wong", "/work/transport-department", nil, 404, "org.not-officer"},
		{"chan", at + "/clients/new", nil, 200, "public key"},
		{"wong", at + "/clients/new", url.Values{}, 404, "org.not-officer"},
		{"chan", at + "/clients/new", url.Values{"name": {"A"}, "key": {"x"}}, 422, "Ed25519 public key as"},
		{"chan", at + "/clients/new", url.Values{"name": {""}, "key": {key}}, 422, "100 characters"},
		{"chan", at + "/clients/new", url.Values{"name": {"A"}, "key": {"-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----"}}, 422, "private key"},
		{"chan", at + "/clients/no", nil, 404, "org.no-client"},
	} {
		status, got := c.visit(t, test.person, test.path, test.form)
		if status != test.status || !strings.Contains(got, test.want) {
			t.Errorf("%s at %s: %d %s, want %d %s", test.person, test.path, status, text(got), test.status, test.want)
		}
		if strings.Contains(got, "U0VDUkVU") {
			t.Error("a secret is sent back")
		}
	}

	status, client := c.visit(t, "chan", at+"/clients/new", url.Values{"name": {"Licensing"}, "key": {key}})
	if status != 303 {
		t.Fatal(status, text(client))
	}
	if status, got := c.visit(t, "chan", client, nil); status != 200 || !strings.Contains(got, org.Thumbprint(pub)) {
		t.Error(status, text(got))
	}
	other, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if status, got := c.visit(t, "chan", client+"/keys", url.Values{"key": {key}}); status != 422 || !strings.Contains(got, "registered already") {
		t.Error(status, text(got))
	}
	if status, _ := c.visit(t, "chan", client+"/keys", url.Values{"key": {base64.StdEncoding.EncodeToString(other)}, "overlap": {"7"}}); status != 303 {
		t.Error(status)
	}
	if status, _ := c.visit(t, "ho", client+"/keys/"+org.Thumbprint(pub)+"/revoke", url.Values{}); status != 404 {
		t.Error(status)
	}
	if status, _ := c.visit(t, "chan", client+"/keys/"+org.Thumbprint(pub)+"/revoke", url.Values{}); status != 303 {
		t.Error(status)
	}
	if status, _ := c.visit(t, "chan", client+"/revoke", url.Values{}); status != 303 {
		t.Error(status)
	}
	if status, got := c.visit(t, "chan", client, nil); status != 200 || !strings.Contains(got, "None of its keys") {
		t.Error(status, text(got))
	}
}

var tagRx = regexp.MustCompile(`(?s)<head.*</head>|<[^>]*>|\s+`)

func text(page string) string {
	s := tagRx.ReplaceAllString(page, " ")
	return s[max(0, len(s)-300):]
}

// send signs a request as software does and returns the answer.
func (c *city) send(t *testing.T, key ed25519.PrivateKey, method, path, body, nonce string, change func(*http.Request)) (*http.Request, *http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no key")
	}
	if err := httpsig.Sign(r, []byte(body), httpsig.Params{Key: key, KeyID: org.Thumbprint(pub), Created: now, Nonce: nonce}); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := c.Client().Do(r)
	if err != nil {
		t.Error(err)
		return r, nil, nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return r, resp, b
}

func TestSoftware(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Enrol(t.Context(), "transport-department", "licensing", "Licensing system", pub)
	if err != nil {
		t.Fatal(err)
	}
	r, resp, body := c.send(t, key, "GET", "/api/v1/whoami", "", httpsig.NewNonce(), nil)
	var who struct{ Client, Name, Department, Key string }
	if err := json.Unmarshal(body, &who); err != nil || resp.StatusCode != 200 || who.Client != s.ID || who.Department != "transport-department" || who.Key != org.Thumbprint(pub) {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
	answers := httpsig.Policy{Now: clock, Nonce: true, Keys: func(context.Context, string) (httpsig.Key, error) { return httpsig.PublicKey(c.answer.Public()) }}
	if v, err := httpsig.VerifyResponse(resp, body, r, answers); err != nil || v.KeyID != "causeway" {
		t.Errorf("answer: %+v, %v", v, err)
	}
	if _, resp, body := c.send(t, key, "POST", "/api/v1/echo", "hello", httpsig.NewNonce(), nil); resp.StatusCode != 200 || string(body) != "hello" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	used := httpsig.NewNonce()
	c.send(t, key, "GET", "/api/v1/whoami", "", used, nil)
	for _, test := range []struct {
		name   string
		key    ed25519.PrivateKey
		body   string
		nonce  string
		change func(*http.Request)
		status int
		want   string
	}{
		{"replay", key, "", used, nil, 401, "org.signature-replay"},
		{"stranger", stranger, "", "", nil, 401, "org.signature-unknown-key"},
		{"unsigned", key, "", "", func(r *http.Request) { r.Header.Del("Signature") }, 401, "org.signature-missing"},
		{"another body", key, "a", "", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("b")) }, 401, "org.signature-digest"},
		{"huge", key, strings.Repeat("a", 65<<10), "", nil, 413, "org.signature-too-large"},
		{"another path", key, "", "", func(r *http.Request) { r.URL.RawQuery = "x=1" }, 401, "org.signature-mismatch"},
		{"nonsense", key, "", "", func(r *http.Request) { r.Header.Set("Signature-Input", "\xff((") }, 401, "org.signature-malformed"},
	} {
		nonce := test.nonce
		if nonce == "" {
			nonce = httpsig.NewNonce()
		}
		_, resp, body := c.send(t, test.key, "POST", "/api/v1/echo", test.body, nonce, test.change)
		if resp.StatusCode != test.status || !bytes.Contains(body, []byte(test.want)) {
			t.Errorf("%s: %d %s", test.name, resp.StatusCode, body)
		}
	}

	var through atomic.Int64
	var wg sync.WaitGroup
	once := httpsig.NewNonce()
	for range 12 {
		wg.Go(func() {
			if _, resp, _ := c.send(t, key, "GET", "/api/v1/whoami", "", once, nil); resp != nil && resp.StatusCode == 200 {
				through.Add(1)
			}
		})
	}
	wg.Wait()
	if through.Load() != 1 {
		t.Errorf("%d of one request were let through", through.Load())
	}

	admin, err := c.Appoint(t.Context(), "transport-department", "chan", org.DepartmentAdmin)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RevokeClient(t.Context(), admin, s.ID); err != nil {
		t.Fatal(err)
	}
	if _, resp, body := c.send(t, key, "GET", "/api/v1/whoami", "", httpsig.NewNonce(), nil); resp.StatusCode != 401 {
		t.Errorf("revoked: %d %s", resp.StatusCode, body)
	}
}
