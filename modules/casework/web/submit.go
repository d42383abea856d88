package web

import (
	"errors"
	"net/http"
	"slices"

	"causeway/modules/casework"
	"causeway/modules/service"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/view"
)

// checkPage is what check.html shows.
type checkPage struct {
	Case     casework.Case
	Title    lang.Text
	Owner    lang.Text
	Groups   []factGroup
	Answers  []answerRow
	Fee      *service.FeeDue
	Officer  bool // an officer decides
	Stages   []stageRow
	Problems view.Problems
}

func (h handler) check(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	if v.Case.State != casework.Draft || v.Waiting || !v.Outcome.Ready {
		return see(w, r, next(v))
	}
	return h.showCheck(w, r, http.StatusOK, v, nil)
}

func (h handler) showCheck(w http.ResponseWriter, r *http.Request, status int, v casework.View, problems view.Problems) error {
	page := checkPage{
		Case: v.Case, Title: v.Definition.Title, Owner: v.Owner.Name, Groups: h.groups(r, v, true), Answers: h.answers(r, v),
		Fee: v.Outcome.Fee, Officer: !v.Outcome.Automatic, Problems: problems,
	}
	if len(v.Stages) > 1 {
		page.Stages = h.stages(view.LangOf(r.Context()), v)
	}
	return h.Views.Render(w, r, status, "casework/check", page)
}

func (h handler) submit(w http.ResponseWriter, r *http.Request) error {
	id := caseID(r)
	sub := casework.Submission{Rev: rev(r), Declared: r.PostFormValue("declare") == "yes"}
	if shown := r.PostFormValue("fee"); shown != "" {
		fee, err := money.Parse(shown)
		if err != nil {
			return h.changed(w, r)
		}
		sub.Fee = &fee
	}
	c, err := h.Cases.Submit(r.Context(), caller(r), id, sub)
	switch {
	case err == nil && c.Order != "":
		return see(w, r, "/payments/"+c.Order)
	case err == nil:
		return see(w, r, at(id, "done"))
	case errors.Is(err, casework.ErrDeclare):
		v, err := h.Cases.Case(r.Context(), caller(r), id)
		if err != nil {
			return err
		}
		var problems view.Problems
		problems.Add("declare", "casework.problem.declare", nil)
		return h.showCheck(w, r, http.StatusUnprocessableEntity, v, problems)
	case errors.Is(err, casework.ErrNotNow) && !c.Submitted.IsZero(): // a second click: it was handed in
		if c.State == casework.ToPay {
			return see(w, r, "/payments/"+c.Order)
		}
		return see(w, r, at(id, "done"))
	case errors.Is(err, casework.ErrNotReady), errors.Is(err, casework.ErrConsent):
		return h.onward(w, r)
	case conflict(err):
		return h.changed(w, r)
	}
	return err
}

// donePage is what done.html shows.
type donePage struct {
	Case    casework.Case
	Title   lang.Text
	With    lang.Text
	State   string
	Soon    bool // the rules decide it any moment
	Licence bool // it led to a licence
}

func (h handler) done(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	if !slices.Contains([]casework.State{casework.ToPay, casework.Deciding, casework.Approved, casework.Done}, v.Case.State) {
		return see(w, r, at(v.Case.ID, ""))
	}
	page := donePage{
		Case: v.Case, Title: v.Definition.Title, With: v.With.Name, State: stateKey(v.Case.State),
		Soon: v.Case.State == casework.Deciding && !v.Case.Waiting, Licence: licence(v.Definition),
	}
	if page.Soon {
		w.Header().Set("Refresh", "2")
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/done", page)
}
