package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway/demo/payprovider"
	"causeway/modules/payment"
	paymentstore "causeway/modules/payment/store"
	"causeway/platform/db"
	"causeway/platform/testkit"
	"causeway/platform/webhook"
)

func each(t *testing.T, f func(t *testing.T, m *merchant)) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, newMerchant(t, d)) }, testkit.M{Module: "payment", Files: paymentstore.Migrations})
}

// TestModes pays, declines and leaves over HTTP while callbacks come in every way.
func TestModes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		var kept int64
		for _, test := range []struct {
			callbacks, choice string
			want              payment.State
		}{
			{payprovider.CallbacksNormal, "succeed", payment.Paid},
			{payprovider.CallbacksNormal, "decline", payment.Failed},
			{payprovider.CallbacksNormal, "abandon", payment.Abandoned},
			{payprovider.CallbacksTwice, "succeed", payment.Paid},
			{payprovider.CallbacksTwice, "decline", payment.Failed},
			{payprovider.CallbacksOutOfOrder, "succeed", payment.Paid},
			{payprovider.CallbacksOutOfOrder, "decline", payment.Failed},
			{payprovider.CallbacksLate, "succeed", payment.Paid},
			{payprovider.CallbacksNever, "succeed", payment.Paid},
			{payprovider.CallbacksNever, "abandon", payment.Abandoned},
		} {
			t.Run(test.callbacks+" "+test.choice, func(t *testing.T) {
				m.set(t, payprovider.Modes{Callbacks: test.callbacks, LateMS: 50})
				o := m.open(t)
				to := m.press(t, m.pay(t, o), test.choice)
				next := m.back(t, o, to)
				if got := m.state(t, o); got != test.want {
					t.Fatalf("after coming back the order is %s, want %s", got, test.want)
				}
				want := "/payments/" + o.ID
				if test.want == payment.Paid {
					want = "/cases/1"
					kept += o.Amount.Minor
				}
				if next != want {
					t.Errorf("it leads to %s, want %s", next, want)
				}
				time.Sleep(100 * time.Millisecond) // what comes late or again changes nothing
				if got := m.state(t, o); got != test.want {
					t.Errorf("later the order is %s, want %s", got, test.want)
				}
				if got := m.counted("paid " + o.ID); (got == 1) != (test.want == payment.Paid) {
					t.Errorf("told paid %d times", got)
				}
			})
		}
		m.balanced(t, kept)
	})
}

// TestNobodyComesBack: the window is closed, and no callback comes: the sweep asks.
func TestNobodyComesBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		m.set(t, payprovider.Modes{Callbacks: payprovider.CallbacksNever})
		o := m.open(t)
		m.press(t, m.pay(t, o), "succeed")
		m.wait(t, o, payment.Paid, true)
		m.balanced(t, o.Amount.Minor)
	})
}

// TestDown: a provider that does not answer takes nothing, and the page says so.
func TestDown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		for _, mode := range []string{payprovider.ModeDown, payprovider.ModeSlow} {
			o := m.open(t)
			m.set(t, payprovider.Modes{Mode: mode})
			res, body := m.visit(t, http.MethodPost, "/payments/"+o.ID, "p1")
			if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "Nothing was taken") || m.state(t, o) != payment.Open {
				t.Errorf("%s: %d, order %s: %s", mode, res.StatusCode, m.state(t, o), body)
			}
			m.set(t, payprovider.Modes{})
			m.back(t, o, m.press(t, m.pay(t, o), "succeed"))
			if got := m.state(t, o); got != payment.Paid {
				t.Errorf("%s, once mended: order is %s", mode, got)
			}
		}
	})
}

// TestRefunds: a refund that fails is asked for again until it is confirmed.
func TestRefunds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		o := m.open(t)
		m.back(t, o, m.press(t, m.pay(t, o), "succeed"))
		m.balanced(t, o.Amount.Minor)
		m.set(t, payprovider.Modes{FailRefunds: 2})
		for range 2 {
			if err := m.service.Refund(t.Context(), o.ID, "case", "refused"); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := m.state(t, o); got != payment.Refunding {
			t.Fatalf("order is %s, want refunding", got)
		}
		m.balanced(t, o.Amount.Minor)
		m.wait(t, o, payment.Refunded, true)
		m.balanced(t, 0)
		if n := m.counted("refunded " + o.ID); n != 1 {
			t.Errorf("told refunded %d times", n)
		}
	})
}

// TestWithdrawn: what is paid for a case that is gone goes back by itself.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		o := m.open(t)
		page := m.pay(t, o)
		m.late = true
		if err := m.service.Close(t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
		m.press(t, page, "succeed")
		m.wait(t, o, payment.Refunded, true)
		m.balanced(t, 0)
	})
}

// TestKilled: the provider is killed at once after the button, and comes back:
// it still knows, and its callback still comes.
func TestKilled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		for _, callbacks := range []string{payprovider.CallbacksLate, payprovider.CallbacksNever} {
			m.set(t, payprovider.Modes{Callbacks: callbacks, LateMS: 60_000})
			o := m.open(t)
			m.press(t, m.pay(t, o), "succeed")
			m.kill()
			if next := m.back(t, o, m.url+"/payments/"+o.ID+"/return"); next != "/payments/"+o.ID || m.state(t, o) != payment.Pending {
				t.Errorf("while it is down: %s to %s", m.state(t, o), next)
			}
			m.start(t)
			m.wait(t, o, payment.Paid, callbacks == payprovider.CallbacksNever)
		}
		m.balanced(t, 2*90000)
	})
}

// TestParent: the provider ends with its parent.
func TestParent(t *testing.T) {
	t.Parallel()
	p := startProvider(t, "http://localhost:1")
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it runs on")
	}
}

// TestHostile sends callbacks that are none.
func TestHostile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		secrets, err := payprovider.OpenSecrets(m.dir)
		if err != nil {
			t.Fatal(err)
		}
		o := m.open(t)
		page := m.pay(t, o)
		session := page[strings.LastIndex(page, "/")+1:]
		body := func(id, session, key, status, minor string) string {
			return `{"id":"` + id + `","data":{"session":"` + session + `","key":"` + key + `","status":"` + status + `","amount":{"minor":` + minor + `,"currency":"HKD"}}}`
		}
		good := body("evt_1", session, o.ID+"/1", "succeeded", "90000")
		now := time.Now()
		for name, test := range map[string]struct {
			body   string
			key    []byte
			at     time.Time
			path   string
			status int
		}{
			"no signature":         {body: good, status: 422},
			"another key":          {body: good, key: bytes.Repeat([]byte{1}, 32), at: now, status: 422},
			"an hour old":          {body: good, key: secrets.Webhook, at: now.Add(-time.Hour), status: 422},
			"another provider":     {body: good, key: secrets.Webhook, at: now, path: "other", status: 404},
			"another event's body": {body: body("evt_2", session, o.ID+"/1", "succeeded", "90000"), key: secrets.Webhook, at: now, status: 422},
			"an unknown order":     {body: body("evt_1", session, "x/1", "succeeded", "90000"), key: secrets.Webhook, at: now, status: 404},
			"an unknown attempt":   {body: body("evt_1", session, o.ID+"/9", "succeeded", "90000"), key: secrets.Webhook, at: now, status: 422},
			"another session":      {body: body("evt_1", "ps_x", o.ID+"/1", "succeeded", "90000"), key: secrets.Webhook, at: now, status: 409},
			"a cent less":          {body: body("evt_1", session, o.ID+"/1", "succeeded", "89999"), key: secrets.Webhook, at: now, status: 409},
			"an unknown status":    {body: body("evt_1", session, o.ID+"/1", "paid", "90000"), key: secrets.Webhook, at: now, status: 422},
			"half a cent":          {body: body("evt_1", session, o.ID+"/1", "succeeded", "90000.5"), key: secrets.Webhook, at: now, status: 422},
			"nothing in an order":  {body: body("evt_1", session, `\u0000/1`, "succeeded", "90000"), key: secrets.Webhook, at: now, status: 404},
			"nothing in a session": {body: body("evt_1", `\u0000`, o.ID+"/2", "succeeded", "90000"), key: secrets.Webhook, at: now, status: 422},
			"not UTF-8":            {body: strings.Replace(good, "succeeded", "succ\xff", 1), key: secrets.Webhook, at: now, status: 422},
			"a key twice":          {body: strings.Replace(good, `"id"`, `"id":"evt_1","id"`, 1), key: secrets.Webhook, at: now, status: 422},
			"nothing":              {body: "", key: secrets.Webhook, at: now, status: 422},
			"no JSON":              {body: strings.Repeat("[", 9000), key: secrets.Webhook, at: now, status: 422},
			"huge":                 {body: good + strings.Repeat(" ", 1<<20), key: secrets.Webhook, at: now, status: 413},
		} {
			t.Run(name, func(t *testing.T) {
				path := test.path
				if path == "" {
					path = "sandbox"
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.url+"/payments/callback/"+path, strings.NewReader(test.body))
				if err != nil {
					t.Fatal(err)
				}
				if test.key != nil {
					webhook.Sign(req.Header, test.key, "evt_1", test.at, []byte(test.body))
				}
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				b, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.StatusCode != test.status || bytes.Contains(b, []byte(session)) {
					t.Errorf("answered %d %s, want %d", res.StatusCode, b, test.status)
				}
				if got := m.state(t, o); got != payment.Pending {
					t.Errorf("order is %s, want pending", got)
				}
			})
		}
		m.balanced(t, 0)
	})
}

// TestPages: what our pages and the provider's say.
func TestPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, m *merchant) {
		o := m.open(t)
		for _, path := range []string{"/payments/%ff%00", "/payments/x", "/payments/%ff/return", "/payments/%00/receipt"} {
			if res, _ := m.visit(t, http.MethodGet, path, "p1"); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
		if res, _ := m.visit(t, http.MethodGet, "/payments?before=%ff%00", "p1"); res.StatusCode != http.StatusOK {
			t.Errorf("a page before nothing: %d", res.StatusCode)
		}
		for _, path := range []string{"", "/return", "/receipt"} {
			if res, _ := m.visit(t, http.MethodGet, "/payments/"+o.ID+path, "p2"); res.StatusCode != http.StatusNotFound {
				t.Errorf("another person's %s: %d", path, res.StatusCode)
			}
		}
		if res, _ := m.visit(t, http.MethodPost, "/payments/"+o.ID, "p2"); res.StatusCode != http.StatusNotFound {
			t.Errorf("another person pays: %d", res.StatusCode)
		}
		if res, _ := m.visit(t, http.MethodGet, "/payments/"+o.ID+"/receipt", "p1"); res.StatusCode != http.StatusNotFound {
			t.Errorf("receipt before paying: %d", res.StatusCode)
		}
		page := m.pay(t, o)
		if again := m.pay(t, o); again != page {
			t.Errorf("paying in two windows leads to %s and %s", page, again)
		}
		for _, want := range []string{"繳付", "运输署", "Transport Department"} {
			tag := map[string]string{"繳付": "zh-Hant", "运输署": "zh-Hans", "Transport Department": "en"}[want]
			if _, body := m.visit(t, http.MethodGet, "/payments/"+o.ID+"?lang="+tag, "p1"); !strings.Contains(body, want) {
				t.Errorf("our page in %s lacks %s", tag, want)
			}
		}
		for tag, want := range map[string]string{"zh-Hant": "不付款，返回", "zh-Hans": "模拟银行拒绝付款", "en": "Leave without paying"} {
			res := m.browse(t, http.MethodGet, page+"?lang="+tag, "")
			b, _ := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusOK || !bytes.Contains(b, []byte(want)) || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("the provider's page in %s: %d lacks %s", tag, res.StatusCode, want)
			}
		}
		if res := m.browse(t, http.MethodPost, page, "choice=\xff"); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("an unknown choice: %d", res.StatusCode)
		}
		if res := m.browse(t, http.MethodGet, m.origin()+"/pay/ps_x", ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("an unknown session: %d", res.StatusCode)
		}
		m.back(t, o, m.press(t, page, "succeed"))
		if to := m.press(t, page, "decline"); to != m.url+"/payments/"+o.ID+"/return" || m.state(t, o) != payment.Paid {
			t.Errorf("a second choice leads to %s, order %s", to, m.state(t, o))
		}
		for path, want := range map[string]string{"/payments": "Paid", "/payments/" + o.ID: "Payment received", "/payments/" + o.ID + "/receipt": o.Receipt()} {
			if res, body := m.visit(t, http.MethodGet, path, "p1"); res.StatusCode != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d lacks %s", path, res.StatusCode, want)
			}
		}
	})
}
