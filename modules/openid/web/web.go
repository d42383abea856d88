// Package web serves the OpenID Provider over HTTP: the endpoints that clients'
// software calls, and the pages on which a person answers a request and looks
// after connected services.
package web

import (
	"embed"
	"io/fs"
	"net/http"

	"causeway/modules/openid"
	"causeway/platform/httpx"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module. They draw consent's notice,
// so that a set needs consent's source too.
func Source() view.Source {
	sub, _ := fs.Sub(templates, "templates") // embedded: it is there
	return view.Source{Module: "openid", Templates: sub, Texts: texts}
}

// Deps is what the routes need.
type Deps struct {
	Provider *openid.Service
	Registry Registry
	Views    *view.Set
	// SignOut ends the session of the browser that sent r.
	SignOut func(w http.ResponseWriter, r *http.Request) error
	// Certificate returns the thumbprint of the client certificate that the
	// connection of r showed, and the address of the endpoints where certificates
	// are shown; nil: there is no such address.
	Certificate func(r *http.Request) (thumbprint, base string)
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Handle("GET "+openid.PathDiscovery, httpx.Public, http.HandlerFunc(h.discovery))
	m.Handle("GET "+openid.PathOAuth, httpx.Public, http.HandlerFunc(h.discovery))
	m.Handle("GET "+openid.PathKeys, httpx.Public, http.HandlerFunc(h.keys))

	m.Handle("POST "+openid.PathPush, httpx.Public, http.HandlerFunc(h.push))
	m.Handle("POST "+openid.PathToken, httpx.Public, http.HandlerFunc(h.token))
	m.Handle("POST "+openid.PathIntrospect, httpx.Public, http.HandlerFunc(h.introspect))
	m.Handle("POST "+openid.PathRevoke, httpx.Public, http.HandlerFunc(h.revoke))
	m.Handle("GET "+openid.PathUserInfo, httpx.Public, http.HandlerFunc(h.userInfo))
	m.Handle("POST "+openid.PathUserInfo, httpx.Public, http.HandlerFunc(h.userInfo))

	m.Page("GET "+openid.PathAuthorize, httpx.Public, h.authorize)
	m.Page("GET "+openid.PathAuthorize+"/{ask}", httpx.Resident, h.question)
	m.Page("POST "+openid.PathAuthorize+"/{ask}", httpx.Resident, h.answer)
	m.Page("POST "+openid.PathAuthorize+"/{ask}/again", httpx.Resident, h.again)

	m.Page("GET "+openid.PathLogout, httpx.Public, h.leave)
	m.Page("POST "+openid.PathLogout, httpx.Public, h.leave)

	m.Page("GET /connections", httpx.Resident, h.connections)
	m.Page("GET /connections/{connection}", httpx.Resident, h.connection)
	m.Page("POST /connections/{connection}/disconnect", httpx.Resident, h.disconnect)
	m.Handle("GET "+openid.PathGrants+"/{id}", httpx.Public, http.HandlerFunc(h.grant))
	m.Handle("DELETE "+openid.PathGrants+"/{id}", httpx.Public, http.HandlerFunc(h.grant))

	const at = "/work/{department}/clients"
	m.Page("GET "+at, httpx.Officer, h.clients)
	m.Page("GET "+at+"/new", httpx.Officer, h.newClient)
	m.Page("POST "+at+"/new", httpx.Officer, h.register)
	m.Page("GET "+at+"/{app}", httpx.Officer, h.client)
	m.Page("POST "+at+"/{app}", httpx.Officer, h.change)
	m.Page("POST "+at+"/{app}/revoke", httpx.Officer, h.revokeClient)
}
