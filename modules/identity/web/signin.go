package web

import (
	"net/http"
	"net/url"

	"causeway/modules/identity"
	"causeway/platform/view"
)

// A prompt is what a form with a passkey needs.
type prompt struct {
	Action  string // where the form goes
	Use     string // get or create
	Token   string
	Options string
	Script  string
}

func newPrompt(action, use string, c identity.Challenge) prompt {
	return prompt{Action: action, Use: use, Token: c.Token, Options: string(c.Options), Script: scriptURL()}
}

// signInPage is the dot of sign-in.html.
type signInPage struct {
	Prompt   prompt
	Next     string
	Instead  string // another way to sign in, or ""
	Lapsed   bool   // the browser had a session, which ran out
	Problems view.Problems
}

func (p *Pages) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := local(r.FormValue("next"), "/")
	if identity.CallerOf(r.Context()).Known() {
		return see(w, r, next)
	}
	lapsed := token(r, sessionCookie) != ""
	if lapsed {
		clearCookie(w, sessionCookie)
	}
	return p.signInForm(w, r, http.StatusOK, signInPage{Next: next, Lapsed: lapsed})
}

func (p *Pages) signInForm(w http.ResponseWriter, r *http.Request, status int, page signInPage) error {
	c, err := p.Service.BeginSignIn(r.Context())
	if err != nil {
		return err
	}
	if p.Instead != "" {
		page.Instead = p.Instead + "?" + url.Values{"next": {page.Next}}.Encode()
	}
	page.Prompt = newPrompt("/sign-in", "get", c)
	return p.View.Render(w, r, status, "identity/sign-in", page)
}

// passkeyFields are the faults that a page with a passkey tells beside its button.
func passkeyFields(more fields) fields {
	f := fields{
		identity.ErrCeremony: "passkey", identity.ErrPasskey: "passkey", identity.ErrPasskeyUnknown: "passkey",
		identity.ErrPasskeySuspect: "passkey", identity.ErrPasskeyTwice: "passkey", identity.ErrPasskeyName: "name",
	}
	for k, v := range more {
		f[k] = v
	}
	return f
}

func (p *Pages) doSignIn(w http.ResponseWriter, r *http.Request) error {
	next := local(r.PostFormValue("next"), "/")
	t, err := p.Service.SignIn(r.Context(), reply(r), identity.CallerOf(r.Context()))
	if err != nil {
		ps, err := passkeyFields(nil).problems(err)
		if err != nil {
			return err
		}
		return p.signInForm(w, r, http.StatusUnprocessableEntity, signInPage{Next: next, Problems: scriptless(r, ps)})
	}
	Start(w, t)
	return see(w, r, next)
}

// reply is what the browser sent about a passkey.
func reply(r *http.Request) identity.Answer {
	return identity.Answer{Token: r.PostFormValue("ceremony"), Response: []byte(r.PostFormValue("response")), Device: device(r)}
}

// scriptless says that a script is needed where none ran.
func scriptless(r *http.Request, ps view.Problems) view.Problems {
	if r.PostFormValue("response") != "" {
		return ps
	}
	for i := range ps {
		if ps[i].Field == "passkey" {
			ps[i].Key = "identity.passkey.script"
		}
	}
	return ps
}

// signOutPage is the dot of sign-out.html.
type signOutPage struct{ SignedIn bool }

func (p *Pages) showSignOut(w http.ResponseWriter, r *http.Request) error {
	return p.View.Render(w, r, http.StatusOK, "identity/sign-out", signOutPage{identity.CallerOf(r.Context()).Known()})
}

func (p *Pages) doSignOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Service.SignOut(r.Context(), identity.CallerOf(r.Context())); err != nil {
		return err
	}
	clearCookie(w, sessionCookie)
	return see(w, r, "/sign-out")
}
