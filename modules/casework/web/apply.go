package web

import (
	"net/http"
	"slices"

	"causeway/modules/casework"
	"causeway/modules/service"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// listPage is what list.html shows.
type listPage struct {
	Cases []listRow
	Next  string
}

type listRow struct {
	casework.Listed
	State  string // the key of its text
	Colour string // stands out where the applicant has something to do
}

func (h handler) list(w http.ResponseWriter, r *http.Request) error {
	before := r.URL.Query().Get("before")
	if len(before) > 64 {
		before = ""
	}
	cases, more, err := h.Cases.List(r.Context(), caller(r), casework.ID(before))
	if err != nil {
		return err
	}
	var page listPage
	for _, c := range cases {
		row := listRow{Listed: c, State: stateKey(c.State)}
		if todo(c.State) {
			row.Colour = "yellow"
		}
		page.Cases = append(page.Cases, row)
	}
	if more {
		page.Next = "/cases?before=" + string(cases[len(cases)-1].ID)
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/list", page)
}

// todo reports whether a case in s waits for its applicant.
func todo(s casework.State) bool {
	return s == casework.Draft || s == casework.ToPay || s == casework.MoreInformation
}

func (h handler) start(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Cases.Start(r.Context(), caller(r), r.PathValue("service"))
	if err != nil {
		return err
	}
	if c.Rev > 1 { // one that was begun before: show what is done
		return see(w, r, at(c.ID, ""))
	}
	v, err := h.Cases.Case(r.Context(), caller(r), c.ID)
	if err != nil {
		return err
	}
	return see(w, r, next(v))
}

// next is the address of what the applicant of a draft does next.
func next(v casework.View) string {
	id := v.Case.ID
	switch {
	case v.Case.State != casework.Draft:
		return at(id, "")
	case v.Case.Grant == "" && len(v.Definition.Evidence) > 0 && len(v.File.Facts) == 0:
		return at(id, "consent")
	case v.Waiting || len(v.Outcome.Missing) > 0:
		return at(id, "facts")
	case len(v.Outcome.Next) > 0:
		return at(id, "questions/"+v.Outcome.Next[0])
	}
	return at(id, "check")
}

// A task is one line of the task list.
type task struct {
	Key, Status, Href string
	Done, Blocked     bool
	Count             int // questions that remain
}

// casePage is what case.html shows.
type casePage struct {
	Case      casework.Case
	Title     lang.Text
	Owner     lang.Text
	Phone     string
	State     string
	Tasks     []task
	Next      string
	Rows      []factGroup // of an ineligible case
	Say       lang.Text
	Instead   string
	Withdraw  bool
	Refused   string    // the key of the reason
	Words     string    // what the officer wrote
	With      lang.Text // who has it, or decided it
	Stages    []stageRow
	Refusals  []rejection // what a registry did not take, after the approval
	Automatic bool        // the rules decide it any moment
	Licence   bool        // it leads to a licence
}

func (h handler) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	page := casePage{
		Case: v.Case, Title: v.Definition.Title, Owner: v.Owner.Name, With: v.With.Name, Phone: v.With.Phone, State: stateKey(v.Case.State),
		Next: next(v), Withdraw: v.Case.State.Withdrawable(),
		Automatic: v.Case.State == casework.Deciding && !v.Case.Waiting, Licence: licence(v.Definition),
	}
	switch v.Case.State {
	case casework.Draft:
		page.Tasks = tasks(v)
	case casework.Ineligible:
		page.Say, page.Instead, page.Rows = v.Outcome.Say, v.Outcome.Instead, h.groups(r, v, true)
	case casework.Refused, casework.Refusing, casework.MoreInformation:
		_, lines, err := h.Cases.History(r.Context(), caller(r), v.Case.ID)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if l.What == casework.WasRefused || l.What == casework.WasAskedMore {
				page.Words = l.Text
			}
		}
		if v.Case.Reason != "" {
			page.Refused = "casework.refuse." + v.Case.Reason
		}
	case casework.ToPay, casework.Deciding, casework.Approved, casework.Done, casework.Withdrawing, casework.Withdrawn, casework.Expired:
	}
	if tag := view.LangOf(r.Context()); len(v.Stages) > 1 {
		page.Stages = h.stages(tag, v)
	}
	if v.Case.State == casework.Approved {
		refused, err := h.Cases.Rejections(r.Context(), v)
		if err != nil {
			return err
		}
		page.Refusals = h.rejections(view.LangOf(r.Context()), refused)
	}
	if page.Automatic {
		w.Header().Set("Refresh", "2")
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/case", page)
}

// licence reports whether def leads to a licence.
func licence(def *service.Definition) bool {
	return slices.ContainsFunc(def.Effects, func(e service.Effect) bool { return e.Kind == service.Credential })
}

// tasks is the task list of a draft.
func tasks(v casework.View) []task {
	id, ts := v.Case.ID, []task{}
	agreed := v.Case.Grant != ""
	factsDone := len(v.Outcome.Missing) == 0
	if len(v.Definition.Evidence) > 0 {
		ts = append(ts, task{Key: "consent", Href: at(id, "consent"), Done: agreed || factsDone})
		ts = append(ts, task{Key: "facts", Href: at(id, "facts"), Done: factsDone, Blocked: !agreed && len(v.File.Facts) == 0})
	}
	if len(v.Definition.Questions) > 0 && len(v.Outcome.Next)+len(v.Outcome.Asked) > 0 {
		t := task{Key: "questions", Done: len(v.Outcome.Next) == 0, Count: len(v.Outcome.Next)}
		if t.Done {
			t.Href = at(id, "questions/"+v.Outcome.Asked[0])
		} else {
			t.Href = at(id, "questions/"+v.Outcome.Next[0])
		}
		ts = append(ts, t)
	}
	return append(ts, task{Key: "check", Href: at(id, "check"), Blocked: !v.Outcome.Ready})
}
