package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"causeway/modules/casework"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// factsPage is what facts.html shows.
type factsPage struct {
	Case     casework.Case
	Title    lang.Text
	Groups   []factGroup
	Waiting  bool
	Complete bool // nothing is missing
	Retry    bool // asking again may help
	Agreed   bool
	Stuck    bool // something is missing that cannot be typed
	Next     string
	Owner    lang.Text
	Phone    string
	Where    lang.Text
}

func (h handler) facts(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	if v.Case.State != casework.Draft {
		return see(w, r, at(v.Case.ID, ""))
	}
	page := factsPage{
		Case: v.Case, Title: v.Definition.Title, Groups: h.groups(r, v, true), Waiting: v.Waiting,
		Complete: len(v.Outcome.Missing) == 0, Agreed: v.Case.Grant != "", Next: next(v),
		Owner: v.Owner.Name, Phone: v.Owner.Phone, Where: v.Owner.Address,
	}
	if page.Waiting {
		page.Complete = false
		w.Header().Set("Refresh", "2")
	}
	for _, g := range page.Groups {
		switch g.State {
		case "late", "down", "invalid", "unasked":
			page.Retry = page.Retry || page.Agreed
		}
		page.Stuck = page.Stuck || !g.There() && !g.CanType && g.State != "asking" && g.State != "choose"
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/facts", page)
}

func (h handler) askAgain(w http.ResponseWriter, r *http.Request) error {
	id := caseID(r)
	err := h.Cases.AskAgain(r.Context(), caller(r), id)
	switch {
	case errors.Is(err, casework.ErrConsent):
		return see(w, r, at(id, "consent"))
	case conflict(err):
		return see(w, r, at(id, ""))
	case err != nil:
		return err
	}
	return see(w, r, at(id, "facts"))
}

// choosePage is what choose.html shows.
type choosePage struct {
	Case     casework.Case
	Title    lang.Text
	Group    factGroup
	Choices  []view.Dict
	Chosen   string
	Problems view.Problems
}

// typePage is what type.html shows.
type typePage struct {
	Case     casework.Case
	Title    lang.Text
	Group    factGroup
	Fields   []typeField
	Problems view.Problems
}

// A typeField is one field that is typed by hand.
type typeField struct {
	Name, Label      string
	Type             string
	Value            string
	Year, Month, Day string
	Options          []view.Dict // of a field with codes
	List             bool        // several of them may be chosen
}

// splitCodes returns the codes of a list.
func splitCodes(value, separator string) []string {
	codes := strings.Split(value, separator)
	for i, c := range codes {
		codes[i] = strings.TrimSpace(c)
	}
	return codes
}

// evidence returns a case and the group of the evidence that a path names.
func (h handler) evidence(r *http.Request) (casework.View, factGroup, error) {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return v, factGroup{}, err
	}
	for _, g := range h.groups(r, v, true) {
		if g.Name == r.PathValue("evidence") {
			return v, g, nil
		}
	}
	return v, factGroup{}, casework.ErrNoEvidence
}

func (h handler) fact(w http.ResponseWriter, r *http.Request) error {
	v, g, err := h.evidence(r)
	if err != nil {
		return err
	}
	switch {
	case v.Case.State != casework.Draft:
		return see(w, r, at(v.Case.ID, ""))
	case len(v.File.Facts[g.Name].Records) > 1:
		return h.showChoice(w, r, http.StatusOK, v, g, nil)
	case g.CanType:
		typed := map[string]string{}
		for name, x := range g.Fact.Typed {
			typed[name] = jsonText(x)
		}
		return h.showType(w, r, http.StatusOK, v, g, typed, nil)
	}
	return see(w, r, at(v.Case.ID, "facts"))
}

// showChoice lets the applicant choose one of several records.
func (h handler) showChoice(w http.ResponseWriter, r *http.Request, status int, v casework.View, g factGroup, problems view.Problems) error {
	page := choosePage{Case: v.Case, Title: v.Definition.Title, Group: g, Problems: problems}
	if g.Fact.Chosen > 0 {
		page.Chosen = strconv.Itoa(g.Fact.Chosen)
	}
	for i, rows := range h.records(r, v, g) {
		if len(rows) == 0 {
			continue
		}
		hint := ""
		for _, row := range rows[1:] {
			if hint != "" {
				hint += " · "
			}
			hint += row.Key + " " + row.Value
		}
		page.Choices = append(page.Choices, view.Dict{"value": strconv.Itoa(i + 1), "text": rows[0].Key + " " + rows[0].Value, "hint": hint})
	}
	return h.Views.Render(w, r, status, "casework/choose", page)
}

// records returns the rows of every record of g.
func (h handler) records(r *http.Request, v casework.View, g factGroup) [][]factRow {
	tag := view.LangOf(r.Context())
	var all [][]factRow
	for _, want := range v.Wanted {
		if want.Name != g.Name {
			continue
		}
		for _, rec := range g.Fact.Records {
			rows := make([]factRow, 0, len(want.Fields))
			for _, f := range want.Fields {
				rows = append(rows, factRow{Field: f.Name, Key: f.Label.In(tag), Value: h.said(tag, f, rec[f.Name])})
			}
			all = append(all, rows)
		}
	}
	return all
}

// showType lets the applicant type facts.
func (h handler) showType(w http.ResponseWriter, r *http.Request, status int, v casework.View, g factGroup, typed map[string]string, problems view.Problems) error {
	tag := view.LangOf(r.Context())
	page := typePage{Case: v.Case, Title: v.Definition.Title, Group: g, Problems: problems}
	for _, want := range v.Wanted {
		if want.Name != g.Name {
			continue
		}
		for _, f := range want.Fields {
			field := typeField{Name: f.Name, Label: f.Label.In(tag), Type: f.Type, Value: typed[f.Name]}
			for _, v := range f.Values {
				checked := f.List != "" && slices.Contains(splitCodes(field.Value, f.List), v.Value)
				field.Options = append(field.Options, view.Dict{"value": v.Value, "text": v.Label.In(tag), "checked": checked})
			}
			field.List = f.List != ""
			if f.Type == "date" {
				field.Year, field.Month, field.Day = splitDate(r, f.Name, field.Value)
			}
			page.Fields = append(page.Fields, field)
		}
	}
	return h.Views.Render(w, r, status, "casework/type", page)
}

func (h handler) setFact(w http.ResponseWriter, r *http.Request) error {
	v, g, err := h.evidence(r)
	if err != nil {
		return err
	}
	id := v.Case.ID
	if len(g.Fact.Records) > 1 {
		n, err := strconv.Atoi(r.PostFormValue("record"))
		if err == nil {
			err = h.Cases.Choose(r.Context(), caller(r), id, g.Name, n)
		}
		switch {
		case conflict(err):
			return see(w, r, at(id, ""))
		case err != nil:
			var problems view.Problems
			problems.Add("record", "casework.problem.choose", nil)
			return h.showChoice(w, r, http.StatusUnprocessableEntity, v, g, problems)
		}
		return h.onward(w, r)
	}
	ev, _ := v.Definition.EvidenceNamed(g.Name)
	values := map[string]string{}
	for _, f := range ev.Fields {
		values[f.Name] = posted(r, f.Name, f.Type.String())
		if list := listOf(v, g.Name, f.Name); list != "" {
			values[f.Name] = strings.Join(r.PostForm[f.Name], strings.TrimSpace(list)+" ")
		}
	}
	typed, err := h.Cases.Type(r.Context(), caller(r), id, g.Name, values)
	switch {
	case errors.Is(err, casework.ErrTyped):
		var problems view.Problems
		for _, f := range ev.Fields {
			if what, ok := typed.Problems[f.Name]; ok {
				key, args := problem(what, f.Type.String())
				problems.Add(fieldID(f.Name, f.Type.String()), key, args)
			}
		}
		return h.showType(w, r, http.StatusUnprocessableEntity, v, g, values, problems)
	case conflict(err):
		return see(w, r, at(id, ""))
	case err != nil:
		return err
	}
	return see(w, r, at(id, "facts"))
}

// listOf returns what separates the codes of a field that holds several, or "".
func listOf(v casework.View, evidence, field string) string {
	for _, w := range v.Wanted {
		for _, f := range w.Fields {
			if w.Name == evidence && f.Name == field {
				return f.List
			}
		}
	}
	return ""
}

// onward leads to what the applicant does next.
func (h handler) onward(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	return see(w, r, next(v))
}

// fieldID is the id of the element that an error of a field leads to.
func fieldID(name, kind string) string {
	if kind == "date" {
		return name + "-day"
	}
	return name
}

// posted returns what a form sent for a field of some type.
func posted(r *http.Request, name, kind string) string {
	switch kind {
	case "date":
		return joinDate(r.PostFormValue(name+"-year"), r.PostFormValue(name+"-month"), r.PostFormValue(name+"-day"))
	case "money":
		return withCurrency(r.PostFormValue(name))
	}
	return r.PostFormValue(name)
}

// splitDate returns the parts of a date as they were typed, or as it is kept.
func splitDate(r *http.Request, name, kept string) (y, m, d string) {
	if r.Method == http.MethodPost {
		return r.PostFormValue(name + "-year"), r.PostFormValue(name + "-month"), r.PostFormValue(name + "-day")
	}
	if len(kept) == len("2006-01-02") {
		return kept[:4], kept[5:7], kept[8:]
	}
	return "", "", ""
}
