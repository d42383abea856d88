package app

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write openapi.yaml anew")

// TestOpenAPI holds the document that the program serves to the one that is
// published: a change of the API shows as a change of that file.
func TestOpenAPI(t *testing.T) {
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
	rec := httptest.NewRecorder()
	w.handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/openapi.yaml", nil))
	got := rec.Body.String()
	golden := filepath.Join("..", "openapi.yaml")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Code != http.StatusOK || got != string(want) {
		t.Errorf("%d: the API is not as openapi.yaml says; if that is meant, run: go test ./app -run TestOpenAPI -update", rec.Code)
	}
	for path, item := range w.mux.API().OpenAPI().Paths {
		if !strings.HasPrefix(path, "/api/v1/") {
			t.Errorf("%s is not under /api/v1/", path)
		}
		op := item.Get
		if op == nil {
			op = item.Post
		}
		if op == nil || op.Summary == "" || len(op.Tags) == 0 {
			t.Errorf("%s: an operation without a summary or a tag", path)
		}
	}
}
