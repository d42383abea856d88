package view_test

import (
	"bytes"
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

// TestNewRefuses says what is wrong when templates and texts do not fit.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const ok = `sample.a: {en: "a {x}", zh-Hant: "a {x}", zh-Hans: "a {x}"}`
	for _, test := range []struct{ name, texts, page, want string }{
		{"a language is missing", `sample.a: {en: a, zh-Hant: a}`, "", "sample.a"},
		{"a text is empty", `sample.a: {en: a, zh-Hant: a, zh-Hans: " "}`, "", "no text in zh-Hans"},
		{"a fourth language", `sample.a: {en: a, zh-Hant: a, zh-Hans: a, fr: a}`, "", "sample.a"},
		{"placeholders differ", `sample.a: {en: "{x}", zh-Hant: "{y}", zh-Hans: "{x}"}`, "", "placeholders"},
		{"a key twice", ok + "\n" + ok, "", "sample.a"},
		{"a key of another module", `view.skip: {en: a, zh-Hant: a, zh-Hans: a}`, "", "also a text of view"},
		{"a plural without count", `sample.a: {en: {one: a, other: b}, zh-Hant: a, zh-Hans: a}`, "", "{count}"},
		{"no such text", ok, `{{define "title"}}{{end}}{{define "main"}}{{t "sample.b"}}{{end}}`, `no text "sample.b"`},
		{"no such text inside", ok, `{{define "title"}}{{end}}{{define "main"}}{{template "tag" (dict "text" (t "sample.b"))}}{{end}}`, `no text "sample.b"`},
		{"an argument is missing", ok, `{{define "title"}}{{end}}{{define "main"}}{{t "sample.a"}}{{end}}`, `needs "x"`},
		{"no such template", ok, `{{define "title"}}{{end}}{{define "main"}}{{template "nothing"}}{{end}}`, `no template "nothing"`},
		{"no main", ok, `{{define "title"}}{{end}}`, "want title and main"},
		{"text outside", ok, `<p>{{define "title"}}{{end}}{{define "main"}}{{end}}`, "outside of define"},
		{"no such file", ok, `{{define "title"}}{{end}}{{define "main"}}{{asset "nothing.js"}}{{end}}`, "nothing.js"},
	} {
		src := view.Source{Module: "sample", Texts: []byte(test.texts)}
		if test.page != "" {
			src.Templates = fstest.MapFS{"page.html": {Data: []byte(test.page)}}
		}
		if _, err := view.New(view.Options{}, src); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func TestPartials(t *testing.T) {
	t.Parallel()
	set := viewtest.Set(t, view.Source{Module: "sample", Templates: fstest.MapFS{
		"_parts.html": {Data: []byte(`{{define "row"}}shared {{template "tag" (dict "text" .)}}{{end}}{{define "tag"}}own{{end}}`)},
		"a.html":      {Data: []byte(`{{define "title"}}A{{end}}{{define "main"}}{{template "row" "x"}}{{end}}`)},
		"b.html":      {Data: []byte(`{{define "title"}}B{{end}}{{define "main"}}{{template "row" "x"}}{{end}}{{define "row"}}mine{{end}}`)},
		"c.html":      {Data: []byte(`{{define "title"}}C{{end}}{{define "width"}}wide{{end}}{{define "main"}}{{end}}`)},
	}})
	for page, want := range map[string]string{"sample/a": "shared own", "sample/b": "mine", "sample/c": "cw-width-wide"} {
		if got := string(viewtest.Render(t, set, lang.English, page, nil)); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in %s", page, want, got)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	set := viewtest.Set(t, source())
	for _, test := range []struct {
		tag  lang.Tag
		key  string
		args map[string]any
		want string
	}{
		{lang.English, "sample.files", map[string]any{"count": 1}, "1 file"},
		{lang.English, "sample.files", map[string]any{"count": 0}, "0 files"},
		{lang.Hant, "sample.files", map[string]any{"count": 1}, "1 個檔案"},
		{lang.English, "sample.files", map[string]any{"count": "many"}, "many files"},
		{lang.English, "sample.hello", map[string]any{"name": "{name}"}, "Hello {name}"},
		{lang.English, "sample.hello", nil, "Hello "},
		{lang.Hans, "sample.hello", map[string]any{"name": day.Of(2026, 2, 1)}, "2026年2月1日你好"},
		{lang.English, "sample.hello", map[string]any{"name": money.Amount{Minor: -5, Currency: "HKD"}}, "Hello HKD -0.05"},
		{lang.Hant, "sample.hello", map[string]any{"name": time.Date(2026, 1, 1, 15, 59, 0, 0, time.UTC)}, "2026年1月1日 下午11時59分你好"},
		{lang.Hant, "sample.hello", map[string]any{"name": time.Date(2026, 1, 1, 16, 0, 0, 0, time.UTC)}, "2026年1月2日 上午12時00分你好"},
		{lang.Hant, "sample.hello", map[string]any{"name": lang.Text{En: "a", Hant: "乙", Hans: "丙"}}, "乙你好"},
		{lang.English, "sample.nothing", nil, "sample.nothing"},
	} {
		if got := set.Text(test.tag, test.key, test.args); got != test.want {
			t.Errorf("%s %s %v: %q, want %q", test.tag, test.key, test.args, got, test.want)
		}
	}
}

// TestGallery renders every component.
func TestGallery(t *testing.T) {
	t.Parallel()
	type gallery struct {
		Problems view.Problems
		At       time.Time
		Day      day.Date
		Fee      money.Amount
	}
	src := view.Source{
		Module: "gallery", Templates: fstest.MapFS{"gallery.html": {Data: []byte(read(t, "testdata/gallery.html"))}},
		Texts: []byte(`gallery.bad: {en: Enter it, zh-Hant: 請填寫, zh-Hans: 请填写}`),
	}
	bad := view.Problems{{Field: "code", Key: "gallery.bad"}, {Field: "years", Key: "gallery.bad"}, {Field: "born-day", Key: "gallery.bad"}}
	viewtest.Check(t, src, map[string]any{"gallery/gallery": []any{
		gallery{}, gallery{bad, time.Date(2026, 11, 23, 7, 4, 0, 0, time.UTC), day.Of(1975, 3, 9), money.Amount{Minor: 90000, Currency: "HKD"}},
	}})
	page := viewtest.Render(t, viewtest.Set(t, src), lang.English, "gallery/gallery", gallery{Problems: bad})
	for _, want := range []string{
		`<a href="#years">Enter it</a>`, `<input class="govuk-radios__input" id="years" `, `aria-describedby="years-hint years-error"`,
		`<a href="#born-day">Enter it</a>`, `id="born-day" name="born-day"`, `<option value="b" selected>Housing</option>`, `Because &lt;b&gt;</textarea>`,
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
}
