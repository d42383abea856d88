package openid

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"causeway/modules/org"
)

// An Issued is the answer of the token endpoint (RFC 6749, section 5.1).
type Issued struct {
	AccessToken  string          `json:"access_token"`
	TokenType    string          `json:"token_type"`
	ExpiresIn    int             `json:"expires_in"`
	RefreshToken string          `json:"refresh_token,omitempty"`
	Scope        string          `json:"scope,omitempty"`
	IDToken      string          `json:"id_token,omitempty"`
	Details      json.RawMessage `json:"authorization_details,omitempty"`
	GrantID      string          `json:"grant_id,omitempty"`
	IssuedType   string          `json:"issued_token_type,omitempty"`
}

// errGone reports that something was used or revoked in between.
var errGone = errors.New("openid: used or revoked")

// Token gives tokens for a code, a refresh token, or the client itself.
func (s *Service) Token(ctx context.Context, a Ask) (Issued, error) {
	c, ids, err := s.authenticate(ctx, a)
	if err != nil {
		return Issued{}, s.explain(ctx, c, "token", err)
	}
	out, err := s.token(ctx, c, a, ids)
	return out, s.explain(ctx, c, "token", err)
}

func (s *Service) token(ctx context.Context, c *client, a Ask, ids []Burned) (Issued, error) {
	grant := a.one("grant_type")
	switch grant {
	case org.GrantCode, org.GrantRefresh, org.GrantCredentials:
	case "":
		return Issued{}, fail(CodeRequest, "grant_type is missing")
	default:
		return Issued{}, fail(CodeGrantType, "grant_type must be authorization_code, refresh_token or client_credentials")
	}
	if !c.May(grant) {
		return Issued{}, fail(CodeUnauthorized, "the client is not registered for "+grant)
	}
	b, err := s.bind(c, a)
	if err != nil {
		return Issued{}, err
	}
	if b.key != nil {
		ids = append(ids, b.key.id)
	}
	if err := s.admit(ctx, ids); err != nil {
		return Issued{}, err
	}
	switch grant {
	case org.GrantCode:
		return s.redeem(ctx, c, a, b)
	case org.GrantRefresh:
		return s.refresh(ctx, c, a, b)
	default:
		return s.credentials(ctx, c, a, b)
	}
}

// A binding is what tokens are bound to: a DPoP key or a certificate.
type binding struct {
	key *proof
	x5t string
}

func (b binding) jkt() string {
	if b.key == nil {
		return ""
	}
	return b.key.jkt
}

// kind is how a token with this binding is shown.
func (b binding) kind() string {
	if b.key != nil {
		return "DPoP"
	}
	return "Bearer"
}

// bind returns what a's tokens are bound to. FAPI 2.0 has no other tokens
// (section 5.3.2.1).
func (s *Service) bind(c *client, a Ask) (binding, error) {
	key, err := s.prove(a, "")
	if err != nil {
		return binding{}, err
	}
	b := binding{key: key}
	if key == nil {
		b.x5t = a.X5T
	}
	if c.fapi() && b.key == nil && b.x5t == "" {
		return b, fail(CodeProof, "this client's tokens are bound to a key: send a DPoP proof")
	}
	return b, nil
}

// access returns a new access token, and how it is stored.
func (s *Service) access(c *client, b binding, scopes []string) (string, Token) {
	value, now := secret(), s.now()
	return value, Token{
		Hash: hash(value), Kind: Access, Client: c.ID, Department: c.Department, Scopes: scopes, JKT: b.jkt(), X5T: b.x5t, Created: now, Until: now.Add(accessFor),
	}
}

func issued(value string, t Token, b binding) Issued {
	return Issued{AccessToken: value, TokenType: b.kind(), ExpiresIn: int(t.Until.Sub(t.Created) / time.Second), Scope: strings.Join(t.Scopes, " ")}
}

// credentials gives a token for the client itself (RFC 6749, section 4.4). It is
// one row, written together with those of other requests.
func (s *Service) credentials(ctx context.Context, c *client, a Ask, b binding) (Issued, error) {
	var scopes []string
	for _, x := range strings.Fields(a.one("scope")) {
		if x == ScopeQuery || x == ScopeRevoke {
			scopes = append(scopes, x)
		}
	}
	audience, err := s.audience(ctx, a)
	if err != nil {
		return Issued{}, err
	}
	value, t := s.access(c, b, scopes)
	t.Audience = audience
	if _, err := s.issues.Do(ctx, t); err != nil {
		return Issued{}, err
	}
	return issued(value, t, b), nil
}

// audience returns whose API a token is for: resource names a department of
// Causeway (RFC 8707).
func (s *Service) audience(ctx context.Context, a Ask) (org.ID, error) {
	all := a.Form["resource"]
	if len(all) == 0 {
		return "", nil
	}
	id, ok := strings.CutPrefix(all[0], s.d.Issuer+"/departments/")
	if !ok || len(all) > 1 {
		return "", fail(CodeTarget, "resource must be one department, as "+s.d.Issuer+"/departments/transport-department")
	}
	d, err := s.d.Orgs.Department(ctx, org.ID(id))
	if errors.Is(err, org.ErrNoDepartment) {
		return "", fail(CodeTarget, "resource names no department")
	}
	return d.ID, err
}

// redeem gives tokens for a code, once. Whoever brings it again ends what it
// gave (RFC 6749, section 4.1.2).
func (s *Service) redeem(ctx context.Context, c *client, a Ask, b binding) (Issued, error) {
	code := a.one("code")
	if code == "" {
		return Issued{}, fail(CodeRequest, "code is missing")
	}
	auth, g, err := s.d.Store.AuthorizationByCode(ctx, hash(code))
	if errors.Is(err, ErrNoGrant) || err == nil && auth.Client != c.ID {
		return Issued{}, fail(CodeGrant, "the code is not one that this client was given, or has expired")
	}
	if err != nil {
		return Issued{}, err
	}
	if !auth.Redeemed.IsZero() {
		return Issued{}, s.replayed(ctx, auth)
	}
	if bad := s.checkCode(a, auth, b); bad != nil {
		return Issued{}, bad
	}
	value, access := s.access(c, b, auth.Scopes)
	tokens := []Token{access}
	out := issued(value, access, b)
	if c.May(org.GrantRefresh) && has(auth.Scopes, ScopeOffline) {
		fresh, t := s.refreshToken(c, b, auth.Scopes)
		out.RefreshToken, tokens = fresh, append(tokens, t)
	}
	out.Details, out.GrantID = detailsJSON(auth.Details), g.ID
	if out.IDToken, err = s.idToken(ctx, c, auth, g, value); err != nil {
		return Issued{}, err
	}
	for i := range tokens {
		tokens[i].Person, tokens[i].Authorization, tokens[i].Grant = auth.Person, auth.ID, auth.Grant
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		ok, err := s.d.Store.Redeem(ctx, auth.Person, auth.ID, s.now())
		if err != nil {
			return err
		}
		if !ok {
			return errGone
		}
		return s.d.Store.AddTokens(ctx, tokens)
	})
	if errors.Is(err, errGone) {
		return Issued{}, s.replayed(ctx, auth)
	}
	if err != nil {
		return Issued{}, err
	}
	return out, nil
}

// checkCode returns what is wrong with redeeming auth by a.
func (s *Service) checkCode(a Ask, auth Authorization, b binding) *Error {
	sum := sha256.Sum256([]byte(a.one("code_verifier")))
	switch {
	case !auth.Revoked.IsZero(), !s.now().Before(auth.Until):
		return fail(CodeGrant, "the code is not one that this client was given, or has expired")
	case a.Form.Has("redirect_uri") && a.one("redirect_uri") != auth.Redirect:
		return fail(CodeGrant, "redirect_uri is not the one of the authorization request")
	case !verifier(a.one("code_verifier")),
		subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(auth.Challenge)) != 1:
		return fail(CodeGrant, "code_verifier does not fit code_challenge")
	case auth.JKT != "" && auth.JKT != b.jkt():
		return fail(CodeGrant, "the code is bound to another DPoP key")
	}
	return nil
}

// verifier reports whether s can be a code verifier (RFC 7636, section 4.1).
func verifier(s string) bool {
	if len(s) < 43 || len(s) > 128 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r) {
			return false
		}
	}
	return true
}

// replayed ends what auth gave, and says so.
func (s *Service) replayed(ctx context.Context, auth Authorization) error {
	if err := s.d.Store.RevokeAuthorization(context.WithoutCancel(ctx), auth.Person, auth.ID, s.now()); err != nil {
		return err
	}
	return fail(CodeGrant, "the code was used before: what it gave is revoked")
}

func (s *Service) refreshToken(c *client, b binding, scopes []string) (string, Token) {
	value, t := s.access(c, b, scopes)
	t.Kind, t.Until = Refresh, t.Created.Add(refreshFor)
	return value, t
}

// refresh gives new tokens for a refresh token, once: the answer has the next
// one. A used one that comes again ends all of its family, since somebody has it
// who should not.
func (s *Service) refresh(ctx context.Context, c *client, a Ask, b binding) (Issued, error) {
	old, err := s.d.Store.Live(ctx, hash(a.one("refresh_token")))
	if errors.Is(err, errGone) || errors.Is(err, ErrNoToken) || err == nil && (old.Kind != Refresh || old.Client != c.ID) {
		return Issued{}, fail(CodeGrant, "the refresh token is not one that this client was given, or has expired")
	}
	if err != nil {
		return Issued{}, err
	}
	if !old.Used.IsZero() {
		return Issued{}, s.reused(ctx, old)
	}
	if !old.Active(s.now()) {
		return Issued{}, fail(CodeGrant, "the refresh token has expired or was revoked")
	}
	if old.X5T != "" && old.X5T != b.x5t || old.JKT != "" && b.jkt() == "" {
		return Issued{}, fail(CodeGrant, "the refresh token is bound to a key: prove it, or show the certificate")
	}
	scopes, bad := narrowed(old.Scopes, a.one("scope"))
	if bad != nil {
		return Issued{}, bad
	}
	value, access := s.access(c, b, scopes)
	next, fresh := s.refreshToken(c, b, old.Scopes)
	fresh.Until = old.Until // a family lasts as long as its first token
	tokens := []Token{access, fresh}
	for i := range tokens {
		tokens[i].Person, tokens[i].Authorization, tokens[i].Grant = old.Person, old.Authorization, old.Grant
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		ok, err := s.d.Store.UseRefresh(ctx, old.Hash, s.now())
		if err != nil {
			return err
		}
		if !ok {
			return errGone
		}
		return s.d.Store.AddTokens(ctx, tokens)
	})
	if errors.Is(err, errGone) {
		return Issued{}, s.reused(ctx, old)
	}
	if err != nil {
		return Issued{}, err
	}
	out := issued(value, access, b)
	out.RefreshToken, out.Details, out.GrantID = next, detailsJSON(old.Details), old.Grant
	return out, nil
}

// reused ends the family of a refresh token that came again.
func (s *Service) reused(ctx context.Context, old Live) error {
	if err := s.d.Store.RevokeAuthorization(context.WithoutCancel(ctx), old.Person, old.Authorization, s.now()); err != nil {
		return err
	}
	return fail(CodeGrant, "the refresh token was used before: it and what came of it are revoked")
}

// narrowed returns the scopes of text, which are some of have.
func narrowed(have []string, text string) ([]string, *Error) {
	if text == "" {
		return have, nil
	}
	var out []string
	for _, x := range strings.Fields(text) {
		if !has(have, x) {
			return nil, fail(CodeScope, "scope has more than was granted")
		}
		if !has(out, x) {
			out = append(out, x)
		}
	}
	return out, nil
}
