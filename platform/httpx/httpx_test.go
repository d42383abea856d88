package httpx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"causeway/platform/fault"
	"causeway/platform/httpx"
)

func mux(t *testing.T) *httpx.Mux {
	t.Helper()
	return httpx.New(httpx.Options{
		Guards: map[httpx.Access]func(http.Handler) http.Handler{
			httpx.Resident: func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
			},
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(httpx.Status(err))
			if f, ok := errors.AsType[*fault.Error](err); ok {
				fmt.Fprint(w, f.Code)
			}
		},
		Now: time.Now, Title: "t", Version: "1", FormAction: []string{"http://pay.localhost:1"},
	})
}

// TestBadBodies: what a client sends wrong is refused without being repeated.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	type in struct {
		Body struct {
			Code string `json:"code" minLength:"12"`
		}
	}
	m := mux(t)
	httpx.Handle(m, httpx.Public, huma.Operation{OperationID: "activate", Method: http.MethodPost, Path: "/activate"}, func(context.Context, *in) (*struct{}, error) { return nil, nil })
	for name, test := range map[string]struct {
		contentType, body string
		status            int
	}{
		"too short":     {"application/json", `{"code":"hunter2"}`, 422},
		"unknown key":   {"application/json", `{"code":"hunter2hunter2","hunter3":1}`, 422},
		"twice":         {"application/json", `{"code":"hunter2hunter2","code":"hunter3hunter3"}`, 400},
		"not UTF-8":     {"application/json", "{\"code\":\"hunter2hunter2\xff\"}", 400},
		"not JSON":      {"application/json", `hunter2`, 400},
		"another type":  {"text/hunter2", `hunter2`, 415},
		"good":          {"application/json", `{"code":"hunter2hunter2"}`, 204},
		"not an object": {"application/json", `["hunter2hunter2"]`, 422},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/activate", strings.NewReader(test.body))
			r.Header.Set("Content-Type", test.contentType)
			m.ServeHTTP(w, r)
			if w.Code != test.status || strings.Contains(w.Body.String(), "hunter") {
				t.Errorf("got %d %s, want %d and no echo", w.Code, w.Body, test.status)
			}
		})
	}
}

func TestFailuresAreMappedAndKeepSecrets(t *testing.T) {
	t.Parallel()
	m := mux(t)
	secret := errors.New("pq: password of host 10.0.0.4")
	errs := map[string]error{
		"gone": fmt.Errorf("x: %w: %w", fault.New(fault.NotFound, "thing.gone"), secret),
		"busy": fault.New(fault.TooMany, "thing.busy"),
		"boom": secret,
	}
	m.Page("GET /p/{id}", httpx.Public, func(_ http.ResponseWriter, r *http.Request) error { return errs[r.PathValue("id")] })
	type in struct {
		ID string `path:"id"`
	}
	httpx.Handle(m, httpx.Public, huma.Operation{OperationID: "j", Method: http.MethodGet, Path: "/j/{id}"}, func(_ context.Context, i *in) (*struct{}, error) { return nil, errs[i.ID] })
	for path, want := range map[string]int{"/p/gone": 404, "/p/busy": 429, "/p/boom": 500, "/j/gone": 404, "/j/busy": 429, "/j/boom": 500, "/nowhere": 404, "/p/%ff": 404, "/p/a%00b": 404} {
		w := httptest.NewRecorder()
		m.Secured(m).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want || strings.Contains(w.Body.String(), "10.0.0.4") {
			t.Errorf("%s: %d %s, want %d and no secret", path, w.Code, w.Body, want)
		}
		for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy"} {
			if w.Header().Get(h) == "" {
				t.Errorf("%s: no %s", path, h)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: CSP %s", path, csp)
		}
	}
}

func TestGuardsAndOrigins(t *testing.T) {
	t.Parallel()
	m := mux(t)
	ok := func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusNoContent); return nil }
	m.Page("GET /mine", httpx.Resident, ok)
	m.Page("POST /act", httpx.Public, ok)
	do := func(method, path string, head ...string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, nil)
		for i := 0; i < len(head); i += 2 {
			r.Header.Set(head[i], head[i+1])
		}
		m.Secured(m).ServeHTTP(w, r)
		return w.Code
	}
	if got := do("GET", "/mine"); got != http.StatusTeapot {
		t.Errorf("GET /mine = %d, want the guard's answer", got)
	}
	if got := do("POST", "/act", "Sec-Fetch-Site", "cross-site"); got != http.StatusForbidden {
		t.Errorf("POST from another site = %d, want 403", got)
	}
	if got := do("POST", "/act", "Sec-Fetch-Site", "same-origin"); got != http.StatusNoContent {
		t.Errorf("POST from our site = %d, want 204", got)
	}
	if got := do("GET", "/act"); got != http.StatusNotFound {
		t.Errorf("GET of a POST route = %d, want 404", got)
	}
	if got := m.Routes(); len(got) < 2 {
		t.Errorf("Routes = %v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a route without a guard was taken")
		}
	}()
	m.Page("GET /work/{department}", httpx.Officer, ok)
}
