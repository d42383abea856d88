package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"causeway/modules/openid"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// Registry is where departments' administrators register clients.
type Registry interface {
	OIDCClients(ctx context.Context, by org.Officer) ([]org.OIDCClient, error)
	OwnOIDCClient(ctx context.Context, by org.Officer, id string) (org.OIDCClient, error)
	RegisterOIDC(ctx context.Context, by org.Officer, c org.OIDCClient) (org.OIDCClient, error)
	ChangeOIDC(ctx context.Context, by org.Officer, c org.OIDCClient) error
	RevokeOIDC(ctx context.Context, by org.Officer, id string) error
}

// form is a client as its form has it.
type form struct {
	En, Hant, Hans string
	Profile        string
	SignIn         bool // authorization_code
	Stay           bool // refresh_token
	Own            bool // client_credentials
	Keys           string
	Redirects      string // a line each
	Logouts        string
	LogoutURI      string
	Problems       view.Problems
}

func formOf(r *http.Request) form {
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return form{
		En: value("en"), Hant: value("zh-Hant"), Hans: value("zh-Hans"), Profile: value("profile"), SignIn: value("sign-in") != "", Stay: value("stay") != "",
		Own: value("own") != "", Keys: value("keys"), Redirects: value("redirects"), Logouts: value("logouts"), LogoutURI: value("logout-uri"),
	}
}

func formFrom(c org.OIDCClient) form {
	return form{
		En: c.Name.En, Hant: c.Name.Hant, Hans: c.Name.Hans, Profile: string(c.Profile), SignIn: c.May(org.GrantCode), Stay: c.May(org.GrantRefresh), Own: c.May(org.GrantCredentials),
		Keys: string(c.Keys), Redirects: strings.Join(c.Redirects, "\n"), Logouts: strings.Join(c.LogoutRedirects, "\n"), LogoutURI: c.LogoutURI,
	}
}

// client returns what f says, over what c is.
func (f form) client(c org.OIDCClient) (org.OIDCClient, error) {
	c.Name = lang.Text{En: f.En, Hant: f.Hant, Hans: f.Hans}
	c.Profile, c.Redirects, c.LogoutRedirects, c.LogoutURI, c.Grants = org.Profile(f.Profile), strings.Fields(f.Redirects), strings.Fields(f.Logouts), f.LogoutURI, nil
	for _, g := range []struct {
		on   bool
		name string
	}{{f.SignIn, org.GrantCode}, {f.Stay, org.GrantRefresh}, {f.Own, org.GrantCredentials}} {
		if g.on {
			c.Grants = append(c.Grants, g.name)
		}
	}
	if f.Keys == "" {
		c.Keys = nil
		return c, nil
	}
	var err error
	c.Keys, err = org.ParseJWKS(f.Keys)
	c.SecretHash = nil
	return c, err
}

// problem reports whether err is something that the form can mend.
func (f *form) problem(err error) bool {
	for _, x := range []struct {
		err         error
		field, text string
	}{
		{org.ErrClientName, "en", "fault.org.client-name"}, {org.ErrOIDCProfile, "profile", "fault.org.oidc-profile"}, {org.ErrOIDCSecret, "keys", "fault.org.oidc-secret"},
		{org.ErrJWKS, "keys", "fault.org.jwks"}, {org.ErrKeyPrivate, "keys", "fault.org.key-private"}, {org.ErrRedirect, "redirects", "fault.org.redirect"},
	} {
		if errors.Is(err, x.err) {
			f.Problems.Add(x.field, x.text, nil)
			if errors.Is(err, org.ErrKeyPrivate) {
				f.Keys = "" // a secret is not sent back
			}
			return true
		}
	}
	return false
}

type clientsPage struct {
	Department org.ID
	Clients    []org.OIDCClient
	Issuer     string
}

// clients lists a department's clients.
func (h handler) clients(w http.ResponseWriter, r *http.Request) error {
	by := org.OfficerOf(r.Context())
	all, err := h.Registry.OIDCClients(r.Context(), by)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "openid/clients", clientsPage{by.Department, all, h.Provider.Issuer()})
}

type newPage struct {
	Department org.ID
	Form       form
}

func (h handler) newClient(w http.ResponseWriter, r *http.Request) error {
	by := org.OfficerOf(r.Context())
	if err := by.Require(org.DepartmentAdmin); err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "openid/client-new", newPage{by.Department, form{Profile: string(org.FAPI2), SignIn: true}})
}

type madePage struct {
	Department org.ID
	Client     org.OIDCClient
	Secret     string // shown once
}

// register adds a client. A plain one without keys gets a secret, which is shown
// now and never again.
func (h handler) register(w http.ResponseWriter, r *http.Request) error {
	by, f := org.OfficerOf(r.Context()), formOf(r)
	c, err := f.client(org.OIDCClient{})
	var secret string
	if err == nil && c.Profile == org.Plain && len(c.Keys) == 0 {
		secret, c.SecretHash = newSecret()
	}
	if err == nil {
		c, err = h.Registry.RegisterOIDC(r.Context(), by, c)
	}
	switch {
	case err == nil && secret == "":
		return see(w, r, "/work/"+string(by.Department)+"/clients/"+c.ID)
	case err == nil:
		return h.Views.Render(w, r, http.StatusOK, "openid/client-made", madePage{by.Department, c, secret})
	case !f.problem(err):
		return err
	}
	return h.Views.Render(w, r, http.StatusUnprocessableEntity, "openid/client-new", newPage{by.Department, f})
}

func newSecret() (secret string, hash []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	secret = base64.RawURLEncoding.EncodeToString(b)
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}

type clientPage struct {
	Department org.ID
	Client     org.OIDCClient
	Form       form
	Issuer     string
	Mistakes   []openid.Mistake
}

func (h handler) client(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Registry.OwnOIDCClient(r.Context(), org.OfficerOf(r.Context()), r.PathValue("app"))
	if err != nil {
		return err
	}
	return h.showClient(w, r, http.StatusOK, c, formFrom(c))
}

func (h handler) showClient(w http.ResponseWriter, r *http.Request, status int, c org.OIDCClient, f form) error {
	mistakes, err := h.Provider.Mistakes(r.Context(), c.ID)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, status, "openid/client", clientPage{c.Department, c, f, h.Provider.Issuer(), mistakes})
}

// change stores what may change of a client.
func (h handler) change(w http.ResponseWriter, r *http.Request) error {
	by := org.OfficerOf(r.Context())
	old, err := h.Registry.OwnOIDCClient(r.Context(), by, r.PathValue("app"))
	if err != nil {
		return err
	}
	f := formOf(r)
	f.Profile = string(old.Profile)
	c, err := f.client(old)
	if err == nil {
		err = h.Registry.ChangeOIDC(r.Context(), by, c)
	}
	if err == nil {
		h.Provider.Forget(c.ID)
		return see(w, r, "/work/"+string(by.Department)+"/clients/"+c.ID)
	}
	if !f.problem(err) {
		return err
	}
	return h.showClient(w, r, http.StatusUnprocessableEntity, old, f)
}

// revokeClient ends a client at once, with every token that it has.
func (h handler) revokeClient(w http.ResponseWriter, r *http.Request) error {
	by, id := org.OfficerOf(r.Context()), r.PathValue("app")
	if err := h.Registry.RevokeOIDC(r.Context(), by, id); err != nil {
		return err
	}
	h.Provider.Forget(id)
	return see(w, r, "/work/"+string(by.Department)+"/clients/"+id)
}
