package web

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/openid"
	"causeway/platform/lang"
)

// browserCookie ties a request to the browser that brought it: a link to the
// question opens nothing in another browser.
const browserCookie = "__Host-openid"

// browser returns the secret of the browser, which it is given at first.
func browser(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(browserCookie); err == nil && len(c.Value) == 43 {
		return c.Value
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	secret := base64.RawURLEncoding.EncodeToString(b)
	http.SetCookie(w, &http.Cookie{Name: browserCookie, Value: secret, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	return secret
}

// authorize takes a request that a client sent a browser with. Where nothing
// needs to be asked the browser goes straight back with the answer.
func (h handler) authorize(w http.ResponseWriter, r *http.Request) error {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return openid.ErrRequest
	}
	req, err := h.Provider.Open(r.Context(), q, browser(w, r))
	if back, ok := errors.AsType[*openid.BackError](err); ok {
		return see(w, r, back.To)
	}
	if err != nil {
		return err
	}
	step, err := h.Provider.Next(r.Context(), identity.CallerOf(r.Context()), req)
	if err == nil && step.Back != "" {
		return see(w, r, step.Back)
	}
	if err != nil && !errors.Is(err, identity.ErrSignIn) {
		return err
	}
	return see(w, r, openid.PathAuthorize+"/"+req.ID)
}

func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// asked returns the request that the path names, as this browser may see it.
func (h handler) asked(r *http.Request) (openid.Request, error) {
	c, err := r.Cookie(browserCookie)
	if err != nil {
		return openid.Request{}, openid.ErrNoAsk
	}
	return h.Provider.Asked(r.Context(), r.PathValue("ask"), c.Value)
}

type consentPage struct {
	ID      string
	Client  lang.Text
	Plain   bool
	Facts   bool
	Replace bool
	Notice  consent.Notice
}

type againPage struct {
	ID     string
	Client lang.Text
}

type returnPage struct {
	Client lang.Text
	To     string
}

// question shows what the client asks for, or what comes before that.
func (h handler) question(w http.ResponseWriter, r *http.Request) error {
	req, err := h.asked(r)
	if err != nil {
		return err
	}
	step, err := h.Provider.Next(r.Context(), identity.CallerOf(r.Context()), req)
	if err != nil {
		return err
	}
	allow(w, req.Params.Redirect)
	switch {
	case step.Back != "":
		// Not a redirect: the browser may come from the form on which the person
		// signed in, whose policy names no address of the client's.
		w.Header().Set("Refresh", "0; url="+step.Back)
		return h.Views.Render(w, r, http.StatusOK, "openid/return", returnPage{step.Client, step.Back})
	case step.Again:
		return h.Views.Render(w, r, http.StatusOK, "openid/again", againPage{req.ID, step.Client})
	}
	return h.Views.Render(w, r, http.StatusOK, "openid/consent", consentPage{req.ID, step.Client, step.Plain, step.Facts, step.Replace, step.Notice})
}

// answer takes what the person said.
func (h handler) answer(w http.ResponseWriter, r *http.Request) error {
	req, err := h.asked(r)
	if err != nil {
		return err
	}
	choice := r.PostFormValue("answer")
	if choice != "agree" && choice != "refuse" {
		return see(w, r, openid.PathAuthorize+"/"+req.ID)
	}
	to, err := h.Provider.Answer(r.Context(), identity.CallerOf(r.Context()), req, choice == "agree")
	if err != nil {
		return err
	}
	allow(w, req.Params.Redirect)
	return see(w, r, to)
}

// again has the person sign in anew, and come back.
func (h handler) again(w http.ResponseWriter, r *http.Request) error {
	req, err := h.asked(r)
	if err != nil {
		return err
	}
	if err := h.SignOut(w, r); err != nil {
		return err
	}
	return see(w, r, "/sign-in?"+url.Values{"next": {openid.PathAuthorize + "/" + req.ID}}.Encode())
}

// allow lets the form of the page that is answered lead to the client's address:
// browsers hold a form's redirects to the page's policy too.
func allow(w http.ResponseWriter, redirect string) {
	u, err := url.Parse(redirect)
	if err != nil {
		return
	}
	const directive = "form-action "
	policy := w.Header().Get("Content-Security-Policy")
	w.Header().Set("Content-Security-Policy", strings.Replace(policy, directive, directive+u.Scheme+"://"+u.Host+" ", 1))
}
