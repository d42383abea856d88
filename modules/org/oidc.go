package org

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"causeway/platform/lang"
	"causeway/platform/trail"
)

// A Profile is the set of rules that a client of the OpenID Provider follows.
type Profile string

// The profiles.
const (
	FAPI2 Profile = "fapi2" // FAPI 2.0 Security Profile: the default
	Plain Profile = "plain" // OpenID Connect with PKCE: for what asks for no data
)

// Grant types that a client of the OpenID Provider may be registered for.
const (
	GrantCode        = "authorization_code"
	GrantRefresh     = "refresh_token"
	GrantCredentials = "client_credentials"
	GrantCIBA        = "urn:openid:params:grant-type:ciba"
	GrantExchange    = "urn:ietf:params:oauth:grant-type:token-exchange"
)

// An OIDCClient is a program of a department, or of a firm that the department
// answers for, that signs people in or asks for tokens at the OpenID Provider.
type OIDCClient struct {
	ID              string
	Department      ID
	Name            lang.Text // what people are told when it asks
	Profile         Profile
	Grants          []string // grant types
	Keys            []byte   // its public keys as a JWK set; empty with a secret
	SecretHash      []byte   // SHA-256 of its secret; Plain alone
	Redirects       []string // addresses that answers may go to, compared as text
	LogoutRedirects []string // addresses to come back to after signing out
	LogoutURI       string   // is told of the end of a session; "" for none
	Created         time.Time
	Changed         time.Time
	Revoked         time.Time // zero: not
}

// Usable reports whether c may ask for anything.
func (c OIDCClient) Usable() bool { return c.ID != "" && c.Revoked.IsZero() }

// May reports whether c is registered for a grant type.
func (c OIDCClient) May(grant string) bool { return slices.Contains(c.Grants, grant) }

// OIDCClients keeps clients of the OpenID Provider. Every row names who made
// it, and how.
type OIDCClients interface {
	AddOIDCClient(ctx context.Context, c OIDCClient, actor, channel string) error
	// OIDCClient returns ErrNoClient if there is none of that id, revoked ones too.
	OIDCClient(ctx context.Context, id string) (OIDCClient, error)
	// OIDCClientsOf returns a department's clients, oldest first.
	OIDCClientsOf(ctx context.Context, d ID) ([]OIDCClient, error)
	// SetOIDCClient stores what may change of c, by its department and id, or
	// returns ErrNoClient; a revoked one does not change.
	SetOIDCClient(ctx context.Context, c OIDCClient) error
	// RevokeOIDCClient returns ErrNoClient if the department has none that stands.
	RevokeOIDCClient(ctx context.Context, d ID, id string, at time.Time) error
}

// Bounds on the addresses of a client.
const (
	maxAddresses = 20
	maxAddress   = 500
)

// OIDCClient returns the client of that id, or ErrNoClient if there is none or
// it is revoked. It asks the store each time.
func (s *Service) OIDCClient(ctx context.Context, id string) (OIDCClient, error) {
	if id == "" || len(id) > 100 {
		return OIDCClient{}, ErrNoClient
	}
	c, err := s.d.Store.OIDCClient(ctx, id)
	if err != nil {
		return c, err
	}
	if !c.Usable() {
		return OIDCClient{}, ErrNoClient
	}
	return c, nil
}

// OIDCClientName returns what people call the client, revoked or not.
func (s *Service) OIDCClientName(ctx context.Context, id string) (lang.Text, bool) {
	c, err := s.d.Store.OIDCClient(ctx, id)
	return c.Name, err == nil
}

// OIDCClients returns the clients of the department that by administers, or
// ErrRole.
func (s *Service) OIDCClients(ctx context.Context, by Officer) ([]OIDCClient, error) {
	if err := by.Require(DepartmentAdmin); err != nil {
		return nil, err
	}
	return s.d.Store.OIDCClientsOf(ctx, by.Department)
}

// OwnOIDCClient returns a client of the department that by administers, revoked
// ones too. It returns ErrRole or ErrNoClient.
func (s *Service) OwnOIDCClient(ctx context.Context, by Officer, id string) (OIDCClient, error) {
	if err := by.Require(DepartmentAdmin); err != nil {
		return OIDCClient{}, err
	}
	c, err := s.d.Store.OIDCClient(ctx, id)
	if err == nil && c.Department != by.Department {
		return OIDCClient{}, ErrNoClient
	}
	return c, err
}

// RegisterOIDC adds a client of by's department, with an id of its own. It
// returns ErrRole, or what is wrong with c.
func (s *Service) RegisterOIDC(ctx context.Context, by Officer, c OIDCClient) (OIDCClient, error) {
	if err := by.Require(DepartmentAdmin); err != nil {
		return OIDCClient{}, err
	}
	c.ID, c.Department = s.d.NewID(), by.Department
	return s.addOIDC(ctx, c, by.entry())
}

// EnrolOIDC adds a client on the program's own account, as the demo does. The id
// is the caller's to choose; it must be new.
func (s *Service) EnrolOIDC(ctx context.Context, c OIDCClient) (OIDCClient, error) {
	return s.addOIDC(ctx, c, trail.Entry{Org: string(c.Department), Actor: trail.System, Role: trail.System, Channel: trail.System})
}

// EnsureOIDC adds a client on the program's own account, or has the one of that
// id be as c says.
func (s *Service) EnsureOIDC(ctx context.Context, c OIDCClient) error {
	_, err := s.d.Store.OIDCClient(ctx, c.ID)
	if errors.Is(err, ErrNoClient) {
		_, err = s.EnrolOIDC(ctx, c)
		return err
	}
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	c.Changed = s.now()
	return s.d.Store.SetOIDCClient(ctx, c)
}

func (s *Service) addOIDC(ctx context.Context, c OIDCClient, e trail.Entry) (OIDCClient, error) {
	if err := c.check(); err != nil {
		return OIDCClient{}, err
	}
	c.Created = s.now()
	c.Changed = c.Created
	e.What, e.Detail = "org.oidc-registered", c.detail()
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddOIDCClient(ctx, c, e.Actor, e.Channel); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return OIDCClient{}, fmt.Errorf("register client: %w", err)
	}
	return c, nil
}

func (c OIDCClient) detail() map[string]string {
	return map[string]string{"department": string(c.Department), "client": c.Name.En}
}

// ChangeOIDC stores the name, keys, secret and addresses of a client of by's
// department; its id, department and profile stay. It returns ErrRole,
// ErrNoClient, or what is wrong with c.
func (s *Service) ChangeOIDC(ctx context.Context, by Officer, c OIDCClient) error {
	old, err := s.OwnOIDCClient(ctx, by, c.ID)
	if err != nil {
		return err
	}
	c.Department, c.Profile, c.Created, c.Changed = old.Department, old.Profile, old.Created, s.now()
	if err := c.check(); err != nil {
		return err
	}
	return s.oidcAct(ctx, by, "org.oidc-changed", c, func(ctx context.Context) error { return s.d.Store.SetOIDCClient(ctx, c) })
}

// RevokeOIDC ends a client of by's department for good. It returns ErrRole or
// ErrNoClient.
func (s *Service) RevokeOIDC(ctx context.Context, by Officer, id string) error {
	c, err := s.OwnOIDCClient(ctx, by, id)
	if err != nil {
		return err
	}
	return s.oidcAct(ctx, by, "org.oidc-revoked", c, func(ctx context.Context) error {
		return s.d.Store.RevokeOIDCClient(ctx, by.Department, id, s.now())
	})
}

func (s *Service) oidcAct(ctx context.Context, by Officer, what string, c OIDCClient, f func(context.Context) error) error {
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := f(ctx); err != nil {
			return err
		}
		e := by.entry()
		e.What, e.Detail = what, c.detail()
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// check returns what is wrong with c as a registration.
func (c OIDCClient) check() error {
	for _, name := range []string{c.Name.En, c.Name.Hant, c.Name.Hans} {
		n := utf8.RuneCountInString(name)
		if !utf8.ValidString(name) || n < 1 || n > 100 || strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return ErrClientName
		}
	}
	switch {
	case c.Profile != FAPI2 && c.Profile != Plain, len(c.Grants) == 0, c.May(GrantRefresh) && !c.May(GrantCode) && !c.May(GrantCIBA):
		return ErrOIDCProfile
	case c.Profile == FAPI2 && len(c.SecretHash) > 0, len(c.SecretHash) > 0 && len(c.SecretHash) != sha256.Size,
		(len(c.SecretHash) > 0) == (len(c.Keys) > 0):
		return ErrOIDCSecret
	case c.Profile == Plain && (c.May(GrantCIBA) || c.May(GrantExchange)):
		return ErrOIDCProfile
	}
	for _, g := range c.Grants {
		if !slices.Contains([]string{GrantCode, GrantRefresh, GrantCredentials, GrantCIBA, GrantExchange}, g) {
			return ErrOIDCProfile
		}
	}
	if len(c.Keys) > 0 {
		if _, err := ParseJWKS(string(c.Keys)); err != nil {
			return err
		}
	}
	if c.May(GrantCode) != (len(c.Redirects) > 0) {
		return ErrRedirect
	}
	for _, set := range [][]string{c.Redirects, c.LogoutRedirects} {
		if err := checkAddresses(set); err != nil {
			return err
		}
	}
	if c.LogoutURI == "" {
		return nil
	}
	return checkAddresses([]string{c.LogoutURI})
}

// checkAddresses returns ErrRedirect unless each is an absolute address without
// a fragment, with TLS but for this machine's own names.
func checkAddresses(all []string) error {
	if len(all) > maxAddresses {
		return ErrRedirect
	}
	for i, text := range all {
		u, err := url.Parse(text)
		if err != nil || len(text) > maxAddress || u.Host == "" || u.Fragment != "" || u.User != nil || strings.Contains(text, "#") ||
			slices.Contains(all[:i], text) || strings.ContainsFunc(text, func(r rune) bool {
			return r <= ' ' || r >= 0x7f || r == '\\' || r == '*' || r == ';' || r == ',' || r == '\'' || r == '"'
		}) {
			return ErrRedirect
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
			return ErrRedirect
		}
	}
	return nil
}

// Loopback reports whether host is a name of the machine itself (RFC 6761).
func Loopback(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" || host == "::1"
}
