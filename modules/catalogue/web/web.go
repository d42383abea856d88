// Package web serves the catalogue: the list of services, and each one's start
// page.
package web

import (
	"context"
	"embed"
	"fmt"
	"net/http"

	"causeway/modules/catalogue"
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
func Source() view.Source { return view.NewSource("catalogue", templates, texts) }

// Services is what these pages need of the catalogue.
type Services interface {
	Current(ctx context.Context, id string) (catalogue.Published, error)
	List(ctx context.Context) ([]catalogue.Published, error)
}

// Deps is what the routes need.
type Deps struct {
	Services    Services
	Departments catalogue.Departments
	Classes     catalogue.Classes
	Purposes    catalogue.Purposes
	SignedIn    func(ctx context.Context) bool
	Views       *view.Set
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /services", httpx.Public, h.list)
	m.Page("GET /services/{service}", httpx.Public, h.start)
}

// department returns what a department is called.
func (h handler) department(ctx context.Context, id org.ID) (lang.Text, error) {
	d, err := h.Departments.Department(ctx, id)
	if err != nil {
		return lang.Text{}, fmt.Errorf("department %s: %w", id, err)
	}
	return d.Name, nil
}

type listPage struct {
	Groups []group
}

// group is the services of one department.
type group struct {
	Department lang.Text
	Services   []item
}

type item struct {
	Title, Summary lang.Text
	Href           string
}

func (h handler) list(w http.ResponseWriter, r *http.Request) error {
	list, err := h.Services.List(r.Context())
	if err != nil {
		return err
	}
	var page listPage
	places := map[string]int{}
	for _, p := range list {
		def := p.Definition
		i, ok := places[def.Owner]
		if !ok {
			name, err := h.department(r.Context(), org.ID(def.Owner))
			if err != nil {
				return err
			}
			i = len(page.Groups)
			places[def.Owner] = i
			page.Groups = append(page.Groups, group{Department: name})
		}
		page.Groups[i].Services = append(page.Groups[i].Services, item{def.Title, def.Summary, "/services/" + def.ID})
	}
	return h.Views.Render(w, r, http.StatusOK, "catalogue/services", page)
}
