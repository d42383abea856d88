package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"causeway/modules/org"
	"causeway/platform/view"
)

type clientNewPage struct {
	Department org.ID
	Name       string
	Key        string
	Problems   view.Problems
}

func (h handler) newClient(w http.ResponseWriter, r *http.Request) error {
	by := org.OfficerOf(r.Context())
	if err := by.Require(org.DepartmentAdmin); err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "org/client-new", clientNewPage{Department: by.Department})
}

// register adds software with its first key.
func (h handler) register(w http.ResponseWriter, r *http.Request) error {
	by := org.OfficerOf(r.Context())
	p := clientNewPage{Department: by.Department, Name: r.PostFormValue("name"), Key: r.PostFormValue("key")}
	key, err := org.ParseKey(p.Key)
	if err == nil {
		var c org.Software
		if c, err = h.Orgs.Register(r.Context(), by, p.Name, key); err == nil {
			return back(w, r, "/clients/"+c.ID)
		}
	}
	switch {
	case errors.Is(err, org.ErrClientName):
		p.Problems.Add("name", "fault.org.client-name", nil)
	case !keyProblem(&p.Problems, err):
		return err
	}
	if errors.Is(err, org.ErrKeyPrivate) {
		p.Key = "" // a secret is not sent back
	}
	return h.Views.Render(w, r, http.StatusUnprocessableEntity, "org/client-new", p)
}

// keyProblem reports whether err is something that another key would mend.
func keyProblem(p *view.Problems, err error) bool {
	for _, f := range []struct {
		err  error
		text string
	}{
		{org.ErrKey, "fault.org.key"}, {org.ErrKeyPrivate, "fault.org.key-private"},
		{org.ErrKeyTaken, "fault.org.key-taken"}, {org.ErrKeyMany, "fault.org.key-many"},
	} {
		if errors.Is(err, f.err) {
			p.Add("key", f.text, nil)
			return true
		}
	}
	return false
}

type keyLine struct {
	org.ClientKey
	Usable bool
}

type clientPage struct {
	Department org.ID
	Client     org.Software
	Keys       []keyLine // newest first
	Key        string
	Overlap    string // days
	Problems   view.Problems
}

func (h handler) client(w http.ResponseWriter, r *http.Request) error {
	return h.renderClient(w, r, http.StatusOK, clientPage{Overlap: "7"})
}

func (h handler) renderClient(w http.ResponseWriter, r *http.Request, status int, p clientPage) error {
	by := org.OfficerOf(r.Context())
	all, err := h.Orgs.Software(r.Context(), by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s org.Software) bool { return s.ID == r.PathValue("client") })
	if i < 0 {
		return org.ErrNoClient
	}
	p.Department, p.Client = by.Department, all[i]
	now := h.Now()
	for _, k := range slices.Backward(p.Client.Keys) {
		p.Keys = append(p.Keys, keyLine{k, p.Client.Revoked.IsZero() && k.Usable(now)})
	}
	return h.Views.Render(w, r, status, "org/client", p)
}

// addKey adds a key; those there go on for as long as the form says.
func (h handler) addKey(w http.ResponseWriter, r *http.Request) error {
	p := clientPage{Key: r.PostFormValue("key"), Overlap: r.PostFormValue("overlap")}
	days, err := strconv.Atoi(p.Overlap)
	if err != nil || days < 0 || days > 30 {
		days, p.Overlap = 0, "0"
	}
	key, err := org.ParseKey(p.Key)
	if err == nil {
		_, err = h.Orgs.Rotate(r.Context(), org.OfficerOf(r.Context()), r.PathValue("client"), key, time.Duration(days)*24*time.Hour)
	}
	if err == nil {
		return back(w, r, "/clients/"+r.PathValue("client"))
	}
	if !keyProblem(&p.Problems, err) {
		return err
	}
	if errors.Is(err, org.ErrKeyPrivate) {
		p.Key = "" // a secret is not sent back
	}
	return h.renderClient(w, r, http.StatusUnprocessableEntity, p)
}

func (h handler) revokeKey(w http.ResponseWriter, r *http.Request) error {
	err := h.Orgs.RevokeKey(r.Context(), org.OfficerOf(r.Context()), r.PathValue("client"), r.PathValue("key"))
	if err != nil {
		return err
	}
	return back(w, r, "/clients/"+r.PathValue("client"))
}

func (h handler) revokeClient(w http.ResponseWriter, r *http.Request) error {
	if err := h.Orgs.RevokeClient(r.Context(), org.OfficerOf(r.Context()), r.PathValue("client")); err != nil {
		return err
	}
	return back(w, r, "/clients/"+r.PathValue("client"))
}
