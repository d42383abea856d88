package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/view"
)

type officerLine struct {
	ID    string // how the department knows the officer
	Name  string
	Roles []role
	Self  bool
}

type clientLine struct {
	ID      string
	Name    string
	Usable  int // keys that sign now
	Revoked time.Time
}

type organisationPage struct {
	Department org.Department
	Officers   []officerLine
	Clients    []clientLine
}

// organisation shows the department's officers and software.
func (h handler) organisation(w http.ResponseWriter, r *http.Request) error {
	by := org.OfficerOf(r.Context())
	officers, err := h.Orgs.Officers(r.Context(), by)
	if err != nil {
		return err
	}
	software, err := h.Orgs.Software(r.Context(), by)
	if err != nil {
		return err
	}
	p := organisationPage{}
	if p.Department, err = h.Orgs.Department(r.Context(), by.Department); err != nil {
		return err
	}
	for _, o := range officers {
		p.Officers = append(p.Officers, h.line(r.Context(), by, o))
	}
	now := h.Now()
	for _, s := range software {
		c := clientLine{ID: s.ID, Name: s.Name, Revoked: s.Revoked}
		for _, k := range s.Keys {
			if s.Revoked.IsZero() && k.Usable(now) {
				c.Usable++
			}
		}
		p.Clients = append(p.Clients, c)
	}
	return h.Views.Render(w, r, http.StatusOK, "org/organisation", p)
}

func (h handler) line(ctx context.Context, by, o org.Officer) officerLine {
	return officerLine{ID: h.Orgs.Subject(ctx, o.Department, o.Person), Name: o.Name, Roles: h.roles(ctx, o.Roles), Self: o.Person == by.Person}
}

// A roleChoice is a role that an officer may be given.
type roleChoice struct {
	role
	Chosen bool
}

type officerPage struct {
	Department org.ID
	Officer    officerLine // of a new one, nothing
	Number     string
	Roles      []roleChoice
	Other      string
	Problems   view.Problems
}

func (h handler) newOfficer(w http.ResponseWriter, r *http.Request) error {
	by := org.OfficerOf(r.Context())
	if err := by.Require(org.DepartmentAdmin); err != nil {
		return err
	}
	return h.renderOfficer(w, r, http.StatusOK, "org/officer-new", officerPage{}, nil)
}

// addOfficer makes somebody an officer.
func (h handler) addOfficer(w http.ResponseWriter, r *http.Request) error {
	p, roles := officerPage{Number: r.PostFormValue("number")}, chosen(r)
	by := org.OfficerOf(r.Context())
	n, err := identity.ParseHKID(p.Number)
	if err == nil {
		_, err = h.Orgs.AddOfficer(r.Context(), by, n, roles)
	}
	switch {
	case err == nil:
		return back(w, r, "")
	case errors.Is(err, identity.ErrNumber):
		p.Problems.Add("number", "org.officer.number.wrong", nil)
	case errors.Is(err, org.ErrNobody):
		p.Problems.Add("number", "fault.org.nobody", nil)
	case errors.Is(err, org.ErrOfficerTaken):
		p.Problems.Add("number", "fault.org.officer-taken", nil)
	case errors.Is(err, org.ErrRoles):
		p.Problems.Add("roles", "fault.org.roles", nil)
	default:
		return err
	}
	return h.renderOfficer(w, r, http.StatusUnprocessableEntity, "org/officer-new", p, roles)
}

// found returns the colleague whom the path names.
func (h handler) found(r *http.Request) (org.Officer, error) {
	by := org.OfficerOf(r.Context())
	all, err := h.Orgs.Officers(r.Context(), by)
	if err != nil {
		return org.Officer{}, err
	}
	i := slices.IndexFunc(all, func(o org.Officer) bool {
		return h.Orgs.Subject(r.Context(), o.Department, o.Person) == r.PathValue("officer")
	})
	if i < 0 {
		return org.Officer{}, org.ErrNotOfficer
	}
	return all[i], nil
}

func (h handler) officer(w http.ResponseWriter, r *http.Request) error {
	o, err := h.found(r)
	if err != nil {
		return err
	}
	p := officerPage{Officer: h.line(r.Context(), org.OfficerOf(r.Context()), o)}
	return h.renderOfficer(w, r, http.StatusOK, "org/officer", p, o.Roles)
}

// setRoles changes what a colleague may do.
func (h handler) setRoles(w http.ResponseWriter, r *http.Request) error {
	return h.changeOfficer(w, r, func(by, o org.Officer) error {
		return h.Orgs.SetRoles(r.Context(), by, o.Person, chosen(r))
	})
}

// removeOfficer ends a colleague's office.
func (h handler) removeOfficer(w http.ResponseWriter, r *http.Request) error {
	return h.changeOfficer(w, r, func(by, o org.Officer) error {
		return h.Orgs.RemoveOfficer(r.Context(), by, o.Person)
	})
}

func (h handler) changeOfficer(w http.ResponseWriter, r *http.Request, f func(by, o org.Officer) error) error {
	o, err := h.found(r)
	if err != nil {
		return err
	}
	by := org.OfficerOf(r.Context())
	p := officerPage{Officer: h.line(r.Context(), by, o)}
	switch err := f(by, o); {
	case err == nil && o.Person == by.Person:
		http.Redirect(w, r, "/work", http.StatusSeeOther) // who is no administrator any longer has no way back
		return nil
	case err == nil:
		return back(w, r, "")
	case errors.Is(err, org.ErrRoles):
		p.Problems.Add("roles", "fault.org.roles", nil)
	case errors.Is(err, org.ErrLastAdmin):
		p.Problems.Add("roles", "fault.org.last-admin", nil)
	default:
		return err
	}
	return h.renderOfficer(w, r, http.StatusUnprocessableEntity, "org/officer", p, chosen(r))
}

// renderOfficer adds to p the roles to choose from, of which those in have are
// chosen.
func (h handler) renderOfficer(w http.ResponseWriter, r *http.Request, status int, page string, p officerPage, have []string) error {
	p.Department = org.OfficerOf(r.Context()).Department
	offered := []string{org.DepartmentAdmin, "counter-clerk", "data-steward"}
	if h.Roles != nil {
		offered = append(offered, h.Roles(r.Context(), p.Department)...)
	}
	if p.Other = strings.TrimSpace(r.PostFormValue("other")); p.Other != "" {
		have = slices.DeleteFunc(slices.Clone(have), func(s string) bool { return slices.Contains(strings.Fields(p.Other), s) })
	}
	offered = append(offered, have...)
	for i, c := range h.roles(r.Context(), offered) {
		if !slices.Contains(offered[:i], c.Slug) {
			p.Roles = append(p.Roles, roleChoice{c, slices.Contains(have, c.Slug)})
		}
	}
	return h.Views.Render(w, r, status, page, p)
}

// chosen returns the roles that a form names: those ticked, and those typed.
func chosen(r *http.Request) []string {
	_ = r.PostFormValue("") // parses the form
	return append(slices.Clone(r.PostForm["roles"]), strings.Fields(r.PostFormValue("other"))...)
}
