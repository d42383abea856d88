package web

import (
	"net/http"
	"net/url"
	"time"

	"causeway/modules/credential"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// A line is one licence in the list.
type line struct {
	ID          string
	Label       lang.Text
	Department  lang.Text
	From, Until day.Date
	State       credential.State
}

type listPage struct{ Current, Past []line }

func (h handler) list(w http.ResponseWriter, r *http.Request) error {
	ls, err := h.Service.ByPerson(r.Context(), caller(r))
	if err != nil {
		return err
	}
	var p listPage
	for _, l := range ls {
		x := line{l.ID, l.Label, h.name(r.Context(), l.Department), l.From, l.Until, l.On(h.Service.Today())}
		if x.State == credential.Valid || x.State == credential.Future {
			p.Current = append(p.Current, x)
		} else {
			p.Past = append(p.Past, x)
		}
	}
	return h.View.Render(w, r, http.StatusOK, "credential/list", p)
}

type licencePage struct {
	line
	Number    string
	Claims    []claim
	Issued    time.Time
	Revoked   time.Time
	Case      string
	Shareable bool
	Problems  view.Problems
}

func (h handler) licence(w http.ResponseWriter, r *http.Request) error {
	return h.licenceWith(w, r, http.StatusOK, nil)
}

func (h handler) licenceWith(w http.ResponseWriter, r *http.Request, status int, problems view.Problems) error {
	l, err := h.Service.Licence(r.Context(), caller(r), r.PathValue("licence"))
	if err != nil {
		return err
	}
	state := l.On(h.Service.Today())
	return h.View.Render(w, r, status, "credential/licence", licencePage{
		line:   line{l.ID, l.Label, h.name(r.Context(), l.Department), l.From, l.Until, state},
		Number: l.Number, Claims: h.claims(r, l.Type, l.Claims, l.Names), Issued: l.Issued, Revoked: l.Revoked, Case: l.Case,
		Shareable: state == credential.Valid || state == credential.Future, Problems: problems,
	})
}

func (h handler) share(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil || len(r.PostForm["claim"]) == 0 {
		var problems view.Problems
		problems.Add("claim", "credential.share.nothing", nil)
		return h.licenceWith(w, r, http.StatusUnprocessableEntity, problems)
	}
	p, err := h.Service.Share(r.Context(), caller(r), r.PathValue("licence"), r.PostForm["claim"])
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/licences/"+url.PathEscape(r.PathValue("licence"))+"/shown/"+p.Handle, http.StatusSeeOther)
	return nil
}

type shownPage struct {
	ID      string
	Label   lang.Text
	Address string
	Text    string
	Expires time.Time
	Claims  []claim
	Over    bool
}

func (h handler) shown(w http.ResponseWriter, r *http.Request) error {
	l, err := h.Service.Licence(r.Context(), caller(r), r.PathValue("licence"))
	if err != nil {
		return err
	}
	p, err := h.Service.Shown(r.Context(), caller(r), l.ID, r.PathValue("handle"))
	if err != nil {
		return err
	}
	check, err := h.Service.Check(r.Context(), p.Text)
	if err != nil {
		return err
	}
	return h.View.Render(w, r, http.StatusOK, "credential/shown", shownPage{
		ID: l.ID, Label: l.Label, Address: h.Origin + "/verify/" + p.Handle, Text: p.Text, Expires: p.Expires,
		Claims: h.claims(r, check.Type, check.Claims, check.Names), Over: check.At.After(p.Expires),
	})
}

type printPage struct {
	line
	Number  string
	Claims  []claim
	Address string
}

func (h handler) print(w http.ResponseWriter, r *http.Request) error {
	l, err := h.Service.Licence(r.Context(), caller(r), r.PathValue("licence"))
	if err != nil {
		return err
	}
	return h.View.Render(w, r, http.StatusOK, "credential/print", printPage{
		line:   line{l.ID, l.Label, h.name(r.Context(), l.Department), l.From, l.Until, l.On(h.Service.Today())},
		Number: l.Number, Claims: h.claims(r, l.Type, l.Claims, l.Names), Address: h.Origin + "/verify/printed/" + l.PrintCode,
	})
}
