package web

import (
	"net/http"
	"net/url"

	"causeway/modules/activity"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/lang"
)

// listPage is a page of entries.
type listPage struct {
	Department *lang.Text // nil: the person's own page
	Lines      []line
	Back       string // address of the page above
	First      string // address of the newest entries, or "" on that page
	Next       string // address of the entries before these, or ""
}

func (h handler) list(w http.ResponseWriter, r *http.Request) error {
	before := r.URL.Query().Get("before")
	p, err := h.Activity.List(r.Context(), identity.CallerOf(r.Context()), before)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "activity/list", h.lines(r, "/activity", before, p))
}

func (h handler) department(w http.ResponseWriter, r *http.Request) error {
	officer, before := org.OfficerOf(r.Context()), r.URL.Query().Get("before")
	p, err := h.Activity.Department(r.Context(), officer, before)
	if err != nil {
		return err
	}
	page := h.lines(r, officePath(officer), before, p)
	name := h.officeName(r.Context(), officer)
	page.Department, page.Back = &name, "/work"
	return h.Views.Render(w, r, http.StatusOK, "activity/list", page)
}

// officePath is the address of a department's acts.
func officePath(o org.Officer) string {
	return "/work/" + url.PathEscape(string(o.Department)) + "/activity"
}

func (h handler) lines(r *http.Request, base, before string, p activity.Page) listPage {
	page := listPage{Back: "/", Lines: make([]line, len(p.Entries))}
	for i, e := range p.Entries {
		page.Lines[i] = h.line(r.Context(), base, e)
	}
	if before != "" {
		page.First = base
	}
	if p.Next != "" {
		page.Next = base + "?before=" + url.QueryEscape(p.Next)
	}
	return page
}
