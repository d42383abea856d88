// Package web serves cases over HTTP: the applicant's pages, the officers'
// desk, and the state of a case for a department's software.
package web

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"

	"causeway/modules/casework"
	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("casework", templates, texts) }

// Deps is what these pages need.
type Deps struct {
	Cases *casework.Service
	Views *view.Set
	// Purpose tells a purpose by its id.
	Purpose func(id string) (consent.Purpose, bool)
	// Role tells what the published services call a role; nil: they have no words.
	Role func(ctx context.Context, role string) (lang.Text, bool)
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /cases", httpx.Resident, h.list)
	m.Page("POST /services/{service}/start", httpx.Resident, h.start)
	m.Page("GET /cases/{case}", httpx.Resident, h.show)
	m.Page("GET /cases/{case}/consent", httpx.Resident, h.consent)
	m.Page("POST /cases/{case}/consent", httpx.Resident, h.agree)
	m.Page("GET /cases/{case}/facts", httpx.Resident, h.facts)
	m.Page("POST /cases/{case}/facts", httpx.Resident, h.askAgain)
	m.Page("GET /cases/{case}/facts/{evidence}", httpx.Resident, h.fact)
	m.Page("POST /cases/{case}/facts/{evidence}", httpx.Resident, h.setFact)
	m.Page("GET /cases/{case}/questions/{question}", httpx.Resident, h.question)
	m.Upload("POST /cases/{case}/questions/{question}", httpx.Resident, h.answer)
	m.Page("GET /cases/{case}/check", httpx.Resident, h.check)
	m.Page("POST /cases/{case}/check", httpx.Resident, h.submit)
	m.Page("GET /cases/{case}/done", httpx.Resident, h.done)
	m.Page("GET /cases/{case}/history", httpx.Resident, h.history)
	m.Page("GET /cases/{case}/withdraw", httpx.Resident, h.withdraw)
	m.Page("POST /cases/{case}/withdraw", httpx.Resident, h.doWithdraw)
	m.Page("GET /cases/{case}/more", httpx.Resident, h.more)
	m.Upload("POST /cases/{case}/more", httpx.Resident, h.giveMore)

	m.Page("GET /work/{department}/cases", httpx.Officer, h.queue)
	m.Page("GET /work/{department}/cases/{case}", httpx.Officer, h.desk)
	m.Page("POST /work/{department}/cases/{case}/claim", httpx.Officer, h.claim)
	m.Page("POST /work/{department}/cases/{case}/release", httpx.Officer, h.release)
	m.Page("POST /work/{department}/cases/{case}/look", httpx.Officer, h.look)
	m.Page("POST /work/{department}/cases/{case}/approve", httpx.Officer, h.approve)
	m.Page("POST /work/{department}/cases/{case}/refuse", httpx.Officer, h.refuse)
	m.Page("POST /work/{department}/cases/{case}/ask", httpx.Officer, h.askMore)
	m.Page("POST /work/{department}/cases/{case}/effects", httpx.Officer, h.retry)
	m.Page("POST /work/{department}/cases/{case}/by-hand", httpx.Officer, h.byHand)
	m.Page("POST /work/{department}/cases/{case}/by-hand/answer", httpx.Officer, h.answerByHand)
	h.mountAPI(m)
}

// caseID is the case that a path names.
func caseID(r *http.Request) casework.ID { return casework.ID(r.PathValue("case")) }

// caller is who asks.
func caller(r *http.Request) identity.Caller { return identity.CallerOf(r.Context()) }

// at is the address of a case, or of a part of it.
func at(id casework.ID, part string) string {
	if part == "" {
		return "/cases/" + string(id)
	}
	return "/cases/" + string(id) + "/" + part
}

// see sends the browser on with GET.
func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// rev is the version of the case that a form was drawn from; -1, which none has,
// if the form does not say.
func rev(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("rev"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// changedPage is what changed.html shows: somebody was faster.
type changedPage struct {
	Case   casework.Case
	Title  titleText
	State  string // the key of its text
	Href   string // where the present state is
	Office bool
}

// changed answers a command that saw an older version of the applicant's case
// with how it stands now.
func (h handler) changed(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusConflict, "casework/changed", changedPage{
		Case: v.Case, Title: v.Definition.Title, State: stateKey(v.Case.State), Href: at(v.Case.ID, ""),
	})
}

// conflict reports whether err says that the case is not what the caller saw.
func conflict(err error) bool {
	return errors.Is(err, casework.ErrChanged) || errors.Is(err, casework.ErrNotNow)
}
