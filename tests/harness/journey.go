package harness

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Renewal is the service that a Journey applies for.
const Renewal = "driving-licence-renewal"

// A Journey is one resident on the way from the sign-in to the licence. What the
// program has confirmed stays in it when a request fails, so that it can go on
// after the program has come back.
type Journey struct {
	Who       string
	Case      string // the address of the case, once it is there
	Submitted string // the address of the order, once the application was confirmed
	Chosen    bool   // the provider has confirmed the payment
	Licence   string // the address of the licence, once it was seen
}

// Walk goes the whole way, or on from where it was.
func (j *Journey) Walk(c *Client) error {
	for _, step := range []func(*Client) error{j.Apply, j.pay, j.wait} {
		if err := step(c); err != nil {
			return fmt.Errorf("%s: %w", j.Who, err)
		}
	}
	return nil
}

// send posts a form that must lead somewhere.
func send(c *Client, to string, form url.Values) (string, error) {
	a, err := c.Post(to, form)
	if err == nil && a.Status != http.StatusSeeOther {
		err = &Unexpected{Method: http.MethodPost, To: to, Answer: a}
	}
	return a.To(), err
}

// page gets a page that must be there.
func page(c *Client, to string) (Answer, error) {
	a, err := c.Get(to)
	if err == nil && a.Status != http.StatusOK {
		err = &Unexpected{Method: http.MethodGet, To: to, Answer: a}
	}
	return a, err
}

// Unexpected is an answer of another kind than the journey needs.
type Unexpected struct {
	Method, To string
	Answer     Answer
}

func (u *Unexpected) Error() string {
	return fmt.Sprintf("%s %s: status %d to %q: %s", u.Method, u.To, u.Answer.Status, u.Answer.To(), Words(u.Answer.Body))
}

// Apply goes from the sign-in to the confirmed application.
func (j *Journey) Apply(c *Client) error {
	if err := c.SignIn(j.Who); err != nil || j.Submitted != "" {
		return err
	}
	if j.Case == "" {
		to, err := send(c, "/services/"+Renewal+"/start", nil)
		if err != nil {
			return err
		}
		parts := strings.Split(to, "/")
		if len(parts) < 3 || parts[1] != "cases" {
			return fmt.Errorf("start leads to %s", to)
		}
		j.Case = "/cases/" + parts[2]
	}
	a, err := page(c, j.Case)
	if err != nil {
		return err
	}
	if strings.Contains(a.Body, `href="/payments/`) { // confirmed, but we did not hear it
		j.Submitted = "/payments/" + Between(a.Body, `href="/payments/`, `"`)
		return nil
	}
	if _, err := send(c, j.Case+"/consent", url.Values{"choice": {"agree"}}); err != nil {
		return err
	}
	rev, err := j.facts(c)
	if err != nil {
		return err
	}
	to, err := send(c, j.Case+"/check", url.Values{"rev": {rev}, "declare": {"yes"}})
	if err == nil && !strings.HasPrefix(to, "/payments/") {
		err = fmt.Errorf("submit leads to %s", to)
	}
	if err == nil {
		j.Submitted = to
	}
	return err
}

// Begin goes from the sign-in to an application whose facts have come.
func (j *Journey) Begin(c *Client) error {
	if err := c.SignIn(j.Who); err != nil {
		return err
	}
	to, err := send(c, "/services/"+Renewal+"/start", nil)
	if err != nil {
		return err
	}
	j.Case, _, _ = strings.Cut(strings.TrimPrefix(to, "/cases/"), "/")
	j.Case = "/cases/" + j.Case
	if _, err := send(c, j.Case+"/consent", url.Values{"choice": {"agree"}}); err != nil {
		return err
	}
	for range 200 {
		a, err := page(c, j.Case+"/facts")
		if err != nil || strings.Contains(a.Body, `href="`+j.Case+`/check"`) || strings.Contains(a.Body, `href="`+j.Case+`/questions/`) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the facts did not come")
}

// facts waits for the facts, and returns the version of the case on the page
// that asks to check them.
func (j *Journey) facts(c *Client) (string, error) {
	for range 200 {
		a, err := c.Get(j.Case + "/check")
		if err != nil {
			return "", err
		}
		if rev := Between(a.Body, `name="rev" value="`, `"`); a.Status == http.StatusOK && rev != "" {
			return rev, nil
		}
		if a, err = page(c, j.Case+"/facts"); err != nil {
			return "", err
		}
		if strings.Contains(a.Body, `<form method="post">`) { // the asking was cut short: ask again
			if _, err := c.Post(j.Case+"/facts", nil); err != nil {
				return "", err
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return "", errors.New("the facts did not come")
}

// pay pays at the provider's page and comes back.
func (j *Journey) pay(c *Client) error {
	if j.Chosen {
		return nil
	}
	hosted, err := send(c, j.Submitted, nil)
	if err != nil {
		return err
	}
	if hosted == j.Submitted { // paid, but we did not hear it
		j.Chosen = true
		return nil
	}
	if _, err = page(c, hosted); err != nil {
		return err
	}
	back, err := send(c, hosted, url.Values{"choice": {"succeed"}})
	if err != nil {
		return err
	}
	j.Chosen = true
	_, err = c.Get(back)
	return err
}

// wait waits for the licence.
func (j *Journey) wait(c *Client) error {
	for range 400 {
		a, err := page(c, "/licences")
		if err != nil {
			return err
		}
		if id := Between(a.Body, `href="/licences/`, `"`); id != "" {
			j.Licence = "/licences/" + id
			return nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	return errors.New("the licence did not come")
}

// Between returns what stands in s between two texts, or "".
func Between(s, before, after string) string {
	_, rest, ok := strings.Cut(s, before)
	if !ok {
		return ""
	}
	found, _, ok := strings.Cut(rest, after)
	if !ok {
		return ""
	}
	return found
}

// Words returns what the main part of a page says, cut short.
func Words(html string) string {
	main := html
	if i := strings.Index(html, "<main"); i >= 0 {
		main = html[i:]
		if i := strings.Index(main, "</main>"); i >= 0 {
			main = main[:i]
		}
	}
	var b strings.Builder
	in := false
	for _, r := range main {
		switch {
		case r == '<':
			in = true
			b.WriteByte(' ')
		case r == '>':
			in = false
		case !in:
			b.WriteRune(r)
		}
	}
	s := strings.Join(strings.Fields(b.String()), " ")
	return s[:min(len(s), 300)]
}
