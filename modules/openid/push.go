package openid

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
)

// RequestURIPrefix begins the address by which a pushed request is named (RFC
// 9126, section 2.2).
const RequestURIPrefix = "urn:ietf:params:oauth:request_uri:"

// A Pushed is the answer to a pushed authorization request.
type Pushed struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int    `json:"expires_in"`
}

// Push keeps an authorization request for the browser to name (RFC 9126).
func (s *Service) Push(ctx context.Context, a Ask) (Pushed, error) {
	c, ids, err := s.authenticate(ctx, a)
	if err != nil {
		return Pushed{}, s.explain(ctx, c, "par", err)
	}
	p, err := s.push(ctx, c, a, ids)
	return p, s.explain(ctx, c, "par", err)
}

func (s *Service) push(ctx context.Context, c *client, a Ask, ids []Burned) (Pushed, error) {
	if a.Form.Has("request_uri") {
		return Pushed{}, fail(CodeRequest, "a pushed request does not name another one: leave out request_uri")
	}
	if !c.May("authorization_code") {
		return Pushed{}, fail(CodeUnauthorized, "the client is not registered for authorization_code")
	}
	form := a.Form
	if a.one("request") != "" {
		inner, id, err := s.object(c, a.one("request"))
		if err != nil {
			return Pushed{}, err
		}
		form, ids = inner, append(ids, id...)
	}
	if form.Has("client_id") && form.Get("client_id") != c.ID {
		return Pushed{}, fail(CodeRequest, "client_id is another client's")
	}
	if _, ok := redirectOf(c, form); !ok {
		return Pushed{}, fail(CodeRequest, "redirect_uri is not registered for this client, to the letter")
	}
	params, bad := s.parse(c, form)
	if bad != nil {
		return Pushed{}, bad
	}
	key, err := s.prove(a, "")
	if err != nil {
		return Pushed{}, err
	}
	jkt := params.JKT
	if key != nil {
		if jkt != "" && jkt != key.jkt {
			return Pushed{}, fail(CodeProof, "dpop_jkt is not the key of the DPoP proof")
		}
		jkt, ids = key.jkt, append(ids, key.id)
	}
	if err := s.admit(ctx, ids); err != nil {
		return Pushed{}, err
	}
	ref := secret()
	if err := s.keep(ctx, c, params, jkt, ref); err != nil {
		return Pushed{}, err
	}
	return Pushed{RequestURI: RequestURIPrefix + ref, ExpiresIn: int(pushedFor / time.Second)}, nil
}

func (s *Service) keep(ctx context.Context, c *client, p Params, jkt, ref string) error {
	now := s.now()
	return s.d.Store.AddRequest(ctx, Request{ID: s.d.NewID(), RefHash: hash(ref), Client: c.ID, Params: p, JKT: jkt, Created: now, Until: now.Add(pushedFor)})
}

// Open begins to answer the authorization request that a browser brought, whose
// secret is browser. Of several that bring the same pushed request, one gets it.
// It returns ErrClient, ErrRedirect or ErrRequest for what can be said to nobody
// but the person, and a *BackError for what the client is to be told.
func (s *Service) Open(ctx context.Context, form url.Values, browser string) (Request, error) {
	if len(form["client_id"]) != 1 {
		return Request{}, ErrClient
	}
	c, err := s.known(ctx, form.Get("client_id"))
	if _, unknown := errors.AsType[*Error](err); unknown {
		return Request{}, ErrClient
	}
	if err != nil {
		return Request{}, err
	}
	ref, pushed := strings.CutPrefix(form.Get("request_uri"), RequestURIPrefix)
	if !pushed {
		if ref, err = s.direct(ctx, c, form); err != nil {
			return Request{}, s.explain(ctx, c, "authorize", err)
		}
	}
	now := s.now()
	r, err := s.d.Store.OpenRequest(ctx, hash(ref), c.ID, hash(browser), now, now.Add(answerFor))
	if errors.Is(err, ErrNoAsk) {
		_ = s.explain(ctx, c, "authorize", fail(CodeRequestURI, "request_uri was used before, has expired, or is not this client's"))
		return Request{}, ErrRequest
	}
	return r, err
}

// direct keeps a request that was not pushed, which plain clients may send.
func (s *Service) direct(ctx context.Context, c *client, form url.Values) (ref string, err error) {
	if form.Has("request_uri") {
		return "", errors.Join(ErrRequest, fail(CodeRequestURI, "request_uri must be one that /openid/par gave"))
	}
	if text := form.Get("request"); text != "" {
		inner, ids, bad := s.object(c, text)
		if bad != nil {
			return "", errors.Join(ErrRequest, bad)
		}
		if err := s.admit(ctx, ids); err != nil {
			return "", errors.Join(ErrRequest, err)
		}
		form = inner
	}
	to, ok := redirectOf(c, form)
	if !ok {
		return "", errors.Join(ErrRedirect, fail(CodeRequest, "redirect_uri is not registered for this client, to the letter"))
	}
	back := func(state string, cause *Error) error {
		return &BackError{To: s.answerTo(ctx, c, Params{Redirect: to, State: state}, url.Values{"error": {cause.Code}, "error_description": {cause.Description}}), Cause: cause}
	}
	if c.fapi() {
		return "", back(form.Get("state"), fail(CodeRequest, "this client pushes its requests to /openid/par first (FAPI 2.0)"))
	}
	if !c.May("authorization_code") {
		return "", back(form.Get("state"), fail(CodeUnauthorized, "the client is not registered for authorization_code"))
	}
	p, bad := s.parse(c, form)
	if bad != nil {
		return "", back(p.State, bad)
	}
	ref = secret()
	return ref, s.keep(ctx, c, p, p.JKT, ref)
}

// answerTo returns the address that carries an answer to the client: with state,
// and with iss so that answers of two providers are not mixed up (RFC 9207); as
// a signed token if the client asked for that (JARM).
func (s *Service) answerTo(ctx context.Context, c *client, p Params, answer url.Values) string {
	u, err := url.Parse(p.Redirect)
	if err != nil {
		return s.d.Issuer // it was registered: it parses
	}
	if p.State != "" {
		answer.Set("state", p.State)
	}
	answer.Set("iss", s.d.Issuer)
	q := u.Query()
	if p.Mode == "jwt" {
		if token, err := s.signedAnswer(ctx, c, answer); err == nil {
			answer = url.Values{"response": {token}}
		} else {
			answer = url.Values{"error": {CodeServer}, "iss": {s.d.Issuer}}
		}
	}
	for name, values := range answer {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// signedAnswer is the answer as a token (JARM, section 2.1).
func (s *Service) signedAnswer(ctx context.Context, c *client, answer url.Values) (string, error) {
	claims := map[string]any{"iss": s.d.Issuer, "aud": c.ID, "exp": s.now().Add(idTokenFor).Unix()}
	for name, values := range answer {
		claims[name] = values[0]
	}
	return s.signed(ctx, "JWT", claims)
}
