// Package httpx joins use cases to HTTP: one table of routes, each with who may
// use it; one error mapping; one JSON adapter; the headers of every answer.
package httpx

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// Access is who may use a route. The guard of each kind is app's.
type Access string

// The kinds of access.
const (
	Public   Access = "public"   // everybody
	Resident Access = "resident" // a person who is signed in
	Officer  Access = "officer"  // an officer of the department that {department} names
	System   Access = "system"   // a department's software, by a signed request (RFC 9421)
	Demo     Access = "demo"     // the demo's own pages; `serve` has none
)

// A Route is one line of the table of routes.
type Route struct {
	Pattern string // as http.ServeMux has it, with a method
	Access  Access
}

// Options are what a Mux needs.
type Options struct {
	// Guards hold back who may not use a route of their kind. A kind without one
	// admits nobody but Public, which needs none.
	Guards map[Access]func(http.Handler) http.Handler
	// Fail answers a page's failure: err has been logged if it is nobody's fault.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
	// FormAction lists the origins that a form may lead to beside our own.
	FormAction []string
	// TLS has browsers insist on it from then on.
	TLS bool
	// Observe learns of every answer, by the pattern of its route or "" where there
	// is none; it may be nil.
	Observe func(ctx context.Context, pattern string, status int, took time.Duration)
	// Now is the clock.
	Now func() time.Time
	// Title and Version head the OpenAPI document.
	Title, Version string
}

// Mux is the table of routes of one program, and serves it.
type Mux struct {
	opts   Options
	mux    *http.ServeMux
	api    huma.API
	access Access // of the JSON operation that is being registered
	routes []Route
	csp    string
	cross  *http.CrossOriginProtection
}

// Size limits of request bodies, in bytes.
const (
	maxForm   = 64 << 10
	maxUpload = 6 << 20
)

// New returns an empty table.
func New(o Options) *Mux {
	m := &Mux{opts: o, mux: http.NewServeMux(), access: Public, cross: http.NewCrossOriginProtection()}
	m.csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action " + strings.Join(append([]string{"'self'"}, o.FormAction...), " ")
	m.api = newAPI(m, o.Title, o.Version)
	return m
}

// Page registers h as a page. A failure becomes an error page.
func (m *Mux) Page(pattern string, a Access, h func(w http.ResponseWriter, r *http.Request) error) {
	m.Handle(pattern, a, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			m.Fail(w, r, err)
		}
	}))
}

// Fail answers r with the error page for err, and logs err if it is nobody's fault.
func (m *Mux) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if Status(err) == http.StatusInternalServerError && r.Context().Err() == nil {
		slog.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "err", err)
	}
	m.opts.Fail(w, r, err)
}

// Upload registers h as a page that takes a file.
func (m *Mux) Upload(pattern string, a Access, h func(w http.ResponseWriter, r *http.Request) error) {
	m.handle(pattern, a, maxUpload, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			m.Fail(w, r, err)
		}
	}))
}

// Handle registers h. The pattern names a method.
func (m *Mux) Handle(pattern string, a Access, h http.Handler) { m.handle(pattern, a, maxForm, h) }

func (m *Mux) handle(pattern string, a Access, limit int64, h http.Handler) {
	if !strings.Contains(pattern, " ") {
		panic("httpx: " + pattern + " names no method")
	}
	guarded := h
	if guard, ok := m.opts.Guards[a]; ok {
		guarded = guard(h)
	} else if a != Public {
		panic("httpx: no guard for " + string(a))
	}
	m.routes = append(m.routes, Route{pattern, a})
	m.mux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if m.opts.Observe == nil {
			guarded.ServeHTTP(w, r)
			return
		}
		start, rec := m.opts.Now(), &recorder{ResponseWriter: w}
		defer func() { m.opts.Observe(r.Context(), pattern, rec.code(), m.opts.Now().Sub(start)) }()
		guarded.ServeHTTP(rec, r)
	}))
}

// Routes returns the table in the order of registration.
func (m *Mux) Routes() []Route { return append([]Route(nil), m.routes...) }

// API returns the JSON API, for its OpenAPI document.
func (m *Mux) API() huma.API { return m.api }

// Secured wraps next, the outermost handler, with the headers of every answer
// and the refusal of unsafe requests that come from other sites.
func (m *Mux) Secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", m.csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)")
		h.Set("Cache-Control", "no-store")
		if m.opts.TLS {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		if err := m.cross.Check(r); err != nil && !m.signed(r) {
			m.refuse(w, r, ErrCrossOrigin)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// signed reports whether r authenticates itself without a cookie, so that no
// other site can borrow one.
func (m *Mux) signed(r *http.Request) bool {
	return r.Header.Get("Signature") != "" && r.Header.Get("Cookie") == ""
}

// ServeHTTP answers r, or says that there is no such page.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) { // no id is written so
		m.opts.Fail(w, r, ErrNoPage)
		return
	}
	h, pattern := m.mux.Handler(r)
	if pattern != "" {
		m.mux.ServeHTTP(w, r)
		return
	}
	probe := &recorder{ResponseWriter: discard{header: http.Header{}}}
	h.ServeHTTP(probe, r)
	switch probe.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", probe.Header().Get("Allow"))
		m.refuse(w, r, ErrMethod)
	case http.StatusNotFound:
		m.refuse(w, r, ErrNoPage)
	default: // the mux redirects to the clean form of a path
		h.ServeHTTP(w, r)
	}
}

// refuse answers r, which reaches no route, with the page for err.
func (m *Mux) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if m.opts.Observe == nil {
		m.opts.Fail(w, r, err)
		return
	}
	start, rec := m.opts.Now(), &recorder{ResponseWriter: w}
	defer func() { m.opts.Observe(r.Context(), "", rec.code(), m.opts.Now().Sub(start)) }()
	m.opts.Fail(rec, r, err)
}
