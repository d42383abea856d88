package harness

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Client is somebody's browser without pages: it keeps cookies and follows no
// redirect. It is for one goroutine.
type Client struct {
	Origin  string
	http    *http.Client
	cookies map[string]string // of the origin alone; http.CookieJar keeps Secure ones off plain HTTP
}

// NewClient returns a browser without cookies. Every name under localhost is
// this machine.
func NewClient(origin string) *Client {
	dial := &net.Dialer{Timeout: 5 * time.Second}
	tr := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return dial.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
	return &Client{origin, &http.Client{
		Transport: tr, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, map[string]string{}}
}

// Close ends its connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// An Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Cookies are those that the answer sets.
func (a Answer) Cookies() []*http.Cookie { return (&http.Response{Header: a.Header}).Cookies() }

// To is where the answer leads.
func (a Answer) To() string { return a.Header.Get("Location") }

// Get asks for a page; to may be a path or an address.
func (c *Client) Get(to string) (Answer, error) { return c.Do(http.MethodGet, to, "", "") }

// FormType is the type of a form's body.
const FormType = "application/x-www-form-urlencoded"

// Post sends a form, as a browser does from a page of the same origin.
func (c *Client) Post(to string, form url.Values) (Answer, error) {
	return c.Do(http.MethodPost, to, FormType, form.Encode())
}

// Do sends one request and reads its answer.
func (c *Client) Do(method, to, contentType, body string) (Answer, error) {
	if strings.HasPrefix(to, "/") {
		to = c.Origin + to
	}
	req, err := http.NewRequest(method, to, strings.NewReader(body)) //nolint:noctx // the client has a time-out
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", method, err)
	}
	if method != http.MethodGet {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Content-Type", contentType)
	}
	return c.Send(req)
}

// Send sends req with the cookies of its origin, keeps those that it gets, and
// reads the answer.
func (c *Client) Send(req *http.Request) (Answer, error) {
	ours := req.URL.Scheme+"://"+req.URL.Host == c.Origin
	if ours {
		for k, v := range c.cookies {
			req.Header.Add("Cookie", k+"="+v)
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, err
	}
	if ours {
		c.Keep(res.Cookies())
	}
	return Answer{res.StatusCode, res.Header, string(b)}, nil
}

// Keep takes over cookies of the origin, and drops those that are at their end.
func (c *Client) Keep(cookies []*http.Cookie) {
	for _, k := range cookies {
		if k.MaxAge < 0 {
			delete(c.cookies, k.Name)
		} else {
			c.cookies[k.Name] = k.Value
		}
	}
}

// SignIn begins a session as a persona of the demo, an officer, or resident-N.
func (c *Client) SignIn(who string) error {
	a, err := c.Post("/demo/sign-in/"+who, nil)
	if err == nil && a.Status != http.StatusSeeOther {
		err = &Unexpected{Method: http.MethodPost, To: "/demo/sign-in/" + who, Answer: a}
	}
	return err
}
