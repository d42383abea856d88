package testkit

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// actionFor bounds one action in a browser.
const actionFor = 30 * time.Second

// Browser is one Chromium with an empty profile.
type Browser struct {
	ctx context.Context

	mu    sync.Mutex      // guards what follows
	seen  map[string]bool // kinds of pages that have been looked at
	shots int             // pictures taken of them
}

// NewBrowser starts Chromium. Without one the test is skipped, but fails where
// CI is set.
func NewBrowser(t testing.TB) *Browser {
	t.Helper()
	exe := chromium()
	if exe == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no Chromium: run scripts/setup")
		}
		t.Skip("there is no Chromium: run scripts/setup")
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(exe), chromedp.Headless, chromedp.NoSandbox, chromedp.WindowSize(1280, 1000),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // it is only a test's browser
		cancel()
		stop()
	})
	return &Browser{ctx: ctx, seen: map[string]bool{}}
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
}

// A Tab is one page of a person, with cookies of its own.
type Tab struct {
	t       testing.TB
	ctx     context.Context
	browser *Browser
	Axe     bool // look at every page that is opened

	mu   sync.Mutex // guards said
	said []string   // what the browser complained of
}

// Person opens a tab that shares no cookies with others and holds a virtual
// authenticator that verifies its user.
func (b *Browser) Person(t testing.TB) *Tab {
	t.Helper()
	tab := &Tab{t: t, browser: b, Axe: true}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.listen))
	t.Cleanup(cancel)
	tab.ctx = ctx
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the tab lives as long as this context
		t.Fatal(err)
	}
	tab.do(chromedp.Func(func(ctx context.Context, tg *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tg, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tg, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			},
		})
		return err
	}))
	return tab
}

// NoScript has the pages that the tab opens from now on run no script.
func (b *Tab) NoScript() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, tg *chromedp.Target) error {
		_, err := cdp.Call(ctx, tg, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.Axe = false // it is a script
}

// listen keeps what the browser complains of: refused by the policy of the page,
// or thrown by a script.
func (b *Tab) listen(ev any) {
	var text string
	switch e := ev.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			text = e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
	}
	if text == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, text)
}

func (b *Tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actionFor)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Shot("failed")
		b.t.Fatalf("%v\nat %s: %s", err, b.URL(), b.peek())
	}
}

// peek returns the text of the page, cut short, for messages.
func (b *Tab) peek() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main")?.innerText ?? document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(s), " ")[:min(600, len(strings.Join(strings.Fields(s), " ")))]
}

// Open goes to url.
func (b *Tab) Open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.arrived()
}

// Press clicks what css names and waits for the page after it.
func (b *Tab) Press(css string) {
	b.t.Helper()
	b.Eval("window.__left = true")
	b.do(chromedp.ScrollIntoView(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
	b.settle()
	b.arrived()
}

// Submit sends the form that holds what css names.
func (b *Tab) Submit(css string) {
	b.t.Helper()
	b.Press(css)
}

// settle waits until the page that was left is gone and the next one is there.
func (b *Tab) settle() {
	b.t.Helper()
	end := time.Now().Add(actionFor)
	for {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.__left !== true && document.readyState === "complete"`))
		cancel()
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			b.Shot("stuck")
			b.t.Fatalf("no page came after %s: %s", b.URL(), b.peek())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (b *Tab) arrived() {
	b.t.Helper()
	b.mu.Lock()
	said := b.said
	b.said = nil
	b.mu.Unlock()
	for _, s := range said {
		b.t.Errorf("the browser says, about %s: %s", b.URL(), s)
	}
	if b.Axe {
		b.Look()
	}
}

// Fill types text into the field that css names, over what is there.
func (b *Tab) Fill(css, text string) {
	b.t.Helper()
	q, err := json.Marshal(css)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Eval(`(() => { const e = document.querySelector(` + string(q) + `); if (!e) throw new Error("no such field"); e.focus(); e.value = ""; return true })()`)
	b.do(chromedp.Func(func(ctx context.Context, tg *chromedp.Target) error {
		_, err := cdp.Call(ctx, tg, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// Check ticks or chooses what css names.
func (b *Tab) Check(css string) {
	b.t.Helper()
	q, err := json.Marshal(css)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Eval(`(() => { const e = document.querySelector(` + string(q) + `); if (!e) throw new Error("no such field"); if (!e.checked) e.click(); return e.checked })()`)
}

// Upload chooses a file for the field that css names.
func (b *Tab) Upload(css, name string, content []byte) {
	b.t.Helper()
	p := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(p, content, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS(css), []string{p}))
}

// Eval runs script and returns its value as JSON has it.
func (b *Tab) Eval(script string) any {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actionFor)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[any](script))
	if err != nil {
		b.t.Fatalf("%v\nat %s: %s", err, b.URL(), b.peek())
	}
	return v
}

// Has reports whether the page has what css names.
func (b *Tab) Has(css string) bool {
	b.t.Helper()
	q, err := json.Marshal(css)
	if err != nil {
		b.t.Fatal(err)
	}
	ok, _ := b.Eval("document.querySelector(" + string(q) + ") !== null").(bool)
	return ok
}

// Text returns the text of what css names, "" if there is no such thing.
func (b *Tab) Text(css string) string {
	b.t.Helper()
	q, err := json.Marshal(css)
	if err != nil {
		b.t.Fatal(err)
	}
	s, _ := b.Eval("document.querySelector(" + string(q) + `)?.innerText ?? ""`).(string)
	return s
}

// Attr returns an attribute of what css names.
func (b *Tab) Attr(css, name string) string {
	b.t.Helper()
	q, err := json.Marshal(css)
	if err != nil {
		b.t.Fatal(err)
	}
	s, _ := b.Eval("document.querySelector(" + string(q) + `)?.getAttribute("` + name + `") ?? ""`).(string)
	return s
}

// Cookies returns the cookies that the page's address gets.
func (b *Tab) Cookies() []*http.Cookie {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actionFor)
	defer cancel()
	got, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	var all []*http.Cookie
	for _, c := range got.Cookies {
		all = append(all, &http.Cookie{Name: c.Name, Value: c.Value, Path: c.Path, Secure: c.Secure, HttpOnly: c.HTTPOnly})
	}
	return all
}

// URL returns the address of the page.
func (b *Tab) URL() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	u, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return u
}

// WaitFor waits until the page, opened again and again, holds what css names.
func (b *Tab) WaitFor(css string) {
	b.t.Helper()
	end := time.Now().Add(actionFor)
	for !b.Has(css) {
		if time.Now().After(end) {
			b.Shot("missing")
			b.t.Fatalf("%s did not come at %s: %s", css, b.URL(), b.peek())
		}
		time.Sleep(200 * time.Millisecond)
		b.do(chromedp.Reload())
	}
	b.arrived()
}

// Size sets the window's size in CSS pixels.
func (b *Tab) Size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// Shot writes a picture of the page to the folder that TEST_SHOTS names, if set.
func (b *Tab) Shot(name string) {
	dir := os.Getenv("TEST_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, actionFor)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(dir, 0o750)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Log("no picture:", err)
	}
}
