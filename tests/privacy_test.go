package tests

import (
	"net/url"
	"strings"
	"testing"
	"time"

	people "causeway/demo/city"
	"causeway/platform/day"
	"causeway/platform/testkit"
	"causeway/tests/harness"
)

// TestNothingPersonalInLogs runs whole journeys, with failures on the way, and
// looks for every personal value in what the program and its companions wrote.
func TestNothingPersonalInLogs(t *testing.T) {
	t.Parallel()
	c := own(t, "", "--verbose")
	b := testkit.NewBrowser(t)
	me := registers(t, b, c, "en")
	code := me.code
	me.visit("/account")
	values := map[string]string{
		"activation code": code, "activation code without hyphens": strings.ReplaceAll(code, "-", ""), "name of a passkey": "My telephone",
		"e-mail typed at the counter": "newcomer@mail.example",
	}
	zone, err := time.LoadLocation("Asia/Hong_Kong")
	if err != nil {
		t.Fatal(err)
	}
	today := day.In(time.Now(), zone)
	town := people.New(1, today, today) // personas are the same for each seed
	for _, p := range town.Personas() {
		about(values, p.ID, p.Resident)
	}
	for _, o := range town.Officers() {
		values[o.ID+" number"], values[o.ID+" name"], values[o.ID+" e-mail"] = o.Number.Reveal(), o.Name, o.Email
	}

	driver := c.as(t, "renewal")
	_, _, licence := driver.renews()
	values["licence number"] = driver.find("/licences/"+licence, `(TDL-[0-9A-Z-]+)`)
	shown := driver.led("/licences/"+licence+"/share", url.Values{"claim": {"number", "name"}})
	presentation := driver.find(shown, `<textarea[^>]*id="presentation"[^>]*>([^<]+)`)
	values["presentation"] = presentation[len(presentation)/2 : len(presentation)/2+40]
	second := c.visitor(t)
	second.get(driver.find(shown, `id="address" href="([^"]+)"`))
	second.post("/verify", url.Values{"text": {presentation}})
	second.post("/verify", url.Values{"text": {presentation + "x"}})
	values["handle"] = shown[strings.LastIndexByte(shown, '/')+1:]

	patient := c.as(t, "seventy-one-report")
	caseID, _ := patient.reportsHealth()
	said := "My name is Lau Man Fai and I was born elsewhere"
	values["words of a report"] = said
	patient.led("/report/td.driving-licence/classes", url.Values{"case": {caseID}, "said": {said}})
	officer := c.as(t, "licence-officer")
	desk := "/work/transport-department/cases/" + caseID
	officer.takes(desk)
	officer.get(desk)
	values["words of a refusal"] = "Mr Lau cannot see well"
	officer.led(desk+"/refuse", url.Values{"rev": {officer.find(desk, `name="rev" value="(\d+)"`)}, "why": {"other"}, "words": {values["words of a refusal"]}})

	for _, mode := range []string{"broken", "garbage", "wrong", "forged", "huge", "refusing", "hanging", "down"} {
		for _, source := range []string{"transport", "immigration"} {
			second.post("/demo/switches/sources/"+source, url.Values{"mode": {mode}})
		}
		elder := c.as(t, "sixty-six")
		id := strings.Split(elder.led("/services/driving-licence-renewal/start", nil), "/")[2]
		elder.led("/cases/"+id+"/consent", url.Values{"choice": {"agree"}})
		elder.post("/cases/"+id+"/facts/licence", url.Values{"licence_number": {"DL9000001"}, "classes": {"1"}})
	}
	for _, path := range []string{"/sign-in?next=//evil", "/activate/" + code, "/cases/x", "/verify/" + values["handle"] + "x", "/demo/sign-in/Chan%20Mei%20Ling"} {
		second.get(path)
	}
	time.Sleep(500 * time.Millisecond)
	if err := c.stop(); err != nil {
		t.Fatal(err)
	}
	log := c.Log()
	if strings.Contains(log, harness.Cut) || !strings.Contains(log, `"route":"/cases/{case}/check"`) {
		t.Errorf("the log does not tell what was done: %.300s", log)
	}
	for what, v := range values {
		if v != "" && strings.Contains(strings.ToLower(log), strings.ToLower(v)) {
			i := strings.Index(strings.ToLower(log), strings.ToLower(v))
			t.Errorf("the log has the %s: …%s…", what, log[max(0, i-200):min(len(log), i+100)])
		}
	}
	t.Logf("%d personal values, %d bytes of log", len(values), len(log))
}

// about adds what is known about somebody.
func about(values map[string]string, id string, r people.Resident) {
	values[id+" number"] = r.Number.Reveal()
	values[id+" number without marks"] = strings.NewReplacer("(", "", ")", "").Replace(r.Number.Reveal())
	values[id+" name"], values[id+" Chinese name"], values[id+" e-mail"] = r.Name, r.NameZh, r.Email
	values[id+" birth date"] = r.BornOn.String()
	for _, l := range r.Licences {
		values[id+" licence "+l.Number] = l.Number
	}
	for _, v := range r.Vehicles {
		values[id+" plate "+v.Plate] = v.Plate
	}
	if r.Home != nil {
		values[id+" street"] = r.Home.Street
	}
}
