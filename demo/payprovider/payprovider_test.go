package payprovider_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/demo/payprovider"
)

// run starts a provider in dir and returns its address; it stops with the test,
// or when stop is called.
func run(t *testing.T, dir string) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		done <- payprovider.Run(ctx, payprovider.Config{
			Addr: "127.0.0.1:0", Dir: dir, Return: "http://localhost:8080", Callback: "http://127.0.0.1:1/",
			Ready: func(a net.Addr) { ready <- a }, Now: time.Now,
		})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case a := <-ready:
		t.Cleanup(stop)
		return "http://" + a.String(), stop
	case err := <-done:
		t.Fatal(err)
		return "", nil
	}
}

const good = `{"reference":"PR-1","amount":{"minor":90000,"currency":"HKD"},"description":{"en":"a","zh-Hant":"a","zh-Hans":"a"},
	"payee":{"en":"b","zh-Hant":"b","zh-Hans":"b"},"return_url":"http://localhost:8080/payments/1/return","lang":"en"}`

// call returns the status and the body's fields.
func call(t *testing.T, method, url, token, key, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	_ = json.Unmarshal(b, &fields) // some answers are no JSON
	return res.StatusCode, fields
}

func TestStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url, stop := run(t, dir)
	secrets, err := payprovider.OpenSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		token, key, body string
		want             int
	}{
		"a good one":          {secrets.API, "o1/1", good, 201},
		"no token":            {"", "o2/1", good, 401},
		"the control token":   {secrets.Control, "o2/1", good, 401},
		"no key":              {secrets.API, "", good, 400},
		"no JSON":             {secrets.API, "o2/1", "x", 400},
		"huge":                {secrets.API, "o2/1", strings.Repeat("[", 1<<20), 400},
		"another site":        {secrets.API, "o2/1", strings.Replace(good, "http://localhost:8080/", "http://evil.example/", 1), 422},
		"a site with a user":  {secrets.API, "o2/1", strings.Replace(good, "http://localhost:8080/", "http://localhost:8080@evil.example/", 1), 422},
		"another port":        {secrets.API, "o2/1", strings.Replace(good, "8080", "80800", 1), 422},
		"a script":            {secrets.API, "o2/1", strings.Replace(good, "http://localhost:8080/", "javascript:alert(1)//", 1), 422},
		"nothing":             {secrets.API, "o2/1", strings.Replace(good, "90000", "0", 1), 422},
		"an unknown language": {secrets.API, "o2/1", strings.Replace(good, `"lang":"en"`, `"lang":"fr"`, 1), 422},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := call(t, http.MethodPost, url+"/v1/sessions", test.token, test.key, test.body); got != test.want {
				t.Errorf("answered %d, want %d", got, test.want)
			}
		})
	}
	code, first := call(t, http.MethodPost, url+"/v1/sessions", secrets.API, "o1/1", good)
	if code != http.StatusOK {
		t.Errorf("the same key: %d", code)
	}
	if code, _ := call(t, http.MethodPost, url+"/v1/sessions", secrets.API, "o1/1", strings.Replace(good, "90000", "1", 1)); code != http.StatusConflict {
		t.Errorf("the same key for another amount: %d", code)
	}
	stop()
	torn(t, dir)
	url, _ = run(t, dir)
	id, _ := first["id"].(string)
	if code, got := call(t, http.MethodGet, url+"/v1/sessions/"+id, secrets.API, "", ""); code != http.StatusOK || got["status"] != "waiting" {
		t.Errorf("after a restart: %d %v", code, got)
	}
	if code, _ := call(t, http.MethodPost, url+"/v1/sessions/"+id+"/refunds", secrets.API, "k", `{"amount":{"minor":90000,"currency":"HKD"}}`); code != http.StatusUnprocessableEntity {
		t.Errorf("refunding what was not taken: %d", code)
	}
}

// torn leaves half a line at the end of the journal, as a crash does.
func torn(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "journal.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"session":{"id":"ps_`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url, _ := run(t, dir)
	secrets, err := payprovider.OpenSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := payprovider.Control{URL: url, Token: secrets.Control}
	if _, err := c.Set(t.Context(), payprovider.Modes{Mode: "gone"}); err == nil {
		t.Error("an unknown mode was taken")
	}
	if _, err := c.Set(t.Context(), payprovider.Modes{FailRefunds: -1}); err == nil {
		t.Error("a number below zero was taken")
	}
	want, err := c.Set(t.Context(), payprovider.Modes{Callbacks: payprovider.CallbacksTwice, FailRefunds: 3})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Modes(t.Context()); err != nil || got != want {
		t.Errorf("Modes = %v, %v; want %v", got, err, want)
	}
	for _, token := range []string{"", secrets.API, secrets.Control + "x"} {
		if code, _ := call(t, http.MethodGet, url+"/control", token, "", ""); code != http.StatusNotFound {
			t.Errorf("control with another token: %d", code)
		}
	}
}
