package openid

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Params are an authorization request, checked.
type Params struct {
	Redirect  string   `json:"redirect_uri"`
	Scopes    []string `json:"scope"`
	State     string   `json:"state,omitempty"`
	Nonce     string   `json:"nonce,omitempty"`
	Challenge string   `json:"code_challenge"`
	Prompt    string   `json:"prompt,omitempty"`
	MaxAge    int      `json:"max_age"` // seconds; -1: not asked
	ACR       []string `json:"acr_values,omitempty"`
	Details   []Detail `json:"authorization_details,omitempty"`
	Action    string   `json:"grant_management_action,omitempty"`
	GrantID   string   `json:"grant_id,omitempty"`
	JKT       string   `json:"dpop_jkt,omitempty"`
	Mode      string   `json:"response_mode,omitempty"`
}

// Scopes that a client may ask for.
const (
	ScopeOpenID  = "openid"
	ScopeOffline = "offline_access"
	ScopeQuery   = "grant_management_query"
	ScopeRevoke  = "grant_management_revoke"
)

const maxText = 1024 // of state, nonce and the like

// redirectOf returns where answers to the request in form go: an address that is
// registered, to the letter. It is checked before anything else, since whatever
// is wrong later is said there.
func redirectOf(c *client, form url.Values) (string, bool) {
	to := form.Get("redirect_uri")
	if len(form["redirect_uri"]) != 1 || !slices.Contains(c.Redirects, to) {
		return "", false
	}
	return to, true
}

// parse checks the request in form, whose redirect_uri has been checked. The
// Params say where and with which state to answer even when there is an error.
func (s *Service) parse(c *client, form url.Values) (Params, *Error) {
	p := Params{Redirect: form.Get("redirect_uri"), MaxAge: -1}
	if err := once(form, "resource"); err != nil {
		return p, err
	}
	if len(form.Get("state")) > maxText || len(form.Get("nonce")) > maxText {
		return p, fail(CodeRequest, "state and nonce have at most 1024 characters")
	}
	p.State, p.Nonce = form.Get("state"), form.Get("nonce")
	switch mode := form.Get("response_mode"); mode {
	case "", "query":
	case "jwt", "query.jwt":
		p.Mode = "jwt"
	default:
		return p, fail(CodeRequest, "response_mode must be query or jwt")
	}
	switch {
	case form.Get("response_type") == "":
		return p, fail(CodeRequest, "response_type is missing")
	case form.Get("response_type") != "code":
		return p, fail(CodeResponseType, "response_type must be code")
	case form.Has("registration"):
		return p, fail("registration_not_supported", "clients are registered by their department")
	}
	if err := pkce(&p, form); err != nil {
		return p, err
	}
	if err := s.scopes(c, &p, form.Get("scope")); err != nil {
		return p, err
	}
	if err := freshness(&p, form); err != nil {
		return p, err
	}
	p.JKT = form.Get("dpop_jkt")
	if p.JKT != "" && !isHash(p.JKT) {
		return p, fail(CodeRequest, "dpop_jkt must be the SHA-256 thumbprint of a key")
	}
	return p, s.rich(c, &p, form)
}

// pkce reads the code challenge, which every client sends (RFC 7636).
func pkce(p *Params, form url.Values) *Error {
	if form.Get("code_challenge_method") != "S256" || !isHash(form.Get("code_challenge")) {
		return fail(CodeRequest, "send code_challenge with code_challenge_method S256 (PKCE)")
	}
	p.Challenge = form.Get("code_challenge")
	return nil
}

// isHash reports whether s is a SHA-256 in base64url.
func isHash(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32
}

func (s *Service) scopes(c *client, p *Params, text string) *Error {
	if len(text) > maxText {
		return fail(CodeScope, "scope is too long")
	}
	for _, x := range strings.Fields(text) {
		switch {
		case slices.Contains(p.Scopes, x):
		case x == ScopeOpenID, x == ScopeQuery, x == ScopeRevoke:
			p.Scopes = append(p.Scopes, x)
		case x == ScopeOffline && c.May("refresh_token"):
			p.Scopes = append(p.Scopes, x)
		} // what we do not know is left out, and the answer says so (RFC 6749, section 3.3)
	}
	if !slices.Contains(p.Scopes, ScopeOpenID) {
		return fail(CodeScope, "scope must contain openid")
	}
	return nil
}

// freshness reads what the client asks about when and how surely the person
// signed in.
func freshness(p *Params, form url.Values) *Error {
	if text := form.Get("max_age"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 1<<30 {
			return fail(CodeRequest, "max_age must be a number of seconds")
		}
		p.MaxAge = n
	}
	prompts := strings.Fields(form.Get("prompt"))
	for _, x := range prompts {
		if x != "none" && x != "login" && x != "consent" && x != "select_account" {
			return fail(CodeRequest, "prompt must be none, or login, consent and select_account")
		}
		if x == "none" && len(prompts) > 1 {
			return fail(CodeRequest, "prompt none stands alone")
		}
	}
	p.Prompt = strings.Join(prompts, " ")
	p.ACR = strings.Fields(form.Get("acr_values"))
	if len(p.ACR) > 10 {
		return fail(CodeRequest, "acr_values names too many")
	}
	return nil
}

// rich reads authorization_details and what is to become of an older grant.
func (s *Service) rich(c *client, p *Params, form url.Values) *Error {
	var err *Error
	if p.Details, err = s.parseDetails(c, form.Get("authorization_details")); err != nil {
		return err
	}
	p.Action, p.GrantID = form.Get("grant_management_action"), form.Get("grant_id")
	switch p.Action {
	case "":
		if p.GrantID != "" {
			return fail(CodeRequest, "grant_id needs grant_management_action")
		}
	case "create":
		if p.GrantID != "" {
			return fail(CodeRequest, "a grant that is created has no grant_id yet")
		}
	case "merge", "replace":
		if p.GrantID == "" || len(p.GrantID) > 100 {
			return fail(CodeRequest, "grant_id is missing")
		}
	default:
		return fail(CodeRequest, "grant_management_action must be create, merge or replace")
	}
	return nil
}

// asks reports whether the request names a prompt.
func (p Params) asks(prompt string) bool { return slices.Contains(strings.Fields(p.Prompt), prompt) }
