// Package web serves activity over HTTP: a person's pages, a department's, and
// the transparency log itself.
package web

import (
	"context"
	"embed"
	"net/http"

	"causeway/modules/activity"
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
func Source() view.Source { return view.NewSource("activity", templates, texts) }

// Activity is what these pages need of activity.
type Activity interface {
	List(ctx context.Context, by identity.Caller, before string) (activity.Page, error)
	Entry(ctx context.Context, by identity.Caller, id string) (activity.Evidence, error)
	Department(ctx context.Context, by org.Officer, before string) (activity.Page, error)
	DepartmentEntry(ctx context.Context, by org.Officer, id string) (activity.Evidence, error)
}

// Names says how things are called.
type Names interface {
	// Name returns the name of id, a "department", "class", "service", "purpose"
	// or whatever else a detail's key says; detail is all that the entry says. It
	// returns false for what is not a name of anything.
	Name(ctx context.Context, kind, id string, detail map[string]string) (lang.Text, bool)
}

// Log serves the transparency log, as *tlog.Log does.
type Log interface {
	ServeCheckpoint(w http.ResponseWriter, r *http.Request)
	ServeKey(w http.ResponseWriter, r *http.Request)
	ServeTile(w http.ResponseWriter, r *http.Request)
	ServeInclusion(w http.ResponseWriter, r *http.Request)
	ServeConsistency(w http.ResponseWriter, r *http.Request)
}

// Deps is what the routes need.
type Deps struct {
	Activity Activity
	Names    Names
	Log      Log
	Views    *view.Set
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /activity", httpx.Resident, h.list)
	m.Page("GET /activity/{entry}", httpx.Resident, h.entry)
	m.Page("GET /activity/{entry}/proof", httpx.Resident, h.proof)
	m.Page("GET /work/{department}/activity", httpx.Officer, h.department)
	m.Page("GET /work/{department}/activity/{entry}", httpx.Officer, h.departmentEntry)
	m.Page("GET /work/{department}/activity/{entry}/proof", httpx.Officer, h.departmentProof)
	m.Handle("GET /tlog/checkpoint", httpx.Public, http.HandlerFunc(d.Log.ServeCheckpoint))
	m.Handle("GET /tlog/key", httpx.Public, http.HandlerFunc(d.Log.ServeKey))
	m.Handle("GET /tlog/tile/{tile...}", httpx.Public, http.HandlerFunc(d.Log.ServeTile))
	m.Handle("GET /tlog/proof/inclusion/{index}", httpx.Public, http.HandlerFunc(d.Log.ServeInclusion))
	m.Handle("GET /tlog/proof/consistency/{size}", httpx.Public, http.HandlerFunc(d.Log.ServeConsistency))
}

// The department's name is shown on its pages.
func (h handler) officeName(ctx context.Context, o org.Officer) lang.Text {
	return h.name(ctx, "department", string(o.Department), nil)
}

// name returns what id is called, or id.
func (h handler) name(ctx context.Context, kind, id string, detail map[string]string) lang.Text {
	if x, ok := h.Names.Name(ctx, kind, id, detail); ok {
		return x
	}
	return lang.Text{En: id, Hant: id, Hans: id}
}
