package tests

import (
	"context"
	"crypto/ecdsa"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"causeway/demo/relying"
)

// party is a relying party: a client that a department registered.
type party struct {
	*relying.Client
	t    *testing.T
	city *city
}

const callback = "https://party.example/callback"

// registers has the transport department's administrator register a client at
// its console.
func (c *city) registers(t *testing.T, form url.Values) (id string, a answer) {
	t.Helper()
	admin := c.as(t, "transport-admin")
	for name, value := range map[string]string{"en": "Harbour Bank", "zh-Hant": "海港銀行", "zh-Hans": "海港银行"} {
		form.Set(name, value)
	}
	a = admin.post("/work/transport-department/clients/new", form)
	switch a.status {
	case http.StatusSeeOther:
		return a.to()[strings.LastIndexByte(a.to(), '/')+1:], a
	case http.StatusOK:
		return "", a
	}
	t.Fatalf("register: %d %s", a.status, a.body)
	return "", a
}

// party returns a new client of the FAPI 2.0 profile.
func (c *city) party(t *testing.T, more url.Values) *party {
	t.Helper()
	key, err := relying.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	jwks, err := relying.Public(key, "k1")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"profile": {"fapi2"}, "sign-in": {"yes"}, "stay": {"yes"}, "own": {"yes"}, "keys": {string(jwks)}, "redirects": {callback}}
	for name, values := range more {
		form[name] = values
	}
	id, _ := c.registers(t, form)
	return &party{&relying.Client{
		Issuer: c.origin, ID: id, Redirect: callback, Key: key, KeyID: "k1", Now: time.Now, HTTP: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}, t, c}
}

// signsIn sends somebody's browser to the provider and through its questions. It
// returns what came back.
func (p *party) signsIn(browser *client, verifier string, params url.Values) url.Values {
	p.t.Helper()
	at, err := p.Push(p.t.Context(), verifier, params)
	if err != nil {
		p.t.Fatal(err)
	}
	return browser.answers(at, "agree")
}

// answers opens an authorization request, says what is asked, and returns what
// the browser carries back.
func (c *client) answers(at, say string) url.Values {
	c.t.Helper()
	a := c.get(at)
	if a.status == http.StatusSeeOther && strings.HasPrefix(a.to(), "/openid/authorize/") {
		question := a.to()
		if a = c.get(question); a.status != http.StatusOK {
			c.t.Fatalf("%s: %d %s", question, a.status, a.to())
		}
		a = c.post(question, url.Values{"answer": {say}})
	}
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), callback) {
		c.t.Fatalf("no way back: %d %s %s", a.status, a.to(), a.body)
	}
	u, err := url.Parse(a.to())
	if err != nil {
		c.t.Fatal(err)
	}
	return u.Query()
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := relying.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestSignInFAPI is a whole sign-in under FAPI 2.0, with the ID token checked by
// coreos/go-oidc.
func TestSignInFAPI(t *testing.T) {
	t.Parallel()
	c := shared(t)
	p := c.party(t, nil)
	browser, verifier, key := c.as(t, "resident-910"), relying.Secret(), newKey(t)
	back := p.signsIn(browser, verifier, url.Values{"state": {"s1"}, "nonce": {"n1"}, "scope": {"openid offline_access"}})
	if back.Get("state") != "s1" || back.Get("iss") != c.origin || back.Get("code") == "" {
		t.Fatalf("came back with %v", back)
	}
	tokens, err := p.Exchange(t.Context(), back.Get("code"), verifier, key)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := oidc.NewProvider(t.Context(), c.origin)
	if err != nil {
		t.Fatal(err)
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: p.ID}).Verify(t.Context(), tokens.IDToken)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		ACR string `json:"acr"`
	}
	if err := id.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if id.Nonce != "n1" || len(id.Subject) != 26 || claims.ACR != "urn:causeway:assurance:substantial" {
		t.Errorf("id token: nonce %q, sub %q, acr %q", id.Nonce, id.Subject, claims.ACR)
	}
	if err := id.VerifyAccessToken(tokens.AccessToken); err != nil {
		t.Error(err)
	}
	var info struct{ Sub, ACR string }
	if err := p.UserInfo(t.Context(), tokens.AccessToken, key, &info); err != nil || info.Sub != id.Subject {
		t.Errorf("userinfo: %+v, %v", info, err)
	}
	fresh, err := p.Refresh(t.Context(), tokens.RefreshToken, key)
	if err != nil || fresh.RefreshToken == tokens.RefreshToken || fresh.AccessToken == "" {
		t.Errorf("refresh: %+v, %v", fresh, err)
	}
	// The second time nothing needs to be asked.
	at, err := p.Push(t.Context(), verifier, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := browser.get(at); !strings.HasPrefix(a.to(), callback+"?code=") {
		t.Errorf("the second sign-in asks again: %d %s", a.status, a.to())
	}
}

var secretRx = regexp.MustCompile(`client_(id|secret)</dt>\s*<dd[^>]*>([^<]+)</dd>`)

// TestSignInPlain is a whole sign-in with nothing but coreos/go-oidc and
// golang.org/x/oauth2, by a client of the plain profile.
func TestSignInPlain(t *testing.T) {
	t.Parallel()
	c := shared(t)
	_, made := c.registers(t, url.Values{"profile": {"plain"}, "sign-in": {"yes"}, "redirects": {callback}})
	given := map[string]string{}
	for _, m := range secretRx.FindAllStringSubmatch(made.body, -1) {
		given[m[1]] = strings.TrimSpace(m[2])
	}
	provider, err := oidc.NewProvider(t.Context(), c.origin)
	if err != nil {
		t.Fatal(err)
	}
	conf := oauth2.Config{ClientID: given["id"], ClientSecret: given["secret"], Endpoint: provider.Endpoint(), RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID}}
	verifier := oauth2.GenerateVerifier()
	back := c.as(t, "resident-911").answers(conf.AuthCodeURL("s2", oauth2.S256ChallengeOption(verifier), oidc.Nonce("n2")), "agree")
	if back.Get("state") != "s2" {
		t.Fatalf("came back with %v", back)
	}
	ctx := context.WithoutCancel(t.Context())
	token, err := conf.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		t.Fatal("no id_token")
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: conf.ClientID}).Verify(ctx, raw)
	if err != nil || id.Nonce != "n2" {
		t.Fatalf("id token: %v", err)
	}
	info, err := provider.UserInfo(ctx, conf.TokenSource(ctx, token))
	if err != nil || info.Subject != id.Subject {
		t.Errorf("userinfo: %+v, %v", info, err)
	}
}
