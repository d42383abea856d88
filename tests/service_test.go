package tests

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"causeway/platform/testkit"
)

// TestServiceIsOneFile: no program text knows the parking permit, which runs as
// a journey in TestStories.
func TestServiceIsOneFile(t *testing.T) {
	words := regexp.MustCompile(`resident-parking-permit|parking|trade_plate|length_mm|address-officer"`)
	root := os.DirFS("..")
	n := 0
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == "tests" || path == "demo" || path == "bench" || path == "dist" || path == ".git" || path == ".cache" || strings.HasSuffix(path, "testdata") || strings.HasSuffix(path, "node_modules")) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		n++
		if m := words.Find(b); m != nil {
			t.Errorf("%s knows %s", path, m)
		}
		return nil
	})
	if err != nil || n < 100 {
		t.Errorf("read %d files: %v", n, err)
	}
}

// TestNoScript: nothing but the passkey itself needs JavaScript.
func TestNoScript(t *testing.T) {
	c := shared(t)
	b := testkit.NewBrowser(t)
	p := sits(t, b, c, "en")
	p.NoScript()
	p.visit("/demo")
	p.Press(`form[action="/demo/sign-in/renewal"] button`)
	id := p.starts(renewal)
	p.agrees()
	p.goesOn()
	p.arrives("/cases/"+id, "/check")
	p.Press(`main form button`) // without the declaration
	if !p.Has(".govuk-error-summary") {
		t.Error("handed in without the declaration")
	}
	p.submits()
	p.pays("succeed")
	p.visit("/cases/" + id + "/done")
	p.WaitFor(`a[href="/licences"].govuk-button`)
	p.visit("/licences")
	p.Press(`main .cw-card a`)
	p.Press(`form[action$="/share"] button`)
	address := p.Attr("#address", "href")
	p.Open(address)
	p.verdict("valid")
	p.visit("/?lang=zh-Hans")
	if got := p.Attr("html", "lang"); got != "zh-Hans" {
		t.Errorf("the language is %s", got)
	}
	p.visit("/sign-out")
	p.Press("main form button")
	p.visit("/sign-in")
	if !strings.Contains(p.Text("main"), "JavaScript") {
		t.Errorf("the passkey page does not say what it needs: %s", p.Text("main"))
	}
}
