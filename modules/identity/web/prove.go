package web

import (
	"errors"
	"net/http"
	"net/url"

	"causeway/modules/identity"
	"causeway/platform/view"
)

// provePage is the dot of prove.html.
type provePage struct {
	Prompt   prompt
	Next     string
	Problems view.Problems
}

// showProve asks for a passkey once more, before something that whoever found an
// open browser must not do.
func (p *Pages) showProve(w http.ResponseWriter, r *http.Request) error {
	next := local(r.FormValue("next"), "/account")
	err := p.Service.Proved(r.Context(), identity.CallerOf(r.Context()))
	switch {
	case err == nil:
		return see(w, r, next)
	case !errors.Is(err, identity.ErrProof):
		return err
	}
	return p.proveForm(w, r, http.StatusOK, provePage{Next: next})
}

func (p *Pages) proveForm(w http.ResponseWriter, r *http.Request, status int, page provePage) error {
	c, err := p.Service.BeginProof(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	page.Prompt = newPrompt("/account/prove", "get", c)
	return p.View.Render(w, r, status, "identity/prove", page)
}

func (p *Pages) prove(w http.ResponseWriter, r *http.Request) error {
	next := local(r.PostFormValue("next"), "/account")
	t, err := p.Service.Prove(r.Context(), identity.CallerOf(r.Context()), reply(r))
	if err != nil {
		ps, err := passkeyFields(fields{identity.ErrProofWeak: "passkey"}).problems(err)
		if err != nil {
			return err
		}
		return p.proveForm(w, r, http.StatusUnprocessableEntity, provePage{Next: next, Problems: scriptless(r, ps)})
	}
	Start(w, t)
	return see(w, r, next)
}

// proveFirst leads to the page that asks for a passkey, and from there to next,
// if that is what err asks for. Otherwise it returns err.
func proveFirst(w http.ResponseWriter, r *http.Request, err error, next string) error {
	if !errors.Is(err, identity.ErrProof) {
		return err
	}
	return see(w, r, "/account/prove?next="+url.QueryEscape(next))
}
