// Package viewtest checks a module's pages and texts. It is for tests alone.
package viewtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jba/templatecheck"
	"go.yaml.in/yaml/v3"

	"causeway/platform/lang"
	"causeway/platform/view"
)

// Set returns a set of the pages and texts of sources; it fails t if they do
// not parse.
func Set(t testing.TB, sources ...view.Source) *view.Set {
	t.Helper()
	s, err := view.New(view.Options{}, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Check checks every page of source: its templates name only fields and
// functions that exist (by the type of the page's value), it renders in every
// language with that value, and nothing in it needs an unsafe content security
// policy. Pages maps names, such as "identity/sign-in", to values of the struct
// that the handler passes; several values of one page go in a slice of type
// []any. A page that pages lacks, or that does not exist, fails t. More are the sources whose
// templates these pages draw.
func Check(t *testing.T, source view.Source, pages map[string]any, more ...view.Source) {
	t.Helper()
	sources := append([]view.Source{source}, more...)
	set := Set(t, sources...)
	for _, name := range set.Pages() {
		if strings.HasPrefix(name, source.Module+"/") && pages[name] == nil {
			t.Errorf("page %s is not checked", name)
		}
	}
	for name, value := range pages {
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		fresh := Set(t, sources...) // a set that has rendered is escaped, and cannot be checked any more
		for _, part := range []string{"title", "before", "width", "main"} {
			tmpl := fresh.Lookup(lang.English, name+"#"+part)
			if tmpl == nil {
				continue
			}
			if err := templatecheck.CheckHTML(tmpl, values[0]); err != nil {
				t.Errorf("%s, %s: %v", name, part, err)
			}
		}
		for _, tag := range lang.All() {
			for _, v := range values {
				checkHTML(t, name+" in "+string(tag), Render(t, set, tag, name, v))
			}
		}
	}
}

// Render returns the page named name in language tag.
func Render(t testing.TB, set *view.Set, tag lang.Tag, name string, value any) []byte {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r = r.WithContext(view.WithLang(r.Context(), tag))
	w := httptest.NewRecorder()
	if err := set.Render(w, r, http.StatusOK, name, value); err != nil {
		t.Errorf("%s in %s: %v", name, tag, err)
	}
	return w.Body.Bytes()
}

const noValue = "&lt;no value&gt;"

var (
	unsafe = regexp.MustCompile(`(?i)<script(?:\s+type="module")?\s*>|<style|\sstyle\s*=|\son[a-z]+\s*=\s*["']|javascript:`)
)

func checkHTML(t *testing.T, where string, page []byte) {
	t.Helper()
	if m := unsafe.Find(page); m != nil {
		t.Errorf("%s: %q would need an unsafe content security policy", where, m)
	}
	if bytes.Contains(page, []byte(noValue)) || bytes.Contains(page, []byte("ZgotmplZ")) {
		t.Errorf("%s: holds a value that is missing or unsafe", where)
	}
	seen := map[string]bool{}
	for _, m := range idRx.FindAllSubmatch(page, -1) {
		if seen[string(m[1])] {
			t.Errorf("%s: two elements have the id %q", where, m[1])
		}
		seen[string(m[1])] = true
	}
}

var idRx = regexp.MustCompile(`<[^>]*\sid="([^"]+)"`)

var (
	keyInTemplate = regexp.MustCompile(`"([a-z][a-zA-Z0-9_.-]*)"`)
	action        = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
)

// CheckTexts checks that every text of source is used, and that every key in
// its templates and Go files that begins with its name has a text. Dirs are the
// folders of the module's Go files, such as "..", read with all below them. A
// key counts as used where it stands in quotes; where a literal ends with a dot
// (as in "notice.kind." + kind) every key that begins with it is used. A text
// "fault.x" is used by the literal "x", "activity.x" by "x" too. Keys of texts
// that other modules use go in also.
func CheckTexts(t *testing.T, source view.Source, dirs []string, also ...string) {
	t.Helper()
	var keys map[string]any
	if err := yaml.Unmarshal(source.Texts, &keys); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, k := range also {
		used[k] = true
	}
	fromTemplates(t, source.Templates, used)
	for _, dir := range dirs {
		fromGo(t, dir, used)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !isUsed(key, used) {
			t.Errorf("text %s is not used", key)
		}
		if module, _, _ := strings.Cut(key, "."); module != source.Module && module != "fault" && module != "activity" {
			t.Errorf("text %s does not begin with %s.", key, source.Module)
		}
	}
}

func isUsed(key string, used map[string]bool) bool {
	if used[key] {
		return true
	}
	for _, prefix := range []string{"fault.", "activity."} {
		if bare, ok := strings.CutPrefix(key, prefix); ok && isUsed(bare, used) {
			return true
		}
	}
	for i, c := range key {
		if c == '.' && used[key[:i+1]] {
			return true
		}
	}
	return false
}

func fromTemplates(t *testing.T, templates fs.FS, used map[string]bool) {
	t.Helper()
	err := fs.WalkDir(templates, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(templates, name)
		for _, a := range action.FindAll(b, -1) {
			for _, m := range keyInTemplate.FindAllSubmatch(a, -1) {
				used[string(m[1])] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func fromGo(t *testing.T, dir string, used map[string]bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					used[s] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
