package testkit

import (
	_ "embed" // for axe
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// axe is axe-core (MPL-2.0, see axe/LICENSE): it finds barriers in a page.
//
//go:embed axe/axe.min.js
var axe string

// Sizes of the window, in CSS pixels.
const (
	wide, tall  = 1280, 1000
	narrow, low = 320, 640
)

// kind tells pages apart by what they are built of: language, title, and the
// elements with their classes.
const kind = `document.documentElement.lang + "|" + document.title + "|" + location.pathname.replace(/[0-9a-f-]{20,}|[\w-]{16,}/g, "*") + "|" +
	[...new Set([...document.querySelectorAll("main *")].map(e => e.tagName + "." + (e.getAttribute("class") ?? "")))].sort().join(",")`

// overflow names the first elements that are wider than the window, if the page
// can be scrolled sideways.
const overflow = `document.documentElement.scrollWidth <= window.innerWidth ? "" :
	document.documentElement.scrollWidth + " in " + window.innerWidth + ": " + [...document.querySelectorAll("body *")]
	.filter(e => e.getBoundingClientRect().right > window.innerWidth + 0.5).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join(" | ")`

// Look looks at the page as it is: axe, for WCAG 2.2 A and AA; no scrolling
// sideways in a window of 320 pixels, nor at twice the size of text. Each barrier
// fails the test. A kind of page is looked at once in a browser.
func (b *Tab) Look() {
	b.t.Helper()
	u := b.URL()
	if !strings.Contains(u, "localhost") {
		return
	}
	key, _ := b.Eval(kind).(string)
	b.browser.mu.Lock()
	known := b.browser.seen[key]
	b.browser.seen[key] = true
	if !known {
		b.browser.shots++
	}
	n := b.browser.shots
	b.browser.mu.Unlock()
	if known {
		return
	}
	b.Eval(axe + "; true")
	raw := b.await(`axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"], resultTypes: ["violations"]})
		.then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html.slice(0, 200) + " | " + n.failureSummary.slice(0,200)).join(" || "))))`)
	var found []string
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		b.t.Fatalf("axe at %s: %v in %q", u, err, raw)
	}
	for _, f := range found {
		b.t.Errorf("axe at %s: %s", u, f)
	}
	if text := b.Text("body"); rawKey.MatchString(text) {
		b.t.Errorf("%s shows the name of a text: %s", u, rawKey.FindString(text))
	}
	name := fmt.Sprintf("%03d-%s", n, b.name())
	b.Shot(name)
	b.Size(narrow, low)
	if s, _ := b.Eval(overflow).(string); s != "" {
		b.t.Errorf("at %s, 320 pixels wide, the page is too wide: %s", u, s)
	}
	b.Shot(name + "-320")
	b.Size(wide, tall)
	b.Eval(`document.documentElement.style.fontSize = "200%"`)
	if s, _ := b.Eval(overflow).(string); s != "" {
		b.t.Errorf("at %s, with text of 200%%, the page is too wide: %s", u, s)
	}
	b.Eval(`document.documentElement.style.fontSize = ""`)
}

// rawKey matches the name of a text that is shown instead of the text.
var rawKey = regexp.MustCompile(`\b(identity|org|consent|exchange|catalogue|casework|payment|credential|document|notice|activity|home|openid|demo|fault|view)\.[a-z]+[-.][a-z.-]+|\{[a-z]+\}`)

var ids = regexp.MustCompile(`[0-9a-f-]{20,}|[A-Za-z0-9_-]{24,}`)

// name is what a picture of the page is called.
func (b *Tab) name() string {
	u, err := url.Parse(b.URL())
	if err != nil {
		return "page"
	}
	path := strings.Trim(strings.ReplaceAll(ids.ReplaceAllString(u.Path, "X"), "/", "_"), "_")
	if path == "" {
		path = "home"
	}
	return b.Attr("html", "lang") + "-" + path
}

// await runs an expression that is a promise of a text.
func (b *Tab) await(expression string) string {
	b.t.Helper()
	b.Eval(`window.__said = undefined; (` + expression + `).then(s => { window.__said = s }, e => { window.__said = "error: " + e }); true`)
	for range 600 {
		if s, ok := b.Eval("window.__said ?? null").(string); ok {
			return s
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal("a promise was not kept")
	return ""
}
