package view

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// buffers holds *bytes.Buffer between pages; one grown past bufferMax is let go.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }} //nolint:gochecknoglobals // a pool is shared by nature, and holds nothing that matters

const bufferMax = 1 << 18

// Render writes page, such as "identity/sign-in", with status, in the language
// of the request. Data is the dot of the page's templates. Nothing is written
// if it returns an error.
func (s *Set) Render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	sets, ok := s.pages[page]
	if !ok {
		return fmt.Errorf("view: there is no page %q", page)
	}
	tag := LangOf(r.Context())
	b, ok := buffers.Get().(*bytes.Buffer)
	if !ok {
		b = new(bytes.Buffer)
	}
	defer func() {
		if b.Cap() <= bufferMax {
			b.Reset()
			buffers.Put(b)
		}
	}()
	if err := sets[index(tag)].Execute(b, s.frame(r, status, data)); err != nil {
		return fmt.Errorf("view: %s: %w", page, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(tag))
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Add("Vary", "Cookie, Accept-Language")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // the client has gone
	}
	return nil
}

// A frame is the dot of the layout.
type frame struct {
	Shell Shell
	Nav   string // which part of the service the page belongs to
	Bad   bool   // the form has problems
	Size  Size
	Next  string // where to come back to after signing in
	page  any
	url   *url.URL
}

func (s *Set) frame(r *http.Request, status int, data any) *frame {
	f := &frame{
		Size: sizeOf(r.Context()), Bad: status == http.StatusUnprocessableEntity,
		page: data, url: r.URL, Nav: navOf(r.URL.Path),
	}
	if s.shell != nil {
		f.Shell = s.shell(r.Context())
	}
	if r.URL.Path != "/" && !strings.HasPrefix(r.URL.Path, "/sign-") {
		f.Next = "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	return f
}

// Page returns the page's own data.
func (f *frame) Page() any { return f.page }

// In returns the address of this page in language t.
func (f *frame) In(t string) string { return f.with("lang", t) }

// At returns the address of this page with text of size s.
func (f *frame) At(s string) string { return f.with("size", s) }

func (f *frame) with(name, value string) string {
	if f.url.RawQuery == "" {
		return f.url.EscapedPath() + "?" + name + "=" + value
	}
	q := f.url.Query()
	q.Del("lang")
	q.Del("size")
	q.Set(name, value)
	return f.url.EscapedPath() + "?" + q.Encode()
}

// TextIn returns the text named key in the language of ctx.
func (s *Set) TextIn(ctx context.Context, key string, args map[string]any) string {
	return s.Text(LangOf(ctx), key, args)
}
