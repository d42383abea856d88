package store_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"causeway/demo/relying"
	"causeway/modules/openid"
	"causeway/modules/org"
)

// TestProofs are DPoP proofs that are not for this request, key or moment (RFC
// 9449, section 4.3).
func TestProofs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		other, err := relying.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]struct {
			code   string
			change func(header, claims map[string]any)
		}{
			"no typ":            {openid.CodeProof, func(h, _ map[string]any) { delete(h, "typ") }},
			"another typ":       {openid.CodeProof, func(h, _ map[string]any) { h["typ"] = "JWT" }},
			"no jwk":            {openid.CodeProof, func(h, _ map[string]any) { delete(h, "jwk") }},
			"another's jwk":     {openid.CodeProof, func(h, _ map[string]any) { h["jwk"] = jwk(t, other) }},
			"jwk of no curve":   {openid.CodeProof, func(h, _ map[string]any) { h["jwk"] = map[string]any{"kty": "EC"} }},
			"jwk null":          {openid.CodeProof, func(h, _ map[string]any) { h["jwk"] = nil }},
			"another method":    {openid.CodeProof, func(_, c map[string]any) { c["htm"] = "GET" }},
			"another address":   {openid.CodeProof, func(_, c map[string]any) { c["htu"] = issuer + "/openid/par" }},
			"another host":      {openid.CodeProof, func(_, c map[string]any) { c["htu"] = "https://evil.example/openid/token" }},
			"no jti":            {openid.CodeProof, func(_, c map[string]any) { delete(c, "jti") }},
			"no iat":            {openid.CodeProof, func(_, c map[string]any) { delete(c, "iat") }},
			"old":               {openid.CodeProof, func(_, c map[string]any) { c["iat"] = w.clock.now().Add(-6 * time.Minute).Unix() }},
			"of tomorrow":       {openid.CodeProof, func(_, c map[string]any) { c["iat"] = w.clock.now().Add(24 * time.Hour).Unix() }},
			"no nonce":          {openid.CodeNonce, func(_, c map[string]any) { delete(c, "nonce") }},
			"a made up nonce":   {openid.CodeNonce, func(_, c map[string]any) { c["nonce"] = relying.Secret() }},
			"a tampered nonce":  {openid.CodeNonce, func(_, c map[string]any) { c["nonce"] = "B" + c["nonce"].(string)[1:] }},
			"claims of no kind": {openid.CodeProof, func(_, c map[string]any) { c["htm"] = 7 }},
		} {
			a := w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials"}}, nil, "")
			a.Proofs = []string{w.proof(w.dpop, "POST", openid.PathToken, "", x.change)}
			if _, err := w.provider.Token(t.Context(), a); err == nil {
				t.Errorf("%s is taken", name)
			} else {
				wantCode(t, err, x.code)
			}
		}
		a := w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials"}}, w.dpop, "")
		a.Proofs = append(a.Proofs, w.proof(w.dpop, "POST", openid.PathToken, "", nil))
		_, err = w.provider.Token(t.Context(), a)
		wantCode(t, err, openid.CodeProof)
		_, err = w.provider.Token(t.Context(), w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials"}}, nil, ""))
		wantCode(t, err, openid.CodeProof)
		old := w.provider.Nonce()
		w.clock.pass(5 * time.Minute)
		a = w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials"}}, nil, "")
		a.Proofs = []string{w.proof(w.dpop, "POST", openid.PathToken, "", func(_, c map[string]any) { c["nonce"] = old })}
		_, err = w.provider.Token(t.Context(), a)
		wantCode(t, err, openid.CodeNonce)
	})
}

// TestStolenToken uses an access token with another key, without one, and with a
// proof for another token (FAPI 2.0 attacker model, A5 and A7).
func TestStolenToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		code, verifier := w.code(c, nil)
		got, err := w.redeem(c, code, verifier)
		if err != nil {
			t.Fatal(err)
		}
		thief, err := relying.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		use := func(scheme string, proofs ...string) error {
			_, err := w.provider.UserInfo(t.Context(), openid.Ask{Method: "GET", URL: issuer + openid.PathUserInfo, Form: url.Values{}, Proofs: proofs}, openid.Shown{Scheme: scheme, Token: got.AccessToken})
			return err
		}
		wantCode(t, use("Bearer"), openid.CodeToken)
		wantCode(t, use("DPoP"), openid.CodeToken)
		wantCode(t, use("Bearer", w.proof(w.dpop, "GET", openid.PathUserInfo, got.AccessToken, nil)), openid.CodeToken)
		wantCode(t, use("DPoP", w.proof(thief, "GET", openid.PathUserInfo, got.AccessToken, nil)), openid.CodeToken)
		wantCode(t, use("DPoP", w.proof(w.dpop, "GET", openid.PathUserInfo, "another", nil)), openid.CodeProof)
		wantCode(t, use("DPoP", w.proof(w.dpop, "GET", openid.PathUserInfo, "", nil)), openid.CodeProof)
		proof := w.proof(w.dpop, "GET", openid.PathUserInfo, got.AccessToken, nil)
		if err := use("DPoP", proof); err != nil {
			t.Fatal(err)
		}
		wantCode(t, use("DPoP", proof), openid.CodeProof)
		// A refresh token opens no resource.
		_, err = w.provider.UserInfo(t.Context(), openid.Ask{Method: "GET", URL: issuer + openid.PathUserInfo, Proofs: []string{w.proof(w.dpop, "GET", openid.PathUserInfo, got.RefreshToken, nil)}}, openid.Shown{Scheme: "DPoP", Token: got.RefreshToken})
		wantCode(t, err, openid.CodeToken)
	})
}

// TestCodeInjection redeems a code with what belongs to another sign-in (RFC
// 9700, section 4.5).
func TestCodeInjection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		thief, err := relying.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		redeem := func(form url.Values, a func(*openid.Ask)) error {
			ask := w.ask(c, openid.PathToken, form, w.dpop, "")
			if a != nil {
				a(&ask)
			}
			_, err := w.provider.Token(t.Context(), ask)
			return err
		}
		code, verifier := w.code(c, nil)
		good := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {redirect}}
		with := func(name, value string) url.Values {
			f := url.Values{}
			for k, v := range good {
				f[k] = v
			}
			if f.Set(name, value); value == "" {
				f.Del(name)
			}
			return f
		}
		wantCode(t, redeem(with("code_verifier", relying.Secret()), nil), openid.CodeGrant)
		wantCode(t, redeem(with("code_verifier", ""), nil), openid.CodeGrant)
		wantCode(t, redeem(with("code_verifier", relying.Challenge(verifier)), nil), openid.CodeGrant)
		wantCode(t, redeem(with("redirect_uri", redirect+"/x"), nil), openid.CodeGrant)
		wantCode(t, redeem(with("code", relying.Secret()), nil), openid.CodeGrant)
		wantCode(t, redeem(with("code", ""), nil), openid.CodeRequest)
		if err := redeem(good, nil); err != nil {
			t.Errorf("failed attempts spoilt the code: %v", err)
		}
		// A code whose request was pushed with a DPoP key is bound to that key.
		form := url.Values{"response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {redirect}, "code_challenge": {relying.Challenge(verifier)}, "code_challenge_method": {"S256"}}
		p, err := w.provider.Push(t.Context(), w.ask(c, openid.PathPush, form, w.dpop, ""))
		if err != nil {
			t.Fatal(err)
		}
		back, err := w.answers(url.Values{"client_id": {c.ID}, "request_uri": {p.RequestURI}})
		if err != nil {
			t.Fatal(err)
		}
		good.Set("code", back.Get("code"))
		wantCode(t, redeem(good, func(a *openid.Ask) { a.Proofs = []string{w.proof(thief, "POST", openid.PathToken, "", nil)} }), openid.CodeGrant)
		if err := redeem(good, nil); err != nil {
			t.Error(err)
		}
		// A code expires.
		code, verifier = w.code(c, nil)
		w.clock.pass(61 * time.Second)
		_, err = w.redeem(c, code, verifier)
		wantCode(t, err, openid.CodeGrant)
	})
}

// TestAssertions are client assertions that prove nothing (RFC 7523; algorithm
// confusion; a key that was taken out).
func TestAssertions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c, other := w.client("bank", nil), w.client("other", nil)
		now := w.clock.now()
		claims := func(change func(map[string]any)) map[string]any {
			m := map[string]any{"iss": c.ID, "sub": c.ID, "aud": issuer, "jti": relying.Secret(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
			if change != nil {
				change(m)
			}
			return m
		}
		sign := func(k *relying.Client, change func(map[string]any)) string {
			text, err := relying.Sign(k.Key, map[string]any{"kid": "k1"}, claims(change))
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		enc := base64.RawURLEncoding.EncodeToString
		row, err := w.clients.OIDCClient(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(claims(nil))
		if err != nil {
			t.Fatal(err)
		}
		text := enc([]byte(`{"alg":"HS256","kid":"k1"}`)) + "." + enc(body)
		mac := hmac.New(sha256.New, row.Keys) // the public key as the secret
		mac.Write([]byte(text))
		for name, assertion := range map[string]string{
			"none":                   enc([]byte(`{"alg":"none","kid":"k1"}`)) + "." + enc(body) + ".",
			"symmetric":              text + "." + enc(mac.Sum(nil)),
			"another client's key":   sign(other, nil),
			"another subject":        sign(c, func(m map[string]any) { m["sub"] = "other" }),
			"for another server":     sign(c, func(m map[string]any) { m["aud"] = "https://evil.example" }),
			"for the token endpoint": sign(c, func(m map[string]any) { m["aud"] = issuer + openid.PathToken }), // mix-up by audience injection
			"for several":            sign(c, func(m map[string]any) { m["aud"] = []string{issuer, "https://evil.example"} }),
			"expired":                sign(c, func(m map[string]any) { m["exp"] = now.Add(-time.Minute).Unix() }),
			"without end":            sign(c, func(m map[string]any) { delete(m, "exp") }),
			"for a year":             sign(c, func(m map[string]any) { m["exp"] = now.Add(365 * 24 * time.Hour).Unix() }),
			"not yet":                sign(c, func(m map[string]any) { m["nbf"] = now.Add(time.Minute).Unix() }),
			"without jti":            sign(c, func(m map[string]any) { delete(m, "jti") }),
		} {
			a := w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials"}}, w.dpop, "")
			a.Form.Set("client_assertion", assertion)
			if _, err := w.provider.Token(t.Context(), a); err == nil {
				t.Errorf("an assertion %s is taken", name)
			} else {
				wantCode(t, err, openid.CodeClient)
			}
		}
		a := w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials"}}, w.dpop, "")
		a.Form["client_id"] = []string{other.ID}
		_, err = w.provider.Token(t.Context(), a)
		wantCode(t, err, openid.CodeClient)
		a = w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials", "authorization_code"}}, w.dpop, "")
		_, err = w.provider.Token(t.Context(), a)
		wantCode(t, err, openid.CodeRequest)
		a = w.ask(c, openid.PathToken, url.Values{"grant_type": {"password"}, "username": {"x"}, "password": {"y"}}, w.dpop, "")
		_, err = w.provider.Token(t.Context(), a)
		wantCode(t, err, openid.CodeGrantType)
		// A client that was revoked is refused at once on the process that did it.
		row.Revoked = now
		w.clients.put(row)
		w.provider.Forget(c.ID)
		_, err = w.provider.Token(t.Context(), w.ask(c, openid.PathToken, url.Values{"grant_type": {"client_credentials"}}, w.dpop, ""))
		wantCode(t, err, openid.CodeClient)
	})
}

// TestRequests are authorization requests that are refused, and to whom it is
// said: never to an address that is not the client's.
func TestRequests(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		plain := w.client("plain", func(c *org.OIDCClient) { c.Profile = org.Plain })
		for name, x := range map[string]struct{ param, value, code string }{
			"another address":       {"redirect_uri", "https://evil.example/cb", openid.CodeRequest},
			"an address below":      {"redirect_uri", redirect + "/../evil", openid.CodeRequest},
			"with a query":          {"redirect_uri", redirect + "?x=1", openid.CodeRequest},
			"another case":          {"redirect_uri", "https://BANK.example/cb", openid.CodeRequest},
			"with a user":           {"redirect_uri", "https://bank.example@evil.example/cb", openid.CodeRequest},
			"no address":            {"redirect_uri", "", openid.CodeRequest},
			"the implicit flow":     {"response_type", "token", openid.CodeResponseType},
			"the hybrid flow":       {"response_type", "code id_token", openid.CodeResponseType},
			"no challenge":          {"code_challenge", "", openid.CodeRequest},
			"the plain method":      {"code_challenge_method", "plain", openid.CodeRequest},
			"no method":             {"code_challenge_method", "", openid.CodeRequest},
			"not openid":            {"scope", "profile", openid.CodeScope},
			"the fragment":          {"response_mode", "fragment", openid.CodeRequest},
			"a pushed request":      {"request_uri", openid.RequestURIPrefix + "x", openid.CodeRequest},
			"unsigned object":       {"request", "eyJhbGciOiJub25lIn0.e30.", openid.CodeObject},
			"details of no class":   {"authorization_details", `[{"type":"causeway_data","class":"no.such","fields":["a"],"purpose":"verify-age"}]`, openid.CodeDetails},
			"details of no field":   {"authorization_details", `[{"type":"causeway_data","class":"td.driving-licence","fields":["hkid"],"purpose":"verify-age"}]`, openid.CodeDetails},
			"details of no type":    {"authorization_details", `[{"type":"payment","class":"td.driving-licence","fields":["classes"],"purpose":"verify-age"}]`, openid.CodeDetails},
			"details with more":     {"authorization_details", `[{"type":"causeway_data","class":"td.driving-licence","fields":["classes"],"purpose":"verify-age","all":true}]`, openid.CodeDetails},
			"details for ever":      {"authorization_details", `[{"type":"causeway_data","class":"td.driving-licence","fields":["classes"],"purpose":"verify-age","duration":"P9Y"}]`, openid.CodeDetails},
			"details that are none": {"authorization_details", `{}`, openid.CodeDetails},
		} {
			if _, err := w.pushed(c, relying.Secret(), url.Values{x.param: {x.value}}); err == nil {
				t.Errorf("%s is taken", name)
			} else {
				e, ok := errors.AsType[*openid.Error](err)
				if !ok || e.Code != x.code {
					t.Errorf("%s: %v, want %s", name, err, x.code)
				}
			}
		}
		form := url.Values{"client_id": {c.ID}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {redirect}, "state": {"s"}, "code_challenge": {relying.Challenge("x")}, "code_challenge_method": {"S256"}}
		open := func(change func(url.Values)) error {
			f := url.Values{}
			for k, v := range form {
				f[k] = v
			}
			change(f)
			_, err := w.provider.Open(t.Context(), f, "browser")
			return err
		}
		back, ok := errors.AsType[*openid.BackError](open(func(url.Values) {}))
		if !ok || !strings.HasPrefix(back.To, redirect+"?error=invalid_request&") || !strings.Contains(back.To, "state=s") || !strings.Contains(back.To, "iss=https%3A%2F%2Fcauseway.example") {
			t.Errorf("a FAPI client's request that was not pushed: %+v", back)
		}
		form.Set("client_id", plain.ID)
		for name, x := range map[string]struct {
			change func(url.Values)
			want   error
		}{
			"nobody":              {func(f url.Values) { f.Set("client_id", "nobody") }, openid.ErrClient},
			"two clients":         {func(f url.Values) { f.Add("client_id", "plain") }, openid.ErrClient},
			"an open redirect":    {func(f url.Values) { f.Set("redirect_uri", "https://evil.example/") }, openid.ErrRedirect},
			"two addresses":       {func(f url.Values) { f.Add("redirect_uri", "https://evil.example/") }, openid.ErrRedirect},
			"a request elsewhere": {func(f url.Values) { f.Set("request_uri", "https://evil.example/request") }, openid.ErrRequest},
		} {
			if err := open(x.change); !errors.Is(err, x.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// Another client's pushed request opens nothing.
		q, err := w.pushed(c, relying.Secret(), nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Set("client_id", plain.ID)
		if _, err := w.provider.Open(t.Context(), q, "browser"); !errors.Is(err, openid.ErrRequest) {
			t.Errorf("another client's request: %v", err)
		}
		// Another browser sees no question.
		q.Set("client_id", c.ID)
		r, err := w.provider.Open(t.Context(), q, "browser")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.provider.Asked(t.Context(), r.ID, "another browser"); !errors.Is(err, openid.ErrNoAsk) {
			t.Errorf("another browser: %v", err)
		}
	})
}
