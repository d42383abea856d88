// Package web serves credential over HTTP: the holder's licences, the check
// that is open to everybody, and the officers' page.
package web

import (
	"context"
	"embed"
	"net/http"

	"causeway/modules/credential"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("credential", templates, texts) }

// Departments name the department that issued a licence.
type Departments interface {
	Department(ctx context.Context, id org.ID) (org.Department, error)
}

// Issuer publishes the keys by which licences are checked without us.
type Issuer interface {
	Issuer(ctx context.Context) ([]byte, error)
}

// Deps is what the pages need.
type Deps struct {
	Service     *credential.Service
	Departments Departments
	Issuer      Issuer
	View        *view.Set
	// Say returns what people read for a code that a claim of a type of licence
	// has; ok is false for what is no code. Nil: nothing is.
	Say    func(ctx context.Context, kind, claim, code string) (words lang.Text, ok bool)
	Origin string // ours, such as "https://city.example": QR codes lead to it
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /licences", httpx.Resident, h.list)
	m.Page("GET /licences/{licence}", httpx.Resident, h.licence)
	m.Page("POST /licences/{licence}/share", httpx.Resident, h.share)
	m.Page("GET /licences/{licence}/shown/{handle}", httpx.Resident, h.shown)
	m.Page("GET /licences/{licence}/print", httpx.Resident, h.print)

	m.Page("GET /verify", httpx.Public, h.ask)
	m.Page("POST /verify", httpx.Public, h.check)
	m.Page("GET /verify/{handle}", httpx.Public, h.scanned)
	m.Page("GET /verify/printed/{code}", httpx.Public, h.askPrinted)
	m.Page("POST /verify/printed/{code}", httpx.Public, h.checkPrinted)
	m.Page("GET /status-lists/{list}", httpx.Public, h.statusList)
	m.Page("GET /.well-known/jwt-vc-issuer", httpx.Public, h.issuer)

	m.Page("GET /work/{department}/licences", httpx.Officer, h.desk)
	m.Page("POST /work/{department}/licences", httpx.Officer, h.find)
	m.Page("POST /work/{department}/licences/revocations", httpx.Officer, h.askRevocation)
	m.Page("GET /work/{department}/licences/revocations/{request}", httpx.Officer, h.request)
	m.Page("POST /work/{department}/licences/revocations/{request}/{decision}", httpx.Officer, h.decide)
}

func caller(r *http.Request) identity.Caller { return identity.CallerOf(r.Context()) }

func (h handler) tag(r *http.Request) lang.Tag { return view.LangOf(r.Context()) }

// name returns the name of a department, or its id when it is not known.
func (h handler) name(ctx context.Context, id org.ID) lang.Text {
	d, err := h.Departments.Department(ctx, id)
	if err != nil {
		return lang.Text{En: string(id), Hant: string(id), Hans: string(id)}
	}
	return d.Name
}
