package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway/modules/catalogue"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view/viewtest"
)

func text(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }

func TestPages(t *testing.T) {
	t.Parallel()
	full := startPage{
		Title: text("Permit"), Summary: text("Park."), Department: text("District"), Action: "/services/p/start",
		Asks: []ask{
			{Department: text("Housing"), Class: text("Address"), Fields: []lang.Text{text("Street")}, Purpose: text("To check"), Typed: true},
			{Department: text("Transport"), Class: text("Vehicle"), Fields: []lang.Text{text("Plate"), text("Length")}, Purpose: text("To check")},
		},
		Needs: []need{{Label: text("Months")}, {Label: text("Photo"), File: true, Maybe: true}},
		Cost:  text("HKD 1"), Automatic: true, Deadlines: []deadline{{text("Housing"), 1, true}, {text("District"), 3, false}},
		Gets: []lang.Text{text("A permit")}, Keep: keep{2, service.Years}, Version: 2,
	}
	bare := startPage{Title: text("Permit"), Summary: text("Park."), Department: text("District"), SignIn: "/sign-in", Free: true, Keep: keep{1, service.Months}}
	days := bare
	days.Free, days.Keep = false, keep{30, service.Days}
	viewtest.Check(t, Source(), map[string]any{
		"catalogue/services": []any{listPage{}, listPage{[]group{{text("District"), []item{{text("Permit"), text("Park."), "/services/p"}}}}}},
		"catalogue/start":    []any{full, bare, days},
	})
}

func TestTexts(t *testing.T) {
	t.Parallel()
	viewtest.CheckTexts(t, Source(), []string{".."})
}

// fake is the catalogue of the services that ship, and what they name.
type fake struct {
	list     []catalogue.Published
	signedIn bool
}

func (f *fake) List(context.Context) ([]catalogue.Published, error) { return f.list, nil }

func (f *fake) Current(_ context.Context, id string) (catalogue.Published, error) {
	for _, p := range f.list {
		if p.Definition.ID == id {
			return p, nil
		}
	}
	return catalogue.Published{}, catalogue.ErrNoService
}

func (f *fake) Department(_ context.Context, id org.ID) (org.Department, error) {
	return org.Department{ID: id, Name: text("Dept " + string(id))}, nil
}

func (f *fake) Class(id string) (catalogue.Class, bool) {
	return catalogue.Class{Registry: "registry-of-" + org.ID(id), Label: text("Class " + id), Fields: []catalogue.Field{{Name: "born_on", Label: text("Date of birth"), Type: "date"}}}, true
}

func (f *fake) Purpose(id string) (lang.Text, bool) { return text("For " + id), true }

func serve(t *testing.T, f *fake) http.Handler {
	t.Helper()
	files, err := filepath.Glob("../../../services/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".cases.yaml") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, err := service.Parse(file, src)
		if err != nil {
			t.Fatal(err)
		}
		f.list = append(f.list, catalogue.Published{Definition: def, Version: 1})
	}
	m := httpx.New(httpx.Options{Now: time.Now, Fail: func(w http.ResponseWriter, _ *http.Request, err error) { w.WriteHeader(httpx.Status(err)) }})
	Mount(m, Deps{f, f, f, f, func(context.Context) bool { return f.signedIn }, viewtest.Set(t, Source())})
	return m
}

func fetch(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestServed(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h := serve(t, f)
	code, body := fetch(t, h, "/services")
	if code != http.StatusOK || strings.Count(body, `href="/services/`) != 3 {
		t.Errorf("%d\n%s", code, body)
	}
	code, body = fetch(t, h, "/services/driving-licence-renewal")
	for _, want := range []string{"/sign-in?next=/services/driving-licence-renewal", "Dept registry-of-immd.identity", "Date of birth", "HKD 900", "3 working days", "Medical examination report"} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d, %s is missing\n%s", code, want, body)
		}
	}
	f.signedIn = true
	if _, body = fetch(t, h, "/services/driving-licence-renewal"); !strings.Contains(body, `action="/services/driving-licence-renewal/start"`) {
		t.Errorf("no form\n%s", body)
	}
	if code, _ := fetch(t, h, "/services/nothing"); code != http.StatusNotFound {
		t.Errorf("%d", code)
	}
}
