package tests

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"causeway/platform/testkit"
)

// A person sits at a browser.
type person struct {
	*testkit.Tab
	t      *testing.T
	city   *city
	lang   string
	letter string // names the letter with the activation code
	code   string // that is in it
}

// sits gives somebody a browser that speaks lang.
func sits(t *testing.T, b *testkit.Browser, c *city, lang string) person {
	t.Helper()
	p := person{Tab: b.Person(t), t: t, city: c, lang: lang}
	p.Open(c.origin + "/demo?lang=" + lang)
	return p
}

// persona is somebody who signed in on the demo's page.
func persona(t *testing.T, b *testkit.Browser, c *city, lang, id string) person {
	t.Helper()
	p := sits(t, b, c, lang)
	if strings.HasPrefix(id, "resident-") { // they have no button
		p.Eval(`document.querySelector('form[action="/demo/sign-in/renewal"]').setAttribute("action", "/demo/sign-in/` + id + `"); true`)
	}
	p.Press(`form[action="/demo/sign-in/` + id + `"] button`)
	return p
}

// visit opens a page of the program.
func (p person) visit(path string) {
	p.t.Helper()
	p.Open(p.city.origin + path)
}

// path is where the person is.
func (p person) path() string {
	p.t.Helper()
	u, err := url.Parse(p.URL())
	if err != nil {
		p.t.Fatal(err)
	}
	return u.Path
}

// arrives fails unless the person is at a path that begins and ends so.
func (p person) arrives(prefix, suffix string) {
	p.t.Helper()
	if at := p.path(); !strings.HasPrefix(at, prefix) || !strings.HasSuffix(at, suffix) {
		p.Shot("elsewhere")
		p.t.Fatalf("at %s, want %s…%s: %s", at, prefix, suffix, p.Text("main"))
	}
}

// reads fails unless the page says all of it.
func (p person) reads(want ...string) {
	p.t.Helper()
	text := p.Text("main")
	for _, w := range want {
		if !strings.Contains(text, w) {
			p.Shot("silent")
			p.t.Errorf("%s does not say %q: %s", p.path(), w, text)
		}
	}
}

// starts begins an application and stands at the consent.
func (p person) starts(service string) (caseID string) {
	p.t.Helper()
	p.visit("/services")
	p.Press(`a[href="/services/` + service + `"]`)
	p.Press(`form[action="/services/` + service + `/start"] button`)
	p.arrives("/cases/", "/consent")
	return strings.Split(p.path(), "/")[2]
}

// agrees consents, waits until the sources have answered, and stands at the facts.
func (p person) agrees() {
	p.t.Helper()
	p.Press(`button[value=agree]`)
	p.answered()
}

// answered waits until no source is being asked.
func (p person) answered() {
	p.t.Helper()
	p.arrives("/cases/", "") // at the facts, or at the end if a rule says so
	end := time.Now().Add(15 * time.Second)
	for p.Has(`main p > a[href$="/facts"]`) {
		if time.Now().After(end) {
			p.t.Fatalf("the sources do not answer: %s", p.Text("main"))
		}
		time.Sleep(100 * time.Millisecond)
		p.visit(p.path())
	}
}

// goesOn presses the way on from the facts.
func (p person) goesOn() {
	p.t.Helper()
	if strings.HasSuffix(p.path(), "/facts") { // the last fact that was missing leads on by itself
		p.Press(`main a.govuk-button:not(.govuk-button--secondary)`)
	}
}

// submits declares and sends the answers.
func (p person) submits() {
	p.t.Helper()
	p.arrives("/cases/", "/check")
	p.Check(`#declare`)
	p.Press(`main form button`)
}

// pays goes from the order to the provider's page and chooses there.
func (p person) pays(choice string) {
	p.t.Helper()
	p.arrives("/payments/", "")
	p.Press(`main form button`)
	if !strings.Contains(p.URL(), "pay.localhost") {
		p.t.Fatalf("not at the provider's page but at %s: %s", p.URL(), p.Text("main"))
	}
	p.Press(`button[value=` + choice + `]`)
}

// find returns the first group of rx in what the page is written in.
func (p person) find(rx string) string {
	p.t.Helper()
	s, _ := p.Eval("document.documentElement.outerHTML").(string)
	m := regexp.MustCompile(rx).FindStringSubmatch(s)
	if m == nil {
		p.t.Fatalf("%s: no %s", p.path(), rx)
	}
	return m[1]
}
