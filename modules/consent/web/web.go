// Package web serves consents over HTTP: what a person agreed to, past and
// present, their receipts, and the check of a receipt that anybody may make.
package web

import (
	"context"
	"embed"
	"net/http"
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/platform/httpx"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module. Pages of other modules may
// draw a consent.Notice by {{template "consent#notice" .}}, and the two buttons
// under the question by {{template "consent#answer" .}}.
func Source() view.Source { return view.NewSource("consent", templates, texts) }

// Consents is what these pages need of consent.
type Consents interface {
	List(ctx context.Context, by identity.Caller) ([]consent.Grant, error)
	Grant(ctx context.Context, by identity.Caller, id consent.GrantID) (consent.Grant, error)
	Withdraw(ctx context.Context, by identity.Caller, id consent.GrantID) error
	Words(ctx context.Context, g consent.Grant) (consent.Notice, error)
	Verify(ctx context.Context, jws string) (consent.Receipt, error)
	ReceiptWords(ctx context.Context, r consent.Receipt) (consent.Notice, error)
	Purposes() []consent.Purpose
	Published(ctx context.Context) ([]byte, error)
}

// Deps is what the routes need.
type Deps struct {
	Consents Consents
	Views    *view.Set
	Now      func() time.Time
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /consents", httpx.Resident, h.list)
	m.Page("GET /consents/{grant}", httpx.Resident, h.grant)
	m.Page("POST /consents/{grant}/withdraw", httpx.Resident, h.withdraw)
	m.Page("GET /consents/{grant}/receipt", httpx.Resident, h.receipt)
	m.Page("GET /consents/{grant}/receipt.jws", httpx.Resident, h.download)
	m.Page("GET /consents/verify", httpx.Public, h.check)
	m.Page("POST /consents/verify", httpx.Public, h.checked)
	m.Page("GET /api/v1/consent-keys", httpx.Public, h.keys)
	h.mountJSON(m)
}

// grantOf returns the caller's grant that the path names.
func (h handler) grantOf(r *http.Request) (consent.Grant, error) {
	return h.Consents.Grant(r.Context(), identity.CallerOf(r.Context()), consent.GrantID(r.PathValue("grant")))
}
