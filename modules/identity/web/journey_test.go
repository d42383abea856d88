package web_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/modules/identity"
	"causeway/modules/identity/passkey"
	"causeway/modules/identity/passkeytest"
	identitystore "causeway/modules/identity/store"
	identityweb "causeway/modules/identity/web"
	"causeway/platform/fault"
	"causeway/platform/httpx"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
	"causeway/platform/view"
)

const origin = "http://localhost:8080"

// site is identity's pages, served with the headers and guards of the program.
type site struct {
	t       *testing.T
	handler http.Handler
	service *identity.Service
	mux     *httpx.Mux

	mu  sync.Mutex // guards now
	now time.Time
}

type noTrail struct{}

func (noTrail) Record(context.Context, trail.Entry) error { return nil }

type clerkKey struct{}

type desk struct{}

func (desk) Clerk(ctx context.Context) (identity.Clerk, bool) {
	c, ok := ctx.Value(clerkKey{}).(identity.Clerk)
	return c, ok
}

func newSite(t *testing.T, limits identityweb.Limits) *site {
	t.Helper()
	return newSiteAt(t, origin, limits)
}

func newSiteAt(t *testing.T, origin string, limits identityweb.Limits) *site {
	t.Helper()
	d := testkit.SQLite(t, testkit.M{Module: "keys", Files: keys.Migrations}, testkit.M{Module: "identity", Files: identitystore.Migrations})
	master, err := keys.CreateMaster(filepath.Join(t.TempDir(), "master"))
	if err != nil {
		t.Fatal(err)
	}
	party, err := passkey.New(origin, "Causeway")
	if err != nil {
		t.Fatal(err)
	}
	set, err := view.New(view.Options{}, identityweb.Source())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	s.service = identity.New(identity.Deps{
		Units: d, Store: identitystore.New(d), Keys: keys.New(d, master, s.clock), Party: party, Desk: desk{}, Trail: noTrail{},
		Now: s.clock, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	})
	t.Cleanup(s.service.Wait)
	s.mux = httpx.New(httpx.Options{
		Now: s.clock, Title: "t", Version: "1",
		Fail: func(w http.ResponseWriter, r *http.Request, err error) {
			code := ""
			if f, ok := errors.AsType[*fault.Error](err); ok {
				code = f.Code
			}
			if err := set.Fault(w, r, httpx.Status(err), code); err != nil {
				t.Error(err)
			}
		},
		Guards: map[httpx.Access]func(http.Handler) http.Handler{
			httpx.Resident: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !identity.CallerOf(r.Context()).Known() {
						http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
						return
					}
					next.ServeHTTP(w, r)
				})
			},
			httpx.Officer: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					ctx := r.Context()
					if r.Header.Get("Test-Clerk") != "" {
						ctx = context.WithValue(ctx, clerkKey{}, identity.Clerk{
							Person: "clerk", Department: r.PathValue("department"), DepartmentName: lang.Text{En: "Office", Hant: "辦公室", Hans: "办公室"}, Role: "counter-clerk",
						})
					}
					next.ServeHTTP(w, r.WithContext(ctx))
				})
			},
		},
	})
	pages := identityweb.New(identityweb.Options{Service: s.service, View: set, Origin: origin, Now: s.clock, Limits: limits})
	pages.Mount(s.mux)
	s.mux.Handle("GET /static/", httpx.Public, set.Static())
	s.handler = s.mux.Secured(view.Preferences(pages.Sessions(s.mux)))
	return s
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// browser keeps cookies and follows nothing.
type browser struct {
	*site
	device  *passkeytest.Device
	cookies map[string]string
	clerk   bool
	address string
	header  map[string]string
}

func (s *site) browser() *browser {
	return &browser{site: s, device: passkeytest.New(origin), cookies: map[string]string{}, address: "192.0.2.1:1234"}
}

type answer struct {
	code     int
	location string
	body     string
	header   http.Header
}

func (b *browser) get(path string) answer                   { return b.do(http.MethodGet, path, nil) }
func (b *browser) post(path string, form url.Values) answer { return b.do(http.MethodPost, path, form) }

func (b *browser) do(method, path string, form url.Values) answer {
	b.t.Helper()
	r := httptest.NewRequest(method, origin+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.address
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if b.clerk {
		r.Header.Set("Test-Clerk", "yes")
	}
	for k, v := range b.header {
		r.Header.Set(k, v)
	}
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	res := w.Result()
	for _, c := range res.Cookies() {
		if strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode) {
			b.t.Errorf("cookie %s is not kept well: %+v", c.Name, c)
		}
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(body), res.Header}
}

// want fails the test unless a has the status, and location if it redirects.
func (a answer) want(t *testing.T, code int, location string) answer {
	t.Helper()
	if a.code != code || a.location != location {
		t.Fatalf("%d %q, want %d %q\n%s", a.code, a.location, code, location, a.body)
	}
	return a
}

var (
	optionsRx  = regexp.MustCompile(`data-options="([^"]*)"`)
	ceremonyRx = regexp.MustCompile(`name="ceremony" value="([^"]*)"`)
	codeRx     = regexp.MustCompile(`id="code">([0-9A-Z-]{23})<`)
)

func (a answer) find(t *testing.T, rx *regexp.Regexp) string {
	t.Helper()
	m := rx.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no %v in %s", rx, a.body)
	}
	return html.UnescapeString(m[1])
}

// press does what the script does with a page that asks for a passkey.
func (b *browser) press(page answer, form url.Values) url.Values {
	b.t.Helper()
	act := b.device.Create
	if strings.Contains(page.body, `data-passkey="get"`) {
		act = b.device.Get
	}
	response, err := act([]byte(page.find(b.t, optionsRx)))
	if err != nil {
		b.t.Fatal(err)
	}
	form.Set("ceremony", page.find(b.t, ceremonyRx))
	form.Set("response", string(response))
	return form
}

func number(t *testing.T, body string) identity.HKID {
	t.Helper()
	n, err := identity.CompleteHKID(body)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// letter has a clerk issue a code, and returns the page with it.
func (s *site) letter() answer {
	s.t.Helper()
	clerk := s.browser()
	clerk.clerk = true
	clerk.get("/work/office/activation").want(s.t, 200, "")
	a := clerk.post("/work/office/activation", url.Values{
		"number": {"a123456(3)"}, "name": {"Chan Tai Man"}, "email": {"chan@example.hk"}, "language": {"zh-Hant"}, "document": {"identity-card"},
	})
	if a.code != 303 || !strings.HasPrefix(a.location, "/work/office/activation/") {
		s.t.Fatalf("%d %q %s", a.code, a.location, a.body)
	}
	return clerk.get(a.location).want(s.t, 200, "")
}

// activate makes a passkey in b with a new code.
func (b *browser) activate() {
	b.t.Helper()
	code := b.letter().find(b.t, codeRx)
	b.get("/activate/"+code).want(b.t, 303, "/activate/confirm")
	b.get("/activate/confirm").want(b.t, 200, "")
	b.post("/activate/confirm", url.Values{"number": {"A123456(3)"}}).want(b.t, 303, "/activate/passkey")
	page := b.get("/activate/passkey").want(b.t, 200, "")
	b.post("/activate/passkey", b.press(page, url.Values{"name": {"My phone"}})).want(b.t, 303, "/activate/done?cleared=false")
	b.get("/activate/done").want(b.t, 200, "")
}

// TestJourney: from the counter to signing in again on another page; and nothing
// of it that is secret or personal is logged, or stands in an address.
func TestJourney(t *testing.T) {
	var logged bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(was) })

	s := newSite(t, identityweb.Limits{})
	b := s.browser()
	letter := s.letter()
	if !strings.Contains(letter.body, "Chan Tai Man：") || !strings.Contains(letter.body, `lang="zh-Hant"`) || strings.Contains(letter.body, "123456") {
		t.Errorf("letter: %s", letter.body)
	}
	b.get("/account").want(t, 303, "/sign-in?next=%2Faccount")
	b.activate()
	account := b.get("/account").want(t, 200, "")
	for _, want := range []string{"Chan Tai Man", "A12••••(•)", "chan@example.hk", "My phone", "Firefox, Linux"} {
		if !strings.Contains(account.body, want) {
			t.Errorf("the account page lacks %q", want)
		}
	}
	session := b.cookies["__Host-session"]
	b.post("/session/extend", nil).want(t, 204, "")
	b.post("/sign-out", nil).want(t, 303, "/sign-out")
	b.get("/sign-out").want(t, 200, "")
	b.cookies["__Host-session"] = session
	b.get("/account").want(t, 303, "/sign-in?next=%2Faccount")

	page := b.get("/sign-in?next=%2Faccount%2Fpasskeys%2Fadd").want(t, 200, "")
	if !strings.Contains(page.body, "You were signed out") {
		t.Error("the page does not say why to sign in again")
	}
	b.post("/sign-in", b.press(page, url.Values{"next": {"/account/passkeys/add"}})).want(t, 303, "/account/passkeys/add")
	b.get("/sign-in").want(t, 303, "/")

	phone := b.device
	b.device = passkeytest.New(origin)
	b.post("/account/passkeys/add", b.press(b.get("/account/passkeys/add"), url.Values{"name": {"Tablet"}})).want(t, 303, "/account?done=added")
	account = b.get("/account?done=added").want(t, 200, "")
	remove := regexp.MustCompile(`href="(/account/passkeys/[^"]+/remove)"`).FindAllStringSubmatch(account.body, -1)
	if len(remove) != 2 {
		t.Fatalf("%d passkeys", len(remove))
	}
	other := s.browser()
	other.device = phone
	other.post("/sign-in", other.press(other.get("/sign-in"), url.Values{})).want(t, 303, "/")
	b.get(remove[0][1]).want(t, 200, "")
	b.post(remove[0][1], nil).want(t, 303, "/account?done=removed")
	other.get("/account").want(t, 303, "/sign-in?next=%2Faccount")
	if a := b.post(remove[1][1], nil); a.code != 422 || !strings.Contains(a.body, "last passkey") {
		t.Errorf("the last passkey: %d %s", a.code, a.body)
	}
	b.post("/account/language", url.Values{"language": {"zh-Hans"}}).want(t, 303, "/account?done=language&lang=zh-Hans")
	if a := b.get("/account?done=language&lang=zh-Hans"); !strings.Contains(a.body, "语言已保存") {
		t.Error("the language was not changed")
	}
	end := regexp.MustCompile(`action="(/account/sessions/[^"]+/end)"`).FindStringSubmatch(b.get("/account").body)
	b.post(end[1], nil).want(t, 303, "/sign-out")
	for _, secret := range []string{"Chan", "chan@", "A123456", "123456", session, letter.find(t, codeRx), "localhost:8080/activate/"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("%q is logged: %s", secret, logged.String())
		}
	}
}

func TestRecoveryAsks(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	old, b := s.browser(), s.browser()
	old.activate()
	code := s.letter().find(t, codeRx)
	b.post("/activate", url.Values{"code": {strings.ToLower(code)}}).want(t, 303, "/activate/confirm")
	b.post("/activate/confirm", url.Values{"number": {"A123456(3)"}}).want(t, 303, "/activate/passkey")
	page := b.get("/activate/passkey").want(t, 200, "")
	if a := b.post("/activate/passkey", b.press(page, url.Values{"name": {"New"}})); a.code != 422 || !strings.Contains(a.body, "Choose what happens") {
		t.Fatalf("without a choice: %d %s", a.code, a.body)
	}
	page = b.get("/activate/passkey").want(t, 200, "")
	b.post("/activate/passkey", b.press(page, url.Values{"name": {"New"}, "others": {"end"}})).want(t, 303, "/activate/done?cleared=true")
	if a := b.get("/activate/done?cleared=true"); !strings.Contains(a.body, "All your other passkeys have ended") {
		t.Error("the page does not say that the others ended")
	}
	old.get("/account").want(t, 303, "/sign-in?next=%2Faccount")
	if a := old.post("/sign-in", old.press(old.get("/sign-in"), url.Values{})); a.code != 422 || !strings.Contains(a.body, "not known here any more") {
		t.Errorf("a passkey that ended: %d %s", a.code, a.body)
	}
}
