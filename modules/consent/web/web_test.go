package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway/modules/consent"
	"causeway/modules/consent/keyring"
	consentstore "causeway/modules/consent/store"
	consentweb "causeway/modules/consent/web"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
	"causeway/platform/httpx"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
	"causeway/platform/view/viewtest"
)

var now = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

func text(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }

type fakes struct{ signer *keys.Signer }

func (fakes) Record(context.Context, trail.Entry) error { return nil }

func (f fakes) Signer(context.Context, string, keys.Alg) (*keys.Signer, error) { return f.signer, nil }

func (f fakes) Verifiers(context.Context, string) ([]keys.Public, error) {
	return []keys.Public{{KID: f.signer.KID, Alg: f.signer.Alg, Key: f.signer.Public()}}, nil
}

func (fakes) Department(_ context.Context, id org.ID) (org.Department, error) {
	return org.Department{ID: id, Name: text("Name of " + string(id))}, nil
}

func (fakes) Subject(_ context.Context, id org.ID, _ identity.PersonID) string {
	return "subject at " + string(id)
}

func (fakes) Class(id string) (consent.ClassLabel, bool) {
	return consent.ClassLabel{Label: text("Label of " + id), Fields: map[string]lang.Text{"born_on": text("Date of birth")}}, true
}

func (fakes) Service(_ context.Context, id string) (lang.Text, bool) {
	return text("Title of " + id), true
}

func newService(t *testing.T) *consent.Service {
	t.Helper()
	d := testkit.SQLite(t, testkit.M{Module: "consent", Files: consentstore.Migrations})
	signer, err := keys.NewSigner(keys.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	f := fakes{signer}
	var ids atomic.Int64
	s, err := consent.New(consent.Deps{
		Units: d, Store: consentstore.New(d), Keys: keyring.New(f), Orgs: f, Labels: f, Trail: f, Now: clock,
		NewID: func() string { return fmt.Sprint("grant-", ids.Add(1)) }, Issuer: "https://causeway.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConsents(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fail := func(w http.ResponseWriter, _ *http.Request, err error) {
		code := ""
		if f, ok := errors.AsType[*fault.Error](err); ok {
			code = f.Code
		}
		http.Error(w, code, httpx.Status(err))
	}
	m := httpx.New(httpx.Options{
		Now: clock, Title: "t", Version: "1", Fail: fail,
		Guards: map[httpx.Access]func(http.Handler) http.Handler{
			httpx.Resident: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					c := identity.Caller{Person: identity.PersonID(r.Header.Get("Test-Person")), Role: trail.Self, Channel: trail.Online}
					next.ServeHTTP(w, r.WithContext(identity.WithCaller(r.Context(), c)))
				})
			},
		},
	})
	consentweb.Mount(m, consentweb.Deps{Consents: s, Views: viewtest.Set(t, consentweb.Source()), Now: clock})
	srv := httptest.NewServer(m)
	defer srv.Close()
	visit := func(person, path string, form url.Values) (int, string) {
		t.Helper()
		method, body := http.MethodGet, io.Reader(nil)
		if form != nil {
			method, body = http.MethodPost, strings.NewReader(form.Encode())
		}
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Test-Person", person)
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		client := srv.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b) + resp.Header.Get("Location")
	}
	g, err := s.Give(t.Context(), identity.Caller{Person: "alice", Role: trail.Self, Channel: trail.Online}, consent.Request{
		Person: "alice", Recipient: "transport-department", Service: "driving-licence-renewal", Case: "case-1", For: time.Hour, Keep: "P2Y",
		Items: []consent.Item{{Class: "immd.identity", Fields: []string{"born_on"}, Source: "immigration-department", Purpose: "verify-age", Otherwise: consent.ByHand}},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := "/consents/" + string(g.ID)
	for _, test := range []struct {
		person, path string
		form         url.Values
		status       int
		want         string
	}{
		{"alice", "/consents", nil, 200, "Title of driving-licence-renewal"},
		{"bob", "/consents", nil, 200, "Nobody may fetch"},
		{"", "/consents", nil, 401, "identity.sign-in"},
		{"alice", at, nil, 200, "Date of birth"},
		{"alice", at, nil, 200, "Withdraw consent"},
		{"bob", at, nil, 404, "consent.no-grant"},
		{"", at, nil, 401, "identity.sign-in"},
		{"alice", at + "/receipt", nil, 200, g.Receipt},
		{"alice", at + "/receipt.jws", nil, 200, g.Receipt},
		{"bob", at + "/receipt", nil, 404, "consent.no-grant"},
		{"bob", at + "/receipt.jws", nil, 404, "consent.no-grant"},
		{"bob", at + "/withdraw", url.Values{}, 404, "consent.no-grant"},
		{"alice", "/consents/nonsense", nil, 404, "consent.no-grant"},
		{"", "/consents/verify", nil, 200, "paste all"},
		{"", "/consents/verify", url.Values{"receipt": {" " + g.Receipt[:100] + "\r\n" + g.Receipt[100:] + "\n"}}, 200, "This receipt is genuine"},
		{"", "/consents/verify", url.Values{"receipt": {g.Receipt[:len(g.Receipt)-2]}}, 422, "no genuine receipt"},
		{"", "/consents/verify", url.Values{"receipt": {"<script>\xff"}}, 422, "no genuine receipt"},
		{"", "/consents/verify", url.Values{}, 422, "no genuine receipt"},
		{"", "/api/v1/consent-keys", nil, 200, `"crv":"Ed25519"`},
		{"", "/api/v1/consent-purposes", nil, 200, "https://w3id.org/dpv#AgeVerification"},
		{"alice", at + "/withdraw", url.Values{}, 303, at},
		{"alice", at + "/withdraw", url.Values{}, 303, at},
		{"alice", at, nil, 200, "You withdrew this consent"},
		{"alice", "/consents", nil, 200, "Withdrawn"},
		{"alice", at + "/receipt", nil, 200, "Ended on"},
	} {
		status, body := visit(test.person, test.path, test.form)
		if status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s at %s: %d, want %d %s\n%.500s", test.person, test.path, status, test.status, test.want, body)
		}
	}
	if _, err := s.Active(t.Context(), "alice", g.ID); !errors.Is(err, consent.ErrNotActive) {
		t.Errorf("withdrawn on the page: %v", err)
	}
	_, body := visit("", "/api/v1/consent-purposes", nil)
	var list struct{ Purposes []struct{ ID, DPV string } }
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Purposes) != 5 {
		t.Errorf("%s %v", body, err)
	}
}
