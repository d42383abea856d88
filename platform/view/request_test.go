package view_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func TestPreferences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, url, accept, cookie string
		want                      lang.Tag
		set                       string
	}{
		{"nothing said", "/", "", "", lang.English, ""},
		{"Hong Kong", "/", "zh-HK,zh;q=0.9,en;q=0.8", "", lang.Hant, ""},
		{"Taiwan", "/", "zh-TW", "", lang.Hant, ""},
		{"Mainland", "/", "zh-CN,en", "", lang.Hans, ""},
		{"Singapore", "/", "zh-SG", "", lang.Hans, ""},
		{"Chinese of no place", "/", "zh", "", lang.Hans, ""},
		{"French, then Chinese", "/", "fr,zh-Hant;q=0.5", "", lang.Hant, ""},
		{"no language of ours", "/", "fr", "", lang.English, ""},
		{"the best counts, not the first", "/", "zh-CN;q=0.1,en;q=0.9", "", lang.English, ""},
		{"hostile", "/", strings.Repeat("zh-", 500), "", lang.English, ""},
		{"cookie before header", "/", "zh-HK", "__Host-lang=zh-Hans", lang.Hans, ""},
		{"a cookie of no language", "/", "zh-HK", "__Host-lang=xx", lang.Hant, ""},
		{"address before cookie", "/?lang=zh-Hant", "en", "__Host-lang=zh-Hans", lang.Hant, "__Host-lang=zh-Hant"},
		{"an address of no language", "/?lang=xx", "zh-CN", "", lang.Hans, ""},
		{"size", "/?size=larger", "", "", lang.English, "__Host-size=larger"},
		{"no size", "/?size=huge", "", "", lang.English, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got lang.Tag
			h := view.Preferences(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = view.LangOf(r.Context()) }))
			r := httptest.NewRequest(http.MethodGet, test.url, nil)
			if test.accept != "" {
				r.Header.Set("Accept-Language", test.accept)
			}
			if test.cookie != "" {
				r.Header.Set("Cookie", test.cookie)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got != test.want {
				t.Errorf("language %q, want %q", got, test.want)
			}
			if set := w.Header().Get("Set-Cookie"); !strings.HasPrefix(set, test.set) || (test.set == "") != (set == "") {
				t.Errorf("Set-Cookie %q, want %q", set, test.set)
			}
		})
	}
}

func TestLinksKeepThePage(t *testing.T) {
	t.Parallel()
	set := viewtest.Set(t, source())
	h := view.Preferences(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := set.Render(w, r, http.StatusUnprocessableEntity, "sample/page", value()); err != nil {
			t.Error(err)
		}
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, `/services/x?q=%22%3E%3Cb%3E&lang=en&size=large`, nil))
	body := w.Body.String()
	for _, want := range []string{
		`href="/services/x?lang=zh-Hant&amp;q=%22%3E%3Cb%3E"`, `href="/services/x?q=%22%3E%3Cb%3E&amp;size=normal"`,
		`cw-size-large`, `<title>Error: `, `href="/sign-in?next=%2Fservices%2Fx%3Fq%3D`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %s", want, body)
		}
	}
	if got := w.Header().Get("Content-Language"); got != "en" {
		t.Errorf("Content-Language %q", got)
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	set := viewtest.Set(t, source())
	page := string(viewtest.Render(t, set, lang.English, "sample/page", value()))
	path := regexp.MustCompile(`/static/[0-9a-f]+/causeway\.css`).FindString(page)
	get := func(path, accept string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		set.Static().ServeHTTP(w, r)
		return w.Result()
	}
	for _, test := range []struct {
		path, accept, cache, encoding string
		status                        int
	}{
		{path, "", "public, max-age=31536000, immutable", "", 200},
		{path, "gzip, br", "public, max-age=31536000, immutable", "gzip", 200},
		{"/static/old/causeway.css", "gzip", "no-cache", "gzip", 200},
		{"/static/old/../../go.mod", "", "", "", 404},
		{"/static/", "", "", "", 404},
	} {
		res := get(test.path, test.accept)
		h := res.Header
		if res.StatusCode != test.status || h.Get("Cache-Control") != test.cache || h.Get("Content-Encoding") != test.encoding {
			t.Errorf("%s: %d %v", test.path, res.StatusCode, h)
		}
		if n, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode == 200 && n < 1000 {
			t.Errorf("%s: %d bytes, %v", test.path, n, err)
		}
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	set := viewtest.Set(t, view.Source{Module: "sample", Texts: []byte(
		`fault.sample.gone: {en: This licence has ended. Apply for a new one., zh-Hant: 此牌照已失效。請申請新牌照。, zh-Hans: 此牌照已失效。请申请新牌照。}`)})
	for _, test := range []struct {
		status int
		code   string
		tag    lang.Tag
		want   []string
	}{
		{404, "sample.gone", lang.English, []string{"<h1 class=\"govuk-heading-l\">This licence has ended</h1>", "Apply for a new one.</p>", "<title>This licence has ended – Causeway"}},
		{404, "sample.gone", lang.Hant, []string{">此牌照已失效</h1>", "請申請新牌照。</p>"}},
		{404, "sample.nobody-wrote-this", lang.English, []string{"We could not find this page</h1>"}},
		{418, "", lang.English, []string{"something went wrong on our side</h1>"}},
		{503, "", lang.Hans, []string{"暂时无法提供服务</h1>"}},
		{401, "", lang.English, []string{`href="/sign-in"`}},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r = r.WithContext(view.WithLang(r.Context(), test.tag))
		w := httptest.NewRecorder()
		if err := set.Fault(w, r, test.status, test.code); err != nil {
			t.Fatal(err)
		}
		if w.Code != test.status {
			t.Errorf("%d %s: status %d", test.status, test.code, w.Code)
		}
		for _, want := range test.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%d %s: no %q in %s", test.status, test.code, want, w.Body)
			}
		}
	}
}

func TestShell(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	shell := view.Shell{SignedIn: true, Name: "Chan <Tai> Man", Unread: 2, Demo: true, Now: now, Expires: now.Add(20 * time.Minute)}
	set, err := view.New(view.Options{Shell: func(context.Context) view.Shell { return shell }}, source())
	if err != nil {
		t.Fatal(err)
	}
	body := string(viewtest.Render(t, set, lang.English, "sample/page", value()))
	for _, want := range []string{">CM<", "Chan &lt;Tai&gt; Man", "(2 not read)", `data-cw-timeout="1200"`, "fictional", `action="/sign-out"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %s", want, body)
		}
	}
	if strings.Contains(body, "/work") || strings.Contains(body, `href="/sign-in`) {
		t.Error("offers what is not for this person")
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "", "Chan Tai Man": "CM", "cher": "C", "陳大文": "大文", "陳 大文": "大文", "李四": "李四", "Élodie Ôzu": "ÉÔ", "李": "李",
	} {
		if got := (view.Shell{Name: name}).Initials(); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
