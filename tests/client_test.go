package tests

import (
	"net/http"
	"net/url"
	"testing"

	"causeway/tests/harness"
)

// A client is somebody's browser without pages: it keeps cookies and follows no
// redirect. What cannot be sent ends the test.
type client struct {
	t       *testing.T
	city    *city
	browser *harness.Client
}

// visitor returns somebody who is not signed in.
func (c *city) visitor(t *testing.T) *client {
	t.Helper()
	b := harness.NewClient(c.origin)
	t.Cleanup(b.Close)
	return &client{t, c, b}
}

// as returns somebody who is signed in: a persona, an officer, or resident-N.
func (c *city) as(t *testing.T, persona string) *client {
	t.Helper()
	v := c.visitor(t)
	if err := v.browser.SignIn(persona); err != nil {
		t.Fatalf("sign in as %s: %v", persona, err)
	}
	return v
}

// borrow takes over the cookies of somebody's browser.
func (c *client) borrow(p person) {
	c.t.Helper()
	c.browser.Keep(p.Cookies())
}

// An answer is what the program sent.
type answer struct {
	status int
	header http.Header
	body   string
}

// to is where the answer leads.
func (a answer) to() string { return a.header.Get("Location") }

func (c *client) get(path string) answer { return c.do(http.MethodGet, path, "", "") }

func (c *client) post(path string, form url.Values) answer {
	return c.do(http.MethodPost, path, form.Encode(), harness.FormType)
}

func (c *client) do(method, path, body, contentType string) answer {
	c.t.Helper()
	a, err := c.browser.Do(method, path, contentType, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{a.Status, a.Header, a.Body}
}
