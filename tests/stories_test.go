package tests

import (
	"regexp"
	"strings"
	"testing"
	"time"

	people "causeway/demo/city"
	"causeway/platform/testkit"
)

const renewal = "driving-licence-renewal"

// A story is what somebody meets.
type story struct {
	name string
	run  func(t *testing.T, b *testkit.Browser, c *city)
}

// TestStories: what the city's residents meet, each in a browser. Those that break
// sources come first, one after the other; then the others, side by side.
func TestStories(t *testing.T) {
	t.Parallel()
	c := own(t, "")
	b := testkit.NewBrowser(t)
	for _, s := range []story{
		{"two departments in turn", twoDepartments},
		{"sources that fail", failingSources},
		{"an entry that the registry refuses", refusedEntry},
	} {
		t.Run(s.name, func(t *testing.T) { s.run(t, b, c) })
	}
	for _, s := range []story{
		{"aged 66, who pays late and gives up", payingLate},
		{"aged 71 without a report", noReport},
		{"aged 71 with a report", withReport},
		{"refused by a rule", refusedByRule},
		{"no record", noRecord},
		{"two records", twoRecords},
		{"parking for one of several vehicles", severalVehicles},
		{"parking for an electric vehicle", electricVehicle},
		{"consent refused and withdrawn", consentRefused},
		{"a fact that is wrong", wrongFact},
		{"gone from the device", goneAway},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, b, c)
		})
	}
}

// payingLate declines, abandons, looks at the case, and withdraws it.
func payingLate(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "zh-Hant", "sixty-six")
	id := p.starts(renewal)
	p.agrees()
	p.goesOn()
	p.reads("HKD", "費用")
	p.submits()
	for _, choice := range []string{"decline", "abandon"} {
		p.pays(choice)
		p.visit("/cases/" + id)
		p.Press(`main a.govuk-button[href^="/payments/"]`)
	}
	p.visit("/cases/" + id + "/withdraw")
	p.Press(`main form button`)
	p.visit("/cases/" + id)
	p.reads("撤回")
	p.visit("/cases/" + id + "/history")
}

func noReport(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "zh-Hans", "seventy-one")
	id := p.starts(renewal)
	p.agrees()
	p.goesOn()
	p.arrives("/cases/"+id, "/questions/medical_report")
	p.Press(`main form button`)
	if strings.HasSuffix(p.path(), "/questions/years") {
		p.Press(`main form button`) // nothing chosen
		if p.Has(`input[name=answer]:not(:checked)`) && p.Has(".govuk-error-summary") {
			p.Check(`input[name=answer]`)
			p.Press(`main form button`)
		}
	}
	p.visit("/cases/" + id)
	p.reads("年满70岁的人士须提交体格检验报告", "+852 5550 1823")
	p.visit("/cases")
}

// withReport uploads a report; one officer claims the case, a second who is
// faster loses; the first refuses, and the money comes back by itself. Applying
// again, the report is approved.
func withReport(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "en", "seventy-one-report")
	apply := func() string {
		id := p.starts(renewal)
		p.agrees()
		p.goesOn()
		p.Upload("input[type=file]", "notes.txt", []byte("not a report"))
		p.Press(`main form button`)
		if !p.Has(".govuk-error-summary") {
			t.Errorf("a text file is taken as a report: %s", p.Text("main"))
		}
		p.Upload("input[type=file]", "report.pdf", people.MedicalReport())
		p.Press(`main form button`)
		p.Check(`input[name=answer][value="3"]`)
		p.Press(`main form button`)
		p.submits()
		p.pays("succeed")
		p.visit("/cases/" + id)
		return id
	}
	first := apply()
	desk := "/work/transport-department/cases/"
	officer, rival := persona(t, b, c, "en", "licence-officer"), persona(t, b, c, "zh-Hant", "second-licence-officer")
	officer.visit("/work/transport-department/cases")
	officer.Press(`main a[href="` + desk + first + `"]`)
	rival.visit(desk + first)
	officer.waitsFor(`form[action$="/claim"]`)
	rival.waitsFor(`form[action$="/claim"]`)
	officer.Press(`form[action$="/claim"] button`)
	rival.Press(`form[action$="/claim"] button`)
	if !strings.Contains(rival.Text("main"), "CW-") || rival.Has(`form[action$="/approve"]`) {
		t.Errorf("the second officer: %s", rival.Text("main"))
	}
	officer.visit(desk + first)
	officer.reads("Lau Man Fai", "report.pdf")
	tab := persona(t, b, c, "en", "licence-officer") // the same officer in another window
	tab.visit(desk + first)
	officer.Fill(`form[action$="/refuse"] textarea`, "The report is not signed.")
	officer.Eval(`(() => { const s = document.querySelector('select[name=why]'); s.value = [...s.options].map(o => o.value).filter(v => v).pop(); return s.value })()`)
	officer.Press(`form[action$="/refuse"] button`)
	tab.Press(`form[action$="/approve"] button`)
	if tab.Has(`form[action$="/approve"]`) {
		t.Errorf("decided twice? %s", tab.Text("main"))
	}
	p.visit("/cases/" + first)
	p.reads("The report is not signed.")
	p.visit("/payments")
	p.until("Given back on") // by itself
	p.visit("/cases/" + first)
	p.reads("HKD 270.00 was given back")

	second := apply()
	officer.visit(desk + second)
	officer.waitsFor(`form[action$="/claim"]`)
	officer.Press(`form[action$="/claim"] button`)
	officer.Fill(`form[action$="/ask"] textarea`, "Please send page 2 as well.")
	officer.Press(`form[action$="/ask"] button`)
	p.visit("/cases/" + second)
	p.Press(`a[href$="/more"]`)
	p.Fill("textarea", "There is no page 2.")
	p.Press(`main form button`)
	officer.visit(desk + second)
	if officer.Has(`form[action$="/claim"]`) {
		officer.Press(`form[action$="/claim"] button`)
	}
	officer.Press(`form[action$="/approve"] button`)
	p.visit("/licences")
	p.WaitFor(`main a[href^="/licences/"]`)
	p.visit("/")
	p.visit("/activity")
	p.reads("Transport Department")
}

func refusedByRule(t *testing.T, b *testkit.Browser, c *city) {
	for _, x := range []struct{ id, lang, say string }{
		{"disqualified", "en", "A court has disqualified you"}, {"too-early", "zh-Hans", "执照有效期至"}, {"too-late", "zh-Hant", "你須重新通過駕駛考試"},
	} {
		p := persona(t, b, c, x.lang, x.id)
		id := p.starts(renewal)
		p.agrees()
		p.visit("/cases/" + id)
		if p.Has(`#tasks`) {
			p.Press(`main a.govuk-button`)
			p.visit("/cases/" + id)
		}
		p.reads(x.say, "+852 5550 1823")
		if p.Has(`form[action$="/check"]`) {
			t.Errorf("%s can hand in", x.id)
		}
	}
}

// noRecord types what no registry knows; an officer sees that it was typed.
func noRecord(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "en", "no-record")
	id := p.starts(renewal)
	p.agrees()
	p.reads("has no such record about you")
	p.visit("/cases/" + id + "/facts/licence")
	p.Press(`main form button`)
	if !p.Has(".govuk-error-summary") {
		t.Error("an empty fact is taken")
	}
	p.Check(`input[name=classes][value="1"]`)
	p.Check(`input[name=classes][value="3"]`)
	p.types(map[string]string{"licence_number": "DL1234567"}, "expires_on", "disqualified")
	p.goesOn()
	p.submits()
	p.pays("succeed")
	officer := persona(t, b, c, "zh-Hans", "licence-officer")
	officer.visit("/work/transport-department/cases/" + id)
	officer.waitsFor(`form[action$="/claim"]`)
	officer.Press(`form[action$="/claim"] button`)
	officer.reads("DL1234567")
	officer.Fill(`form[action$="/approve"] textarea`, "Seen the old licence at the counter.")
	officer.Press(`form[action$="/approve"] button`)
	p.visit("/licences")
	p.WaitFor(`main a[href^="/licences/"]`)
}

// waitsFor opens the page again and again until it has css.
func (p person) waitsFor(css string) {
	p.t.Helper()
	for end := time.Now().Add(patience); !p.Has(css); p.visit(p.path()) {
		if time.Now().After(end) {
			p.t.Fatalf("%s does not come to have %s: %s", p.path(), css, p.Text("main"))
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// until opens the page again and again until it says want.
func (p person) until(want string) {
	p.t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(p.Text("main"), want); p.visit(p.path()) {
		if time.Now().After(end) {
			p.t.Fatalf("%s does not come to say %q: %s", p.path(), want, p.Text("main"))
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// types fills the form of a fact: texts, a date of this month, a "no".
func (p person) types(texts map[string]string, date, no string) {
	p.t.Helper()
	for name, v := range texts {
		p.Fill(`input[name="`+name+`"]`, v)
	}
	if date != "" {
		now, _ := p.Eval(`(() => { const d = new Date(); return d.getFullYear() + "-" + (d.getMonth() + 1) })()`).(string)
		year, month, _ := strings.Cut(now, "-")
		p.Fill("#"+date+"-day", "28")
		p.Fill("#"+date+"-month", month)
		p.Fill("#"+date+"-year", year)
	}
	if no != "" {
		p.Check(`input[name="` + no + `"][value=false]`)
	}
	p.Press(`main form button`)
}

func twoRecords(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "zh-Hant", "two-records")
	id := p.starts(renewal)
	p.agrees()
	p.reads("有多於一項關於你的紀錄")
	p.visit("/cases/" + id + "/facts/licence")
	p.Press(`main form button`)
	if !p.Has(".govuk-error-summary") {
		t.Error("nothing chosen is taken")
	}
	p.Check(`input[name=record]`)
	p.Press(`main form button`)
	p.goesOn()
	p.arrives("/cases/"+id, "/check")
}

func severalVehicles(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "en", "two-cars")
	id := p.starts("resident-parking-permit")
	p.agrees()
	p.visit("/cases/" + id + "/facts/car")
	p.Check(`input[name=record]`)
	p.Press(`main form button`)
	p.goesOn()
	p.Check(`input[name=answer][value="3"]`)
	p.Press(`main form button`)
	p.reads("HKD 360.00")
	p.submits()
	p.pays("succeed")
	p.visit("/licences")
	p.WaitFor(`main a[href^="/licences/"]`)
}

func electricVehicle(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "zh-Hans", "electric")
	p.starts("resident-parking-permit")
	p.agrees()
	p.goesOn()
	p.Check(`input[name=answer][value="12"]`)
	p.Press(`main form button`)
	p.submits()
	p.arrives("/cases/", "/done")
	p.visit("/licences")
	p.WaitFor(`main a[href^="/licences/"]`)
}

// twoDepartments types an address by hand: the housing department looks at it,
// then the district decides.
func twoDepartments(t *testing.T, b *testkit.Browser, c *city) {
	c.switchSource(t, "housing", "broken")
	p := persona(t, b, c, "en", "renewal")
	id := p.starts("resident-parking-permit")
	p.agrees()
	p.visit("/cases/" + id + "/facts/home")
	p.Fill("#moved_in_on-day", "1")
	p.Fill("#moved_in_on-month", "1")
	p.Fill("#moved_in_on-year", "2099")
	p.types(map[string]string{"street": "1 Jetty Road", "district": "Lantern Bay"}, "", "")
	p.reads("This day cannot be in the future")
	p.Fill("#moved_in_on-year", "2020")
	p.Press(`main form button`)
	p.goesOn()
	p.Check(`input[name=answer][value="3"]`)
	p.Press(`main form button`)
	p.submits()
	p.pays("succeed")
	p.visit("/cases/" + id)
	p.until("Check of the address · Housing Department · has it now")
	p.reads("Being decided", "An officer is looking at your application to the Housing Department", "Decision · District Transport", "comes later")
	district := persona(t, b, c, "en", "permit-officer")
	district.visit("/work/district-transport/cases/" + id)
	if district.Has(`form[action$="/claim"]`) {
		t.Error("the district can claim the case before its turn")
	}
	for _, x := range []struct{ officer, department string }{{"address-officer", "housing-department"}, {"permit-officer", "district-transport"}} {
		o := persona(t, b, c, "zh-Hant", x.officer)
		o.visit("/work/" + x.department + "/cases")
		o.Press(`main a[href$="/cases/` + id + `"]`)
		o.Press(`form[action$="/claim"] button`)
		o.reads("1 Jetty Road", "車輛牌照未屆滿", "核實住址")
		for _, slug := range []string{"licence-ended", "residence", "petrol", "diesel", "permit-officer", "address-officer"} {
			if strings.Contains(o.Text("main"), slug) {
				t.Errorf("the officer reads %s: %s", slug, o.Text("main"))
			}
		}
		o.Press(`form[action$="/approve"] button`)
		if x.officer == "address-officer" {
			p.visit("/cases/" + id)
			p.reads("Check of the address · Housing Department · passed", "has it now", "to the District Transport")
		}
	}
	p.visit("/licences")
	p.WaitFor(`main a[href^="/licences/"]`)
}

func consentRefused(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "en", "renewal")
	id := p.starts(renewal)
	p.Press(`button[value=refuse]`)
	p.visit("/cases/" + id + "/facts")
	p.reads("has not been asked")
	p.visit("/cases/" + id + "/facts/licence")
	p.visit("/cases/" + id + "/consent")
	p.agrees()
	p.visit("/consents")
	p.Press(`main a[href^="/consents/"]`)
	grant := p.path()
	p.Press(`form[action$="/withdraw"] button`)
	p.visit(grant)
	if p.Has(`form[action$="/withdraw"]`) {
		t.Error("the consent is still there")
	}
	p.visit("/consents")
	p.visit("/cases/" + id + "/facts")
}

// failingSources: each way to fail is a clear sentence and a way on.
func failingSources(t *testing.T, b *testkit.Browser, c *city) {
	for i, x := range []struct{ mode, lang, say string }{
		{"slow", "en", ""}, {"broken", "en", "cannot be reached"}, {"wrong", "zh-Hant", ""}, {"refusing", "zh-Hans", "没有提供此项资料"}, {"down", "en", "cannot be reached"},
	} {
		t.Run(x.mode, func(t *testing.T) {
			c.switchSource(t, "transport", x.mode)
			p := persona(t, b, c, x.lang, "resident-"+string(rune('0'+i)))
			id := p.starts(renewal)
			p.agrees()
			if x.say != "" {
				p.reads(x.say)
			}
			if x.mode == "slow" {
				p.reads("DL")
				return
			}
			if !p.Has(`a[href="/cases/` + id + `/facts/licence"]`) {
				t.Errorf("no way on: %s", p.Text("main"))
			}
			c.switchSource(t, "transport", "fine")
		})
	}
	p := persona(t, b, c, "zh-Hant", "transport-steward")
	p.visit("/work/transport-department/sources")
	p.visit("/demo/switches")
}

// wrongFact is said, reaches the department's data steward, and is answered.
func wrongFact(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "en", "resident-20")
	p.starts(renewal)
	p.agrees()
	p.Press(`a[href^="/report/td.driving-licence/classes"]`)
	p.Press(`main form button`)
	if !p.Has(".govuk-error-summary") {
		t.Error("an empty report is taken")
	}
	p.Fill("#said", "I may ride motorcycles too.")
	p.Press(`main form button`)
	p.arrives("/reports/", "")
	report := p.path()
	steward := persona(t, b, c, "zh-Hant", "transport-steward")
	steward.visit("/work/transport-department/reports")
	steward.Press(`main td a`)
	steward.reads("I may ride motorcycles too.")
	steward.Check(`input[name=outcome][value=corrected]`)
	steward.Fill("textarea", "You are right: class 3 has been added.")
	steward.Press(`form[action$="/answer"] button`)
	p.visit(report)
	p.reads("class 3 has been added")
	p.visit("/reports")
}

// goneAway chooses an answer and leaves the device: two minutes before the session
// ends the page asks, and what was chosen is saved.
func goneAway(t *testing.T, b *testkit.Browser, c *city) {
	p := persona(t, b, c, "en", "renewal")
	p.starts("resident-parking-permit")
	p.agrees()
	p.goesOn()
	question := p.path()
	if !strings.Contains(question, "/questions/") {
		t.Fatalf("at %s: %s", question, p.Text("main"))
	}
	chosen := `id="answer[^"]*"[^>]*value="12"[^>]* checked|value="12"[^>]* checked`
	same := c.visitor(t)
	same.borrow(p)
	if a := same.get(question); regexp.MustCompile(chosen).MatchString(a.body) {
		t.Fatal("twelve months are chosen from the start: that tests nothing")
	}
	p.Check(`input[name=answer][value="12"]`)
	p.Eval(`{ const now = Date.now; const left = Number(document.querySelector("[data-cw-timeout]").dataset.cwTimeout) - 100; Date.now = () => now() + left * 1000; true }`)
	for end := time.Now().Add(15 * time.Second); !p.Has("dialog[open] [data-cw-extend]"); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the page does not ask")
		}
	}
	same.await(question, "("+chosen+")")
	p.Eval(`document.querySelector("dialog [data-cw-extend]").click(); true`)
	for end := time.Now().Add(15 * time.Second); p.Has("dialog[open]"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("who stays is asked on")
		}
	}
}
