package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway/modules/credential"
	"causeway/modules/identity"
	identityweb "causeway/modules/identity/web"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// TestExpired: a licence holds on its last day until midnight where the service
// is, and not a minute longer; whoever scans it, pastes it, or types the number of
// the printed one is told so, in each language, and so is its holder.
func TestExpired(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	c, err := readConfig(s.file(s.config()))
	if err != nil {
		t.Fatal(err)
	}
	var skew atomic.Int64
	now := func() time.Time { // from two minutes before midnight in Hong Kong
		return time.Date(2026, 12, 1, 15, 58, 0, 0, time.UTC).Add(time.Duration(skew.Load()))
	}
	w, _, err := serveCommand{}.build(t.Context(), c, quiet(), now)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := bootstrap(t.Context(), w, c.Bootstrap); err != nil {
		t.Fatal(err)
	}
	n, err := identity.ParseHKID("A123456(3)")
	if err != nil {
		t.Fatal(err)
	}
	person, err := w.identity.Find(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	ctx, me := t.Context(), identity.Caller{Person: person, Assurance: identity.Substantial, Role: trail.Self, Channel: trail.Online}
	l, err := w.credential.Issue(ctx, credential.Issue{
		Person: person, Type: "test.licence", Label: lang.Text{En: "Test licence", Hant: "測試牌照", Hans: "测试牌照"},
		Department: "digital-policy-office", Case: "c", Key: "k", From: day.Of(2026, 1, 1), Until: day.Of(2026, 12, 1),
		Claims: map[string]any{"name": "Chan"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if l, err = w.credential.Licence(ctx, me, l.ID); err != nil {
		t.Fatal(err)
	}
	shown, err := w.credential.Share(ctx, me, l.ID, []string{"name"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.identity.NewSession(ctx, person, identity.Substantial, "online", "test")
	if err != nil {
		t.Fatal(err)
	}
	cookies := httptest.NewRecorder()
	identityweb.Start(cookies, token)
	ask := func(method, path string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, k := range cookies.Result().Cookies() {
			r.AddCookie(k)
		}
		rec := httptest.NewRecorder()
		w.handler().ServeHTTP(rec, r)
		return rec
	}
	want := func(verdict string, says map[lang.Tag]string) {
		t.Helper()
		for tag, words := range says {
			q := "?lang=" + string(tag)
			for how, rec := range map[string]*httptest.ResponseRecorder{
				"scanned": ask(http.MethodGet, "/verify/"+shown.Handle+q, nil),
				"pasted":  ask(http.MethodPost, "/verify"+q, url.Values{"text": {shown.Text}}),
				"printed": ask(http.MethodPost, "/verify/printed/"+l.PrintCode+q, url.Values{"number": {l.Number}}),
			} {
				if b := rec.Body.String(); rec.Code != http.StatusOK || !strings.Contains(b, `data-verdict="`+verdict+`"`) || !strings.Contains(b, words) {
					t.Errorf("%s, %s: %d, want %s and %q\n%s", how, tag, rec.Code, verdict, words, b)
				}
			}
		}
	}
	want("valid", map[lang.Tag]string{lang.English: "Test licence", lang.Hant: "測試牌照", lang.Hans: "测试牌照"})
	skew.Store(int64(2*time.Minute - time.Second))
	want("valid", map[lang.Tag]string{lang.English: "Test licence"})
	skew.Store(int64(2 * time.Minute))
	want("expired", map[lang.Tag]string{lang.English: "1 December 2026", lang.Hant: "2026年12月1日", lang.Hans: "2026年12月1日"})
	if rec := ask(http.MethodGet, "/licences/"+l.ID+"?lang=en", nil); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "Ended") {
		t.Errorf("the holder's page: %d %s", rec.Code, rec.Body)
	}
	if rec := ask(http.MethodPost, "/licences/"+l.ID+"/share", url.Values{"claim": {"name"}}); rec.Code != http.StatusConflict {
		t.Errorf("showing it: %d, want 409", rec.Code)
	}
}
