package tests

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"causeway/demo/relying"
	"causeway/platform/testkit"
)

const licence = `[{"type":"causeway_data","class":"td.driving-licence","fields":["licence_number","expires_on"],"purpose":"verify-identity","duration":"P30D"}]`

// shared facts as a client reads them.
type told struct {
	Sub  string `json:"sub"`
	Data []struct {
		Class   string           `json:"class"`
		Outcome string           `json:"outcome"`
		Records []map[string]any `json:"records"`
	} `json:"causeway_data"`
}

// TestData asks for facts: the person sees them named, agrees once, finds the
// consent with its receipt and each reading in the record, and ends it.
func TestData(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T) *city{
		"sqlite":   shared,
		"postgres": func(t *testing.T) *city { return own(t, testkit.PostgresURL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data(t, start(t))
		})
	}
}

func data(t *testing.T, c *city) {
	p := c.party(t, nil)
	browser, verifier, key := c.as(t, "resident-912"), relying.Secret(), newKey(t)
	at, err := p.Push(t.Context(), verifier, url.Values{"authorization_details": {licence}, "state": {"s"}, "scope": {"openid offline_access"}})
	if err != nil {
		t.Fatal(err)
	}
	a := browser.get(at)
	question := browser.get(a.to())
	for _, want := range []string{"Harbour Bank", "Transport Department", "Licence number", "not your identity card number"} {
		if !strings.Contains(question.body, want) {
			t.Errorf("the question does not say %q", want)
		}
	}
	if strings.Contains(question.header.Get("Content-Security-Policy"), "evil") || !strings.Contains(question.header.Get("Content-Security-Policy"), "form-action https://party.example ") {
		t.Errorf("policy: %s", question.header.Get("Content-Security-Policy"))
	}
	a = browser.post(a.to(), url.Values{"answer": {"agree"}})
	u, err := url.Parse(a.to())
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := p.Exchange(t.Context(), u.Query().Get("code"), verifier, key)
	if err != nil {
		t.Fatal(err)
	}
	var details []map[string]any
	if err := json.Unmarshal(tokens.Details, &details); err != nil || len(details) != 1 || tokens.GrantID == "" {
		t.Fatalf("details %s, grant %q, %v", tokens.Details, tokens.GrantID, err)
	}
	read := func() told {
		t.Helper()
		var out told
		if err := p.UserInfo(t.Context(), tokens.AccessToken, key, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := read()
	if len(out.Data) != 1 || out.Data[0].Outcome != "found" || len(out.Data[0].Records) != 1 || len(out.Data[0].Records[0]) != 2 {
		t.Fatalf("told %+v", out)
	}
	consent := browser.find("/consents", `href="/consents/([^"/]+)"`)
	if receipt := browser.get("/consents/" + consent + "/receipt.jws"); receipt.status != http.StatusOK || strings.Count(receipt.body, ".") != 2 {
		t.Errorf("receipt: %d", receipt.status)
	}
	if page := browser.get("/connections"); !strings.Contains(page.body, "Harbour Bank") || !strings.Contains(page.body, "It last read facts") {
		t.Errorf("connected services: %s", page.body)
	}
	if page := browser.get("/activity"); !strings.Contains(page.body, "You signed in to Harbour Bank") {
		t.Error("the record does not say where the person signed in")
	}
	managed(t, p, tokens)

	// Asking again for the same needs no question; asking for more does.
	if at, err = p.Push(t.Context(), verifier, url.Values{"authorization_details": {licence}}); err != nil {
		t.Fatal(err)
	}
	if a = browser.get(at); !strings.HasPrefix(a.to(), callback) {
		t.Errorf("asks twice: %s", a.to())
	}
	more := strings.Replace(licence, `"expires_on"`, `"expires_on","classes"`, 1)
	if at, err = p.Push(t.Context(), verifier, url.Values{"authorization_details": {more}, "prompt": {"none"}, "state": {"q"}}); err != nil {
		t.Fatal(err)
	}
	if a = browser.get(at); !strings.Contains(a.to(), "error=consent_required") || !strings.Contains(a.to(), "state=q") {
		t.Errorf("more without asking: %s", a.to())
	}

	// What the person ends is over at once.
	if a = browser.post("/consents/"+consent+"/withdraw", nil); a.status != http.StatusSeeOther {
		t.Fatalf("withdraw: %d", a.status)
	}
	if out = read(); out.Data[0].Outcome != "ended" || out.Data[0].Records != nil {
		t.Errorf("after withdrawing: %+v", out)
	}
	connection := browser.find("/connections", `href="/connections/([^"/]+)"`)
	if a = browser.post("/connections/"+connection+"/disconnect", nil); a.status != http.StatusSeeOther {
		t.Fatalf("disconnect: %d", a.status)
	}
	err = p.UserInfo(t.Context(), tokens.AccessToken, key, nil)
	if e, ok := errors.AsType[*relying.Error](err); !ok || e.Status != http.StatusUnauthorized {
		t.Errorf("after disconnecting: %v", err)
	}
	if _, err = p.Refresh(t.Context(), tokens.RefreshToken, key); err == nil {
		t.Error("a refresh token outlives its connection")
	}
}

// managed queries the grant as the client, and finds another client unable to.
func managed(t *testing.T, p *party, tokens relying.Tokens) {
	t.Helper()
	key := newKey(t)
	own, err := p.Token(t.Context(), url.Values{"grant_type": {"client_credentials"}, "scope": {"grant_management_query"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, token string) int {
		path := "/openid/grants/" + tokens.GrantID
		proof, err := p.Proof(key, method, path, token)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), method, p.Issuer+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "DPoP "+token)
		req.Header.Set("DPoP", proof)
		res, err := p.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if got := ask(http.MethodGet, own.AccessToken); got != http.StatusOK {
		t.Errorf("query: %d", got)
	}
	if got := ask(http.MethodDelete, own.AccessToken); got != http.StatusForbidden {
		t.Errorf("revoke without the scope: %d", got)
	}
}

// TestRefuse sends the browser back with a proper error.
func TestRefuse(t *testing.T) {
	t.Parallel()
	c := shared(t)
	p := c.party(t, nil)
	at, err := p.Push(t.Context(), relying.Secret(), url.Values{"state": {"s"}})
	if err != nil {
		t.Fatal(err)
	}
	back := c.as(t, "resident-913").answers(at, "refuse")
	if back.Get("error") != "access_denied" || back.Get("state") != "s" || back.Get("iss") != c.origin || back.Get("code") != "" {
		t.Errorf("refused: %v", back)
	}
	for name, x := range map[string]struct {
		browser *client
		params  url.Values
		want    string
	}{
		"nobody is signed in": {c.visitor(t), url.Values{"prompt": {"none"}}, "login_required"},
		"not sure enough":     {c.as(t, "resident-913"), url.Values{"acr_values": {"urn:causeway:assurance:high"}}, "unmet_authentication_requirements"},
		"not agreed":          {c.as(t, "resident-914"), url.Values{"prompt": {"none"}}, "consent_required"},
	} {
		at, err := p.Push(t.Context(), relying.Secret(), x.params)
		if err != nil {
			t.Fatal(err)
		}
		if a := x.browser.get(at); !strings.HasPrefix(a.to(), callback) || !strings.Contains(a.to(), "error="+x.want) {
			t.Errorf("%s: %d %s", name, a.status, a.to())
		}
	}
	// A fresh sign-in is asked for, and the session ends first.
	if at, err = p.Push(t.Context(), relying.Secret(), url.Values{"prompt": {"login"}}); err != nil {
		t.Fatal(err)
	}
	browser := c.as(t, "resident-915")
	question := browser.get(at).to()
	if a := browser.get(question); !strings.Contains(a.body, "Sign in once more") {
		t.Errorf("prompt login: %s", a.body)
	}
	if a := browser.post(question+"/again", nil); !strings.HasPrefix(a.to(), "/sign-in?next=") {
		t.Errorf("again: %d %s", a.status, a.to())
	}
	if a := browser.get("/account"); a.status != http.StatusSeeOther {
		t.Error("the session goes on")
	}
}

// TestLogout signs out of Causeway from a client, at once with its ID token.
func TestLogout(t *testing.T) {
	t.Parallel()
	c := shared(t)
	p := c.party(t, url.Values{"logouts": {"https://party.example/bye"}})
	browser, verifier := c.as(t, "resident-916"), relying.Secret()
	tokens, err := p.Exchange(t.Context(), p.signsIn(browser, verifier, nil).Get("code"), verifier, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	leave := func(to, hint string) answer {
		return browser.get("/openid/logout?" + url.Values{"id_token_hint": {hint}, "client_id": {p.ID}, "post_logout_redirect_uri": {to}, "state": {"z"}}.Encode())
	}
	if a := leave("https://party.example/bye", ""); a.status != http.StatusOK || !strings.Contains(a.body, "Stay signed in") {
		t.Errorf("without a hint nobody is asked: %d %s", a.status, a.to())
	}
	if a := leave("https://evil.example/", tokens.IDToken+"x"); a.status != http.StatusOK || strings.Contains(a.body, `href="https://evil`) {
		t.Errorf("an open redirect: %d %s", a.status, a.to())
	}
	if a := leave("https://party.example/bye", tokens.IDToken); a.to() != "https://party.example/bye?state=z" {
		t.Errorf("leave: %d %s", a.status, a.to())
	}
	if a := browser.get("/account"); a.status != http.StatusSeeOther {
		t.Error("the session goes on")
	}
}
