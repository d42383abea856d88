package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"causeway/modules/identity"
	identityweb "causeway/modules/identity/web"
	"causeway/platform/lang"
)

// TestBadForms: what is wrong is said beside the form, with nothing changed.
func TestBadForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	b := s.browser()
	b.activate()
	stranger := s.browser()
	clerk := s.browser()
	clerk.clerk = true
	huge := strings.Repeat("x", 60_000)
	counter := func(change ...string) url.Values {
		f := url.Values{"number": {"A123456(3)"}, "name": {"Chan"}, "language": {"en"}, "document": {"passport"}}
		for i := 0; i < len(change); i += 2 {
			f.Set(change[i], change[i+1])
		}
		return f
	}
	for name, test := range map[string]struct {
		b    *browser
		path string
		form url.Values
		code int
		says string
	}{
		"sign in without script":   {stranger, "/sign-in", url.Values{}, 422, "need JavaScript"},
		"sign in with rubbish":     {stranger, "/sign-in", url.Values{"ceremony": {"x"}, "response": {"{}"}}, 422, "open for too long"},
		"sign in, huge":            {stranger, "/sign-in", url.Values{"ceremony": {"x"}, "response": {huge}}, 422, "could not be checked"},
		"sign in, not UTF-8":       {stranger, "/sign-in", url.Values{"ceremony": {"\xff"}, "response": {"\xff"}}, 422, "open for too long"},
		"code, empty":              {stranger, "/activate", url.Values{}, 422, "Enter the code"},
		"code, mistyped":           {stranger, "/activate", url.Values{"code": {"AAAAA-AAAAA-AAAAA-AAAAB"}}, 422, "Enter the code"},
		"code, unknown":            {stranger, "/activate", url.Values{"code": {"00000-00000-00000-00000"}}, 422, "Enter the code"},
		"code, huge":               {stranger, "/activate", url.Values{"code": {huge}}, 422, "Enter the code"},
		"code, script":             {stranger, "/activate", url.Values{"code": {"<script>alert(1)</script>"}}, 422, "&lt;script&gt;"},
		"confirm without a code":   {stranger, "/activate/confirm", url.Values{"number": {"A123456(3)"}}, 422, "open for too long"},
		"passkey without a code":   {stranger, "/activate/passkey", url.Values{}, 303, ""},
		"extend, nobody":           {stranger, "/session/extend", url.Values{}, 401, "sign in"},
		"counter, number":          {clerk, "/work/o/activation", counter("number", "A123456(4)"), 422, "Enter an identity card number"},
		"counter, name":            {clerk, "/work/o/activation", counter("name", "\x00"), 422, "Enter the full name"},
		"counter, email":           {clerk, "/work/o/activation", counter("email", "x"), 422, "Enter an e-mail address"},
		"counter, language":        {clerk, "/work/o/activation", counter("language", "xx"), 422, "Choose one of the three languages"},
		"counter, document":        {clerk, "/work/o/activation", counter("document", "xx"), 422, "Choose the document"},
		"counter, no clerk":        {stranger, "/work/o/activation", counter(), 403, "cannot issue"},
		"add without script":       {b, "/account/passkeys/add", url.Values{"name": {"x"}}, 422, "need JavaScript"},
		"add without name":         {b, "/account/passkeys/add", url.Values{"response": {"{}"}}, 422, "Give the passkey a name"},
		"remove what is not there": {b, "/account/passkeys/x/remove", url.Values{}, 404, "could not find this passkey"},
		"remove, not UTF-8":        {b, "/account/passkeys/%ff%00/remove", url.Values{}, 404, "There is no such page"},
		"end what is not there":    {b, "/account/sessions/x/end", url.Values{}, 404, "signed out already"},
		"end, not UTF-8":           {b, "/account/sessions/%ff%00/end", url.Values{}, 404, "There is no such page"},
		"language":                 {b, "/account/language", url.Values{"language": {"fr"}}, 422, "Choose one of the three languages"},
	} {
		a := test.b.post(test.path, test.form)
		if a.code != test.code || !strings.Contains(a.body, test.says) {
			t.Errorf("%s: %d, want %d and %q\n%s", name, a.code, test.code, test.says, a.body)
		}
	}
	clerk.get("/work/o/activation/%ff").want(t, 404, "")
	if a := stranger.get("/activate/%00"); a.code != 404 {
		t.Errorf("a code with NUL: %d", a.code)
	}
}

// TestAnotherPersons: what is somebody else's is not there.
func TestAnotherPersons(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	a, b := s.browser(), s.browser()
	a.activate()
	p, err := s.service.Create(t.Context(), identity.NewPerson{Number: number(t, "B123456"), Name: "Other", Lang: lang.English})
	if err != nil {
		t.Fatal(err)
	}
	if b.cookies["__Host-session"], err = s.service.NewSession(t.Context(), p.ID, identity.Low, "online", ""); err != nil {
		t.Fatal(err)
	}
	b.get("/account").want(t, 200, "")
	page := a.get("/account").body
	for _, rx := range []string{`/account/passkeys/[0-9a-f-]+/remove`, `/account/sessions/[0-9a-f-]+/end`} {
		path := regexp.MustCompile(rx).FindString(page)
		b.post(path, nil).want(t, 404, "")
		if strings.HasSuffix(path, "/remove") {
			b.get(path).want(t, 404, "")
		}
	}
	a.get("/account").want(t, 200, "")
}

func TestNext(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	b := s.browser()
	b.activate()
	for _, bad := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "evil", "/\tx", "/%zz", "/sign-out", strings.Repeat("/x", 600), "http:/x"} {
		b.get("/sign-in?next="+url.QueryEscape(bad)).want(t, 303, "/")
	}
	for _, good := range []string{"/", "/cases/1?x=y", "/work/o/cases#top"} {
		b.get("/sign-in?next="+url.QueryEscape(good)).want(t, 303, good)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{Activate: identityweb.Limit{Every: 10 * time.Second, Burst: 3}})
	b, other := s.browser(), s.browser()
	other.address = "198.51.100.7:1"
	b.address = "[2001:db8::1]:1"
	guess := url.Values{"code": {"AAAAA-AAAAA-AAAAA-AAAAB"}}
	for range 3 {
		b.post("/activate", guess).want(t, 422, "")
	}
	b.address = "[2001:db8::ffff]:1" // the same subscriber
	if a := b.post("/activate", guess); a.code != 429 || a.header.Get("Retry-After") != "10" || !strings.Contains(a.body, "Wait a minute") {
		t.Errorf("%d, Retry-After %q", a.code, a.header.Get("Retry-After"))
	}
	b.get("/activate/AAAAA-AAAAA-AAAAA-AAAAB").want(t, 429, "")
	other.post("/activate", guess).want(t, 422, "")
	b.get("/activate").want(t, 200, "")
	s.pass(10 * time.Second)
	b.post("/activate", guess).want(t, 422, "")
	b.post("/activate", guess).want(t, 429, "")
}

// TestCrossSite: another site can neither sign anybody in nor out.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	b := s.browser()
	b.activate()
	form := b.press(s.browser().get("/sign-in"), url.Values{})
	b.header = map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
	for _, path := range []string{"/sign-in", "/sign-out", "/session/extend", "/account/language"} {
		if a := b.post(path, form); a.code != 403 {
			t.Errorf("%s from another site: %d", path, a.code)
		}
	}
	b.header = nil
	b.get("/account").want(t, 200, "")
}

func TestScript(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	a := s.browser().get("/static-identity/passkey.js?v=x").want(t, 200, "")
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/javascript") || !strings.Contains(a.body, "navigator.credentials") {
		t.Errorf("%v", a.header)
	}
}
