package tests

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	people "causeway/demo/city"
)

// patience bounds how long something that happens by itself may take.
const patience = time.Minute

// find returns the first group of rx in the page at path.
func (c *client) find(path, rx string) string {
	c.t.Helper()
	a := c.get(path)
	m := regexp.MustCompile(rx).FindStringSubmatch(a.body)
	if m == nil {
		c.t.Fatalf("%s: %d, no %s in %s", path, a.status, rx, inner(a.body))
	}
	return m[1]
}

// await is find, once the page has it.
func (c *client) await(path, rx string) string {
	c.t.Helper()
	re, end := regexp.MustCompile(rx), time.Now().Add(patience)
	for {
		a := c.get(path)
		if m := re.FindStringSubmatch(a.body); m != nil {
			return m[1]
		}
		if time.Now().After(end) {
			c.t.Fatalf("%s: %d, no %s in %s", path, a.status, rx, inner(a.body))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// inner is what a page says, without what all pages say.
func inner(page string) string {
	_, s, _ := strings.Cut(page, "<main")
	s, _, _ = strings.Cut(s, "</main>")
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(s, " ")), " ")
}

// led sends a form and returns where the answer leads.
func (c *client) led(path string, form url.Values) string {
	c.t.Helper()
	a := c.post(path, form)
	if a.status != http.StatusSeeOther {
		c.t.Fatalf("POST %s: %d %s", path, a.status, inner(a.body))
	}
	return a.to()
}

// insists sends a form anew for as long as the case changes under it, as a case
// does that the jobs still work on.
func (c *client) insists(path string, form func() url.Values) {
	c.t.Helper()
	for range 20 {
		a := c.post(path, form())
		if a.status == http.StatusSeeOther {
			return
		}
		if a.status != http.StatusConflict {
			c.t.Fatalf("POST %s: %d %s", path, a.status, inner(a.body))
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatalf("POST %s: a conflict each time", path)
}

// takes claims the case at desk, once it waits for an officer.
func (c *client) takes(desk string) {
	c.t.Helper()
	c.insists(desk+"/claim", func() url.Values {
		return url.Values{"rev": {c.await(desk, `(?s)/claim".*?name="rev" value="(\d+)"`)}}
	})
}

// applies starts an application, consents, and waits for the facts.
func (c *client) applies(service string) (caseID string) {
	c.t.Helper()
	caseID = strings.Split(c.led("/services/"+service+"/start", nil), "/")[2]
	c.led("/cases/"+caseID+"/consent", url.Values{"choice": {"agree"}})
	c.await("/cases/"+caseID+"/facts", `class="govuk-button"[^>]* href="/cases/`+caseID+`(/[a-z_/]+)"|href="/cases/`+caseID+`(/[a-z_/]+)"[^>]*class="govuk-button"`)
	return caseID
}

// submits declares and hands in, and returns the order to pay, "" if none.
func (c *client) submits(caseID string) (order string) {
	c.t.Helper()
	at := "/cases/" + caseID + "/check"
	to := c.led(at, url.Values{"rev": {c.find(at, `name="rev" value="(\d+)"`)}, "declare": {"yes"}})
	order, _ = strings.CutPrefix(to, "/payments/")
	if order == to {
		return ""
	}
	return order
}

// pays goes to the provider's page, chooses there, and comes back.
func (c *client) pays(order, choice string) {
	c.t.Helper()
	back := c.led(c.led("/payments/"+order, nil), url.Values{"choice": {choice}})
	for range 3 {
		a := c.get(back)
		if a.status != http.StatusSeeOther {
			return
		}
		back = a.to()
	}
}

// uploads answers a question with a file.
func (c *client) uploads(caseID, question, name string, content []byte) answer {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(http.MethodPost, "/cases/"+caseID+"/questions/"+question, b.String(), w.FormDataContentType())
}

// renews goes all the way to a licence.
func (c *client) renews() (caseID, order, licence string) {
	c.t.Helper()
	caseID = c.applies("driving-licence-renewal")
	order = c.submits(caseID)
	c.pays(order, "succeed")
	return caseID, order, c.await("/licences", `href="/licences/([0-9a-f-]{36})"`)
}

// reports hands in an application that an officer decides.
func (c *client) reportsHealth() (caseID, order string) {
	c.t.Helper()
	caseID = c.applies("driving-licence-renewal")
	if a := c.uploads(caseID, "medical_report", "report.pdf", people.MedicalReport()); a.status != http.StatusSeeOther {
		c.t.Fatalf("upload: %d %s", a.status, inner(a.body))
	}
	c.led("/cases/"+caseID+"/questions/years", url.Values{"answer": {"3"}})
	order = c.submits(caseID)
	c.pays(order, "succeed")
	return caseID, order
}
