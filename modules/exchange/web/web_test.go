package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
	"causeway/platform/httpx"
	"causeway/platform/view/viewtest"
)

// fake answers as the use cases do.
type fake struct {
	reports map[string]exchange.Report // by id
	told    []string
	asked   exchange.Ask
	answer  exchange.Answer
	err     error
}

var class = exchange.Class{
	ID: "housing.address", Registry: "housing-department", Label: label, Sensitivity: exchange.Personal, FreshFor: time.Hour,
	Fields: []exchange.Field{{Name: "street", Label: label, Type: exchange.Text}}, Schema: []byte(`{"type":"object"}`),
}

func (f *fake) Class(id string) (exchange.Class, bool) { return class, id == class.ID }
func (f *fake) Classes() []exchange.Class              { return []exchange.Class{class} }

func (f *fake) Fact(_ context.Context, _ identity.Caller, c, field, caseID string) (exchange.Fact, error) {
	if c != class.ID || field != "street" || caseID == "another's" {
		return exchange.Fact{}, exchange.ErrNoFact
	}
	return exchange.Fact{Class: class, Field: class.Fields[0], Shown: map[string]string{"mine": "Kapok Street"}[caseID]}, nil
}

func (f *fake) Report(ctx context.Context, by identity.Caller, w exchange.WrongFact) (string, error) {
	if _, err := f.Fact(ctx, by, w.Class, w.Field, w.Case); err != nil {
		return "", err
	}
	if strings.TrimSpace(w.Said) == "" {
		return "", exchange.ErrReportText
	}
	f.reports["new"] = exchange.Report{Person: by.Person, ID: "new", Class: w.Class, Field: w.Field, Said: w.Said, Department: class.Registry, State: exchange.Reported}
	return "new", nil
}

func (f *fake) Reports(_ context.Context, by identity.Caller) ([]exchange.Report, error) {
	var all []exchange.Report
	for _, r := range f.reports {
		if r.Person == by.Person {
			all = append(all, r)
		}
	}
	return all, nil
}

func (f *fake) ReportOf(_ context.Context, by identity.Caller, id string) (exchange.Report, error) {
	if r, ok := f.reports[id]; ok && r.Person == by.Person {
		return r, nil
	}
	return exchange.Report{}, exchange.ErrNoReport
}

func (f *fake) steward(by org.Officer, id string) error {
	if !by.Has(exchange.Steward) {
		return exchange.ErrNotSteward
	}
	if r, ok := f.reports[id]; id != "" && (!ok || r.Department != by.Department) {
		return exchange.ErrNoReport
	}
	return nil
}

func (f *fake) Inbox(_ context.Context, by org.Officer, _ bool) ([]exchange.Report, error) {
	return nil, f.steward(by, "")
}

func (f *fake) ReadReport(_ context.Context, by org.Officer, id string) (exchange.Report, error) {
	return f.reports[id], f.steward(by, id)
}

func (f *fake) AnswerReport(_ context.Context, by org.Officer, id string, state exchange.ReportState, text string) error {
	if err := f.steward(by, id); err != nil {
		return err
	}
	if text == "" {
		return exchange.ErrReportText
	}
	f.told = append(f.told, string(state)+": "+text)
	return nil
}

func (f *fake) CloseReport(_ context.Context, by org.Officer, id string) error {
	return f.steward(by, id)
}

func (f *fake) SourcesOf(_ context.Context, by org.Officer) ([]exchange.SourceStatus, error) {
	return nil, f.steward(by, "")
}

func (f *fake) Ask(_ context.Context, _ org.Client, a exchange.Ask) (exchange.Answer, error) {
	f.asked = a
	return f.answer, f.err
}

func (f *fake) Department(_ context.Context, id org.ID) (org.Department, error) {
	return org.Department{ID: id, Name: label}, nil
}

// server mounts the routes over f, for whoever the header X-Test names.
func server(t *testing.T, f *fake) *httpx.Mux {
	t.Helper()
	as := func(access httpx.Access) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				who := r.Header.Get("X-Test")
				ctx := identity.WithCaller(r.Context(), identity.Caller{Person: identity.PersonID(who)})
				switch access {
				case httpx.Officer:
					ctx = org.WithOfficer(ctx, org.Officer{Person: identity.PersonID(who), Department: org.ID(r.PathValue("department")), Roles: []string{who}})
				case httpx.System:
					ctx = org.WithClient(ctx, org.Client{ID: "c", Department: "transport-department"})
				case httpx.Resident, httpx.Public, httpx.Demo:
				}
				next.ServeHTTP(w, r.WithContext(ctx))
			})
		}
	}
	m := httpx.New(httpx.Options{
		Guards: map[httpx.Access]func(http.Handler) http.Handler{
			httpx.Resident: as(httpx.Resident), httpx.Officer: as(httpx.Officer), httpx.System: as(httpx.System),
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			code := ""
			if e, ok := errors.AsType[*fault.Error](err); ok {
				code = e.Code
			}
			http.Error(w, code, httpx.Status(err))
		},
		Now: time.Now, Title: "t", Version: "1",
	})
	Mount(m, Deps{Exchange: f, Departments: f, Views: viewtest.Set(t, Source()), Now: time.Now})
	return m
}

func TestRoutes(t *testing.T) {
	f := &fake{reports: map[string]exchange.Report{
		"r1": {Person: "ada", ID: "r1", Class: class.ID, Field: "street", Department: "housing-department", State: exchange.Reported, Said: "wrong <i>", Created: at},
	}}
	m := server(t, f)
	for _, test := range []struct {
		name, who, method, path string
		form                    url.Values
		status                  int
		holds                   string // in the body, or the address redirected to
	}{
		{"form", "ada", "GET", "/report/housing.address/street", nil, 200, "Home address"},
		{"form of a case shows what it showed", "ada", "GET", "/report/housing.address/street?case=mine", nil, 200, "Kapok Street"},
		{"form of another's case", "ada", "GET", "/report/housing.address/street?case=another's", nil, 404, "exchange.no-fact"},
		{"form of no such field", "ada", "GET", "/report/housing.address/x", nil, 404, "exchange.no-fact"},
		{"nothing said", "ada", "POST", "/report/housing.address/street", url.Values{"said": {"  "}, "case": {"mine"}}, 422, "Kapok Street"},
		{"said", "ada", "POST", "/report/housing.address/street", url.Values{"said": {"no"}, "case": {"mine"}}, 303, "/reports/new?sent=1"},
		{"sent", "ada", "GET", "/reports/new?sent=1", nil, 200, "Your report has gone to"},
		{"mine", "ada", "GET", "/reports", nil, 200, "/reports/r1"},
		{"nobody else's", "eve", "GET", "/reports", nil, 200, "You have not reported"},
		{"one", "ada", "GET", "/reports/r1", nil, 200, "wrong &lt;i&gt;"},
		{"another's", "eve", "GET", "/reports/r1", nil, 404, "exchange.no-report"},
		{"inbox", "data-steward", "GET", "/work/housing-department/reports", nil, 200, "No report waits"},
		{"inbox in another role", "clerk", "GET", "/work/housing-department/reports", nil, 403, "exchange.not-steward"},
		{"read", "data-steward", "GET", "/work/housing-department/reports/r1", nil, 200, "wrong &lt;i&gt;"},
		{"read from elsewhere", "data-steward", "GET", "/work/transport-department/reports/r1", nil, 404, "exchange.no-report"},
		{"answer without a choice", "data-steward", "POST", "/work/housing-department/reports/r1/answer", url.Values{"text": {"typed <b>"}}, 422, "typed &lt;b&gt;"},
		{"answer without words", "data-steward", "POST", "/work/housing-department/reports/r1/answer", url.Values{"outcome": {"kept"}}, 422, "Write an answer"},
		{"answer with a state of its own making", "data-steward", "POST", "/work/housing-department/reports/r1/answer", url.Values{"outcome": {"closed"}, "text": {"x"}}, 422, "Choose what"},
		{"answer", "data-steward", "POST", "/work/housing-department/reports/r1/answer", url.Values{"outcome": {"kept"}, "text": {"It is right."}}, 303, "/work/housing-department/reports"},
		{"answer from elsewhere", "data-steward", "POST", "/work/transport-department/reports/r1/answer", url.Values{"outcome": {"kept"}, "text": {"x"}}, 404, "exchange.no-report"},
		{"close", "data-steward", "POST", "/work/housing-department/reports/r1/close", url.Values{}, 303, "/work/housing-department/reports"},
		{"sources", "data-steward", "GET", "/work/housing-department/sources", nil, 200, "no data source"},
		{"sources in another role", "clerk", "GET", "/work/housing-department/sources", nil, 403, "exchange.not-steward"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Test", test.who)
			w := httptest.NewRecorder()
			m.ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String()+w.Header().Get("Location"), test.holds) {
				t.Errorf("%d %s\n%s\nwant %d with %q", w.Code, w.Header().Get("Location"), w.Body, test.status, test.holds)
			}
		})
	}
	if len(f.told) != 1 || f.told[0] != "kept: It is right." {
		t.Errorf("told %q", f.told)
	}
}

func TestGateway(t *testing.T) {
	f := &fake{}
	m := server(t, f)
	post := func(body string) (int, map[string]any) {
		r := httptest.NewRequest("POST", "/api/v1/exchange/fetch", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		var v map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		return w.Code, v
	}
	const good = `{"grant":"g","subject":"s","class":"housing.address","fields":["street"],"case":"c"}`
	f.answer = exchange.Answer{Outcome: exchange.Found, Records: []map[string]any{{"street": "Kapok"}}, Source: "housing-department", At: at}
	code, v := post(good)
	records, _ := v["records"].([]any)
	if code != 200 || v["outcome"] != "found" || len(records) != 1 || v["retry"] != nil {
		t.Errorf("found: %d %v", code, v)
	}
	if f.asked.Grant != "g" || f.asked.Subject != "s" || f.asked.Class != "housing.address" || len(f.asked.Fields) != 1 || f.asked.Case != "c" {
		t.Errorf("asked %+v", f.asked)
	}
	f.answer = exchange.Answer{Outcome: exchange.Late, At: at, Retry: at.Add(time.Minute), Reason: "timeout"}
	code, v = post(good)
	if records, ok := v["records"].([]any); code != 200 || v["outcome"] != "late" || !ok || len(records) != 0 || v["retry"] == nil || v["reason"] != "timeout" {
		t.Errorf("late: %d %v", code, v)
	}
	for _, test := range []struct {
		name, body string
		err        error
		want       int
	}{
		{"not granted", good, exchange.ErrNotGranted, 403},
		{"unknown subject", good, exchange.ErrSubject, 404},
		{"unknown class", good, exchange.ErrClass, 422},
		{"our own failure", good, errors.New("secret words"), 500},
		{"no fields", `{"grant":"g","subject":"s","class":"c","fields":[]}`, nil, 422},
		{"a property too many", `{"grant":"g","subject":"s","class":"c","fields":["a"],"x":1}`, nil, 422},
		{"a key twice", `{"grant":"g","grant":"h","subject":"s","class":"c","fields":["a"]}`, nil, 400},
		{"not JSON", `{`, nil, 400},
		{"not UTF-8", "{\"grant\":\"\xff\",\"subject\":\"s\",\"class\":\"c\",\"fields\":[\"a\"]}", nil, 400},
		{"another type", `{"grant":1,"subject":"s","class":"c","fields":["a"]}`, nil, 422},
	} {
		f.err = test.err
		code, v := post(test.body)
		if code != test.want || strings.Contains(stringOf(v), "secret") {
			t.Errorf("%s: %d %v, want %d", test.name, code, v, test.want)
		}
	}
	r := httptest.NewRequest("GET", "/api/v1/exchange/classes", nil)
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"housing.address"`) || !strings.Contains(w.Body.String(), `"schema":{"type":"object"}`) {
		t.Errorf("classes: %d %s", w.Code, w.Body)
	}
}

func stringOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
