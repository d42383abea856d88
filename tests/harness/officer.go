package harness

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"causeway/demo/city"
)

// Upload sends a file as the answer to a question.
func (c *Client) Upload(to, name string, content []byte) (Answer, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", name)
	if err != nil {
		return Answer{}, err
	}
	if _, err := f.Write(content); err != nil {
		return Answer{}, err
	}
	if err := w.Close(); err != nil {
		return Answer{}, err
	}
	return c.Do(http.MethodPost, to, w.FormDataContentType(), b.String())
}

// HandIn has a person of an age that needs a medical report apply and pay, and
// returns the case once it waits for a licence officer.
func (c *Client) HandIn(who string) (id string, err error) {
	j := Journey{Who: who}
	if err := c.SignIn(who); err != nil {
		return "", err
	}
	to, err := send(c, "/services/"+Renewal+"/start", nil)
	if err != nil {
		return "", err
	}
	j.Case = "/cases/" + strings.Split(to, "/")[2]
	if _, err := send(c, j.Case+"/consent", url.Values{"choice": {"agree"}}); err != nil {
		return "", err
	}
	a, err := c.Upload(j.Case+"/questions/medical_report", "report.pdf", city.MedicalReport())
	for try := 0; err == nil && a.Status != http.StatusSeeOther && try < 100; try++ { // the facts are on their way
		time.Sleep(50 * time.Millisecond)
		a, err = c.Upload(j.Case+"/questions/medical_report", "report.pdf", city.MedicalReport())
	}
	if err != nil {
		return "", err
	}
	if _, err := send(c, j.Case+"/questions/years", url.Values{"answer": {"3"}}); err != nil {
		return "", err
	}
	rev, err := j.facts(c)
	if err != nil {
		return "", err
	}
	if j.Submitted, err = send(c, j.Case+"/check", url.Values{"rev": {rev}, "declare": {"yes"}}); err != nil {
		return "", err
	}
	if err := j.pay(c); err != nil {
		return "", err
	}
	id = strings.TrimPrefix(j.Case, "/cases/")
	return id, nil
}

// Rev is the version of the case that the forms of a page were drawn from.
func (c *Client) Rev(path string) (string, error) {
	for range 200 {
		a, err := c.Get(path)
		if err != nil {
			return "", err
		}
		if rev := Between(a.Body, `name="rev" value="`, `"`); rev != "" {
			return rev, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return "", fmt.Errorf("%s has no form", path)
}
