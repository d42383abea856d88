package web

import (
	"errors"
	"net/http"

	"causeway/modules/identity"
	"causeway/modules/openid"
)

type connectionsPage struct{ All []openid.Connection }

// connections lists what the person is connected with.
func (h handler) connections(w http.ResponseWriter, r *http.Request) error {
	all, err := h.Provider.Connections(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "openid/connections", connectionsPage{all})
}

func (h handler) connection(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Provider.Connection(r.Context(), identity.CallerOf(r.Context()), r.PathValue("connection"))
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "openid/connection", c)
}

// disconnect ends a connection at once.
func (h handler) disconnect(w http.ResponseWriter, r *http.Request) error {
	if err := h.Provider.Disconnect(r.Context(), identity.CallerOf(r.Context()), r.PathValue("connection")); err != nil {
		return err
	}
	return see(w, r, "/connections")
}

// grant tells a client about a grant of its own, or ends it.
func (h handler) grant(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	a, err := h.ask(r, openid.PathGrants+"/"+id)
	if err != nil {
		h.challenge(w, r, err)
		return
	}
	if r.Method == http.MethodDelete {
		if err := h.Provider.RevokeGrant(r.Context(), a, shown(r), id); err != nil {
			h.noGrant(w, r, err)
			return
		}
		h.nonce(w, r)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	m, err := h.Provider.QueryGrant(r.Context(), a, shown(r), id)
	if err != nil {
		h.noGrant(w, r, err)
		return
	}
	h.send(w, r, http.StatusOK, m, nil)
}

func (h handler) noGrant(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, openid.ErrNoGrant) {
		h.nonce(w, r)
		h.write(w, r, http.StatusNotFound, refusal{openid.CodeGrantID, "this client has no such grant"})
		return
	}
	h.challenge(w, r, err)
}
