package web

import (
	"errors"
	"net/http"

	"causeway/modules/casework"
	"causeway/modules/service"
	"causeway/platform/lang"
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
	return h.Views.Render(w, r, status, "casework/check", checkPage{
		Case: v.Case, Title: v.Definition.Title, Owner: v.Owner.Name, Groups: h.groups(r, v, true), Answers: h.answers(r, v),
		Fee: v.Outcome.Fee, Officer: !v.Outcome.Automatic, Problems: problems,
	})
}

func (h handler) submit(w http.ResponseWriter, r *http.Request) error {
	id := caseID(r)
	c, err := h.Cases.Submit(r.Context(), caller(r), id, rev(r), r.PostFormValue("declare") == "yes")
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
	Owner   lang.Text
	State   string
	Soon    bool // the rules decide it any moment
	Licence bool // it led to a licence
}

func (h handler) done(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	switch v.Case.State {
	case casework.ToPay, casework.Deciding, casework.Approved, casework.Done:
	default:
		return see(w, r, at(v.Case.ID, ""))
	}
	page := donePage{
		Case: v.Case, Title: v.Definition.Title, Owner: v.Owner.Name, State: stateKey(v.Case.State),
		Soon: v.Case.State == casework.Deciding && !v.Case.Waiting,
	}
	for _, e := range v.Definition.Effects {
		page.Licence = page.Licence || e.Kind == service.Credential
	}
	if page.Soon {
		w.Header().Set("Refresh", "2")
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/done", page)
}

// historyPage is what history.html shows.
type historyPage struct {
	Case  casework.Case
	Title lang.Text
	Lines []historyLine
}

type historyLine struct {
	casework.Line
	Key  string
	Who  string // the key of who did it
	Args map[string]any
}

// historyLines returns what a person can make something of.
func historyLines(lines []casework.Line) []historyLine {
	var hs []historyLine
	for _, l := range lines {
		switch l.What {
		case casework.WasAsked, casework.WasEffectDone:
			continue
		}
		hl := historyLine{Line: l, Key: "casework.event." + string(l.What), Who: "casework.who.officer", Args: map[string]any{}}
		switch l.Role {
		case "self":
			hl.Who = "casework.who.self"
		case "system":
			hl.Who = "casework.who.system"
		}
		if l.Detail.Fee.Minor != 0 {
			hl.Args["amount"] = l.Detail.Fee
		}
		hl.Args["department"] = l.Department.Name
		hs = append(hs, hl)
	}
	return hs
}

func (h handler) history(w http.ResponseWriter, r *http.Request) error {
	v, lines, err := h.Cases.History(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/history", historyPage{v.Case, v.Definition.Title, historyLines(lines)})
}

// withdrawPage is what withdraw.html shows.
type withdrawPage struct {
	Case  casework.Case
	Title lang.Text
}

func (h handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	if !v.Case.State.Withdrawable() {
		return see(w, r, at(v.Case.ID, ""))
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/withdraw", withdrawPage{v.Case, v.Definition.Title})
}

func (h handler) doWithdraw(w http.ResponseWriter, r *http.Request) error {
	_, err := h.Cases.Withdraw(r.Context(), caller(r), caseID(r), rev(r))
	if conflict(err) {
		return h.changed(w, r)
	}
	if err != nil {
		return err
	}
	return see(w, r, at(caseID(r), ""))
}

// morePage is what more.html shows.
type morePage struct {
	Case     casework.Case
	Title    lang.Text
	Asked    string
	Text     string
	Problems view.Problems
}

func (h handler) more(w http.ResponseWriter, r *http.Request) error {
	return h.showMore(w, r, http.StatusOK, "", nil)
}

func (h handler) showMore(w http.ResponseWriter, r *http.Request, status int, text string, problems view.Problems) error {
	v, lines, err := h.Cases.History(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	if v.Case.State != casework.MoreInformation {
		return see(w, r, at(v.Case.ID, ""))
	}
	page := morePage{Case: v.Case, Title: v.Definition.Title, Text: text, Problems: problems}
	for _, l := range lines {
		if l.What == casework.WasAskedMore {
			page.Asked = l.Text
		}
	}
	return h.Views.Render(w, r, status, "casework/more", page)
}

func (h handler) giveMore(w http.ResponseWriter, r *http.Request) error {
	name, content, err := upload(r)
	if err != nil {
		return err
	}
	text := r.PostFormValue("text")
	err = h.Cases.GiveMore(r.Context(), caller(r), caseID(r), text, name, content)
	var problems view.Problems
	switch {
	case err == nil:
		return see(w, r, at(caseID(r), ""))
	case errors.Is(err, casework.ErrReason):
		problems.Add("text", "casework.problem.words", nil)
	case conflict(err):
		return h.changed(w, r)
	default:
		key, ok := invalid(err)
		if !ok {
			return err
		}
		problems.Add("file", key, nil)
	}
	return h.showMore(w, r, http.StatusUnprocessableEntity, text, problems)
}
