package web

import (
	"errors"
	"net/http"

	"causeway/modules/credential"
	"causeway/modules/org"
	"causeway/platform/view"
)

type deskPage struct {
	Department org.ID
	Number     string
	Reason     string
	Requests   []credential.Request
	Found      *line
	Mine       string
	MayAsk     bool // look licences up, and ask for one to be revoked
	Problems   view.Problems
}

func (h handler) desk(w http.ResponseWriter, r *http.Request) error {
	return h.deskWith(w, r, http.StatusOK, deskPage{})
}

func (h handler) deskWith(w http.ResponseWriter, r *http.Request, status int, p deskPage) error {
	o := org.OfficerOf(r.Context())
	requests, err := h.Service.Requests(r.Context(), o)
	if err != nil {
		return err
	}
	p.Department, p.Requests, p.Mine = o.Department, requests, string(o.Person)
	p.MayAsk = o.Has(credential.RoleOfficer)
	return h.View.Render(w, r, status, "credential/desk", p)
}

// deskProblem shows the desk again with what is wrong with the form, or returns
// err if it is nothing that the form can mend.
func (h handler) deskProblem(w http.ResponseWriter, r *http.Request, err error, p deskPage) error {
	switch {
	case errors.Is(err, credential.ErrNoLicence):
		p.Problems.Add("number", "credential.desk.none", nil)
	case errors.Is(err, credential.ErrReason):
		p.Problems.Add("reason", "credential.desk.reason-missing", nil)
	default:
		return err
	}
	return h.deskWith(w, r, http.StatusUnprocessableEntity, p)
}

func (h handler) find(w http.ResponseWriter, r *http.Request) error {
	p := deskPage{Number: form(r, "number"), Reason: form(r, "reason")}
	l, err := h.Service.Find(r.Context(), org.OfficerOf(r.Context()), p.Number, p.Reason)
	if err != nil {
		return h.deskProblem(w, r, err, p)
	}
	p.Found = &line{l.ID, l.Label, h.name(r.Context(), l.Department), l.From, l.Until, l.On(h.Service.Today())}
	return h.deskWith(w, r, http.StatusOK, p)
}

func (h handler) askRevocation(w http.ResponseWriter, r *http.Request) error {
	p := deskPage{Number: form(r, "number"), Reason: form(r, "reason")}
	o := org.OfficerOf(r.Context())
	req, err := h.Service.AskRevocation(r.Context(), o, p.Number, p.Reason)
	if err != nil {
		return h.deskProblem(w, r, err, p)
	}
	http.Redirect(w, r, "/work/"+string(o.Department)+"/licences/revocations/"+req.ID, http.StatusSeeOther)
	return nil
}

type requestPage struct {
	credential.Request
	Licence line
	Number  string
	Mine    bool // the officer who looks asked for it
	MayEnd  bool // the officer who looks may confirm what another asked for
}

func (h handler) request(w http.ResponseWriter, r *http.Request) error {
	o := org.OfficerOf(r.Context())
	req, l, err := h.Service.Request(r.Context(), o, r.PathValue("request"))
	if err != nil {
		return err
	}
	return h.View.Render(w, r, http.StatusOK, "credential/request", requestPage{
		Request: req, Number: l.Number, Mine: req.AskedBy == o.Person, MayEnd: o.Has(credential.RoleRevoker),
		Licence: line{l.ID, l.Label, h.name(r.Context(), l.Department), l.From, l.Until, l.On(h.Service.Today())},
	})
}

func (h handler) decide(w http.ResponseWriter, r *http.Request) error {
	o := org.OfficerOf(r.Context())
	decision := r.PathValue("decision")
	if decision != "confirm" && decision != "reject" {
		return credential.ErrNoRequest
	}
	if err := h.Service.Decide(r.Context(), o, r.PathValue("request"), decision == "confirm"); err != nil {
		return err
	}
	http.Redirect(w, r, "/work/"+string(o.Department)+"/licences/revocations/"+r.PathValue("request"), http.StatusSeeOther)
	return nil
}
