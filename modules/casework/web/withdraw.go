package web

import (
	"net/http"

	"causeway/modules/casework"
	"causeway/platform/lang"
)

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
