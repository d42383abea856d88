package openid

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/org"
)

// A Shown is an access token as a request to a resource shows it.
type Shown struct {
	Scheme string // DPoP or Bearer
	Token  string
}

// live returns the token that a shows, if it may be used by whoever sent a: with
// the key or the certificate that it is bound to (RFC 9449, section 7; RFC 8705,
// section 3).
func (s *Service) live(ctx context.Context, a Ask, shown Shown) (Live, error) {
	if shown.Token == "" {
		return Live{}, fail(CodeToken, "send an access token in the Authorization header")
	}
	l, err := s.d.Store.Live(ctx, hash(shown.Token))
	if errors.Is(err, ErrNoToken) || err == nil && (l.Kind != Access || !l.Active(s.now())) {
		return Live{}, fail(CodeToken, "the access token has expired, was revoked, or is none of ours")
	}
	if err != nil {
		return Live{}, err
	}
	if _, err := s.known(ctx, l.Client); err != nil {
		if _, gone := errors.AsType[*Error](err); gone {
			return Live{}, fail(CodeToken, "the client was revoked")
		}
		return Live{}, err
	}
	if l.X5T != "" && l.X5T != a.X5T {
		return Live{}, fail(CodeToken, "the access token is bound to a certificate, which was not shown")
	}
	if l.JKT == "" {
		if !strings.EqualFold(shown.Scheme, "Bearer") || len(a.Proofs) > 0 {
			return Live{}, fail(CodeToken, "the access token is not bound to a DPoP key: send it as Bearer")
		}
		return l, nil
	}
	if !strings.EqualFold(shown.Scheme, "DPoP") {
		return Live{}, fail(CodeToken, "the access token is bound to a DPoP key: send it as DPoP, with a proof")
	}
	key, err := s.prove(a, shown.Token)
	if err != nil {
		return Live{}, err
	}
	if key == nil || key.jkt != l.JKT {
		return Live{}, fail(CodeToken, "the DPoP proof is not by the key that the access token is bound to")
	}
	fresh, err := s.burn(ctx, []Burned{key.id})
	if err != nil {
		return Live{}, err
	}
	if !fresh {
		return Live{}, fail(CodeProof, "the jti of the DPoP proof was used before")
	}
	return l, nil
}

// A UserInfo is what the userinfo endpoint says.
type UserInfo struct {
	Subject string  `json:"sub"`
	ACR     string  `json:"acr"`
	Facts   []Facet `json:"causeway_data,omitempty"`
}

// A Facet is the facts of one class, or why there are none.
type Facet struct {
	Class   string           `json:"class"`
	Purpose string           `json:"purpose"`
	Outcome string           `json:"outcome"` // found, none, several, refused, invalid, late, down; ended once the person took it back
	Records []map[string]any `json:"records,omitempty"`
	Source  org.ID           `json:"source,omitempty"`
	At      int64            `json:"at,omitempty"` // when the source answered
}

// UserInfo returns who the access token is about, and the facts that it allows,
// which the gateway fetches now, under the consent that stands now.
func (s *Service) UserInfo(ctx context.Context, a Ask, shown Shown) (UserInfo, error) {
	l, err := s.live(ctx, a, shown)
	if err != nil {
		return UserInfo{}, err
	}
	if l.Person == "" || !has(l.Scopes, ScopeOpenID) {
		return UserInfo{}, fail(CodeScopeShort, "the access token is not about a person")
	}
	u := UserInfo{Subject: l.Subject, ACR: l.ACR}
	if len(l.Details) > 0 {
		u.Facts, err = s.facts(ctx, l)
	}
	return u, err
}

// facts fetches what l allows.
func (s *Service) facts(ctx context.Context, l Live) ([]Facet, error) {
	ctx = org.WithClient(ctx, org.Client{ID: l.Client, Department: l.Department, Name: l.Client})
	out := make([]Facet, len(l.Details))
	qs := make([]exchange.Query, len(l.Details))
	for i, d := range l.Details {
		out[i] = Facet{Class: d.Class, Purpose: d.Purpose, Outcome: "ended"}
		qs[i] = exchange.Query{Person: l.Person, Grant: consent.GrantID(l.Consent), Class: d.Class, Fields: d.Fields, Recipient: l.Department}
	}
	if l.Consent == "" {
		return out, nil
	}
	answers, err := s.d.Facts.FetchAll(ctx, qs)
	if errors.Is(err, consent.ErrNotActive) || errors.Is(err, exchange.ErrNotGranted) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for i, x := range answers {
		out[i].Outcome, out[i].Records, out[i].Source, out[i].At = string(x.Outcome), x.Records, x.Source, x.At.Unix()
	}
	return out, s.d.Store.NoteUsed(ctx, l.Person, l.Grant, s.now())
}

// An Introspection is what is said about a token (RFC 7662, section 2.2).
type Introspection struct {
	Active   bool              `json:"active"`
	Scope    string            `json:"scope,omitempty"`
	Client   string            `json:"client_id,omitempty"`
	Type     string            `json:"token_type,omitempty"`
	Expires  int64             `json:"exp,omitempty"`
	Issued   int64             `json:"iat,omitempty"`
	Subject  string            `json:"sub,omitempty"`
	Audience string            `json:"aud,omitempty"`
	Issuer   string            `json:"iss,omitempty"`
	ACR      string            `json:"acr,omitempty"`
	AuthTime int64             `json:"auth_time,omitempty"`
	Confirm  map[string]string `json:"cnf,omitempty"`
	Details  json.RawMessage   `json:"authorization_details,omitempty"`
	GrantID  string            `json:"grant_id,omitempty"`
}

// Introspect tells the software of a department about a token that its own
// department's clients were given, or that was made for its API. About any other
// it says no more than that it is not active.
func (s *Service) Introspect(ctx context.Context, a Ask) (Introspection, error) {
	c, ids, err := s.authenticate(ctx, a)
	if err == nil && a.one("token") == "" {
		err = fail(CodeRequest, "token is missing")
	}
	if err == nil {
		err = s.admit(ctx, ids)
	}
	if err != nil {
		return Introspection{}, s.explain(ctx, c, "introspect", err)
	}
	l, err := s.d.Store.Live(ctx, hash(a.one("token")))
	if errors.Is(err, ErrNoToken) {
		return Introspection{}, nil
	}
	if err != nil {
		return Introspection{}, err
	}
	if !l.Active(s.now()) || l.Department != c.Department && (l.Audience == "" || l.Audience != c.Department) {
		return Introspection{}, nil
	}
	if _, err := s.known(ctx, l.Client); err != nil {
		if _, gone := errors.AsType[*Error](err); gone {
			return Introspection{}, nil
		}
		return Introspection{}, err
	}
	return s.introspected(l, c), nil
}

func (s *Service) introspected(l Live, c *client) Introspection {
	i := Introspection{
		Active: true, Scope: strings.Join(l.Scopes, " "), Client: l.Client, Type: "Bearer", Expires: l.Until.Unix(), Issued: l.Created.Unix(), Issuer: s.d.Issuer,
	}
	if l.Audience != "" {
		i.Audience = s.d.Issuer + "/departments/" + string(l.Audience)
	}
	if l.JKT != "" {
		i.Type, i.Confirm = "DPoP", map[string]string{"jkt": l.JKT}
	} else if l.X5T != "" {
		i.Confirm = map[string]string{"x5t#S256": l.X5T}
	}
	if l.Kind == Refresh {
		i.Type = ""
	}
	if l.Person == "" {
		i.Subject = l.Client
	} else if l.Department == c.Department { // the name by which that department knows the person, and no other
		i.Subject, i.ACR, i.AuthTime, i.GrantID, i.Details = l.Subject, l.ACR, l.AuthTime.Unix(), l.Grant, detailsJSON(l.Details)
	}
	return i
}

// Revoke ends a token of the client's own (RFC 7009): a refresh token with all
// that came of it. It is no failure if there is none.
func (s *Service) Revoke(ctx context.Context, a Ask) error {
	c, ids, err := s.authenticate(ctx, a)
	if err == nil && a.one("token") == "" {
		err = fail(CodeRequest, "token is missing")
	}
	if err == nil {
		err = s.admit(ctx, ids)
	}
	if err != nil {
		return s.explain(ctx, c, "revoke", err)
	}
	h := hash(a.one("token"))
	l, err := s.d.Store.Live(ctx, h)
	if errors.Is(err, ErrNoToken) || err == nil && l.Client != c.ID {
		return nil
	}
	if err != nil {
		return err
	}
	if l.Kind == Refresh {
		return s.d.Store.RevokeAuthorization(ctx, l.Person, l.Authorization, s.now())
	}
	return s.d.Store.RevokeToken(ctx, h, s.now())
}
