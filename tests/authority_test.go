package tests

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"causeway/app"
	"causeway/demo/relying"
	"causeway/platform/httpx"
	"causeway/platform/testkit"
)

// reach says who may reach a route.
type reach int

const (
	open     reach = iota // everybody
	self                  // who is signed in; names no object of anybody
	mine                  // names an object of a person
	office                // officers of the department
	file                  // names an object of the department
	software              // a department's software
)

// routes has a line for each route of the program: a route without one fails
// TestAuthority.
var routes = map[string]reach{
	"GET /openapi.json": open, "GET /openapi-3.0.json": open, "GET /openapi.yaml": open, "GET /openapi-3.0.yaml": open,
	"GET /static/{file...}": open, "GET /static-identity/passkey.js": open, "GET /healthz": open, "GET /readyz": open, "GET /{$}": open,
	"GET /sign-in": open, "POST /sign-in": open, "GET /sign-out": open, "POST /sign-out": open, "POST /session/extend": open,
	"GET /activate": open, "POST /activate": open, "GET /activate/{code}": open, "GET /activate/confirm": open, "POST /activate/confirm": open,
	"GET /activate/passkey": open, "POST /activate/passkey": open,
	"GET /services": open, "GET /services/{service}": open,
	"GET /consents/verify": open, "POST /consents/verify": open,
	"GET /api/v1/answer-keys": open, "GET /api/v1/consent-keys": open, "GET /api/v1/consent-purposes": open, "GET /api/v1/exchange/classes": open,
	"POST /payments/callback/{provider}": open, // by its own signature
	"GET /verify":                        open, "POST /verify": open, "GET /verify/{handle}": open, "GET /verify/printed/{code}": open, "POST /verify/printed/{code}": open,
	"GET /status-lists/{list}": open, "GET /.well-known/jwt-vc-issuer": open,
	"GET /tlog/checkpoint": open, "GET /tlog/key": open, "GET /tlog/tile/{tile...}": open, "GET /tlog/proof/inclusion/{index}": open, "GET /tlog/proof/consistency/{size}": open,
	"GET /.well-known/openid-configuration": open, "GET /.well-known/oauth-authorization-server": open, "GET /openid/keys": open, "POST /openid/par": open, "POST /openid/token": open,
	"POST /openid/introspect": open, "POST /openid/revoke": open, "GET /openid/userinfo": open, "POST /openid/userinfo": open, // by client assertion or token
	"GET /openid/grants/{id}": open, "DELETE /openid/grants/{id}": open, // by token
	"GET /openid/authorize": open, "GET /openid/logout": open, "POST /openid/logout": open,
	"GET /demo": open, "POST /demo/sign-in/{persona}": open, "GET /demo/mails": open, "GET /demo/switches": open,
	"POST /demo/switches/sources/{source}": open, "POST /demo/switches/payments": open, "GET /demo/medical-report.pdf": open,

	"GET /activate/done": self, "GET /account": self, "POST /account/language": self, "GET /account/passkeys/add": self, "POST /account/passkeys/add": self,
	"GET /account/prove": self, "POST /account/prove": self, "POST /account/sessions/end-others": self,
	"GET /connections": self, "GET /work": self, "GET /consents": self, "GET /report/{class}/{field}": self, "POST /report/{class}/{field}": self, "GET /reports": self, "GET /cases": self,
	"POST /services/{service}/start": self, "GET /payments": self, "GET /licences": self, "GET /messages": self, "GET /messages/preferences": self,
	"POST /messages/preferences": self, "GET /activity": self,

	"GET /account/passkeys/{passkey}/rename": mine, "POST /account/passkeys/{passkey}/rename": mine,
	"GET /openid/authorize/{ask}": mine, "POST /openid/authorize/{ask}": mine, "POST /openid/authorize/{ask}/again": mine,
	"GET /connections/{connection}": mine, "POST /connections/{connection}/disconnect": mine,
	"GET /account/passkeys/{passkey}/remove": mine, "POST /account/passkeys/{passkey}/remove": mine, "POST /account/sessions/{session}/end": mine,
	"GET /consents/{grant}": mine, "POST /consents/{grant}/withdraw": mine, "GET /consents/{grant}/receipt": mine, "GET /consents/{grant}/receipt.jws": mine,
	"GET /reports/{report}": mine,
	"GET /cases/{case}":     mine, "GET /cases/{case}/consent": mine, "POST /cases/{case}/consent": mine, "GET /cases/{case}/facts": mine, "POST /cases/{case}/facts": mine,
	"GET /cases/{case}/facts/{evidence}": mine, "POST /cases/{case}/facts/{evidence}": mine, "GET /cases/{case}/questions/{question}": mine,
	"POST /cases/{case}/questions/{question}": mine, "GET /cases/{case}/check": mine, "POST /cases/{case}/check": mine, "GET /cases/{case}/done": mine,
	"GET /cases/{case}/history": mine, "GET /cases/{case}/withdraw": mine, "POST /cases/{case}/withdraw": mine, "GET /cases/{case}/more": mine, "POST /cases/{case}/more": mine,
	"GET /payments/{order}": mine, "POST /payments/{order}": mine, "GET /payments/{order}/return": mine, "GET /payments/{order}/receipt": mine,
	"GET /licences/{licence}": mine, "POST /licences/{licence}/share": mine, "GET /licences/{licence}/shown/{handle}": mine, "GET /licences/{licence}/print": mine,
	"GET /uploads/{upload}": mine, "GET /messages/{message}": mine, "GET /activity/{entry}": mine, "GET /activity/{entry}/proof": mine,

	"GET /work/{department}/activation": office, "POST /work/{department}/activation": office, "GET /work/{department}": office, "GET /work/{department}/organisation": office,
	"GET /work/{department}/organisation/officers/new": office, "POST /work/{department}/organisation/officers/new": office,
	"GET /work/{department}/organisation/clients/new": office, "POST /work/{department}/organisation/clients/new": office,
	"GET /work/{department}/reports": office, "GET /work/{department}/sources": office, "GET /work/{department}/cases": office,
	"GET /work/{department}/licences": office, "POST /work/{department}/licences": office, "POST /work/{department}/licences/revocations": office,
	"GET /work/{department}/activity": office, "GET /work/{department}/clients": office, "GET /work/{department}/clients/new": office, "POST /work/{department}/clients/new": office,

	"GET /work/{department}/activation/{letter}":             file,
	"GET /work/{department}/organisation/officers/{officer}": file, "POST /work/{department}/organisation/officers/{officer}/roles": file,
	"POST /work/{department}/organisation/officers/{officer}/remove": file, "GET /work/{department}/organisation/clients/{client}": file,
	"POST /work/{department}/organisation/clients/{client}/keys": file, "POST /work/{department}/organisation/clients/{client}/keys/{key}/revoke": file,
	"POST /work/{department}/organisation/clients/{client}/revoke": file,
	"GET /work/{department}/reports/{report}":                      file, "POST /work/{department}/reports/{report}/answer": file, "POST /work/{department}/reports/{report}/close": file,
	"GET /work/{department}/cases/{case}": file, "POST /work/{department}/cases/{case}/claim": file, "POST /work/{department}/cases/{case}/release": file,
	"POST /work/{department}/cases/{case}/look": file, "POST /work/{department}/cases/{case}/approve": file, "POST /work/{department}/cases/{case}/refuse": file,
	"POST /work/{department}/cases/{case}/ask": file, "POST /work/{department}/cases/{case}/effects": file,
	"POST /work/{department}/cases/{case}/by-hand": file, "POST /work/{department}/cases/{case}/by-hand/answer": file,
	"GET /work/{department}/licences/revocations/{request}": file, "POST /work/{department}/licences/revocations/{request}/{decision}": file,
	"GET /work/{department}/uploads/{upload}": file, "GET /work/{department}/uploads/{upload}/preview": file,
	"GET /work/{department}/clients/{app}": file, "POST /work/{department}/clients/{app}": file, "POST /work/{department}/clients/{app}/revoke": file,
	"GET /work/{department}/activity/{entry}": file, "GET /work/{department}/activity/{entry}/proof": file,

	"GET /api/v1/whoami": software, "POST /api/v1/exchange/fetch": software, "GET /api/v1/cases/{reference}": software,
}

// owner of what a placeholder names, for routes of people.
type thing struct {
	id    string
	owner *client
}

// TestAuthority walks the table of routes with nobody's, a second person's and
// another department's officer's session: nothing of the first person is
// reached, and what is named answers as if it were not there.
func TestAuthority(t *testing.T) {
	c := shared(t)
	things := estate(t, c)
	elder := c.as(t, "seventy-one")
	draft := map[string]thing{"case": {elder.applies("driving-licence-renewal"), elder}, "question": {"medical_report", nil}}
	all, err := app.Routes(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	nobody, stranger, foreigner := c.visitor(t), c.as(t, "resident-901"), c.as(t, "permit-officer")
	seen := map[string]bool{}
	for _, r := range all {
		seen[r.Pattern] = true
		kind, ok := routes[r.Pattern]
		if !ok {
			t.Errorf("%s has no line in routes: who may reach it?", r.Pattern)
			continue
		}
		if want := access(kind); r.Access != want && !(kind == open && r.Access == httpx.Demo) {
			t.Errorf("%s is open to %s, want %s", r.Pattern, r.Access, want)
		}
		if kind == open {
			continue
		}
		things := things
		if strings.Contains(r.Pattern, "{question}") { // which only a draft has
			things = draft
		}
		path := fill(t, r.Pattern, things, "transport-department")
		a := send(nobody, r.Pattern, path)
		if kind == software {
			if a.status != http.StatusUnauthorized {
				t.Errorf("%s without a signature: %d", path, a.status)
			}
			continue
		}
		if !(a.status == http.StatusSeeOther && strings.HasPrefix(a.to(), "/sign-in")) {
			t.Errorf("%s, nobody: %d %s", path, a.status, a.to())
		}
		a = send(stranger, r.Pattern, path)
		switch {
		case kind == self:
			if a.status >= 500 {
				t.Errorf("%s, a second person: %d", path, a.status)
			}
			for name, x := range things {
				if x.owner != nil && strings.Contains(a.body, x.id) {
					t.Errorf("%s shows a second person the %s of the first", path, name)
				}
			}
		case a.status != http.StatusNotFound:
			t.Errorf("%s, a second person: %d %s", path, a.status, a.to())
		}
		if kind == mine {
			if a = send(foreigner, r.Pattern, path); a.status != http.StatusNotFound {
				t.Errorf("%s, an officer: %d", path, a.status)
			}
			owner := things[lastOf(r.Pattern)].owner
			if a = owner.get(path); strings.HasPrefix(r.Pattern, "GET ") && (a.status == http.StatusNotFound || a.status == http.StatusForbidden || a.status >= 500) {
				t.Errorf("%s, its owner: %d, so that the test shows nothing", path, a.status)
			}
		}
		if kind == office || kind == file {
			if a = send(foreigner, r.Pattern, path); a.status != http.StatusNotFound {
				t.Errorf("%s, an officer of another department: %d", path, a.status)
			}
			path = fill(t, r.Pattern, things, "district-transport")
			a = send(foreigner, r.Pattern, path)
			if kind == file && a.status != http.StatusNotFound && a.status != http.StatusForbidden {
				t.Errorf("%s, an officer of that department: %d %s", path, a.status, a.to())
			}
			for name, x := range things {
				if kind == office && x.owner != nil && strings.Contains(a.body, x.id) {
					t.Errorf("%s shows another department the %s", path, name)
				}
			}
		}
	}
	for p := range routes {
		if !seen[p] {
			t.Errorf("there is no route %s any more", p)
		}
	}
	// A report of a wrong fact may name a case: somebody else's is not read.
	if a := stranger.get("/report/td.driving-licence/licence_number?case=" + things["case"].id); strings.Contains(a.body, "DL9") {
		t.Error("a report shows a fact of another person's case")
	}
}

func access(kind reach) httpx.Access {
	switch kind {
	case open:
		return httpx.Public
	case self, mine:
		return httpx.Resident
	case office, file:
		return httpx.Officer
	}
	return httpx.System
}

var placeholder = regexp.MustCompile(`\{([a-z]+)(\.\.\.)?\}`)

// lastOf names the object that a route is about: the first placeholder, since
// what follows is a part of it.
func lastOf(pattern string) string { return placeholder.FindStringSubmatch(pattern)[1] }

func fill(t *testing.T, pattern string, things map[string]thing, department string) string {
	t.Helper()
	_, path, _ := strings.Cut(pattern, " ")
	return placeholder.ReplaceAllStringFunc(path, func(s string) string {
		name := strings.Trim(s, "{}")
		if name == "department" {
			return department
		}
		x, ok := things[name]
		if !ok {
			t.Errorf("%s: the test has no %s", pattern, name)
		}
		return url.PathEscape(x.id)
	})
}

func send(c *client, pattern, path string) answer {
	if strings.HasPrefix(pattern, "POST ") {
		return c.post(path, url.Values{"reason": {"because"}, "rev": {"1"}, "number": {"1"}, "note": {"note"}, "more": {"more"}, "why": {"other"}})
	}
	return c.get(path)
}

// estate makes one of each thing that an address can name.
func estate(t *testing.T, c *city) map[string]thing {
	t.Helper()
	b := testkit.NewBrowser(t)
	keeper := registers(t, b, c, "en")
	keeper.visit("/account")
	newcomer := c.visitor(t)
	newcomer.borrow(keeper)
	idOf := func(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

	driver := c.as(t, "resident-900")
	_, order, licence := driver.renews()
	shown := driver.led("/licences/"+licence+"/share", url.Values{"claim": {"number"}})
	number := driver.find("/licences/"+licence, `(TDL-[0-9A-Z-]+)`)

	patient := c.as(t, "seventy-one-report")
	caseID, _ := patient.reportsHealth()
	grant := patient.find("/consents", `href="/consents/([^"/]+)"`)
	report := idOf(patient.led("/report/td.driving-licence/classes", url.Values{"case": {caseID}, "said": {"I may ride motorcycles too."}}))
	report, _, _ = strings.Cut(report, "?")

	officer := c.as(t, "licence-officer")
	officer.post("/work/transport-department/licences", url.Values{"number": {number}, "reason": {"a court order"}})
	request := idOf(officer.led("/work/transport-department/licences/revocations", url.Values{"number": {number}, "reason": {"a court order"}}))
	desk := "/work/transport-department/cases/" + caseID
	officer.takes(desk)
	upload := officer.find(desk, `/uploads/([^"/]+)"`)

	admin := c.as(t, "transport-admin")
	organisation := "/work/transport-department/organisation"
	client := admin.find(organisation, `/organisation/clients/([^"/]+)"`)
	key := admin.find(organisation+"/clients/"+client, `/keys/([^"/]+)/revoke`)
	bank := c.party(t, nil)
	bank.signsIn(driver, relying.Secret(), nil)
	at, err := bank.Push(t.Context(), relying.Secret(), url.Values{"prompt": {"consent"}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]thing{
		"connection": {driver.find("/connections", `href="/connections/([^"/]+)"`), driver}, "ask": {idOf(driver.get(at).to()), driver}, "app": {bank.ID, nil},
		"passkey": {keeper.find(`/account/passkeys/([^/]+)/remove`), newcomer}, "session": {keeper.find(`/account/sessions/([^/]+)/end`), newcomer},
		"grant": {grant, patient}, "report": {report, patient}, "case": {caseID, patient}, "order": {order, driver},
		"licence": {licence, driver}, "handle": {idOf(shown), driver}, "upload": {upload, patient},
		"message": {driver.await("/messages", `href="/messages/([0-9a-f-]{36})"`), driver}, "entry": {driver.find("/activity", `href="/activity/([^"/]+)"`), driver},
		"request": {request, nil}, "officer": {admin.find(organisation, `/organisation/officers/([^"/]+)">`), nil}, "client": {client, nil}, "key": {key, nil},
		"letter": {keeper.letter, nil}, "service": {"driving-licence-renewal", nil}, "class": {"td.driving-licence", nil}, "field": {"classes", nil},
		"evidence": {"licence", nil}, "decision": {"confirm", nil}, "reference": {"CW-0000-0000", nil},
	}
}
