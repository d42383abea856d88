package view_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

const texts = `
sample.title: {en: "Tom & Jerry's <page>", zh-Hant: 頁面, zh-Hans: 页面}
sample.hello: {en: "Hello {name}", zh-Hant: "{name}你好", zh-Hans: "{name}你好"}
sample.files:
  en: {one: "{count} file", other: "{count} files"}
  zh-Hant: "{count} 個檔案"
  zh-Hans: "{count} 个文件"
sample.bad: {en: Enter your name, zh-Hant: 輸入你的姓名, zh-Hans: 输入你的姓名}
`

const page = `{{define "title"}}{{t "sample.title"}}{{end}}
{{define "main"}}{{template "error-summary" (dict "problems" .Problems)}}<h1>{{t "sample.title"}}</h1>
<p title="{{t "sample.title"}}">{{t "sample.hello" "name" .Name}}, {{t "sample.files" "count" .Count}}</p>
<p>{{date .At}} | {{day .Day}} | {{money .Fee}} | {{tr .Text}}</p>
{{template "row" .}}
{{template "input" (dict "name" "name" "label" (t "sample.title") "value" .Name "error" (problem .Problems "name"))}}
{{end}}{{define "row"}}<p class="row">{{.Count}}</p>{{end}}`

type sample struct {
	Name     string
	Count    int
	At       time.Time
	Day      day.Date
	Fee      money.Amount
	Text     lang.Text
	Problems view.Problems
}

func source() view.Source {
	return view.Source{Module: "sample", Texts: []byte(texts), Templates: fstest.MapFS{"page.html": {Data: []byte(page)}}}
}

func value() sample {
	return sample{
		Name: `<script>alert("x")</script>`, Count: 1, At: time.Date(2026, 11, 23, 7, 4, 0, 0, time.UTC),
		Day: day.Of(2026, 11, 23), Fee: money.Amount{Minor: 123456789, Currency: "HKD"},
		Text: lang.Text{En: "one", Hant: "二", Hans: "三"}, Problems: view.Problems{{Field: "name", Key: "sample.bad"}},
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	set := viewtest.Set(t, source())
	for _, test := range []struct {
		tag  lang.Tag
		want []string
	}{
		{lang.English, []string{
			`<html lang="en"`, "<title>Tom &amp; Jerry&#39;s &lt;page&gt; – Causeway</title>", "1 file<",
			"23 November 2026, 3:04pm | 23 November 2026 | HKD 1,234,567.89 | one", `href="/?lang=zh-Hant"`,
			`Hello &lt;script&gt;`, `<a href="#name">Enter your name</a>`, `aria-describedby="name-error"`, `<p class="row">1</p>`,
			`<p title="Tom &amp; Jerry&#39;s &lt;page&gt;">`,
		}},
		{lang.Hant, []string{`<html lang="zh-Hant"`, "2026年11月23日 下午3時04分 | 2026年11月23日 | HKD 1,234,567.89 | 二", "1 個檔案", "輸入你的姓名"}},
		{lang.Hans, []string{`<html lang="zh-Hans"`, "2026年11月23日 15:04 | 2026年11月23日 | HKD 1,234,567.89 | 三", "1 个文件"}},
	} {
		got := string(viewtest.Render(t, set, test.tag, "sample/page", value()))
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %s", test.tag, want, got)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	viewtest.Check(t, source(), map[string]any{"sample/page": value()})
	viewtest.CheckTexts(t, source(), nil, "sample.bad")
}

func BenchmarkRender(b *testing.B) {
	set := viewtest.Set(b, source())
	v := value()
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := discard{http.Header{}}
		if err := set.Render(w, r, http.StatusOK, "sample/page", v); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
