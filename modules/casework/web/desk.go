package web

import (
	"errors"
	"net/http"

	"causeway/modules/casework"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/fault"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// deskPage is what desk.html shows.
type deskPage struct {
	Department org.ID
	Case       casework.Case
	Title      lang.Text
	State      string
	Post       string // the role that decides, while one does
	Open, Mine bool
	Taken      bool // by another officer
	Own        bool // the officer is the applicant
	CanClaim   bool
	Decide     bool
	Groups     []factGroup
	Answers    []answerRow
	Extra      []casework.Upload
	Rules      []ruleRow
	Fee        *service.FeeDue
	History    []historyLine
	Effects    []effectRow
	Failed     bool
	Rejections []rejection
	ByHand     *casework.Proposal // waits for a second officer
	Proposer   bool               // the officer is who said it
	Hand       string             // typed
	StepText   string
	Reasons    []view.Dict
	Steps      []stageRow
	Reason     string // typed
	Words      string
	More       string
	Look       string
	Note       string
	Problems   view.Problems
	Changed    bool // facts were fetched again and differ
}

func (h handler) desk(w http.ResponseWriter, r *http.Request) error {
	return h.showDesk(w, r, http.StatusOK, func(*deskPage) {})
}

func (h handler) showDesk(w http.ResponseWriter, r *http.Request, status int, with func(*deskPage)) error {
	o := org.OfficerOf(r.Context())
	d, err := h.Cases.Desk(r.Context(), o, caseID(r))
	if err != nil {
		return err
	}
	c, tag := d.Case, view.LangOf(r.Context())
	page := deskPage{
		Department: o.Department, Case: c, Title: d.Definition.Title, State: stateKey(c.State), Open: d.Open, Mine: d.Mine,
		Taken: c.Claimed != "" && !d.Mine, Own: c.Person == o.Person,
		Decide: d.Mine && c.State == casework.Deciding && o.Has(c.Role),
	}
	step, _ := d.Definition.Step(c.StepName)
	page.StepText = h.step(tag, c.StepName, step.Label, d.With.Name)
	label, _ := d.Definition.RoleLabel(c.Role)
	page.Post = h.post(tag, c.Role, label)
	page.CanClaim = !page.Own && c.Claimed == "" && c.State.WithOfficer() && o.Has(c.Role)
	if d.Open {
		page.Groups, page.Answers, page.Extra = h.groups(r, d.View, false), h.answers(r, d.View), d.File.Extra
		page.Rules, page.Fee, page.History, page.Effects = h.rules(tag, d.Outcome.Rules), d.Outcome.Fee, historyLines(d.History, "casework.who.applicant"), effectRows(d)
		page.Rejections, page.ByHand = h.rejections(tag, d.Rejections), d.ByHand
		page.Proposer = d.ByHand != nil && d.ByHand.Actor == string(o.Person)
		for _, e := range d.Effects {
			page.Failed = page.Failed || e.State == casework.EffectFailed
		}
		page.Steps = h.stages(tag, d.View)
	}
	page.Reasons = append(page.Reasons, view.Dict{"value": "", "text": h.Views.Text(tag, "casework.work.choose-reason", nil)})
	for _, reason := range casework.Reasons() {
		page.Reasons = append(page.Reasons, view.Dict{"value": reason, "text": h.Views.Text(tag, "casework.refuse."+reason, nil)})
	}
	with(&page)
	for _, x := range page.Reasons {
		x["selected"] = x["value"] == page.Reason
	}
	return h.Views.Render(w, r, status, "casework/desk", page)
}

func desk(r *http.Request) string {
	return "/work/" + r.PathValue("department") + "/cases/" + r.PathValue("case")
}

// acted answers an officer's command.
func (h handler) acted(w http.ResponseWriter, r *http.Request, err error, bad func(*deskPage)) error {
	switch {
	case err == nil:
		return see(w, r, desk(r))
	case errors.Is(err, casework.ErrReason):
		return h.showDesk(w, r, http.StatusUnprocessableEntity, bad)
	case errors.Is(err, casework.ErrFactsChanged):
		return h.showDesk(w, r, http.StatusConflict, func(p *deskPage) { p.Changed = true })
	case conflict(err), errors.Is(err, casework.ErrClaimed), errors.Is(err, casework.ErrNotClaimed):
		return h.overtaken(w, r, err)
	}
	return err
}

// overtaken tells an officer that somebody was faster, and how the case stands.
func (h handler) overtaken(w http.ResponseWriter, r *http.Request, why error) error {
	d, err := h.Cases.Desk(r.Context(), org.OfficerOf(r.Context()), caseID(r))
	if errors.Is(err, casework.ErrNoCase) { // it went on to another department
		return why
	}
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusConflict, "casework/changed", changedPage{
		Case: d.Case, Title: d.Definition.Title, State: stateKey(d.Case.State), Href: desk(r), Office: true,
	})
}

func (h handler) claim(w http.ResponseWriter, r *http.Request) error {
	return h.acted(w, r, h.Cases.Claim(r.Context(), org.OfficerOf(r.Context()), caseID(r), rev(r)), nil)
}

func (h handler) release(w http.ResponseWriter, r *http.Request) error {
	return h.acted(w, r, h.Cases.Release(r.Context(), org.OfficerOf(r.Context()), caseID(r)), nil)
}

func (h handler) look(w http.ResponseWriter, r *http.Request) error {
	reason := r.PostFormValue("reason")
	err := h.Cases.Look(r.Context(), org.OfficerOf(r.Context()), caseID(r), reason)
	return h.acted(w, r, err, func(p *deskPage) {
		p.Look = reason
		p.Problems.Add("reason", "casework.problem.reason", nil)
	})
}

func (h handler) approve(w http.ResponseWriter, r *http.Request) error {
	note := r.PostFormValue("note")
	err := h.Cases.Approve(r.Context(), org.OfficerOf(r.Context()), caseID(r), rev(r), note)
	if err == nil {
		return see(w, r, "/work/"+r.PathValue("department")+"/cases")
	}
	return h.acted(w, r, err, func(p *deskPage) {
		p.Note = note
		p.Problems.Add("note", "casework.problem.words", nil)
	})
}

func (h handler) refuse(w http.ResponseWriter, r *http.Request) error {
	reason, words := r.PostFormValue("why"), r.PostFormValue("words")
	err := h.Cases.Refuse(r.Context(), org.OfficerOf(r.Context()), caseID(r), rev(r), reason, words)
	return h.acted(w, r, err, func(p *deskPage) {
		p.Reason, p.Words = reason, words
		p.Problems.Add("why", "casework.problem.refuse", nil)
	})
}

func (h handler) askMore(w http.ResponseWriter, r *http.Request) error {
	more := r.PostFormValue("more")
	err := h.Cases.AskMore(r.Context(), org.OfficerOf(r.Context()), caseID(r), rev(r), more)
	return h.acted(w, r, err, func(p *deskPage) {
		p.More = more
		p.Problems.Add("more", "casework.problem.words", nil)
	})
}

func (h handler) retry(w http.ResponseWriter, r *http.Request) error {
	return h.acted(w, r, h.Cases.Retry(r.Context(), org.OfficerOf(r.Context()), caseID(r), rev(r)), nil)
}

// byHand takes an officer's word that what a registry refused was done by hand.
func (h handler) byHand(w http.ResponseWriter, r *http.Request) error {
	why := r.PostFormValue("by-hand")
	err := h.Cases.ProposeByHand(r.Context(), org.OfficerOf(r.Context()), caseID(r), rev(r), why)
	return h.acted(w, r, err, func(p *deskPage) {
		p.Hand = why
		p.Problems.Add("by-hand", "casework.problem.by-hand", nil)
	})
}

// answerByHand is what a second officer says to it.
func (h handler) answerByHand(w http.ResponseWriter, r *http.Request) error {
	confirm := r.PostFormValue("answer") == "confirm"
	return h.acted(w, r, h.Cases.AnswerByHand(r.Context(), org.OfficerOf(r.Context()), caseID(r), rev(r), confirm), nil)
}

// invalid is the text of a fault that says what is wrong with something sent.
func invalid(err error) (key string, ok bool) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return "", false
	}
	return "fault." + f.Code, true
}
