package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"causeway/modules/identity"
)

// Cookies. The prefix __Host- has browsers keep them to this host and to secure
// connections, of which http://localhost counts as one.
const (
	sessionCookie    = "__Host-session"
	activationCookie = "__Host-activation"
)

// Start hands the browser the token of a new session.
func Start(w http.ResponseWriter, token string) {
	set(w, sessionCookie, token, 12*time.Hour)
}

// Stop has the browser forget the token of its session.
func Stop(w http.ResponseWriter) { clearCookie(w, sessionCookie) }

func set(w http.ResponseWriter, name, value string, keep time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(keep / time.Second),
		HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	})
}

func clearCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
}

func token(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// awayHeader is on what a page's script sends by itself, such as what was typed
// when the session is about to end.
const awayHeader = "Causeway-Away"

// Sessions tells what comes after it who asks, from the session cookie: one
// look-up for each request that has one. What is no session is nobody.
func (p *Pages) Sessions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := token(r, sessionCookie)
		if t == "" || strings.HasPrefix(r.URL.Path, "/static") {
			next.ServeHTTP(w, r)
			return
		}
		authenticate := p.Service.Authenticate
		if r.Header.Get(awayHeader) != "" {
			authenticate = p.Service.AuthenticateAway
		}
		c, err := authenticate(r.Context(), t)
		switch {
		case errors.Is(err, identity.ErrNoSession):
			next.ServeHTTP(w, r)
		case errors.Is(err, context.Canceled):
		case err != nil:
			p.fail(w, r, err)
		default:
			next.ServeHTTP(w, r.WithContext(identity.WithCaller(r.Context(), c)))
		}
	})
}

// extend notes that the person is still there: 204, or back to the page that
// the field next names.
func (p *Pages) extend(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.Service.Extend(r.Context(), identity.CallerOf(r.Context())); err != nil {
		return err
	}
	if next := r.PostFormValue("next"); next != "" {
		return see(w, r, local(next, "/"))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
