// Package web serves the front page: for visitors what Causeway does, for whom
// is signed in what waits, what is held, and what comes next.
package web

import (
	"embed"
	"log/slog"
	"net/http"

	"causeway/modules/home"
	"causeway/modules/identity"
	"causeway/platform/httpx"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("home", templates, texts) }

// Deps is what the page needs.
type Deps struct {
	Service *home.Service
	Views   *view.Set
	Demo    bool // leads visitors to the personas of the fictional city
}

type handler struct{ Deps }

// Mount registers the route.
func Mount(m *httpx.Mux, d Deps) {
	m.Page("GET /{$}", httpx.Public, handler{d}.page)
}

// frontPage is the dot of front.html.
type frontPage struct{ Demo bool }

// homePage is the dot of home.html.
type homePage struct {
	ToDo, Licences, Cases, Services, Messages part
}

// part is one section.
type part struct {
	Cards  []home.Card
	Failed bool
}

func (h handler) page(w http.ResponseWriter, r *http.Request) error {
	c := identity.CallerOf(r.Context())
	if !c.Known() {
		return h.Views.Render(w, r, http.StatusOK, "home/front", frontPage{h.Demo})
	}
	all, err := h.Service.Gather(r.Context(), c)
	if err != nil {
		return err
	}
	if all.Err != nil && r.Context().Err() == nil {
		slog.ErrorContext(r.Context(), "home: a part could not be loaded", "err", all.Err)
	}
	of := func(s home.Section) part { return part{all.Cards[s], all.Failed[s]} }
	return h.Views.Render(w, r, http.StatusOK, "home/home", homePage{
		ToDo: of(home.ToDo), Licences: of(home.Licences), Cases: of(home.Cases), Services: of(home.Services), Messages: of(home.Messages),
	})
}
