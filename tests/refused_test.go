package tests

import (
	"strings"
	"testing"
	"time"

	"causeway/platform/testkit"
)

// refusedEntry: the registry does not take a renewal that was approved. The
// holder has the licence and is told; officers see why, send it again once the
// registry is mended, or enter it by hand, on the word of two.
func refusedEntry(t *testing.T, b *testkit.Browser, c *city) {
	renew := func(resident, lang string) (p person, id string) {
		p = persona(t, b, c, lang, resident)
		id = p.starts(renewal)
		p.agrees()
		p.goesOn()
		c.switchSource(t, "transport", "refusing")
		p.submits()
		p.pays("succeed")
		p.visit("/cases/" + id)
		return p, id
	}
	officer, second := persona(t, b, c, "en", "licence-officer"), persona(t, b, c, "zh-Hant", "second-licence-officer")
	opens := func(o person, id, why string) {
		o.visit("/work/transport-department/cases?state=approved")
		o.Press(`main a[href$="/cases/` + id + `"]`)
		if !o.Has(`form[action$="/effects"]`) {
			o.Fill(`form[action$="/look"] textarea`, why)
			o.Press(`form[action$="/look"] button`)
		}
	}

	p, id := renew("resident-40", "en")
	p.until("has not yet entered “Driving licence” in its register")
	p.reads("What was issued to you is valid")
	p.visit("/licences")
	p.WaitFor(`main a[href^="/licences/"]`)
	opens(officer, id, "The registry refused it.")
	officer.reads("Not entered: Driving licence", "Transport Department refused this entry", "It does not take this.", "Last day", "Full driving licence")
	officer.Press(`form[action$="/effects"] button`) // it refuses still
	refusedAgain(officer)
	c.switchSource(t, "transport", "fine")
	sendsAgain(officer, id)
	p.visit("/cases/" + id)
	p.reads("Approved and completed")

	p, id = renew("resident-41", "zh-Hans")
	p.until("尚未将“驾驶执照”登记在其登记册中")
	opens(officer, id, "The registry refused it.")
	officer.Press(`form[action$="/by-hand"] button`)
	if !officer.Has(".govuk-error-summary") {
		t.Error("completed without a word")
	}
	officer.Fill(`form[action$="/by-hand"] textarea`, "Entered by telephone, their note 77.")
	officer.Press(`form[action$="/by-hand"] button`)
	officer.reads("You said this. A colleague has to confirm it.")
	opens(second, id, "確認人手登記")
	second.reads("Entered by telephone, their note 77.", "等候第二名職員確認")
	second.Press(`button[value=confirm]`)
	second.reads("已人手完成", "已獲批准並完成")
	p.visit("/cases/" + id)
	p.reads("已获批准并完成")
	p.visit("/cases/" + id + "/history")
	p.reads("Entered by telephone, their note 77.", "第二名工作人员确认已人工登记")
	p.visit("/messages")
	p.reads("已完成：续领正式驾驶执照")
	p.visit("/activity")
	p.reads("第二名工作人员确认申请“续领正式驾驶执照”", "向您签发“正式驾驶执照”，有效期至")
	c.switchSource(t, "transport", "fine")
}

// sendsAgain presses the button until the case is completed: the page may be older
// than what the registry answered, and is then refused with a word.
func sendsAgain(o person, id string) {
	o.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		o.visit("/work/transport-department/cases/" + id)
		switch {
		case strings.Contains(o.Text("main"), "Approved and completed"):
			return
		case time.Now().After(end):
			o.t.Fatalf("the case is not completed: %s", o.Text("main"))
		case o.Has(`form[action$="/effects"]`):
			o.Press(`form[action$="/effects"] button`)
		}
	}
}

// refusedAgain waits until the page of a case says once more that it was refused.
func refusedAgain(o person) {
	o.t.Helper()
	o.waitsFor(`form[action$="/effects"]`)
	if n := strings.Count(o.Text("main"), "Failed"); n != 1 {
		o.t.Errorf("%d entries have failed: %s", n, o.Text("main"))
	}
}
