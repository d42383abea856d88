package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A client is one browser of the load: its connections, and its session. It is
// lean, since it shares its machine with what it measures, and has no cookie
// jar: a jar keeps the session's __Host- cookie off plain HTTP. It is for one
// goroutine.
type client struct {
	origin  *url.URL
	session string
	conns   map[string]*conn
	sent    bytes.Buffer
}

type conn struct {
	net.Conn
	in *bufio.Reader
}

// A reply is what came back.
type reply struct {
	Status   int
	Location string
	Header   http.Header
	Body     []byte
}

func newClient(origin string) (*client, error) {
	u, err := url.Parse(origin)
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	return &client{origin: u, conns: map[string]*conn{}}, nil
}

func (c *client) close() {
	for _, k := range c.conns {
		_ = k.Close() // done with it
	}
	clear(c.conns)
}

// get asks for a page; to may be a path or an address.
func (c *client) get(to string) (*reply, error) { return c.do(http.MethodGet, to, nil, nil) }

// post sends a form, as a browser does from a page of the same origin.
func (c *client) post(to string, form url.Values) (*reply, error) {
	return c.do(http.MethodPost, to, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()))
}

const patience = 30 * time.Second

// do sends one request and reads its answer. A connection that the other side
// closed while it was idle is opened again, once.
func (c *client) do(method, to string, header http.Header, body []byte) (*reply, error) {
	u, err := c.origin.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	c.write(method, u, header, body)
	_, old := c.conns[u.Host]
	res, err := c.exchange(u.Host)
	if err != nil && old && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err)) {
		res, err = c.exchange(u.Host)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, u.Path, err)
	}
	if u.Host == c.origin.Host {
		c.remember(res.Header)
	}
	return res, nil
}

func isReset(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

// write puts the request into c.sent.
func (c *client) write(method string, u *url.URL, header http.Header, body []byte) {
	b := &c.sent
	b.Reset()
	b.WriteString(method)
	b.WriteByte(' ')
	b.WriteString(u.RequestURI())
	b.WriteString(" HTTP/1.1\r\nHost: ")
	b.WriteString(u.Host)
	b.WriteString("\r\nAccept: text/html\r\nAccept-Language: en\r\nSec-Fetch-Site: same-origin\r\n")
	if c.session != "" && u.Host == c.origin.Host {
		b.WriteString("Cookie: ")
		b.WriteString(c.session)
		b.WriteString("\r\n")
	}
	_ = header.Write(b) // a buffer takes all
	if method != http.MethodGet {
		b.WriteString("Content-Length: ")
		b.WriteString(strconv.Itoa(len(body)))
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body)
}

// exchange sends c.sent to host and reads the answer.
func (c *client) exchange(host string) (*reply, error) {
	k := c.conns[host]
	if k == nil {
		raw, err := net.DialTimeout("tcp", loopback(host), patience) //nolint:noctx // the load ends with its deadline
		if err != nil {
			return nil, err
		}
		k = &conn{raw, bufio.NewReaderSize(raw, 32<<10)}
		c.conns[host] = k
	}
	res, err := k.roundTrip(c.sent.Bytes())
	if err != nil || res.Header.Get("Connection") == "close" {
		delete(c.conns, host)
		_ = k.Close() // it is of no more use
	}
	return res, err
}

func (k *conn) roundTrip(request []byte) (*reply, error) {
	if err := k.SetDeadline(time.Now().Add(patience)); err != nil { //nolint:forbidigo // a duration, not a date
		return nil, err
	}
	if _, err := k.Write(request); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(k.in, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body := make([]byte, 0, max(res.ContentLength, 0)+512)
	into := bytes.NewBuffer(body)
	if _, err := into.ReadFrom(res.Body); err != nil {
		return nil, err
	}
	return &reply{res.StatusCode, res.Header.Get("Location"), res.Header, into.Bytes()}, nil
}

// remember keeps the session that an answer sets.
func (c *client) remember(h http.Header) {
	for _, line := range h["Set-Cookie"] {
		pair, _, _ := strings.Cut(line, ";")
		if strings.HasPrefix(pair, "__Host-session=") {
			c.session = pair
		}
	}
}

// loopback is where host is reached: every name under localhost is this machine.
func loopback(host string) string {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, "80"
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		name = "127.0.0.1"
	}
	return net.JoinHostPort(name, port)
}
