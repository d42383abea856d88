package web

import (
	"net/http"

	"causeway/modules/casework"
	"causeway/platform/lang"
)

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
