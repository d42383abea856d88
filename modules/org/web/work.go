package web

import (
	"bytes"
	"context"
	"net/http"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/lang"
)

// An office is one department in which a person works.
type office struct {
	Department org.Department
	Roles      []role
	Consoles   []Console
	Admin      bool
	Endings    []Ending // calendars, for administrators
}

type workPage struct {
	Offices []office
	One     bool // the page of a single department
}

// work lists the departments of which the caller is an officer.
func (h handler) work(w http.ResponseWriter, r *http.Request) error {
	officers, err := h.Orgs.Offices(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	var p workPage
	for _, o := range officers {
		of, err := h.officeOf(r.Context(), o)
		if err != nil {
			return err
		}
		p.Offices = append(p.Offices, of)
	}
	return h.Views.Render(w, r, http.StatusOK, "org/work", p)
}

// office shows one department.
func (h handler) office(w http.ResponseWriter, r *http.Request) error {
	of, err := h.officeOf(r.Context(), org.OfficerOf(r.Context()))
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "org/work", workPage{Offices: []office{of}, One: true})
}

func (h handler) officeOf(ctx context.Context, o org.Officer) (office, error) {
	d, err := h.Orgs.Department(ctx, o.Department)
	if err != nil {
		return office{}, err
	}
	of := office{Department: d, Roles: h.roles(ctx, o.Roles), Admin: o.Has(org.DepartmentAdmin)}
	if h.Consoles != nil {
		of.Consoles = h.Consoles(ctx, o)
	}
	if of.Admin && h.Endings != nil {
		if of.Endings, err = h.Endings(ctx, o.Department); err != nil {
			return office{}, err
		}
	}
	return of, nil
}

// HasRole reports whether a role has a text of ours.
func HasRole(role string) bool {
	return bytes.Contains(texts, []byte("\norg.role."+role+":"))
}

// A role is a slug and what it is called.
type role struct {
	Slug string
	Text string // a text key; "" if it has no name of ours

	Label lang.Text // what a service calls it, if we have no name for it
}

func (h handler) roles(ctx context.Context, slugs []string) []role {
	all := make([]role, 0, len(slugs))
	for _, s := range slugs {
		r := role{Slug: s}
		if key := "org.role." + s; h.Views.Has(key) {
			r.Text = key
		} else if h.RoleName != nil {
			r.Label, _ = h.RoleName(ctx, s)
		}
		all = append(all, r)
	}
	return all
}
