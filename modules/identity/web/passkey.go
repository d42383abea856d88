package web

import (
	"net/http"
	"strconv"
	"strings"

	"causeway/modules/identity"
	"causeway/platform/view"
)

// addPage is the dot of passkey-add.html.
type addPage struct {
	Prompt   prompt
	Name     string
	Problems view.Problems
}

func (p *Pages) showAdd(w http.ResponseWriter, r *http.Request) error {
	had, err := p.Service.OwnPasskeys(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	return p.addForm(w, r, http.StatusOK, addPage{Name: p.suggest(r, had)})
}

// suggest returns a name for a passkey made in this browser that none of had has.
func (p *Pages) suggest(r *http.Request, had []identity.Passkey) string {
	base := device(r)
	if base == "" {
		base = p.View.Text(view.LangOf(r.Context()), "identity.passkey.name.default", nil)
	}
	taken := map[string]bool{}
	for _, k := range had {
		taken[k.Name] = true
	}
	name := base
	for n := 2; taken[name]; n++ {
		name = base + " (" + strconv.Itoa(n) + ")"
	}
	return name
}

func (p *Pages) addForm(w http.ResponseWriter, r *http.Request, status int, page addPage) error {
	c, err := p.Service.BeginPasskey(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return proveFirst(w, r, err, "/account/passkeys/add")
	}
	page.Prompt = newPrompt("/account/passkeys/add", "create", c)
	return p.View.Render(w, r, status, "identity/passkey-add", page)
}

func (p *Pages) add(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimSpace(r.PostFormValue("name"))
	if err := p.Service.AddPasskey(r.Context(), identity.CallerOf(r.Context()), reply(r), name); err != nil {
		ps, err := passkeyFields(nil).problems(err)
		if err != nil {
			return proveFirst(w, r, err, "/account/passkeys/add")
		}
		return p.addForm(w, r, http.StatusUnprocessableEntity, addPage{Name: name, Problems: scriptless(r, ps)})
	}
	return see(w, r, "/account?done=added")
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

// removePage is the dot of passkey-remove.html.
type removePage struct {
	Passkey  identity.Passkey
	Problems view.Problems
}

func (p *Pages) showRemove(w http.ResponseWriter, r *http.Request) error {
	k, err := p.passkey(r)
	if err == nil {
		err = p.Service.Proved(r.Context(), identity.CallerOf(r.Context()))
	}
	if err != nil {
		return proveFirst(w, r, err, "/account/passkeys/"+k.ID+"/remove")
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
			return proveFirst(w, r, err, "/account/passkeys/"+k.ID+"/remove")
		}
		return p.View.Render(w, r, http.StatusUnprocessableEntity, "identity/passkey-remove", removePage{k, ps})
	}
	return see(w, r, "/account?done=removed")
}

// renamePage is the dot of passkey-rename.html.
type renamePage struct {
	Passkey  identity.Passkey
	Name     string
	Problems view.Problems
}

func (p *Pages) showRename(w http.ResponseWriter, r *http.Request) error {
	k, err := p.passkey(r)
	if err != nil {
		return err
	}
	return p.View.Render(w, r, http.StatusOK, "identity/passkey-rename", renamePage{Passkey: k, Name: k.Name})
}

func (p *Pages) rename(w http.ResponseWriter, r *http.Request) error {
	k, err := p.passkey(r)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(r.PostFormValue("name"))
	if err := p.Service.RenamePasskey(r.Context(), identity.CallerOf(r.Context()), k.ID, name); err != nil {
		ps, err := fields{identity.ErrPasskeyName: "name"}.problems(err)
		if err != nil {
			return err
		}
		return p.View.Render(w, r, http.StatusUnprocessableEntity, "identity/passkey-rename", renamePage{k, name, ps})
	}
	return see(w, r, "/account?done=renamed")
}
