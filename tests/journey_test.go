package tests

import (
	"net/url"
	"strings"
	"testing"

	"causeway/platform/testkit"
)

// TestWholeJourney: a newcomer gets a code at a counter, makes a passkey, renews
// a licence, shows it to a second person, sees who looked at the data; two
// officers revoke it, which shows at once.
func TestWholeJourney(t *testing.T) {
	for _, test := range []struct{ name, lang, engine string }{
		{"English", "en", "sqlite"},
		{"Traditional", "zh-Hant", "sqlite"},
		{"Simplified", "zh-Hans", "sqlite"},
		{"PostgreSQL", "en", "postgres"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // each has a city and a browser of its own
			db := ""
			if test.engine == "postgres" {
				db = testkit.PostgresURL(t)
			}
			wholeJourney(t, own(t, db), test.lang)
		})
	}
}

// privateCar is what people read for the first class of vehicles.
var privateCar = map[string]string{"en": "Private car (1)", "zh-Hant": "私家車（1）", "zh-Hans": "私家车（1）"}

func wholeJourney(t *testing.T, c *city, lang string) {
	b := testkit.NewBrowser(t)
	me := registers(t, b, c, lang)

	caseID := me.starts("driving-licence-renewal")
	me.agrees()
	me.reads("DL9", "Tam")
	me.goesOn()
	me.submits()
	me.pays("succeed")
	me.visit("/cases/" + caseID + "/done")
	me.WaitFor(`a[href="/licences"]`)
	me.visit("/cases/" + caseID)
	me.visit("/cases/" + caseID + "/history")
	me.visit("/payments")
	me.Press(`main dl a`)
	me.Press(`a[href$="/receipt"]`)
	me.visit("/cases")
	me.visit("/consents")
	me.Press(`main a[href^="/consents/"]`)
	me.Press(`main a[href$="/receipt"]`)
	me.visit("/account")

	me.visit("/licences")
	me.Press(`main .cw-card a`)
	me.arrives("/licences/", "")
	licence := me.path()
	me.reads(privateCar[lang]) // a code in the registry
	number := me.Text(`main dl dd`)
	me.Press(`form[action$="/share"] button`)
	me.arrives(licence+"/shown/", "")
	address, text := me.Attr("#address", "href"), me.value("#presentation")
	if u, err := url.Parse(address); err != nil || strings.Contains(address, number) || !strings.HasPrefix(u.Path, "/verify/") {
		t.Errorf("the QR code leads to %s", address)
	}

	second := sits(t, b, c, lang)
	second.Open(address)
	second.verdict("valid")
	second.reads(number)
	second.lacks("Tam", "DL9")
	second.pastes(text)
	second.verdict("valid")
	second.pastes(tampered(text))
	second.verdict("forged")
	second.pastes("nothing of the kind")
	me.visit(licence + "/print")
	printed := me.Text("main p.cw-mono")
	second.Open(printed)
	second.Fill("#number", number)
	second.Press("main form button")
	second.verdict("valid")

	me.visit("/activity")
	me.Press(`main ol a[href^="/activity/"]`)
	me.WaitFor(".govuk-notification-banner--success") // proven, once a checkpoint has it
	me.visit("/messages")
	me.WaitFor(`main a[href^="/messages/0"]`)
	me.Press(`main a[href^="/messages/0"]`)
	me.visit("/messages/preferences")
	me.visit("/demo/mails")
	me.WaitFor("article")

	revoked(t, b, c, lang, number)
	second.Open(printed)
	second.Fill("#number", number)
	second.Press("main form button")
	second.verdict("revoked")
	second.pastes(text)
	second.verdict("revoked")
	me.visit(licence)
	if me.Has(`form[action$="/share"]`) {
		t.Error("a revoked licence can still be shown")
	}
}

// registers brings a newcomer from the counter to being signed in with a passkey.
func registers(t *testing.T, b *testkit.Browser, c *city, lang string) person {
	t.Helper()
	me := sits(t, b, c, lang)
	number := me.Text(".cw-mono")
	clerk := persona(t, b, c, lang, "counter-clerk")
	clerk.arrives("/work", "")
	clerk.visit("/work/digital-policy-office/activation")
	clerk.Check(`input[name=document]`)
	clerk.Fill("#number", number)
	clerk.Fill("#name", "TAM Hoi Ying")
	clerk.Fill("#email", "newcomer@mail.example")
	clerk.Check(`input[name=language][value="` + lang + `"]`)
	clerk.Press("main form button")
	code := clerk.Text("#code")
	if code == "" {
		t.Fatalf("no letter: %s", clerk.Text("main"))
	}

	me.code = code
	me.letter = clerk.path()[strings.LastIndexByte(clerk.path(), '/')+1:]
	me.visit("/")
	me.visit("/sign-in")
	me.Press(`main a[href="/activate"]`)
	me.Fill("#code", code)
	me.Press("main form button")
	me.arrives("/activate/confirm", "")
	me.Fill("#number", number)
	me.Press("main form button")
	me.arrives("/activate/passkey", "")
	me.Fill("#name", "My telephone")
	me.Press("#passkey")
	me.arrives("/activate/done", "")
	me.visit("/sign-out")
	me.Press("main form button")
	me.visit("/sign-in")
	me.Press("#passkey")
	me.arrives("/", "")
	return me
}

// revoked has one officer ask for a revocation and a second one agree.
func revoked(t *testing.T, b *testkit.Browser, c *city, lang, number string) {
	t.Helper()
	first := persona(t, b, c, lang, "licence-officer")
	first.visit("/work/transport-department/licences")
	first.Fill("#number", number)
	first.Fill("#reason", "A court order of today")
	first.Press(`form[action$="/licences"] button`)
	first.Fill("#revoke-reason", "A court order of today")
	first.Press(`form[action$="/revocations"] button`)
	first.arrives("/work/transport-department/licences/revocations/", "")
	request := first.path()
	if first.Has(`form[action$="/confirm"]`) {
		t.Error("an officer can confirm their own request")
	}
	second := persona(t, b, c, lang, "second-licence-officer")
	second.visit(request)
	second.Press(`form[action$="/confirm"] button`)
}

// value returns what a field holds.
func (p person) value(css string) string {
	p.t.Helper()
	s, _ := p.Eval(`document.querySelector("` + css + `")?.value ?? ""`).(string)
	return s
}

// verdict fails unless the page's verdict about a licence is want.
func (p person) verdict(want string) {
	p.t.Helper()
	if got := p.Attr("#verdict", "data-verdict"); got != want {
		p.Shot("verdict")
		p.t.Errorf("at %s the licence is %q, want %q: %s", p.path(), got, want, p.Text("main"))
	}
}

// pastes checks a presentation by its text.
func (p person) pastes(text string) {
	p.t.Helper()
	p.visit("/verify")
	p.Fill("#text", text)
	p.Press("main form button")
}

// lacks fails if the page says any of it.
func (p person) lacks(not ...string) {
	p.t.Helper()
	text := p.Text("main")
	for _, n := range not {
		if strings.Contains(text, n) {
			p.t.Errorf("%s says %q: %s", p.path(), n, text)
		}
	}
}

// tampered changes a letter of what was signed.
func tampered(s string) string {
	head, rest, _ := strings.Cut(s, ".")
	i := len(rest) / 4
	c := byte('A')
	if rest[i] == c {
		c = 'B'
	}
	return head + "." + rest[:i] + string(c) + rest[i+1:]
}
