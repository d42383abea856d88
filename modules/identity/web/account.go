package web

import (
	"net/http"

	"causeway/modules/identity"
	"causeway/platform/lang"
	"causeway/platform/view"
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
	case "added", "removed", "ended", "language":
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

// addPage is the dot of passkey-add.html.
type addPage struct {
	Prompt   prompt
	Name     string
	Problems view.Problems
}

func (p *Pages) showAdd(w http.ResponseWriter, r *http.Request) error {
	return p.addForm(w, r, http.StatusOK, addPage{Name: device(r)})
}

func (p *Pages) addForm(w http.ResponseWriter, r *http.Request, status int, page addPage) error {
	c, err := p.Service.BeginPasskey(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	page.Prompt = newPrompt("/account/passkeys/add", "create", c)
	return p.View.Render(w, r, status, "identity/passkey-add", page)
}

func (p *Pages) add(w http.ResponseWriter, r *http.Request) error {
	name := r.PostFormValue("name")
	if err := p.Service.AddPasskey(r.Context(), identity.CallerOf(r.Context()), reply(r), name); err != nil {
		ps, err := passkeyFields(nil).problems(err)
		if err != nil {
			return err
		}
		return p.addForm(w, r, http.StatusUnprocessableEntity, addPage{Name: name, Problems: scriptless(r, ps)})
	}
	return see(w, r, "/account?done=added")
}

// removePage is the dot of passkey-remove.html.
type removePage struct {
	Passkey  identity.Passkey
	Problems view.Problems
}

// passkey returns the caller's passkey that the address names.
func (p *Pages) passkey(r *http.Request) (identity.Passkey, error) {
	all, err := p.Service.OwnPasskeys(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return identity.Passkey{}, err
	}
	for _, k := range all {
		if k.ID == r.PathValue("passkey") {
			return k, nil
		}
	}
	return identity.Passkey{}, identity.ErrNoPasskey
}

func (p *Pages) showRemove(w http.ResponseWriter, r *http.Request) error {
	k, err := p.passkey(r)
	if err != nil {
		return err
	}
	return p.View.Render(w, r, http.StatusOK, "identity/passkey-remove", removePage{Passkey: k})
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request) error {
	k, err := p.passkey(r)
	if err != nil {
		return err
	}
	if err := p.Service.RemovePasskey(r.Context(), identity.CallerOf(r.Context()), k.ID); err != nil {
		ps, err := fields{identity.ErrPasskeyLast: "remove"}.problems(err)
		if err != nil {
			return err
		}
		return p.View.Render(w, r, http.StatusUnprocessableEntity, "identity/passkey-remove", removePage{k, ps})
	}
	return see(w, r, "/account?done=removed")
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
