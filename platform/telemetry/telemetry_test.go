package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"causeway/platform/telemetry"
)

func scrape(t *testing.T, m *telemetry.Metrics, log *slog.Logger) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(log).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("metrics answer %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := telemetry.New()
	m.Observe(t.Context(), "GET /cases/{case}", 200, 12*time.Millisecond)
	m.Observe(t.Context(), "", 404, time.Millisecond)
	m.Gauge("causeway_jobs", "Jobs.", []string{"state"}, func(context.Context) ([]telemetry.Reading, error) {
		return []telemetry.Reading{{Labels: []string{"waiting"}, Value: 3}}, nil
	})
	m.Gauge("causeway_broken", "Cannot be read.", nil, func(context.Context) ([]telemetry.Reading, error) { return nil, errors.New("down") })
	var logged bytes.Buffer
	text := scrape(t, m, telemetry.NewLogger(&logged, slog.LevelInfo))
	for _, want := range []string{
		`causeway_request_seconds_count{method="GET",route="/cases/{case}",status="200"} 1`,
		`causeway_request_seconds_count{method="",route="none",status="404"} 1`,
		`causeway_jobs{state="waiting"} 3`, "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "causeway_broken") || !strings.Contains(logged.String(), "down") {
		t.Errorf("a gauge that cannot be read: %s", logged.String())
	}
}

// TestLog: a line of a request names its route and its id, nothing of the path.
func TestLog(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	log := telemetry.NewLogger(&logged, slog.LevelInfo)
	observe := telemetry.LogRequests(log.With("a", 1))
	h := telemetry.Requests(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		observe(r.Context(), "GET /licences/{licence}", http.StatusNoContent, 1500*time.Microsecond)
	}))
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/licences/private-42?q=private", nil)
	r.Header.Set(telemetry.RequestHeader, "forged")
	h.ServeHTTP(w, r)
	var line struct {
		Msg, Method, Route, Request string
		Status, US, A               int
	}
	if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
		t.Fatalf("%s: %v", logged.String(), err)
	}
	if line.Msg != "request" || line.Method != "GET" || line.Route != "/licences/{licence}" || line.Status != 204 || line.US != 1500 || line.A != 1 {
		t.Errorf("line %s", logged.String())
	}
	if line.Request == "" || line.Request == "forged" || line.Request != w.Header().Get(telemetry.RequestHeader) {
		t.Errorf("request %q, header %q", line.Request, w.Header().Get(telemetry.RequestHeader))
	}
	if strings.Contains(logged.String(), "private") {
		t.Errorf("the log holds what was asked for: %s", logged.String())
	}
	if telemetry.RequestOf(t.Context()) != "" {
		t.Error("an id outside of a request")
	}
}
