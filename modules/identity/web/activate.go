package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/platform/fault"
	"causeway/platform/view"
)

// codePage is the dot of activate.html.
type codePage struct {
	Code     string
	Problems view.Problems
}

func (p *Pages) showCode(w http.ResponseWriter, r *http.Request) error {
	return p.View.Render(w, r, http.StatusOK, "identity/activate", codePage{})
}

func (p *Pages) typedCode(w http.ResponseWriter, r *http.Request) error {
	return p.openCode(w, r, r.PostFormValue("code"))
}

// scannedCode takes the code out of the address: it only begins, so that
// whatever fetches addresses on its own uses nothing up.
func (p *Pages) scannedCode(w http.ResponseWriter, r *http.Request) error {
	return p.openCode(w, r, r.PathValue("code"))
}

func (p *Pages) openCode(w http.ResponseWriter, r *http.Request, typed string) error {
	code, err := identity.ParseCode(typed)
	var t string
	if err == nil {
		t, err = p.Service.OpenCode(r.Context(), code)
	}
	if err != nil {
		ps, err := codeFields().problems(err)
		if err != nil {
			return err
		}
		page := codePage{Problems: ps}
		if r.Method == http.MethodPost {
			page.Code = typed
		}
		return p.View.Render(w, r, http.StatusUnprocessableEntity, "identity/activate", page)
	}
	set(w, activationCookie, t, 30*time.Minute)
	return see(w, r, "/activate/confirm")
}

// codeFields are the faults of a code, which the page that asks for it tells.
func codeFields() fields {
	return fields{
		identity.ErrCode: "code", identity.ErrCodeExpired: "code", identity.ErrCodeUsed: "code", identity.ErrCodeBlocked: "code",
		identity.ErrDocumentWeak: "code",
	}
}

// confirmPage is the dot of activate-confirm.html.
type confirmPage struct {
	Attempts int
	Problems view.Problems
}

// activation returns the activation of this browser, or shows why there is none.
func (p *Pages) activation(w http.ResponseWriter, r *http.Request) (t string, a identity.Activation, done bool, err error) {
	t = token(r, activationCookie)
	if t == "" {
		return t, a, true, see(w, r, "/activate")
	}
	if a, err = p.Service.Activation(r.Context(), t, identity.CallerOf(r.Context())); err == nil {
		return t, a, false, nil
	}
	return t, a, true, p.overActivation(w, r, err)
}

// overActivation shows why an activation cannot go on.
func (p *Pages) overActivation(w http.ResponseWriter, r *http.Request, err error) error {
	f := codeFields()
	f[identity.ErrCeremony] = "code"
	ps, err := f.problems(err)
	if err != nil {
		return err
	}
	clearCookie(w, activationCookie)
	return p.View.Render(w, r, http.StatusUnprocessableEntity, "identity/activate", codePage{Problems: ps})
}

func (p *Pages) showConfirm(w http.ResponseWriter, r *http.Request) error {
	_, a, done, err := p.activation(w, r)
	switch {
	case done:
		return err
	case a.Confirmed:
		return see(w, r, "/activate/passkey")
	}
	return p.View.Render(w, r, http.StatusOK, "identity/activate-confirm", confirmPage{Attempts: a.Attempts})
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	t := token(r, activationCookie)
	n, err := identity.ParseHKID(r.PostFormValue("number"))
	if err == nil {
		err = p.Service.Confirm(r.Context(), t, n)
	}
	if err == nil {
		return see(w, r, "/activate/passkey")
	}
	ps, other := fields{identity.ErrNumber: "number", identity.ErrNumberMismatch: "number"}.problems(err)
	if other != nil {
		return p.overActivation(w, r, other)
	}
	_, a, done, err := p.activation(w, r)
	if done {
		return err
	}
	return p.View.Render(w, r, http.StatusUnprocessableEntity, "identity/activate-confirm", confirmPage{a.Attempts, ps})
}

// createPage is the dot of activate-passkey.html.
type createPage struct {
	Prompt   prompt
	Person   string
	Recovery bool
	MayKeep  bool
	Others   string // what happens to the other passkeys: end or keep
	Name     string // of the passkey
	Problems view.Problems
}

func (p *Pages) showCreate(w http.ResponseWriter, r *http.Request) error {
	return p.createForm(w, r, http.StatusOK, createPage{Name: p.suggest(r, nil)})
}

func (p *Pages) createForm(w http.ResponseWriter, r *http.Request, status int, page createPage) error {
	t, a, done, err := p.activation(w, r)
	switch {
	case done:
		return err
	case !a.Confirmed:
		return see(w, r, "/activate/confirm")
	}
	c, err := p.Service.BeginActivation(r.Context(), t)
	if err != nil {
		return err
	}
	page.Prompt, page.Person, page.Recovery, page.MayKeep = newPrompt("/activate/passkey", "create", c), a.Name, a.Recovery, a.MayKeep
	return p.View.Render(w, r, status, "identity/activate-passkey", page)
}

// ErrOthers reports a recovery without a choice about the other passkeys.
var ErrOthers = fault.New(fault.Invalid, "identity.others")

func (p *Pages) create(w http.ResponseWriter, r *http.Request) error {
	t, a, done, err := p.activation(w, r)
	if done {
		return err
	}
	page := createPage{Name: strings.TrimSpace(r.PostFormValue("name")), Others: r.PostFormValue("others")}
	var session string
	if a.Recovery && page.Others != "end" && page.Others != "keep" {
		err = ErrOthers
	} else {
		session, err = p.Service.FinishActivation(r.Context(), t, identity.Finish{
			Answer: reply(r), Name: page.Name, Clear: a.Recovery && page.Others == "end", Instead: identity.CallerOf(r.Context()),
		})
	}
	if err != nil {
		ps, other := passkeyFields(fields{ErrOthers: "others", identity.ErrProof: "passkey"}).problems(err)
		if other != nil {
			return p.overActivation(w, r, other)
		}
		page.Problems = scriptless(r, ps)
		return p.createForm(w, r, http.StatusUnprocessableEntity, page)
	}
	clearCookie(w, activationCookie)
	Start(w, session)
	cleared := a.Recovery && page.Others == "end"
	return see(w, r, "/activate/done?cleared="+strconv.FormatBool(cleared))
}

// donePage is the dot of activate-done.html.
type donePage struct{ Cleared bool }

func (p *Pages) showDone(w http.ResponseWriter, r *http.Request) error {
	return p.View.Render(w, r, http.StatusOK, "identity/activate-done", donePage{r.FormValue("cleared") == "true"})
}
