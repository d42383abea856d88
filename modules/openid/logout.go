package openid

import (
	"context"
	"net/url"
	"slices"

	"causeway/modules/identity"
	"causeway/modules/openid/jws"
	"causeway/platform/lang"
)

// A Leaving is a client's wish that a person signs out of Causeway (OpenID
// Connect RP-Initiated Logout, section 2).
type Leaving struct {
	Client lang.Text
	Known  bool   // Client says who wishes it
	Sure   bool   // it showed an ID token of this very session: the person need not be asked
	Back   string // where to go afterwards, "" for nowhere
}

// Leave checks a wish to sign by out. What is wrong with it takes away where it
// would lead to, and nothing else: people can always sign out.
func (s *Service) Leave(ctx context.Context, by identity.Caller, form url.Values) Leaving {
	var out Leaving
	id := form.Get("client_id")
	var hint struct {
		jws.Claims
		Session string `json:"sid"`
	}
	if text := form.Get("id_token_hint"); text != "" {
		payload, err := s.d.Keys.Verify(ctx, text)
		if err != nil || jws.Decode(payload, &hint) != nil || hint.Issuer != s.d.Issuer || len(hint.Audience.Values) != 1 {
			return out
		}
		if id != "" && id != hint.Audience.Values[0] {
			return out
		}
		id = hint.Audience.Values[0]
	}
	c, err := s.clients.find(ctx, id)
	if err != nil {
		return out
	}
	out.Client, out.Known = c.Name, true
	out.Sure = by.Known() && hint.Session != "" && hint.Session == s.sid(c.ID, by.Session)
	to := form.Get("post_logout_redirect_uri")
	if u, err := url.Parse(to); err == nil && to != "" && slices.Contains(c.LogoutRedirects, to) {
		if state := form.Get("state"); state != "" && len(state) <= maxText {
			q := u.Query()
			q.Set("state", state)
			u.RawQuery = q.Encode()
		}
		out.Back = u.String()
	}
	return out
}
