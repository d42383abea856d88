package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"causeway/modules/identity"
	identityweb "causeway/modules/identity/web"
	"causeway/modules/org"
	"causeway/modules/payment"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// TestServeTakesNoMoney: without a provider, who is to pay is told so clearly,
// and the order waits.
func TestServeTakesNoMoney(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	c, err := readConfig(s.file(s.config()))
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := serveCommand{}.build(t.Context(), c, quiet(), time.Now)
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
	o, err := w.payment.Open(t.Context(), payment.Request{
		Person: person, Payee: org.ID("digital-policy-office"), Reference: "case", Key: "k", Return: "/cases/x",
		Description: lang.Text{En: "Fee", Hant: "費用", Hans: "费用"}, Amount: money.Amount{Minor: 100, Currency: "HKD"},
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.identity.NewSession(t.Context(), person, identity.Substantial, "online", "test")
	if err != nil {
		t.Fatal(err)
	}
	cookies := httptest.NewRecorder()
	identityweb.Start(cookies, token)
	r := httptest.NewRequest(http.MethodPost, "/payments/"+o.ID, strings.NewReader(url.Values{}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, k := range cookies.Result().Cookies() {
		r.AddCookie(k)
	}
	rec := httptest.NewRecorder()
	w.handler().ServeHTTP(rec, r)
	if rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), "cannot be paid online") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if o, err = w.payment.Find(t.Context(), o.ID); err != nil || o.State != payment.Open {
		t.Errorf("the order is %s, %v", o.State, err)
	}
}
