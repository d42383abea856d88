package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
)

// A line is a grant as pages show it.
type line struct {
	consent.Grant
	Words consent.Notice
	State consent.State
	Ended time.Time // zero while active
}

func (h handler) line(ctx context.Context, g consent.Grant) (line, error) {
	words, err := h.Consents.Words(ctx, g)
	now := h.Now()
	return line{g, words, g.State(now), g.Ended(now)}, err
}

type listPage struct {
	Active []line
	Past   []line
}

// list shows all grants, present and past.
func (h handler) list(w http.ResponseWriter, r *http.Request) error {
	all, err := h.Consents.List(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	var p listPage
	for _, g := range all {
		l, err := h.line(r.Context(), g)
		if err != nil {
			return err
		}
		if l.State == consent.Active {
			p.Active = append(p.Active, l)
		} else {
			p.Past = append(p.Past, l)
		}
	}
	return h.Views.Render(w, r, http.StatusOK, "consent/list", p)
}

// grant shows one grant.
func (h handler) grant(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, "consent/grant")
}

// receipt shows one grant so that it can be printed and kept.
func (h handler) receipt(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, "consent/receipt")
}

func (h handler) show(w http.ResponseWriter, r *http.Request, page string) error {
	g, err := h.grantOf(r)
	if err != nil {
		return err
	}
	l, err := h.line(r.Context(), g)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, page, l)
}

// withdraw ends a grant. One that has ended already is shown as it is: that is
// what was wanted.
func (h handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("grant")
	err := h.Consents.Withdraw(r.Context(), identity.CallerOf(r.Context()), consent.GrantID(id))
	if err != nil && !errors.Is(err, consent.ErrEnded) {
		return err
	}
	http.Redirect(w, r, "/consents/"+id, http.StatusSeeOther)
	return nil
}

// download sends the receipt as a file.
func (h handler) download(w http.ResponseWriter, r *http.Request) error {
	g, err := h.grantOf(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jose")
	w.Header().Set("Content-Disposition", `attachment; filename="consent-`+string(g.ID)+`.jws"`)
	_, _ = w.Write([]byte(g.Receipt)) // the client has gone
	return nil
}
