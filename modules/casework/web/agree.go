package web

import (
	"errors"
	"net/http"

	"causeway/modules/casework"
	"causeway/modules/service"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// consentPage is what consent.html shows.
type consentPage struct {
	Case   casework.Case
	Title  lang.Text
	Owner  lang.Text
	Items  []consentItem
	Keep   keepText
	ByHand bool // everything may be typed instead
	Some   bool // some of it may
	Phone  string
	Where  lang.Text
}

type consentItem struct {
	Class   lang.Text
	Source  lang.Text
	Fields  []string
	Purpose lang.Text
	ByHand  bool
}

// keepText says how long facts are kept.
type keepText struct {
	N    int
	Unit string // the key of its text
}

func (h handler) consent(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	if v.Case.State != casework.Draft || v.Case.Grant != "" || len(v.Wanted) == 0 {
		return see(w, r, at(v.Case.ID, ""))
	}
	tag := view.LangOf(r.Context())
	page := consentPage{
		Case: v.Case, Title: v.Definition.Title, Owner: v.Owner.Name, ByHand: true, Phone: v.Owner.Phone, Where: v.Owner.Address,
		Keep: keepText{v.Definition.Keep.N, "casework.unit." + unit(v.Definition.Keep)},
	}
	for _, want := range v.Wanted {
		it := consentItem{Class: want.Class.Label, Source: want.Registry.Name, ByHand: want.ByHand}
		page.ByHand, page.Some = page.ByHand && want.ByHand, page.Some || want.ByHand
		for _, f := range want.Fields {
			it.Fields = append(it.Fields, f.Label.In(tag))
		}
		if p, ok := h.Purpose(want.Purpose); ok {
			it.Purpose = p.Label
		}
		page.Items = append(page.Items, it)
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/consent", page)
}

// unit names the unit of p in the keys of texts.
func unit(p service.Period) string {
	switch p.Unit {
	case service.Months:
		return "months"
	case service.Years:
		return "years"
	case service.Days, service.WorkingDays:
	}
	return "days"
}

func (h handler) agree(w http.ResponseWriter, r *http.Request) error {
	id := caseID(r)
	if r.PostFormValue("choice") != "agree" {
		if _, err := h.Cases.Case(r.Context(), caller(r), id); err != nil {
			return err
		}
		return see(w, r, at(id, "facts"))
	}
	err := h.Cases.Agree(r.Context(), caller(r), id)
	if errors.Is(err, casework.ErrNotNow) || errors.Is(err, casework.ErrChanged) { // a second click, or another tab
		err = nil
	}
	if err != nil {
		return err
	}
	return see(w, r, at(id, "facts"))
}
