package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const renewal = "driving-licence-renewal"

// A journey is one resident on the way from the persona's sign-in to the
// licence.
type journey struct {
	*client
	at      string // the case's address
	pages   int    // pages drawn for it, and their size
	bytes   int64
	commits int // requests that change something
}

// page gets a page, which must be there.
func (j *journey) page(to string) (*reply, error) {
	res, err := j.get(to)
	if err != nil {
		return nil, err
	}
	if res.Status != http.StatusOK {
		return res, fmt.Errorf("GET %s: status %d to %q", to, res.Status, res.Location)
	}
	j.pages++
	j.bytes += int64(len(res.Body))
	return res, nil
}

// send posts a form and returns where it leads.
func (j *journey) send(to string, form url.Values) (string, error) {
	res, err := j.post(to, form)
	if err != nil {
		return "", err
	}
	if res.Status != http.StatusSeeOther {
		return "", fmt.Errorf("POST %s: status %d", to, res.Status)
	}
	j.commits++
	return res.Location, nil
}

// signIn begins a session as a resident who can renew.
func (j *journey) signIn(resident int) error {
	_, err := j.send(fmt.Sprintf("/demo/sign-in/resident-%d", resident), nil)
	return err
}

// apply goes from the front page to the consent.
func (j *journey) apply() error {
	for _, p := range []string{"/", "/services/" + renewal} {
		if _, err := j.page(p); err != nil {
			return err
		}
	}
	to, err := j.send("/services/"+renewal+"/start", nil)
	if err != nil {
		return err
	}
	j.at = strings.TrimSuffix(to, "/consent")
	if j.at == to || !strings.HasPrefix(to, "/cases/") {
		return fmt.Errorf("start leads to %s", to)
	}
	if _, err := j.page(to); err != nil {
		return err
	}
	_, err = j.send(to, url.Values{"choice": {"agree"}})
	return err
}

// facts waits for the facts and looks at them.
func (j *journey) facts() error {
	check := []byte(`href="` + j.at + `/check"`)
	for try := 0; try < 100; try++ {
		res, err := j.page(j.at + "/facts")
		if err != nil {
			return err
		}
		if bytes.Contains(res.Body, check) {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the facts did not come")
}

// submit checks the answers, declares, and pays at the provider's page.
func (j *journey) submit() error {
	res, err := j.page(j.at + "/check")
	if err != nil {
		return err
	}
	rev, ok := between(res.Body, `name="rev" value="`, `"`)
	if !ok {
		return errors.New("check: no rev")
	}
	order, err := j.send(j.at+"/check", url.Values{"rev": {rev}, "declare": {"yes"}})
	if err != nil {
		return err
	}
	if _, err := j.page(order); err != nil {
		return err
	}
	hosted, err := j.send(order, nil)
	if err != nil {
		return err
	}
	if _, err := j.page(hosted); err != nil {
		return err
	}
	back, err := j.send(hosted, url.Values{"choice": {"succeed"}})
	if err != nil {
		return err
	}
	for range 5 { // wherever it leads, up to a page
		if res, err = j.get(back); err != nil {
			return err
		}
		if res.Status == http.StatusOK {
			j.pages++
			j.bytes += int64(len(res.Body))
			return nil
		}
		back = res.Location
	}
	return fmt.Errorf("return: leads to %s", back)
}

// licence waits until the licence is there, and opens it.
func (j *journey) licence() error {
	for try := 0; try < 400; try++ {
		res, err := j.page("/licences")
		if err != nil {
			return err
		}
		if id, ok := between(res.Body, `<a class="govuk-link" href="/licences/`, `"`); ok {
			if res, err = j.page("/licences/" + id); err != nil {
				return err
			}
			if !bytes.Contains(res.Body, []byte(`action="/licences/`+id+`/share"`)) {
				return errors.New("the licence is not valid")
			}
			return nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	return errors.New("the licence did not come")
}

// whole is the way from sign-in to licence.
func (j *journey) whole(resident int) error {
	steps := []struct {
		name string
		do   func() error
	}{
		{"sign in", func() error { return j.signIn(resident) }},
		{"apply", j.apply}, {"facts", j.facts}, {"submit", j.submit}, {"licence", j.licence},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("resident %d: %s: %w", resident, s.name, err)
		}
	}
	return nil
}

// between returns what stands in b between two texts.
func between(b []byte, before, after string) (string, bool) {
	_, rest, ok := bytes.Cut(b, []byte(before))
	if !ok {
		return "", false
	}
	found, _, ok := bytes.Cut(rest, []byte(after))
	return string(found), ok
}
