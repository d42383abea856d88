package web

import (
	"net/http"

	"causeway/modules/identity"
	"causeway/platform/lang"
)

// accountPage is the dot of account.html.
type accountPage struct {
	Profile  identity.Profile
	Passkeys []identity.Passkey
	Sessions []identity.Session
	Lang     string
	Done     string // what was done last: a key of the page's banner
}

// done says what the banner of the account page tells, by the address.
func done(r *http.Request) string {
	switch d := r.FormValue("done"); d {
	case "added", "removed", "renamed", "ended", "ended-others", "language":
		return d
	}
	return ""
}

func (p *Pages) showAccount(w http.ResponseWriter, r *http.Request) error {
	ctx, by := r.Context(), identity.CallerOf(r.Context())
	profile, err := p.Service.OwnProfile(ctx, by)
	if err != nil {
		return err
	}
	keys, err := p.Service.OwnPasskeys(ctx, by)
	if err != nil {
		return err
	}
	sessions, err := p.Service.OwnSessions(ctx, by)
	if err != nil {
		return err
	}
	return p.View.Render(w, r, http.StatusOK, "identity/account", accountPage{profile, keys, sessions, string(profile.Lang), done(r)})
}

// language changes how the person is written to, and shows the pages so too.
func (p *Pages) language(w http.ResponseWriter, r *http.Request) error {
	t := lang.Tag(r.PostFormValue("language"))
	if err := p.Service.SetLang(r.Context(), identity.CallerOf(r.Context()), t); err != nil {
		return err
	}
	return see(w, r, "/account?done=language&lang="+string(t))
}

func (p *Pages) endSession(w http.ResponseWriter, r *http.Request) error {
	by := identity.CallerOf(r.Context())
	if err := p.Service.EndSession(r.Context(), by, r.PathValue("session")); err != nil {
		return err
	}
	if r.PathValue("session") == by.Session {
		clearCookie(w, sessionCookie)
		return see(w, r, "/sign-out")
	}
	return see(w, r, "/account?done=ended")
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	if err := p.Service.EndOtherSessions(r.Context(), identity.CallerOf(r.Context())); err != nil {
		return err
	}
	return see(w, r, "/account?done=ended-others")
}
