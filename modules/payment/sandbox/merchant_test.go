package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/demo/payprovider"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/payment"
	"causeway/modules/payment/sandbox"
	paymentstore "causeway/modules/payment/store"
	paymentweb "causeway/modules/payment/web"
	"causeway/platform/db"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/trail"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

// merchant is Causeway's payment module, served over HTTP, and its provider.
type merchant struct {
	*process
	service *payment.Service
	url     string
	mu      sync.Mutex // guards told
	told    map[string]int
	late    bool // the case is withdrawn: what is paid goes back
}

func newMerchant(t testing.TB, d *db.DB) *merchant {
	t.Helper()
	m := &merchant{told: map[string]int{}}
	var mux http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	m.url = srv.URL
	m.process = startProvider(t, srv.URL)
	secrets, err := payprovider.OpenSecrets(m.dir)
	if err != nil {
		t.Fatal(err)
	}
	client, err := sandbox.New(sandbox.Config{
		API: "http://" + m.addr, Origin: m.origin(), Key: secrets.API, Webhook: secrets.Webhook, Return: srv.URL,
		Timeout: 500 * time.Millisecond, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	m.service = payment.New(payment.Deps{
		Units: d, Store: paymentstore.New(d), Provider: client, ProviderName: sandbox.Name, Departments: departments{},
		Settled: m, Trail: m, Now: time.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
		Patience: time.Millisecond,
	})
	views := viewtest.Set(t, paymentweb.Source())
	table := httpx.New(httpx.Options{
		Guards: map[httpx.Access]func(http.Handler) http.Handler{httpx.Resident: signedIn},
		Fail: func(w http.ResponseWriter, r *http.Request, err error) {
			http.Error(w, err.Error(), httpx.Status(err))
		},
		Now: time.Now, Title: "t", Version: "1",
	})
	paymentweb.Mount(table, paymentweb.Deps{
		Payments: m.service, Departments: departments{}, Views: views,
		Callbacks: map[string]paymentweb.Callbacks{sandbox.Name: client},
	})
	mux = table.Secured(view.Preferences(table))
	return m
}

// signedIn takes the person from a header.
func signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := identity.Caller{Person: identity.PersonID(r.Header.Get("Test-Person")), Role: trail.Self, Channel: trail.Online}
		next.ServeHTTP(w, r.WithContext(identity.WithCaller(r.Context(), c)))
	})
}

func (m *merchant) count(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told[what]++
}

func (m *merchant) counted(what string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.told[what]
}

func (m *merchant) Paid(ctx context.Context, o payment.Order) error {
	m.count("paid " + o.ID)
	if m.late {
		return m.service.Refund(ctx, o.ID, o.Key, "withdrawn")
	}
	return nil
}
func (m *merchant) NotPaid(context.Context, payment.Order) error { return nil }
func (m *merchant) Refunded(_ context.Context, o payment.Order) error {
	m.count("refunded " + o.ID)
	return nil
}
func (m *merchant) Record(context.Context, trail.Entry) error { return nil }

type departments struct{}

func (departments) Name(context.Context, org.ID) (lang.Text, error) {
	return lang.Text{En: "Transport Department", Hant: "運輸署", Hans: "运输署"}, nil
}
func (departments) Subject(context.Context, org.ID, identity.PersonID) string { return "s" }

func (m *merchant) open(t testing.TB) payment.Order {
	t.Helper()
	o, err := m.service.Open(t.Context(), payment.Request{
		Person: "p1", Payee: "transport-department", Reference: "case", Key: uuid.NewString(), Return: "/cases/1",
		Description: lang.Text{En: "Licence", Hant: "執照", Hans: "执照"}, Amount: money.Amount{Minor: 90000, Currency: "HKD"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// visit asks our own pages, as person.
func (m *merchant) visit(t testing.TB, method, path, person string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, m.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Test-Person", person)
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// pay presses our button and returns the provider's page.
func (m *merchant) pay(t testing.TB, o payment.Order) string {
	t.Helper()
	res, body := m.visit(t, http.MethodPost, "/payments/"+o.ID, "p1")
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, m.origin()+"/pay/") {
		t.Fatalf("pay: %d to %q: %s", res.StatusCode, to, body)
	}
	return to
}

// back follows the provider's way back and returns where that leads.
func (m *merchant) back(t testing.TB, o payment.Order, to string) string {
	t.Helper()
	if to != m.url+"/payments/"+o.ID+"/return" {
		t.Fatalf("the provider leads to %s", to)
	}
	res, _ := m.visit(t, http.MethodGet, strings.TrimPrefix(to, m.url), "p1")
	return res.Header.Get("Location")
}

func (m *merchant) state(t testing.TB, o payment.Order) payment.State {
	t.Helper()
	got, err := m.service.Find(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got.State
}

// wait waits until o is in state, sweeping meanwhile if sweep.
func (m *merchant) wait(t testing.TB, o payment.Order, want payment.State, sweep bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); m.state(t, o) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("order is %s, want %s", m.state(t, o), want)
		}
		if sweep {
			if err := m.service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// balanced checks the ledger, and that the provider is left with minor cents.
func (m *merchant) balanced(t testing.TB, minor int64) {
	t.Helper()
	accounts, err := m.service.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got int64
	for _, a := range accounts {
		if a.Account == "clearing/sandbox" {
			got = a.Amount.Minor
		}
	}
	if got != minor {
		t.Errorf("the provider holds %d, want %d: %v", got, minor, accounts)
	}
}
