// Package web serves payments over HTTP: a person's pages, and the callbacks of
// payment providers.
package web

import (
	"context"
	"embed"
	"net/http"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/payment"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("payment", templates, texts) }

// Payments is what these pages need of payment.
type Payments interface {
	Order(ctx context.Context, by identity.Caller, id string) (payment.Order, error)
	List(ctx context.Context, by identity.Caller, before string) (orders []payment.Order, more bool, err error)
	ToPay(ctx context.Context, by identity.Caller) ([]payment.Order, error)
	Pay(ctx context.Context, by identity.Caller, id string, tag lang.Tag) (string, error)
	Check(ctx context.Context, by identity.Caller, id string) (payment.Order, error)
	Settle(ctx context.Context, e payment.Event) error
}

// Departments says what a department is called.
type Departments interface {
	Name(ctx context.Context, id org.ID) (lang.Text, error)
}

// Callbacks reads a provider's callback, its signature checked.
type Callbacks interface {
	Event(h http.Header, body []byte) (payment.Event, error)
}

// Deps is what the routes need.
type Deps struct {
	Payments    Payments
	Departments Departments
	Callbacks   map[string]Callbacks // by the provider's name
	Views       *view.Set
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /payments", httpx.Resident, h.list)
	m.Page("GET /payments/{order}", httpx.Resident, h.order)
	m.Page("POST /payments/{order}", httpx.Resident, h.pay)
	m.Page("GET /payments/{order}/return", httpx.Resident, h.back)
	m.Page("GET /payments/{order}/receipt", httpx.Resident, h.receipt)
	m.Handle("POST /payments/callback/{provider}", httpx.Public, http.HandlerFunc(h.callback))
}
