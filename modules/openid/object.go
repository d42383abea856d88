package openid

import (
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"causeway/modules/openid/jws"
)

// objectFor bounds how far ahead a request object may expire (FAPI 2.0 Message
// Signing, section 5.3.1).
const objectFor = time.Hour

// object reads a signed request object (RFC 9101). What it holds is the request:
// parameters beside it are not read.
func (s *Service) object(c *client, text string) (url.Values, []Burned, *Error) {
	t, err := jws.Parse(text)
	if err != nil {
		return nil, nil, fail(CodeObject, "request is no JWS signed by ES256, PS256 or EdDSA")
	}
	if t.Typ != "" && t.Typ != "JWT" && t.Typ != "oauth-authz-req+jwt" {
		return nil, nil, fail(CodeObject, "typ of the request object must be oauth-authz-req+jwt")
	}
	key, ok := c.key(t.KID, t.Alg)
	if !ok {
		return nil, nil, fail(CodeObject, "no registered key of the client has the kid and alg of the request object")
	}
	payload, err := t.Verify(key)
	if err != nil {
		return nil, nil, fail(CodeObject, "the signature of the request object does not hold")
	}
	var claims jws.Claims
	var raw map[string]json.RawMessage
	if jws.Decode(payload, &claims) != nil || jws.Decode(payload, &raw) != nil {
		return nil, nil, fail(CodeObject, "the claims of the request object cannot be read")
	}
	why := s.untimely(claims, objectFor)
	switch {
	case why != "":
	case c.fapi() && (claims.NotBefore.IsZero() || claims.NotBefore.Before(s.now().Add(-objectFor))):
		why = "nbf is missing or more than an hour ago"
	case claims.Issuer != c.ID:
		why = "iss must be the client_id"
	case !claims.Audience.Has(s.d.Issuer):
		why = "aud must be the issuer, " + s.d.Issuer
	case raw["sub"] != nil:
		why = "it must not have sub, so that it is no client assertion"
	case raw["request"] != nil || raw["request_uri"] != nil:
		why = "it must not hold another request"
	}
	if why != "" {
		return nil, nil, fail(CodeObject, "request object: "+why)
	}
	form := url.Values{}
	for name, value := range raw {
		if text, ok := parameter(value); ok {
			form.Set(name, text)
		}
	}
	if form.Get("client_id") != "" && form.Get("client_id") != c.ID {
		return nil, nil, fail(CodeObject, "client_id of the request object is another client's")
	}
	if claims.ID == "" {
		return form, nil, nil
	}
	if len(claims.ID) > maxJTI {
		return nil, nil, fail(CodeObject, "jti of the request object is too long")
	}
	return form, []Burned{burned("object", c.ID, claims.ID, claims.Expires.Add(skew))}, nil
}

// parameter returns a claim as the parameter it stands for.
func parameter(raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	var n int64
	if json.Unmarshal(raw, &n) == nil {
		return strconv.FormatInt(n, 10), true
	}
	if len(raw) > 0 && (raw[0] == '[' || raw[0] == '{') { // authorization_details
		return string(raw), true
	}
	return "", false
}
