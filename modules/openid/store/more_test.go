package store_test

import (
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

const detail = `[{"type":"causeway_data","class":"td.driving-licence","fields":["expires_on"],"purpose":"verify-age"}]`

// TestSignedRequest pushes a signed request object, and has the answer signed.
func TestSignedRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c, other := w.client("bank", nil), w.client("other", nil)
		now, verifier := w.clock.now(), relying.Secret()
		object := func(key *relying.Client, change func(map[string]any)) string {
			claims := map[string]any{
				"iss": c.ID, "aud": issuer, "client_id": c.ID, "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "jti": relying.Secret(),
				"response_type": "code", "scope": "openid", "redirect_uri": redirect, "state": "inside", "response_mode": "jwt", "max_age": 3600,
				"code_challenge": relying.Challenge(verifier), "code_challenge_method": "S256", "authorization_details": json.RawMessage(detail),
			}
			if change != nil {
				change(claims)
			}
			text, err := relying.Sign(key.Key, map[string]any{"kid": "k1", "typ": "oauth-authz-req+jwt"}, claims)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		push := func(text string) (openid.Pushed, error) {
			return w.provider.Push(t.Context(), w.ask(c, openid.PathPush, url.Values{"request": {text}, "state": {"outside"}, "redirect_uri": {"https://evil.example/"}}, nil, ""))
		}
		good := object(c, nil)
		p, err := push(good)
		if err != nil {
			t.Fatal(err)
		}
		back, err := w.answers(url.Values{"client_id": {c.ID}, "request_uri": {p.RequestURI}, "redirect_uri": {"https://evil.example/"}})
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Iss, Aud, Code, State string }
		if err := json.Unmarshal([]byte(strings.TrimPrefix(back.Get("response"), "x.")), &answer); err != nil || answer.Iss != issuer || answer.Aud != c.ID || answer.State != "inside" || len(back) != 1 {
			t.Fatalf("answer %v, %v", back, err)
		}
		if got, err := w.redeem(c, answer.Code, verifier); err != nil || len(got.Details) == 0 {
			t.Errorf("redeem: %v", err)
		}
		_, err = push(good)
		wantCode(t, err, openid.CodeClient) // its jti was used
		for name, text := range map[string]string{
			"another client's key": object(other, nil),
			"another issuer":       object(c, func(m map[string]any) { m["iss"] = "other" }),
			"another audience":     object(c, func(m map[string]any) { m["aud"] = "https://evil.example" }),
			"no nbf":               object(c, func(m map[string]any) { delete(m, "nbf") }),
			"an old nbf":           object(c, func(m map[string]any) { m["nbf"] = now.Add(-2 * time.Hour).Unix() }),
			"no end":               object(c, func(m map[string]any) { delete(m, "exp") }),
			"a far end":            object(c, func(m map[string]any) { m["exp"] = now.Add(2 * time.Hour).Unix() }),
			"a subject":            object(c, func(m map[string]any) { m["sub"] = c.ID }), // or it would be an assertion
			"another object":       object(c, func(m map[string]any) { m["request"] = good }),
			"another client":       object(c, func(m map[string]any) { m["client_id"] = "other" }),
		} {
			if _, err := push(text); err == nil {
				t.Errorf("a request object with %s is taken", name)
			} else {
				wantCode(t, err, openid.CodeObject)
			}
		}
	})
}

// TestGrants creates, merges, replaces, queries and revokes grants.
func TestGrants(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c, other := w.client("bank", nil), w.client("other", nil)
		sign := func(more url.Values) openid.Issued {
			t.Helper()
			code, verifier := w.code(c, more)
			got, err := w.redeem(c, code, verifier)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		first := sign(url.Values{"authorization_details": {detail}})
		second := sign(url.Values{"grant_management_action": {"create"}})
		if first.GrantID == second.GrantID {
			t.Error("create made no grant")
		}
		more := strings.Replace(detail, `["expires_on"]`, `["classes"]`, 1)
		if got := sign(url.Values{"grant_management_action": {"merge"}, "grant_id": {first.GrantID}, "authorization_details": {more}}); got.GrantID != first.GrantID {
			t.Error("merge made another grant")
		}
		token := func(k *relying.Client, scope string) string {
			t.Helper()
			got, err := w.provider.Token(t.Context(), w.ask(k, openid.PathToken, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}, w.dpop, ""))
			if err != nil {
				t.Fatal(err)
			}
			return got.AccessToken
		}
		ask := func(method, id, token string) (openid.Ask, openid.Shown) {
			path := openid.PathGrants + "/" + id
			return openid.Ask{Method: method, URL: issuer + path, Proofs: []string{w.proof(w.dpop, method, path, token, nil)}}, openid.Shown{Scheme: "DPoP", Token: token}
		}
		query := func(k *relying.Client, id string) (openid.Managed, error) {
			a, shown := ask("GET", id, token(k, openid.ScopeQuery))
			return w.provider.QueryGrant(t.Context(), a, shown, id)
		}
		if m, err := query(c, first.GrantID); err != nil || len(m.Details) != 1 || len(m.Details[0].Fields) != 2 || m.Ended {
			t.Errorf("after merging: %+v, %v", m, err)
		}
		sign(url.Values{"grant_management_action": {"replace"}, "grant_id": {first.GrantID}, "authorization_details": {more}})
		if m, err := query(c, first.GrantID); err != nil || len(m.Details) != 1 || len(m.Details[0].Fields) != 1 {
			t.Errorf("after replacing: %+v, %v", m, err)
		}
		if _, err := query(other, first.GrantID); !errors.Is(err, openid.ErrNoGrant) {
			t.Errorf("another client queries: %v", err)
		}
		verifier := relying.Secret()
		back, err := w.signIn(other, verifier, url.Values{"grant_management_action": {"replace"}, "grant_id": {first.GrantID}})
		if err != nil || back.Get("error") != openid.CodeGrantID {
			t.Errorf("another client replaces: %v, %v", back, err)
		}
		revoke := func(k *relying.Client, scope string) error {
			a, shown := ask("DELETE", first.GrantID, token(k, scope))
			return w.provider.RevokeGrant(t.Context(), a, shown, first.GrantID)
		}
		wantCode(t, revoke(c, openid.ScopeQuery), openid.CodeScopeShort)
		if err := revoke(other, openid.ScopeRevoke); !errors.Is(err, openid.ErrNoGrant) {
			t.Errorf("another client revokes: %v", err)
		}
		if !w.active(c, first.AccessToken) {
			t.Error("the grant has ended before its time")
		}
		if err := revoke(c, openid.ScopeRevoke); err != nil {
			t.Fatal(err)
		}
		if w.active(c, first.AccessToken) || !w.active(c, second.AccessToken) {
			t.Error("revoking a grant ends its tokens and no others")
		}
	})
}

// TestWhoseToken introspects and revokes tokens of others.
func TestWhoseToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c, mate := w.client("bank", nil), w.client("mate", nil)
		foreign := w.client("foreign", func(c *org.OIDCClient) { c.Department = "housing-department" })
		get := func(more url.Values) (openid.Issued, error) {
			form := url.Values{"grant_type": {"client_credentials"}}
			for k, v := range more {
				form[k] = v
			}
			return w.provider.Token(t.Context(), w.ask(c, openid.PathToken, form, w.dpop, ""))
		}
		own, err := get(nil)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := get(url.Values{"resource": {issuer + "/departments/housing-department"}})
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]struct {
			by    *relying.Client
			token string
			want  bool
		}{
			"the client": {c, own.AccessToken, true}, "its department": {mate, own.AccessToken, true}, "another department": {foreign, own.AccessToken, false},
			"the department of the API": {foreign, theirs.AccessToken, true}, "nonsense": {c, "x", false},
		} {
			if got := w.active(x.by, x.token); got != x.want {
				t.Errorf("%s: active %t", name, got)
			}
		}
		for _, resource := range []string{"https://evil.example", issuer + "/departments/nowhere"} {
			_, err = get(url.Values{"resource": {resource}})
			wantCode(t, err, openid.CodeTarget)
		}
		revoke := func(k *relying.Client) {
			if err := w.provider.Revoke(t.Context(), w.ask(k, openid.PathRevoke, url.Values{"token": {own.AccessToken}}, nil, "")); err != nil {
				t.Error(err)
			}
		}
		if revoke(mate); !w.active(c, own.AccessToken) {
			t.Error("another client revokes a token")
		}
		if revoke(c); w.active(c, own.AccessToken) {
			t.Error("a revoked token is active")
		}
		w.clock.pass(11 * time.Minute)
		if w.active(foreign, theirs.AccessToken) {
			t.Error("a token does not expire")
		}
		_, err = w.pushed(w.client("low", func(c *org.OIDCClient) { c.Profile = org.Plain }), relying.Secret(), url.Values{"authorization_details": {detail}})
		wantCode(t, err, openid.CodeDetails)
	})
}

// TestFresh asks for a sign-in that is not old.
func TestFresh(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		w.code(c, nil)                                                                 // the person has agreed
		for age, want := range map[string]string{"3600": "", "30": "login_required"} { // signed in a minute ago
			back, err := w.signIn(c, relying.Secret(), url.Values{"max_age": {age}, "prompt": {"none"}})
			if err != nil || back.Get("error") != want {
				t.Errorf("max_age %s: %v, %v", age, back, err)
			}
		}
	})
}
