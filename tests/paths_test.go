package tests

import (
	"bytes"
	"html"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"causeway/modules/identity"
	"causeway/modules/identity/passkeytest"
	"causeway/platform/testkit"
)

// TestRatesInBrowser pays the demand for rates, of which no line of Go knows.
func TestRatesInBrowser(t *testing.T) {
	t.Parallel()
	c := shared(t)
	p := persona(t, testkit.NewBrowser(t), c, "zh-Hant", "sixty-six")
	id := p.starts("rates-demand")
	p.agrees()
	p.reads("88 Kapok Street", "120,000.00")
	p.goesOn()
	p.arrives("/cases/"+id, "/check")
	p.reads("差餉", "地租", "1,500.00", "900.00") // 5 % and 3 % a year of HKD 120,000, a quarter of it
	p.submits()
	p.pays("succeed")
	p.visit("/cases/" + id + "/done")
	p.until("CW-")
	p.visit("/cases/" + id)
	p.until("已獲批准並完成")
	p.visit("/payments")
	p.Press(`main a[href$="/receipt"], main a[href^="/payments/"]`)
	p.visit("/activity")
	p.reads("差餉物業估價署")
}

// photo is a small picture.
func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// permits applies for a parking permit for a trade plate, of which an officer
// looks at a photo, and pays.
func (c *client) permits() (caseID, order string) {
	c.t.Helper()
	caseID = c.applies("resident-parking-permit")
	records := regexp.MustCompile(`(?s)<input[^>]* name="record"[^>]* value="([^"]+)"|TR 30`).FindAllStringSubmatch(c.get("/cases/"+caseID+"/facts/car").body, -1)
	record := ""
	for _, m := range records { // the one of the last button before its registration mark
		if m[1] == "" {
			break
		}
		record = m[1]
	}
	c.led("/cases/"+caseID+"/facts/car", url.Values{"record": {record}})
	c.led("/cases/"+caseID+"/questions/months", url.Values{"answer": {"3"}})
	if a := c.uploads(caseID, "trade_plate", "plate.txt", []byte("not a photo")); a.status != http.StatusUnprocessableEntity {
		c.t.Errorf("a text as the photo: %d", a.status)
	}
	if a := c.uploads(caseID, "trade_plate", "plate.png", photo(c.t)); a.status != http.StatusSeeOther {
		c.t.Fatalf("upload: %d %s", a.status, inner(a.body))
	}
	order = c.submits(caseID)
	c.pays(order, "succeed")
	return caseID, order
}

// TestTradePlate: a question that only some are asked, an upload that an officer
// looks at; one who has paid withdraws, and the money comes back by itself; another
// is approved.
func TestTradePlate(t *testing.T) {
	t.Parallel()
	c := shared(t)
	me, officer := c.as(t, "two-cars"), c.as(t, "permit-officer")
	work := "/work/district-transport/cases/"

	first, order := me.permits()
	me.await("/cases/"+first, `(Being decided)`)
	withdraw := "/cases/" + first + "/withdraw"
	me.insists(withdraw, func() url.Values {
		return url.Values{"rev": {me.find(withdraw, `name="rev" value="(\d+)"`)}, "sure": {"yes"}}
	})
	me.await("/payments/"+order, `(Your money was given back)`)
	me.await("/cases/"+first, `(HKD 540\.00 was given back)`)
	if a := officer.post(work+first+"/claim", url.Values{"rev": {"1"}}); a.status < 400 && !strings.Contains(a.to(), first) || strings.Contains(officer.get(work+first).body, `/approve"`) {
		t.Errorf("what was withdrawn can be decided: %d", a.status)
	}

	second, _ := me.permits()
	me.await("/cases/"+second, `(Being decided)`)
	officer.insists(work+second+"/claim", func() url.Values {
		return url.Values{"rev": {officer.await(work+second, `name="rev" value="(\d+)"`)}}
	})
	desk := officer.get(work + second).body
	for _, want := range []string{"TR 30", "plate.png"} {
		if !strings.Contains(desk, want) {
			t.Errorf("the officer does not see %q", want)
		}
	}
	upload := officer.find(work+second, `(/work/district-transport/uploads/[^"/]+)"`)
	if a := officer.get(upload); a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") && !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the photo: %d, %v", a.status, a.header)
	}
	officer.led(work+second+"/approve", url.Values{"rev": {officer.find(work+second, `name="rev" value="(\d+)"`)}, "note": {"Seen."}})
	me.await("/licences", `href="/licences/([0-9a-f-]{36})"`)
}

var (
	optionsRx  = regexp.MustCompile(`data-options="([^"]*)"`)
	ceremonyRx = regexp.MustCompile(`name="ceremony" value="([^"]*)"`)
)

// presses does what the script does on a page that asks for a passkey.
func (c *client) presses(d *passkeytest.Device, path string, form url.Values) answer {
	c.t.Helper()
	body := c.get(path).body
	options, ceremony := optionsRx.FindStringSubmatch(body), ceremonyRx.FindStringSubmatch(body)
	if options == nil || ceremony == nil {
		c.t.Fatalf("%s asks for no passkey: %s", path, inner(body))
	}
	act := d.Create
	if strings.Contains(body, `data-passkey="get"`) {
		act = d.Get
	}
	response, err := act([]byte(html.UnescapeString(options[1])))
	if err != nil {
		c.t.Fatal(err)
	}
	form.Set("ceremony", ceremony[1])
	form.Set("response", string(response))
	at, _, _ := strings.Cut(path, "?")
	return c.post(at, form)
}

// newcomer is somebody nobody knows, who showed a document at a counter and made a
// passkey on d.
func (c *city) newcomer(t *testing.T, digits, document string, d *passkeytest.Device) *client {
	t.Helper()
	number, err := identity.CompleteHKID(digits)
	if err != nil {
		t.Fatal(err)
	}
	clerk := c.as(t, "counter-clerk")
	letter := clerk.led("/work/digital-policy-office/activation", url.Values{
		"number": {number.Reveal()}, "name": {"Au Wing Yan"}, "email": {""}, "language": {"en"}, "document": {document},
	})
	code := clerk.find(letter, `id="code">([0-9A-Z-]{23})<`)
	v := c.visitor(t)
	v.led("/activate", url.Values{"code": {code}})
	v.led("/activate/confirm", url.Values{"number": {number.Reveal()}})
	if a := v.presses(d, "/activate/passkey", url.Values{"name": {"Phone"}}); a.status != http.StatusSeeOther {
		t.Fatalf("activation: %d %s", a.status, inner(a.body))
	}
	if a := c.visitor(t).post("/activate", url.Values{"code": {code}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "used already") {
		t.Errorf("the code again: %d %s", a.status, inner(a.body))
	}
	return v
}

// TestLowAssurance: who showed a document that says little is told, at a service
// that asks for more, what to bring; with that they may.
func TestLowAssurance(t *testing.T) {
	t.Parallel()
	c := shared(t)
	phone := passkeytest.New(c.origin)
	p := c.newcomer(t, "Y990001", "acknowledgement", phone)
	if a := p.post("/services/"+renewal+"/start", nil); a.status != http.StatusForbidden || !strings.Contains(a.body, "<h1") {
		t.Errorf("a service that asks for more: %d %s", a.status, inner(a.body))
	}
	if body := inner(p.get("/account").body); !strings.Contains(strings.ToLower(body), "low") {
		t.Errorf("the account does not say how surely the person is known: %s", body)
	}
	sure := c.newcomer(t, "Y990002", "passport", passkeytest.New(c.origin))
	if a := sure.post("/services/"+renewal+"/start", nil); a.status != http.StatusSeeOther {
		t.Errorf("with a passport: %d %s", a.status, inner(a.body))
	}
}

// TestSeveralPasskeys: a second passkey is made, named, and outlives the first,
// whose sessions end with it; the others are signed out from one of them.
func TestSeveralPasskeys(t *testing.T) {
	t.Parallel()
	c := shared(t)
	phone, laptop := passkeytest.New(c.origin), passkeytest.New(c.origin)
	p := c.newcomer(t, "Y990003", "identity-card", phone)
	p.presses(laptop, "/account/passkeys/add", url.Values{"name": {"Phone"}})
	ids := regexp.MustCompile(`/account/passkeys/([^"/]+)/rename`).FindAllStringSubmatch(p.get("/account").body, -1)
	if len(ids) != 2 {
		t.Fatalf("%d passkeys", len(ids))
	}
	p.led("/account/passkeys/"+ids[1][1]+"/rename", url.Values{"name": {"Laptop at work"}})
	if body := p.get("/account").body; !strings.Contains(body, "Laptop at work") {
		t.Errorf("the name is not there: %s", inner(body))
	}
	signIn := func(d *passkeytest.Device) *client {
		v := c.visitor(t)
		if a := v.presses(d, "/sign-in", url.Values{"next": {"/"}}); a.status != http.StatusSeeOther {
			t.Fatalf("sign in: %d %s", a.status, inner(a.body))
		}
		return v
	}
	there, desk := signIn(phone), signIn(laptop)
	desk.led("/account/passkeys/"+ids[0][1]+"/remove", nil)
	for name, v := range map[string]*client{"the first": p, "the second": there} {
		if a := v.get("/account"); a.status != http.StatusSeeOther {
			t.Errorf("%s session of the passkey that went: %d", name, a.status)
		}
	}
	if a := c.visitor(t).presses(phone, "/sign-in", url.Values{}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the passkey that went signs in: %d", a.status)
	}
	if a := desk.post("/account/passkeys/"+ids[1][1]+"/remove", nil); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "last passkey") {
		t.Errorf("the last passkey: %d %s", a.status, inner(a.body))
	}
	other := signIn(laptop)
	desk.led("/account/sessions/end-others", nil)
	if a := other.get("/account"); a.status != http.StatusSeeOther {
		t.Errorf("elsewhere: %d", a.status)
	}
	if a := desk.get("/account"); a.status != http.StatusOK {
		t.Errorf("here: %d", a.status)
	}
	desk.await("/messages", `(A passkey was added)`)
}
