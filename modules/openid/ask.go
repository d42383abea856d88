package openid

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/url"
	"time"

	"causeway/modules/openid/jws"
	"causeway/modules/org"
)

// An Ask is one request of software to an endpoint.
type Ask struct {
	Method string
	URL    string // of the endpoint, without query: what a DPoP proof names as htu
	Form   url.Values
	Proofs []string // the DPoP headers
	Basic  *Basic   // the Authorization header, if it is of that scheme
	X5T    string   // SHA-256 thumbprint of the client's certificate in base64url, or ""
}

// A Basic is a client's id and secret (RFC 6749, section 2.3.1).
type Basic struct{ ID, Secret string }

// one returns the parameter, which comes at most once (RFC 6749, section 3.2).
func (a Ask) one(name string) string { return a.Form.Get(name) }

// once returns an error if a parameter comes twice.
func once(form url.Values, but ...string) *Error {
	for name, values := range form {
		if len(values) > 1 && (len(but) == 0 || but[0] != name) {
			return fail(CodeRequest, "the parameter "+printable(name)+" comes more than once")
		}
	}
	return nil
}

// printable returns a name of the client's own choice so that it is harmless in
// an answer.
func printable(s string) string {
	out := []rune{}
	for _, r := range s {
		if r > ' ' && r < 0x7f && r != '"' && r != '\\' && len(out) < 60 {
			out = append(out, r)
		}
	}
	return string(out)
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// Bounds on assertions. A clock may be ahead by skew; nothing is asked further
// into the future than assertionFor.
const (
	skew         = 10 * time.Second
	assertionFor = 10 * time.Minute
	maxJTI       = 300
)

// authenticate returns the client that made a, and the ids that are to be burned
// before anything is done for it.
func (s *Service) authenticate(ctx context.Context, a Ask) (*client, []Burned, error) {
	if err := once(a.Form, "resource"); err != nil {
		return nil, nil, err
	}
	if assertion := a.one("client_assertion"); assertion != "" {
		if a.Basic != nil || a.one("client_secret") != "" {
			return nil, nil, fail(CodeRequest, "use one method of client authentication, not two")
		}
		if a.one("client_assertion_type") != assertionType {
			return nil, nil, fail(CodeClient, "client_assertion_type must be "+assertionType)
		}
		c, id, err := s.asserted(ctx, a, assertion)
		if err != nil {
			return c, nil, err
		}
		return c, []Burned{id}, nil
	}
	id, given := a.one("client_id"), a.one("client_secret")
	if a.Basic != nil {
		if given != "" || id != "" && id != a.Basic.ID {
			return nil, nil, fail(CodeRequest, "use one method of client authentication, not two")
		}
		id, given = a.Basic.ID, a.Basic.Secret
	}
	if id == "" {
		return nil, nil, fail(CodeClient, "the client did not authenticate: send client_assertion (private_key_jwt)")
	}
	c, err := s.known(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if len(c.SecretHash) == 0 {
		return c, nil, fail(CodeClient, "this client authenticates by private_key_jwt: send client_assertion")
	}
	sum := sha256.Sum256([]byte(given))
	if subtle.ConstantTimeCompare(sum[:], c.SecretHash) != 1 {
		return c, nil, fail(CodeClient, "the client secret is not the one that was given out")
	}
	return c, nil, nil
}

// known returns the client, or what it is told if it is none.
func (s *Service) known(ctx context.Context, id string) (*client, error) {
	c, err := s.clients.find(ctx, id)
	if errors.Is(err, org.ErrNoClient) {
		return nil, fail(CodeClient, "there is no client of this id, or it was revoked")
	}
	return c, err
}

// asserted checks a client assertion (RFC 7523, section 3; FAPI 2.0, section
// 5.3.2.1).
func (s *Service) asserted(ctx context.Context, a Ask, text string) (*client, Burned, error) {
	t, err := jws.Parse(text)
	if err != nil {
		return nil, Burned{}, fail(CodeClient, "client_assertion is no JWS signed by ES256, PS256 or EdDSA")
	}
	var claims jws.Claims
	if err := jws.Decode(t.Peek(), &claims); err != nil {
		return nil, Burned{}, fail(CodeClient, "the claims of client_assertion cannot be read")
	}
	if id := a.one("client_id"); claims.Issuer == "" || id != "" && id != claims.Issuer {
		return nil, Burned{}, fail(CodeClient, "iss of client_assertion must be the client_id")
	}
	c, err := s.known(ctx, claims.Issuer)
	if err != nil {
		return nil, Burned{}, err
	}
	key, ok := c.key(t.KID, t.Alg)
	if !ok {
		return c, Burned{}, fail(CodeClient, "no registered key of the client has the kid and alg of client_assertion")
	}
	if _, err := t.Verify(key); err != nil {
		return c, Burned{}, fail(CodeClient, "the signature of client_assertion does not hold")
	}
	if why := s.untimely(claims, assertionFor); why != "" {
		return c, Burned{}, fail(CodeClient, "client_assertion: "+why)
	}
	switch {
	case claims.Subject != c.ID:
		return c, Burned{}, fail(CodeClient, "sub of client_assertion must be the client_id")
	case !s.meant(c, a, claims.Audience):
		return c, Burned{}, fail(CodeClient, "aud of client_assertion must be the issuer, "+s.d.Issuer+", as a string")
	case claims.ID == "" || len(claims.ID) > maxJTI:
		return c, Burned{}, fail(CodeClient, "client_assertion needs a jti that is never used again")
	}
	return c, burned("assertion", c.ID, claims.ID, claims.Expires.Add(skew)), nil
}

// meant reports whether an assertion was made for us: for FAPI 2.0 the issuer
// alone as a string, else also the endpoint or the token endpoint in a list.
func (s *Service) meant(c *client, a Ask, aud jws.Audience) bool {
	if c.fapi() {
		return aud.Is(s.d.Issuer)
	}
	return aud.Has(s.d.Issuer) || aud.Has(a.URL) || aud.Has(s.d.Issuer+PathToken)
}

// untimely says what is wrong with the times of c, "" if nothing.
func (s *Service) untimely(c jws.Claims, most time.Duration) string {
	now := s.now()
	switch {
	case c.Expires.IsZero():
		return "exp is missing"
	case !now.Before(c.Expires.Add(skew)):
		return "it has expired"
	case c.Expires.After(now.Add(most)):
		return "exp is more than " + most.String() + " ahead"
	case c.NotBefore.After(now.Add(skew)), c.Issued.After(now.Add(skew)):
		return "nbf or iat is in the future"
	}
	return ""
}

// admit burns the ids that a came with.
func (s *Service) admit(ctx context.Context, ids []Burned) error {
	fresh, err := s.burn(ctx, ids)
	if err != nil {
		return err
	}
	if !fresh {
		return fail(CodeClient, "a jti was used before: every assertion and proof needs a new one")
	}
	return nil
}
