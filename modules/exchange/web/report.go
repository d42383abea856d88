package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// formPage asks what is wrong with a fact.
type formPage struct {
	Action     string
	Back       string
	Case       string
	Class      lang.Text
	Field      lang.Text
	Department lang.Text
	Shown      string
	Said       string
	Most       int
	Problems   view.Problems
}

// fact is what the address and the form name.
func (h handler) fact(r *http.Request) (formPage, error) {
	f, err := h.Exchange.Fact(r.Context(), identity.CallerOf(r.Context()), r.PathValue("class"), r.PathValue("field"), r.FormValue("case"))
	if err != nil {
		return formPage{}, err
	}
	p := formPage{
		Action: "/report/" + f.Class.ID + "/" + f.Field.Name, Back: "/reports", Case: r.FormValue("case"), Class: f.Class.Label, Field: f.Field.Label,
		Department: h.department(r.Context(), f.Class.Registry), Shown: h.shown(r.Context(), f.Field, f.Shown), Most: exchange.MaxSaid,
	}
	if p.Case != "" && f.Shown != "" { // the case is the caller's
		p.Back = "/cases/" + p.Case
	}
	return p, nil
}

func (h handler) form(w http.ResponseWriter, r *http.Request) error {
	p, err := h.fact(r)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "exchange/form", p)
}

func (h handler) report(w http.ResponseWriter, r *http.Request) error {
	id, err := h.Exchange.Report(r.Context(), identity.CallerOf(r.Context()), exchange.WrongFact{
		Class: r.PathValue("class"), Field: r.PathValue("field"), Said: r.PostFormValue("said"), Case: r.PostFormValue("case"),
	})
	if errors.Is(err, exchange.ErrReportText) {
		p, err := h.fact(r)
		if err != nil {
			return err
		}
		p.Said = r.PostFormValue("said")
		p.Problems.Add("said", "exchange.form.said-problem", map[string]any{"most": exchange.MaxSaid})
		return h.Views.Render(w, r, http.StatusUnprocessableEntity, "exchange/form", p)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/reports/"+id+"?sent=1", http.StatusSeeOther)
	return nil
}

// row is a report as lists and pages show it.
type row struct {
	ID         string
	Class      lang.Text
	Field      lang.Text
	Department lang.Text
	State      exchange.ReportState
	Shown      string
	Said       string
	Answer     string
	Created    time.Time
	Answered   time.Time
	Subject    string
	Hint       string
}

// shown writes a fact's value as pages do: a code by its words, a day in full.
func (h handler) shown(ctx context.Context, f exchange.Field, value string) string {
	if d, err := day.Parse(value); err == nil && f.Type == exchange.Date {
		return h.Views.TextIn(ctx, "exchange.value", map[string]any{"value": d})
	}
	return f.Say(value).In(view.LangOf(ctx))
}

func (h handler) row(ctx context.Context, r exchange.Report) row {
	c, _ := h.Exchange.Class(r.Class)
	field, _ := c.Field(r.Field)
	return row{
		ID: r.ID, Class: fieldNames(exchange.Class{Fields: []exchange.Field{{Name: r.Class, Label: c.Label}}}, r.Class), Field: fieldNames(c, r.Field),
		Department: h.department(ctx, r.Department), State: r.State, Shown: h.shown(ctx, field, r.Shown), Said: r.Said, Answer: r.Answer,
		Created: r.Created, Answered: r.Answered, Subject: r.Subject, Hint: r.Hint,
	}
}

type minePage struct{ Reports []row }

func (h handler) mine(w http.ResponseWriter, r *http.Request) error {
	all, err := h.Exchange.Reports(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	var p minePage
	for _, x := range all {
		p.Reports = append(p.Reports, h.row(r.Context(), x))
	}
	return h.Views.Render(w, r, http.StatusOK, "exchange/reports", p)
}

type onePage struct {
	row
	Sent bool // it has just been sent
}

func (h handler) one(w http.ResponseWriter, r *http.Request) error {
	x, err := h.Exchange.ReportOf(r.Context(), identity.CallerOf(r.Context()), r.PathValue("report"))
	if err != nil {
		return err
	}
	p := onePage{row: h.row(r.Context(), x), Sent: r.FormValue("sent") == "1" && x.State == exchange.Reported}
	return h.Views.Render(w, r, http.StatusOK, "exchange/report", p)
}
