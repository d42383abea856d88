package openid

import (
	"context"
	"errors"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// A Connection is a service that a person is connected with.
type Connection struct {
	Grant
	Name   lang.Text
	Office org.Department // which answers for it
	Facts  bool           // it may read facts now
	Notice consent.Notice // which
}

// Connections returns the services that the caller is connected with.
func (s *Service) Connections(ctx context.Context, by identity.Caller) ([]Connection, error) {
	if !by.Known() {
		return nil, identity.ErrSignIn
	}
	grants, err := s.d.Store.GrantsOf(ctx, by.Person)
	if err != nil {
		return nil, err
	}
	all := make([]Connection, 0, len(grants))
	for _, g := range grants {
		c, err := s.connection(ctx, g)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// Connection returns one of the caller's, or ErrNoGrant.
func (s *Service) Connection(ctx context.Context, by identity.Caller, id string) (Connection, error) {
	g, err := s.own(ctx, by, id)
	if err != nil {
		return Connection{}, err
	}
	return s.connection(ctx, g)
}

// own returns the caller's grant that stands, or ErrNoGrant.
func (s *Service) own(ctx context.Context, by identity.Caller, id string) (Grant, error) {
	if !by.Known() {
		return Grant{}, identity.ErrSignIn
	}
	g, err := s.d.Store.Grant(ctx, id)
	if err != nil {
		return g, err
	}
	if g.Person != by.Person || !g.Revoked.IsZero() {
		return Grant{}, ErrNoGrant
	}
	return g, nil
}

func (s *Service) connection(ctx context.Context, g Grant) (Connection, error) {
	c := Connection{Grant: g}
	var ok bool
	if c.Name, ok = s.d.Clients.OIDCClientName(ctx, g.Client); !ok {
		c.Name = lang.Text{En: g.Client, Hant: g.Client, Hans: g.Client}
	}
	var err error
	if c.Office, err = s.d.Orgs.Department(ctx, g.Department); err != nil && !errors.Is(err, org.ErrNoDepartment) {
		return c, err
	}
	if g.Consent == "" {
		return c, nil
	}
	agreed, err := s.d.Consents.Active(ctx, g.Person, consent.GrantID(g.Consent))
	if errors.Is(err, consent.ErrNotActive) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.Facts = true
	if c.Notice, err = s.d.Consents.Words(ctx, agreed); err != nil {
		return c, err
	}
	c.Notice.Recipient.Name = under(c.Name, c.Notice.Recipient.Name)
	return c, nil
}

// Disconnect ends what the caller agreed to with a service: its tokens and its
// consent, at once. It returns ErrNoGrant if there is nothing to end.
func (s *Service) Disconnect(ctx context.Context, by identity.Caller, id string) error {
	g, err := s.own(ctx, by, id)
	if err != nil {
		return err
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.RevokeGrant(ctx, g.Person, g.ID, s.now()); err != nil {
			return err
		}
		if err := s.unconsent(ctx, by, g); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, trail.Entry{
			Person: string(g.Person), Org: string(g.Department), Subject: g.Subject, Actor: string(by.Person), Role: by.Role, Channel: by.Channel,
			What: "openid.disconnected", Detail: map[string]string{"department": string(g.Department), "client": g.Client},
		})
	})
}

// A Managed is what a client is told about a grant that it was given (Grant
// Management for OAuth 2.0, section 6.3).
type Managed struct {
	Scopes  []ManagedScope `json:"scopes"`
	Details []Detail       `json:"authorization_details,omitempty"`
	Created int64          `json:"created_at"`
	Changed int64          `json:"last_updated_at"`
	Ended   bool           `json:"data_ended,omitempty"` // the person took the consent for the details back, or it ran out
}

// A ManagedScope is scopes that were granted together.
type ManagedScope struct {
	Scope string `json:"scope"`
}

// QueryGrant tells the client of the token about one of its grants.
func (s *Service) QueryGrant(ctx context.Context, a Ask, shown Shown, id string) (Managed, error) {
	g, _, err := s.managed(ctx, a, shown, id, ScopeQuery)
	if err != nil {
		return Managed{}, err
	}
	m := Managed{Scopes: []ManagedScope{{ScopeOpenID}}, Details: g.Details, Created: g.Created.Unix(), Changed: g.Changed.Unix()}
	if len(g.Details) > 0 {
		_, err = s.d.Consents.Active(ctx, g.Person, consent.GrantID(g.Consent))
		if m.Ended = errors.Is(err, consent.ErrNotActive); m.Ended {
			err = nil
		}
	}
	return m, err
}

// RevokeGrant ends one of the grants of the token's client, with its tokens and
// consent.
func (s *Service) RevokeGrant(ctx context.Context, a Ask, shown Shown, id string) error {
	g, l, err := s.managed(ctx, a, shown, id, ScopeRevoke)
	if err != nil {
		return err
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.RevokeGrant(ctx, g.Person, g.ID, s.now()); err != nil {
			return err
		}
		if g.Consent != "" {
			if err := s.d.Consents.End(ctx, g.Person, consent.GrantID(g.Consent)); err != nil {
				return err
			}
		}
		return s.d.Trail.Record(ctx, trail.Entry{
			Person: string(g.Person), Org: string(g.Department), Subject: g.Subject, Actor: l.Client, Role: trail.Client, Channel: trail.System,
			What: "openid.ended-by-client", Detail: map[string]string{"department": string(g.Department), "client": g.Client},
		})
	})
}

// managed returns a grant of the client whose token is shown.
func (s *Service) managed(ctx context.Context, a Ask, shown Shown, id, scope string) (Grant, Live, error) {
	l, err := s.live(ctx, a, shown)
	if err != nil {
		return Grant{}, l, err
	}
	if !has(l.Scopes, scope) {
		return Grant{}, l, fail(CodeScopeShort, "the access token needs the scope "+scope)
	}
	g, err := s.d.Store.Grant(ctx, id)
	if err == nil && (g.Client != l.Client || !g.Revoked.IsZero() || l.Person != "" && l.Person != g.Person) {
		err = ErrNoGrant
	}
	return g, l, err
}
