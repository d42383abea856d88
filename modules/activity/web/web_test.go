package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"causeway/modules/activity"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/trail"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func TestPages(t *testing.T) {
	department := lang.Text{En: "Transport Department", Hant: "運輸署", Hans: "运输署"}
	at := time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)
	done := line{Href: "/activity/1", At: at, Sentence: "Somebody looked", Who: "You", Why: "to decide", Grant: "/consents/g", Case: "/cases/c", Readable: true, Sequenced: true, Position: 7}
	pending := line{Href: "/activity/2", At: at, Sentence: "Something else", Who: "Causeway"}
	proven := entryPage{
		Line: done, Back: "/activity", Proof: "/activity/1/proof", Matches: true, Salt: "ab", Statement: `{"v":1}`, Body: "{}", Leaf: "cd",
		Size: 9, LeafHash: "x=", Root: "y=", Checkpoint: "log.example\n9\ny=\n\n— log.example z=\n", Key: "log.example+1+z", Path: []string{"a=", "b="}, Site: "http://localhost",
	}
	wrong := proven
	wrong.Matches = false
	viewtest.Check(t, Source(), map[string]any{
		"activity/list": []any{
			listPage{}, listPage{Lines: []line{done, pending}, Next: "/activity?before=x"}, listPage{First: "/activity"},
			listPage{Department: &department, Lines: []line{pending}, First: "/x"},
		},
		"activity/entry": []any{proven, wrong, entryPage{Line: pending, Back: "/activity", Matches: true, Salt: "ab", Statement: "{}", Leaf: "cd"}},
	})
	viewtest.CheckTexts(t, Source(), []string{".."}, "activity.unknown")
}

// fake is activity with one entry.
type fake struct{ entry activity.Entry }

func (f fake) List(_ context.Context, by identity.Caller, _ string) (activity.Page, error) {
	if by.Person != "ada" {
		return activity.Page{}, nil
	}
	return activity.Page{Entries: []activity.Entry{f.entry}, Next: "e1"}, nil
}

func (f fake) Entry(_ context.Context, by identity.Caller, id string) (activity.Evidence, error) {
	if by.Person != "ada" || id != f.entry.ID {
		return activity.Evidence{}, activity.ErrNoEntry
	}
	return activity.Evidence{Entry: f.entry, Matches: true, Statement: `{"what":"<x>"}`, Proof: activity.Proof{Index: 4, Size: 5}}, nil
}

func (f fake) Department(_ context.Context, by org.Officer, _ string) (activity.Page, error) {
	if !by.Has(org.DepartmentAdmin) {
		return activity.Page{}, activity.ErrNotAdmin
	}
	return activity.Page{Entries: []activity.Entry{f.entry}}, nil
}

func (f fake) DepartmentEntry(_ context.Context, _ org.Officer, id string) (activity.Evidence, error) {
	return f.Entry(context.Background(), identity.Caller{Person: "ada"}, id)
}

type names struct{}

func (names) Name(_ context.Context, kind, id string, _ map[string]string) (lang.Text, bool) {
	if kind == "department" && id == "td" {
		return lang.Text{En: "Transport Department", Hant: "運輸署", Hans: "运输署"}, true
	}
	if kind == "role" && id == "licence-officer" {
		return lang.Text{En: "Licence officer", Hant: "牌照人員", Hans: "牌照工作人员"}, true
	}
	if kind == "purpose" && id == "decide-application" {
		return lang.Text{En: "To decide", Hant: "作決定", Hans: "作决定"}, true
	}
	return lang.Text{}, false
}

type noLog struct{}

func (noLog) ServeCheckpoint(w http.ResponseWriter, _ *http.Request)  { w.WriteHeader(http.StatusOK) }
func (noLog) ServeKey(w http.ResponseWriter, _ *http.Request)         { w.WriteHeader(http.StatusOK) }
func (noLog) ServeTile(w http.ResponseWriter, _ *http.Request)        { w.WriteHeader(http.StatusOK) }
func (noLog) ServeInclusion(w http.ResponseWriter, _ *http.Request)   { w.WriteHeader(http.StatusOK) }
func (noLog) ServeConsistency(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func TestHandlers(t *testing.T) {
	e := activity.Entry{
		ID: "e1", At: time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC), Readable: true, Sequenced: true, Position: 4,
		Act: trail.Entry{
			Person: "ada", Org: "td", Actor: "o", Role: "licence-officer", Channel: trail.Online, What: "example.looked",
			Why: "decide-application", Grant: "g", Case: "c", Detail: map[string]string{"thing": "<b>licence</b>", "department": "td"},
		},
	}
	other := view.Source{Module: "example", Texts: []byte(`activity.example.looked: {en: "{department} looked at {thing}", zh-Hant: "{department}查閱{thing}", zh-Hans: "{department}查阅{thing}"}`)}
	set := viewtest.Set(t, Source(), other)
	serve := func(e activity.Entry, path, person string, roles ...string) (int, string) {
		ctx := identity.WithCaller(t.Context(), identity.Caller{Person: identity.PersonID(person)})
		ctx = org.WithOfficer(ctx, org.Officer{Person: "p", Department: "td", Roles: roles})
		pass := func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r.WithContext(ctx)) })
		}
		m := httpx.New(httpx.Options{
			Guards: map[httpx.Access]func(http.Handler) http.Handler{httpx.Resident: pass, httpx.Officer: pass},
			Fail:   func(w http.ResponseWriter, _ *http.Request, err error) { w.WriteHeader(httpx.Status(err)) },
			Now:    time.Now, Title: "t", Version: "1",
		})
		Mount(m, Deps{Activity: fake{e}, Names: names{}, Log: noLog{}, Views: set})
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		b, err := io.ReadAll(w.Result().Body)
		if err != nil {
			t.Fatal(err)
		}
		return w.Code, string(b)
	}
	says := func(t *testing.T, code int, body string, parts ...string) {
		t.Helper()
		if code != http.StatusOK {
			t.Fatalf("status %d", code)
		}
		for _, p := range parts {
			if !strings.Contains(body, p) {
				t.Errorf("does not say %q", p)
			}
		}
	}
	code, body := serve(e, "/activity", "ada")
	says(t, code, body, "Transport Department looked at &lt;b&gt;licence&lt;/b&gt;", "Licence officer, Transport Department", "Reason: To decide", "/consents/g", "/cases/c", "/activity/e1", "/activity?before=e1")
	code, body = serve(e, "/activity", "bob")
	says(t, code, body, "Nothing has been done with your data yet")
	code, body = serve(e, "/activity/e1", "ada")
	says(t, code, body, "position 4 of the 5 leaves", "causeway log verify --url http://example.com")
	for _, path := range []string{"/activity/e2", "/activity/e2/proof"} {
		if code, _ = serve(e, path, "ada"); code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, code)
		}
	}
	if code, _ = serve(e, "/activity/e1", "bob"); code != http.StatusNotFound {
		t.Errorf("another person's entry: %d, want 404", code)
	}
	code, body = serve(e, "/activity/e1/proof", "ada")
	var proof map[string]any
	if err := json.Unmarshal([]byte(body), &proof); err != nil || code != http.StatusOK || proof["statement"] != `{"what":"<x>"}` {
		t.Errorf("proof: %d %s %v", code, body, err)
	}
	code, body = serve(e, "/work/td/activity", "", org.DepartmentAdmin)
	says(t, code, body, "Acts of the department", "/work/td/activity/e1")
	if code, _ = serve(e, "/work/td/activity", "", "counter-clerk"); code != http.StatusForbidden {
		t.Errorf("a clerk's page: %d, want 403", code)
	}

	strange := e
	strange.Act.What, strange.Act.Role = "nobody.knows", "a-new-role"
	code, body = serve(strange, "/activity", "ada")
	says(t, code, body, "Something was done: nobody.knows", "Officer, Transport Department")
	gone := e
	gone.Readable, gone.Act.Why, gone.Act.Detail = false, "", nil
	code, body = serve(gone, "/activity", "ada")
	says(t, code, body, "can no longer be read")
	for role, want := range map[string]string{trail.System: "Causeway, automatically", trail.Client: "The software of: Transport Department", trail.Self: "Another person"} {
		x := e
		x.Act.Role = role
		code, body = serve(x, "/activity", "ada")
		says(t, code, body, want)
	}
}
