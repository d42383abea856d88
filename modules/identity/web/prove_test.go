package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"causeway/modules/identity/passkeytest"
	identityweb "causeway/modules/identity/web"
)

// TestProve: an open browser that somebody found changes nothing about how its
// owner signs in; the owner does, with a passkey, and comes back to the page.
func TestProve(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	b := s.browser()
	b.activate()
	b.get("/account/prove?next=/account/passkeys/add").want(t, 303, "/account/passkeys/add") // just signed in
	add := b.get("/account/passkeys/add").want(t, 200, "")
	s.pass(6 * time.Minute)
	remove := regexp.MustCompile(`href="(/account/passkeys/[^"]+/remove)"`).FindStringSubmatch(b.get("/account").body)[1]
	phone := b.device
	b.device = passkeytest.New(origin)
	asked := "/account/prove?next=" + url.QueryEscape("/account/passkeys/add")
	b.post("/account/passkeys/add", b.press(add, url.Values{"name": {"Thief"}})).want(t, 303, asked)
	b.get("/account/passkeys/add").want(t, 303, asked)
	b.get(remove).want(t, 303, "/account/prove?next="+url.QueryEscape(remove))
	b.post(remove, nil).want(t, 303, "/account/prove?next="+url.QueryEscape(remove))

	old := b.cookies["__Host-session"]
	page := b.get(asked).want(t, 200, "")
	if !strings.Contains(page.body, "allowCredentials") {
		t.Error("the page asks for no passkey of this person")
	}
	if a := b.post("/account/prove", url.Values{"next": {"/"}}); a.code != 422 || !strings.Contains(a.body, "needs JavaScript") && !strings.Contains(a.body, "script") {
		t.Errorf("without script: %d %s", a.code, a.body)
	}
	b.device = phone
	page = b.get(asked).want(t, 200, "")
	b.post("/account/prove", b.press(page, url.Values{"next": {"//evil.example/"}})).want(t, 303, "/account")
	if b.cookies["__Host-session"] == old {
		t.Error("the session keeps its token")
	}
	thief := s.browser()
	thief.cookies["__Host-session"] = old
	thief.get("/account").want(t, 303, "/sign-in?next=%2Faccount")
	b.device = passkeytest.New(origin)
	page = b.get("/account/passkeys/add").want(t, 200, "")
	if !strings.Contains(page.body, `value="Firefox, Linux"`) {
		t.Error("no name is suggested")
	}
	b.post("/account/passkeys/add", b.press(page, url.Values{"name": {"Firefox, Linux"}})).want(t, 303, "/account?done=added")
	if a := b.get("/account/passkeys/add"); !strings.Contains(a.body, `value="Firefox, Linux (2)"`) {
		t.Error("a name that is taken is suggested")
	}
}

// TestRenamePage changes the name of a passkey, and says what is wrong with one.
func TestRenamePage(t *testing.T) {
	t.Parallel()
	b := newSite(t, identityweb.Limits{}).browser()
	b.activate()
	rename := regexp.MustCompile(`href="(/account/passkeys/[^"]+/rename)"`).FindStringSubmatch(b.get("/account").body)[1]
	if a := b.get(rename).want(t, 200, ""); !strings.Contains(a.body, `value="My phone"`) {
		t.Error("the form does not have the old name")
	}
	if a := b.post(rename, url.Values{"name": {""}}); a.code != 422 || !strings.Contains(a.body, "at most 60") {
		t.Errorf("without a name: %d %s", a.code, a.body)
	}
	b.post(rename, url.Values{"name": {"Office laptop"}}).want(t, 303, "/account?done=renamed")
	if a := b.get("/account?done=renamed"); !strings.Contains(a.body, "Office laptop") || strings.Contains(a.body, "My phone") {
		t.Error("the account page has the old name")
	}
}

// TestSignOutElsewhere: a session ended on another device, one at a time and all
// at once, and the browser there is told why.
func TestSignOutElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	b := s.browser()
	b.activate()
	if strings.Contains(b.get("/account").body, "end-others") {
		t.Error("there is nowhere else to sign out")
	}
	var others []*browser
	for range 3 {
		o := s.browser()
		o.device = b.device
		o.post("/sign-in", o.press(o.get("/sign-in"), url.Values{})).want(t, 303, "/")
		o.get("/account").want(t, 200, "")
		others = append(others, o)
	}
	own := regexp.MustCompile(`action="(/account/sessions/[^"]+/end)"`).FindAllStringSubmatch(others[0].get("/account").body, -1)
	if len(own) != 4 {
		t.Fatalf("%d sessions", len(own))
	}
	b.post(own[0][1], nil) // the latest: the third browser's, as the clock stands still they come by id
	ended := 0
	for _, o := range others {
		if a := o.get("/account"); a.code == 303 {
			ended++
			if page := o.get(a.location).want(t, 200, ""); !strings.Contains(page.body, "You were signed out") {
				t.Error("the other device is not told why")
			}
		}
	}
	if ended != 1 {
		t.Errorf("%d of three ended, want one", ended)
	}
	b.post("/account/sessions/end-others", nil).want(t, 303, "/account?done=ended-others")
	for i, o := range others {
		if a := o.get("/account"); a.code != 303 {
			t.Errorf("browser %d is still signed in", i)
		}
	}
	if a := b.get("/account?done=ended-others").want(t, 200, ""); !strings.Contains(a.body, "signed out everywhere else") {
		t.Error("the page does not say so")
	}
}

// TestRecoveryKeeps: a letter alone ends the passkeys that there are; who uses one
// of them in the same browser first may keep them.
func TestRecoveryKeeps(t *testing.T) {
	t.Parallel()
	s := newSite(t, identityweb.Limits{})
	old := s.browser()
	old.activate()
	b := s.browser()
	b.get("/activate/"+s.letter().find(t, codeRx)).want(t, 303, "/activate/confirm")
	b.post("/activate/confirm", url.Values{"number": {"A123456(3)"}}).want(t, 303, "/activate/passkey")
	page := b.get("/activate/passkey").want(t, 200, "")
	if !strings.Contains(page.body, `name="others" value="end"`) || strings.Contains(page.body, `value="keep"`) {
		t.Error("the page offers to keep what nobody has shown")
	}
	if a := b.post("/activate/passkey", b.press(page, url.Values{"name": {"New"}, "others": {"keep"}})); a.code != 422 || !strings.Contains(a.body, "once more first") {
		t.Fatalf("kept without proof: %d %s", a.code, a.body)
	}
	prove := "/account/prove?next=/activate/passkey"
	if !strings.Contains(page.body, `href="`+prove+`"`) {
		t.Fatal("the page leads to no proof")
	}
	made := b.device
	b.device = old.device
	a := b.get(prove)
	page = b.get(a.location).want(t, 200, "")
	b.post("/sign-in", b.press(page, url.Values{"next": {"/account/prove?next=/activate/passkey"}})).want(t, 303, prove)
	b.get(prove).want(t, 303, "/activate/passkey")
	b.device = made
	page = b.get("/activate/passkey").want(t, 200, "")
	if !strings.Contains(page.body, `value="keep"`) {
		t.Error("the page does not offer to keep them")
	}
	b.post("/activate/passkey", b.press(page, url.Values{"name": {"New"}, "others": {"keep"}})).want(t, 303, "/activate/done?cleared=false")
	old.get("/account").want(t, 200, "")
}
