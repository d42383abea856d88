package web

import (
	"net/http"

	"causeway/modules/casework"
	"causeway/platform/lang"
	"causeway/platform/trail"
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

// quiet are the events that tell a person nothing.
func quiet(what casework.What) bool {
	return what == casework.WasAsked || what == casework.WasEffectDone
}

// historyLines returns what a person can make something of. self is the text
// for the applicant.
func historyLines(lines []casework.Line, self string) []historyLine {
	hs := make([]historyLine, 0, len(lines))
	for _, l := range lines {
		if quiet(l.What) {
			continue
		}
		hl := historyLine{Line: l, Key: "casework.event." + string(l.What), Who: "casework.who.officer", Args: map[string]any{"department": l.Department.Name}}
		switch l.Role {
		case trail.Self:
			hl.Who = self
		case trail.System:
			hl.Who = "casework.who.system"
		}
		hs = append(hs, hl)
	}
	return hs
}

func (h handler) history(w http.ResponseWriter, r *http.Request) error {
	v, lines, err := h.Cases.History(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/history", historyPage{v.Case, v.Definition.Title, historyLines(lines, "casework.who.self")})
}
