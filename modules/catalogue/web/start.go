package web

import (
	"context"
	"net/http"

	"causeway/modules/catalogue"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/lang"
)

// startPage is the page from which a service is begun.
type startPage struct {
	Title, Summary lang.Text
	Department     lang.Text
	Action         string // where the form leads
	SignIn         string // where to sign in first, or "" for somebody who has
	Asks           []ask
	Needs          []need
	Free           bool
	Cost           lang.Text // in a sentence; may be empty
	Automatic      bool      // most cases are decided at once
	Deadlines      []deadline
	Gets           []lang.Text // credentials
	Keep           keep
	Version        int
}

// keep is how long the facts of a case are kept after it ended.
type keep struct {
	N    int
	Unit service.Unit
}

// ask is what another department will be asked for.
type ask struct {
	Department lang.Text
	Class      lang.Text
	Fields     []lang.Text
	Purpose    lang.Text
	Typed      bool // may be typed instead
}

// need is what the applicant will be asked.
type need struct {
	Label lang.Text
	File  bool
	Maybe bool // only if it applies
}

// deadline is how long a department takes when it has to look.
type deadline struct {
	Department lang.Text
	N          int
	Working    bool // working days, else days
}

func (h handler) start(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Services.Current(r.Context(), r.PathValue("service"))
	if err != nil {
		return err
	}
	page, err := h.page(r.Context(), p)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "catalogue/start", page)
}

func (h handler) page(ctx context.Context, p catalogue.Published) (startPage, error) {
	def := p.Definition
	page := startPage{
		Title: def.Title, Summary: def.Summary, Version: p.Version,
		Action: "/services/" + def.ID + "/start", Free: def.Fee == nil,
		Keep: keep{def.Keep.N, def.Keep.Unit},
	}
	var err error
	if page.Department, err = h.department(ctx, org.ID(def.Owner)); err != nil {
		return page, err
	}
	if !h.SignedIn(ctx) {
		page.SignIn = "/sign-in?next=/services/" + def.ID
	}
	if def.Fee != nil {
		page.Cost = def.Fee.About
	}
	for _, ev := range def.Evidence {
		a, err := h.ask(ctx, ev)
		if err != nil {
			return page, err
		}
		page.Asks = append(page.Asks, a)
	}
	for _, q := range def.Questions {
		page.Needs = append(page.Needs, need{q.Label, q.Type == service.FileQuestion, q.Conditional()})
	}
	for _, e := range def.Effects {
		if e.Kind == service.Credential {
			page.Gets = append(page.Gets, e.Title)
		}
	}
	return page, h.deadlines(ctx, def, &page)
}

// ask says what a department will be asked for, in the words of its registry.
func (h handler) ask(ctx context.Context, ev service.Evidence) (ask, error) {
	a := ask{Typed: ev.Otherwise == service.OtherwiseAsk}
	a.Purpose, _ = h.Purposes.Purpose(ev.Purpose)
	class, _ := h.Classes.Class(ev.Class) // checked when it was published
	a.Class = class.Label
	for _, f := range ev.Fields {
		for _, cf := range class.Fields {
			if cf.Name == f.Name {
				a.Fields = append(a.Fields, cf.Label)
			}
		}
	}
	if class.Registry == "" {
		return a, nil
	}
	var err error
	a.Department, err = h.department(ctx, class.Registry)
	return a, err
}

func (h handler) deadlines(ctx context.Context, def *service.Definition, page *startPage) error {
	for _, s := range def.Steps {
		page.Automatic = page.Automatic || s.Automatic()
		if s.Within.Unit != service.WorkingDays && s.Within.Unit != service.Days {
			continue
		}
		name, err := h.department(ctx, org.ID(s.By))
		if err != nil {
			return err
		}
		page.Deadlines = append(page.Deadlines, deadline{name, s.Within.N, s.Within.Unit == service.WorkingDays})
	}
	return nil
}
