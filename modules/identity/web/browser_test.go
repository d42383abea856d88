package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	identityweb "causeway/modules/identity/web"
)

// TestScriptInBrowser presses the buttons in a real browser with a virtual
// authenticator: a passkey is made and used, and what goes wrong is said.
func TestScriptInBrowser(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("there is no chromium: `make test` installs it")
	}
	server := httptest.NewUnstartedServer(nil)
	site := "http://localhost:" + server.Listener.Addr().String()[strings.LastIndexByte(server.Listener.Addr().String(), ':')+1:]
	s := newSiteAt(t, site, identityweb.Limits{})
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/account", http.StatusSeeOther)
			return
		}
		s.handler.ServeHTTP(w, r)
	})
	server.Start()
	defer server.Close()

	alloc, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer cancel()
	tab, cancel := chromedp.NewContext(alloc)
	defer cancel()
	b := chrome{t, tab}
	b.do(chromedp.Navigate(site + "/sign-in?lang=en"))
	b.ctx, cancel = context.WithTimeout(tab, time.Minute)
	defer cancel()
	call(b, webauthn.Enable, webauthn.EnableParams{})
	key := call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}).AuthenticatorID

	b.do(chromedp.Click("#passkey"))
	b.says("Nothing has changed")
	b.do(chromedp.WaitEnabled("#passkey"))

	b.do(
		chromedp.Navigate(site+"/activate/"+s.letter().find(t, codeRx)+"?lang=en"),
		chromedp.WaitVisible("#number"),
		chromedp.SendKeys("#number", "A123456(3)\r"),
		chromedp.WaitVisible("#passkey"),
		chromedp.SetValue("#name", "My laptop"),
		chromedp.Click("#passkey"),
		chromedp.WaitVisible(".govuk-panel"),
		chromedp.Navigate(site+"/account/passkeys/add"),
		chromedp.Click("#passkey"),
	)
	b.says("already holds a passkey")

	signOut := chromedp.Steps(chromedp.Navigate(site+"/sign-out"), chromedp.Click("main button[type=submit]"), chromedp.WaitVisible("main a[href='/sign-in']"))
	b.do(
		signOut,
		chromedp.Navigate(site+"/sign-in?next=/account&lang=zh-Hant"),
		chromedp.Click("#passkey"),
		chromedp.WaitVisible("#sessions"),
	)
	words, err := chromedp.Run(b.ctx, chromedp.Text("#main-content"))
	if err != nil || !strings.Contains(words, "My laptop") || !strings.Contains(words, "通行密鑰") {
		t.Errorf("the account page says %q, %v", words, err)
	}

	call(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: key, IsUserVerified: false})
	b.do(signOut, chromedp.Navigate(site+"/sign-in"), chromedp.Click("#passkey"))
	b.says("系統未有任何變更")
}

// chrome is one tab.
type chrome struct {
	t   *testing.T
	ctx context.Context
}

func (b chrome) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		page, _ := chromedp.Run(context.WithoutCancel(b.ctx), chromedp.Text("body"))
		b.t.Fatalf("%v\n%s", err, page)
	}
}

// says waits for the script to tell what went wrong.
func (b chrome) says(want string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible("[data-passkey-problem]"))
	words, err := chromedp.Run(b.ctx, chromedp.Text("[data-passkey-words]"))
	if err != nil || !strings.Contains(words, want) {
		b.t.Errorf("the page says %q, %v, want %q", words, err, want)
	}
}

func call[P, R any](b chrome, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	r, err := chromedp.Call(b.ctx, cmd, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}
