package web

import (
	"errors"
	"net/http"

	"causeway/modules/casework"
	"causeway/platform/lang"
	"causeway/platform/view"
)

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
