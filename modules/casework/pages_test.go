package casework_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"causeway/modules/casework"
	caseworkweb "causeway/modules/casework/web"
	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

// A site is the pages over a world.
type site struct {
	*world
	mux     *httpx.Mux
	caller  identity.Caller
	officer org.Officer
	client  org.Client
}

func newSite(t *testing.T, w *world) *site {
	s := &site{world: w, caller: by(resident), officer: licensing, client: org.Client{ID: "c", Department: "transport-department"}}
	views := viewtest.Set(t, caseworkweb.Source())
	guard := func(with func(r *http.Request) *http.Request) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, with(r)) })
		}
	}
	s.mux = httpx.New(httpx.Options{
		Guards: map[httpx.Access]func(http.Handler) http.Handler{
			httpx.Resident: guard(func(r *http.Request) *http.Request { return r.WithContext(identity.WithCaller(r.Context(), s.caller)) }),
			httpx.Officer:  guard(func(r *http.Request) *http.Request { return r.WithContext(org.WithOfficer(r.Context(), s.officer)) }),
			httpx.System:   guard(func(r *http.Request) *http.Request { return r.WithContext(org.WithClient(r.Context(), s.client)) }),
		},
		Fail: func(w http.ResponseWriter, r *http.Request, err error) {
			code := ""
			if f, ok := err.(*fault.Error); ok { //nolint:errorlint // a test
				code = f.Code
			}
			_ = views.Fault(w, r, httpx.Status(err), code)
		},
		Now: time.Now,
	})
	caseworkweb.Mount(s.mux, caseworkweb.Deps{Cases: w.s, Views: views, Purpose: func(id string) (consent.Purpose, bool) {
		return consent.Purpose{ID: id, Label: lang.Text{En: "to decide", Hant: "審批", Hans: "审批"}}, true
	}})
	return s
}

type answer struct {
	status      int
	to, body    string
	refresh     string
	contentType string
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	view.Preferences(s.mux).ServeHTTP(w, r)
	return answer{w.Code, w.Header().Get("Location"), html.UnescapeString(w.Body.String()), w.Header().Get("Refresh"), w.Header().Get("Content-Type")}
}

func (s *site) get(path string) answer { return s.do(httptest.NewRequest(http.MethodGet, path, nil)) }

func (s *site) post(path string, pairs ...string) answer {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

func (s *site) upload(path, name string, content []byte, pairs ...string) answer {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		ok(s.t, m.WriteField(pairs[i], pairs[i+1]))
	}
	if name != "" {
		f, err := m.CreateFormFile("file", name)
		ok(s.t, err)
		_, err = io.Copy(f, bytes.NewReader(content))
		ok(s.t, err)
	} else { // as browsers say that no file was chosen
		ok(s.t, m.WriteField("file", ""))
	}
	ok(s.t, m.Close())
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return s.do(r)
}

func (a answer) is(t *testing.T, status int, holds ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d, to %s: %s", a.status, status, a.to, main(a.body))
	}
	for _, x := range holds {
		if !strings.Contains(a.body+a.to, x) {
			t.Errorf("lacks %q: %s", x, main(a.body))
		}
	}
	return a
}

// main is what a page says, without the layout.
func main(page string) string {
	if _, rest, ok := strings.Cut(page, "<main"); ok {
		page, _, _ = strings.Cut(rest, "</main>")
	}
	return regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " "), " ")
}

var revRx = regexp.MustCompile(`name="rev" value="(\d+)"`)

func rev(t *testing.T, a answer) string {
	t.Helper()
	m := revRx.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no version in %s", main(a.body))
	}
	return m[1]
}

func TestRenewalPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		s.get("/cases").is(t, 200, "You have not applied")
		to := s.post("/services/driving-licence-renewal/start").is(t, 303).to
		if !strings.HasSuffix(to, "/consent") {
			t.Fatalf("start leads to %s", to)
		}
		path := strings.TrimSuffix(to, "/consent")
		s.get(path).is(t, 200, "Agree to fetching", "Cannot start yet")
		s.get(to).is(t, 200, "May we fetch", "immd.identity", "born_on", "transport-department", "to decide", "2 years", "I agree", "I do not agree")
		if got := s.post(to, "choice", "agree").is(t, 303).to; got != path+"/facts" {
			t.Fatalf("agreeing leads to %s", got)
		}
		w.s.Wait()
		s.post(to, "choice", "agree").is(t, 303)
		s.get(path+"/facts").is(t, 200, "CHAN Tai Man", "2 May 1984", "20 December 2026", "/report/td.driving-licence/disqualified?case=", path+"/check")
		s.get(path+"/questions/years").is(t, 404)
		check := s.get(path+"/check").is(t, 200, "HKD 520.00", "HKD 380.00", "HKD 900.00", "Hand in and pay HKD 900.00", "CHAN Tai Man")
		s.post(path+"/check", "rev", rev(t, check)).is(t, 422, "Tick the declaration")
		s.post(path+"/check", "declare", "yes").is(t, 409, "This case has changed")
		s.post(path+"/check", "rev", rev(t, check), "fee", "HKD 1.00", "declare", "yes").is(t, 409) // the price of another day
		s.post(path+"/check", "rev", rev(t, check), "fee", "x\xff", "declare", "yes").is(t, 409)
		if got := s.post(path+"/check", "rev", rev(t, check), "declare", "yes").is(t, 303).to; !strings.HasPrefix(got, "/payments/order-") {
			t.Fatalf("submitting leads to %s", got)
		}
		s.post(path+"/check", "rev", rev(t, check), "declare", "yes").is(t, 303, "/payments/order-") // a second click
		s.get(path+"/check").is(t, 303)
		s.get(path).is(t, 200, "Pay HKD 900.00")
		id := casework.ID(strings.TrimPrefix(path, "/cases/"))
		ok(t, w.pay(w.view(id, casework.ToPay).Case))
		if a := s.get(path+"/done").is(t, 200, "being decided at this moment"); a.refresh == "" {
			t.Error("the page does not look again")
		}
		ok(t, w.work())
		w.confirm(exchange.Done)
		s.get(path+"/done").is(t, 200, "Your application was approved", "CW-", "/licences")
		s.get(path).is(t, 200, "Approved and completed")
		s.get(path+"/history").is(t, 200, "The fee was paid", "The application was approved")
		s.get("/cases").is(t, 200, "Renew a full driving licence")
		s.get(path+"/withdraw").is(t, 303)

		var got struct{ State, Reference string }
		ref := w.view(id, casework.Done).Case.Reference
		ok(t, json.Unmarshal([]byte(s.get("/api/v1/cases/"+ref).is(t, 200).body), &got))
		if got.State != "done" || got.Reference != ref {
			t.Errorf("API %+v", got)
		}
		s.get("/api/v1/cases/CW-1111-1111").is(t, 404)

		s.caller = by("other")
		for _, part := range []string{"", "/consent", "/facts", "/facts/who", "/questions/years", "/check", "/done", "/history", "/withdraw", "/more"} {
			s.get(path+part).is(t, 404)
		}
		for _, part := range []string{"/consent", "/facts", "/facts/who", "/questions/years", "/check", "/withdraw", "/more"} {
			s.post(path+part, "rev", "1", "choice", "agree", "answer", "1", "text", "x", "declare", "yes").is(t, 404)
		}
	})
}

// TestBadForms: what is not as it should be is refused with a sentence, and
// changes nothing.
func TestBadForms(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		w.set("immd.identity", exchange.Answer{Outcome: exchange.Down, Source: "immigration-department"})
		w.set("td.driving-licence", w.found("transport-department",
			map[string]any{"licence_number": "T1", "classes": "1", "expires_on": "2026-12-20", "disqualified": false},
			map[string]any{"licence_number": "T2", "classes": "2", "expires_on": "2026-12-24", "disqualified": false}))
		id := w.draft("driving-licence-renewal")
		path := "/cases/" + string(id)
		s.get(path+"/facts").is(t, 200, "cannot be reached", "Type it yourself", "Ask the departments again", "Choose one")
		s.get(path+"/facts/licence").is(t, 200, "T1", "T2", "24 December 2026")
		s.get(path+"/facts/who").is(t, 200, "name", "born_on-day")
		s.get(path+"/facts/none").is(t, 404)
		before := w.view(id, casework.Draft).Case
		huge := strings.Repeat("x", 600)
		for name, bad := range map[string]answer{
			"no record":     s.post(path + "/facts/licence"),
			"no such":       s.post(path+"/facts/licence", "record", "3"),
			"not a number":  s.post(path+"/facts/licence", "record", "one\xff"),
			"empty":         s.post(path + "/facts/who"),
			"not UTF-8":     s.post(path+"/facts/who", "name", "a\xff", "born_on-year", "1950", "born_on-month", "1", "born_on-day", "2"),
			"huge":          s.post(path+"/facts/who", "name", huge, "born_on-year", "1950", "born_on-month", "1", "born_on-day", "2"),
			"no such day":   s.post(path+"/facts/who", "name", "W", "born_on-year", "1950", "born_on-month", "2", "born_on-day", "30"),
			"wrong numbers": s.post(path+"/facts/who", "name", "W", "born_on-year", "'; DROP", "born_on-month", "<b>", "born_on-day", "-1"),
			"a control":     s.post(path+"/facts/who", "name", "W\x00", "born_on-year", "1950", "born_on-month", "1", "born_on-day", "2"),
		} {
			if bad.status != 422 || !strings.Contains(bad.body, "govuk-error-summary") || !strings.Contains(bad.body, "Error:") {
				t.Errorf("%s: %d %s", name, bad.status, main(bad.body))
			}
		}
		if now := w.view(id, casework.Draft).Case; now != before {
			t.Errorf("something changed: %+v", now)
		}
		s.post(path+"/facts/who", "name", huge[:20], "born_on-year", "1950", "born_on-month", "2", "born_on-day", "30").is(t, 422, huge[:20], `value="1950"`) // what was typed is kept
		s.post(path+"/facts/licence", "record", "2").is(t, 303)
		s.post(path+"/facts/who", "name", "WONG", "born_on-year", "1950", "born_on-month", "1", "born_on-day", "2").is(t, 303, path+"/facts")
		s.get(path+"/facts").is(t, 200, "Typed by the applicant", path+"/questions/medical_report")
		s.get(path+"/facts/who").is(t, 200, "WONG")
		s.get(path+"/check").is(t, 303, path+"/questions/medical_report")

		before = w.view(id, casework.Draft).Case
		for name, bad := range map[string]answer{
			"choice":     s.post(path+"/questions/years", "answer", "2"),
			"not UTF-8":  s.post(path+"/questions/years", "answer", "\xff"),
			"no PDF":     s.upload(path+"/questions/medical_report", "x.pdf", []byte("MZ")),
			"broken":     s.brokenUpload(path + "/questions/medical_report"),
			"huge":       s.upload(path+"/questions/medical_report", "x.pdf", make([]byte, 7<<20)),
			"no field":   s.post(path + "/questions/medical_report"),
			"huge field": s.post(path+"/questions/years", "answer", strings.Repeat("x", 7<<20)),
		} {
			if bad.status != 422 {
				t.Errorf("%s: %d %s", name, bad.status, main(bad.body))
			}
		}
		if now := w.view(id, casework.Draft).Case; now != before {
			t.Errorf("something changed: %+v", now)
		}
		s.get(path+"/questions/medical_report").is(t, 200, "multipart/form-data")
		s.upload(path+"/questions/medical_report", "C:\\my/\xffreport.pdf", []byte("%PDF")).is(t, 303, path+"/questions/years")
		s.get(path+"/questions/medical_report").is(t, 200, "report.pdf")
		s.upload(path+"/questions/medical_report", "", nil).is(t, 303) // it stays
		s.post(path+"/questions/years", "answer", "1").is(t, 303, path+"/check")
		check := s.get(path+"/check").is(t, 200, "report.pdf", "1 year", "Typed by the applicant", "An officer of the transport-department", "HKD 90.00")
		s.post(path+"/check", "rev", "9999999999999999999999", "declare", "yes").is(t, 409)
		s.post(path+"/check", "rev", rev(t, check), "declare", "yes").is(t, 303)
	})
}

func (s *site) brokenUpload(path string) answer {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("--x\r\nnot a form"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	return s.do(r)
}

func TestOfficerPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		c := w.elderly()
		work := "/work/transport-department/cases"
		path := work + "/" + string(c.ID)
		mine := "/cases/" + string(c.ID)
		s.get(mine).is(t, 200, "An officer is looking at your application", "26 November 2026")
		s.get(work).is(t, 200, c.Reference, "26 November 2026", "Nobody")
		s.get(work+"?role=licence-officer&state=deciding&late=yes&mine=yes&due=x&after=y&junk=\xff").is(t, 200)
		s.get(work+"?state="+strings.Repeat("x", 5000)).is(t, 200)
		closed := s.get(path).is(t, 200, "Take this case", "Look at it without taking it")
		if strings.Contains(closed.body, "WONG") || strings.Contains(closed.body, "report.pdf") {
			t.Error("facts are shown before the case is taken")
		}
		s.post(path+"/look", "reason", "").is(t, 422, "Say why")
		s.post(path+"/approve", "rev", rev(t, closed)).is(t, 409)
		s.post(path+"/claim", "rev", rev(t, closed)).is(t, 303)
		open := s.get(path).is(t, 200, "WONG", "report.pdf", "/work/transport-department/uploads/", "Within four months before the licence ends", "Passed", "HKD 90.00", "Refuse the application", "The fee was paid")
		v := rev(t, s.get(path))
		s.post(path+"/refuse", "rev", v, "why", "other").is(t, 422, "Choose a reason")
		s.post(path+"/refuse", "rev", v, "words", "No").is(t, 422)
		s.post(path+"/refuse", "rev", v, "why", "other", "words", "\xff").is(t, 422)
		s.post(path+"/ask", "rev", v).is(t, 422, "at most 2,000")
		s.post(path+"/ask", "rev", v, "more", strings.Repeat("x", 2001)).is(t, 422)
		s.post(path+"/ask", "rev", v, "more", "Please sign it. <script>").is(t, 303)
		s.post(path+"/approve", "rev", v).is(t, 409, "Somebody else was faster", "Waiting for your answer")
		s.get(work+"?state=more-information").is(t, 200, c.Reference)

		s.get(mine).is(t, 200, "Please sign it. <script>", mine+"/more")
		s.post(mine+"/more").is(t, 422, "Write what it is")
		s.upload(mine+"/more", "x.exe", []byte("MZ"), "text", "Here").is(t, 422)
		s.upload(mine+"/more", "signed.pdf", []byte("%PDF"), "text", "Here it is.").is(t, 303)
		s.get(mine+"/more").is(t, 303)

		v = rev(t, s.get(path).is(t, 200, "signed.pdf", "Here it is."))
		s.post(path+"/refuse", "rev", v, "why", "document", "words", "It is not readable.").is(t, 303)
		s.get(mine).is(t, 200, "It is not readable.", "A document is missing", "on its way back")
		s.post(path+"/approve", "rev", v).is(t, 409)
		w.refunded(c)
		s.get(mine).is(t, 200, "was given back")

		s.officer = clerk("x", "housing-department", "licence-officer")
		s.get("/work/housing-department/cases/"+string(c.ID)).is(t, 404)
		for _, part := range []string{"claim", "release", "look", "approve", "refuse", "ask", "effects"} {
			s.post("/work/housing-department/cases/"+string(c.ID)+"/"+part, "rev", v, "reason", "x").is(t, 404)
		}
		_ = open
	})
}

func TestRefusedConsentPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		to := s.post("/services/resident-parking-permit/start").is(t, 303).to
		path := strings.TrimSuffix(to, "/consent")
		s.get(to).is(t, 200, "You apply at a counter instead", "You type it yourself")
		s.post(to, "choice", "refuse").is(t, 303, path+"/facts")
		s.get(path+"/facts").is(t, 200, "has not been asked", "Type it yourself", "Agree to fetching, after all", "counter")
		s.post(path+"/facts").is(t, 303, "/consent")
		s.post(path+"/facts/home", "street", "1 Sample Street", "district", "Sha Tin", "moved_in_on-year", "2019", "moved_in_on-month", "3", "moved_in_on-day", "1").is(t, 303)
		if w.fetches != 0 {
			t.Error("something was fetched")
		}
		s.post(to, "choice", "agree").is(t, 303)
		w.s.Wait()
		s.get(path+"/facts").is(t, 200, "AB 123", "4100", "Sha Tin")
		s.get(path+"/withdraw").is(t, 200, "Everything you have given is removed")
		s.post(path+"/withdraw", "rev", "1").is(t, 409)
		s.post(path+"/withdraw", "rev", rev(t, s.get(path+"/withdraw"))).is(t, 303)
		s.get(path).is(t, 200, "withdrawn")

		s.caller.Assurance = identity.Low
		s.post("/services/resident-parking-permit/start").is(t, 403)
		s.post("/services/none/start").is(t, 404)
	})
}
