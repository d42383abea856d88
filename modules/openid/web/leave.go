package web

import (
	"net/http"

	"causeway/modules/identity"
	"causeway/modules/openid"
	"causeway/platform/lang"
)

type leavePage struct {
	Client  lang.Text
	Known   bool
	In      bool // somebody is signed in
	Back    string
	Request map[string]string // what came, to be sent again with the answer
}

// leave signs a person out as a client asked: at once if the client showed an ID
// token of this session, else when the person says so.
func (h handler) leave(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return openid.ErrRequest
	}
	by := identity.CallerOf(r.Context())
	l := h.Provider.Leave(r.Context(), by, r.Form)
	if l.Back != "" {
		allow(w, l.Back)
	}
	if by.Known() && (l.Sure || r.Method == http.MethodPost && r.PostFormValue("answer") == "leave") {
		if err := h.SignOut(w, r); err != nil {
			return err
		}
		by = identity.Caller{}
	}
	if !by.Known() && l.Back != "" {
		return see(w, r, l.Back)
	}
	p := leavePage{l.Client, l.Known, by.Known(), l.Back, map[string]string{}}
	for _, name := range []string{"client_id", "id_token_hint", "post_logout_redirect_uri", "state"} {
		if v := r.Form.Get(name); v != "" {
			p.Request[name] = v
		}
	}
	return h.Views.Render(w, r, http.StatusOK, "openid/leave", p)
}
