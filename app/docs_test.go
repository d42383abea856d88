package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"causeway/app/servicecmd"
	"causeway/platform/day"
)

var (
	blockRx = regexp.MustCompile("(?s)`(services/[a-z.-]+)`[^`]*```yaml\n(.*?)```")
	linkRx  = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
)

// TestFirstService does what docs/first-service.md says.
func TestFirstService(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "docs", "first-service.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "services"), 0o700); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, m := range blockRx.FindAllStringSubmatch(string(doc), -1) {
		path := filepath.Join(dir, m[1])
		if err := os.WriteFile(path, []byte(m[2]), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	if len(files) != 2 {
		t.Fatalf("the document has %q", files)
	}
	var out, errs bytes.Buffer
	if code := servicecmd.Check(files[:1], day.Of(2026, 11, 23), &out, &errs); code != 0 {
		t.Errorf("check: exit %d\n%s", code, errs.String())
	}
	if code := servicecmd.Test(files[0], files[1], "", &out, &errs); code != 0 {
		t.Errorf("test: exit %d\n%s%s", code, out.String(), errs.String())
	}
	for line := range strings.Lines(strings.ReplaceAll(out.String(), dir+"/", "")) {
		if !strings.Contains(string(doc), line) {
			t.Errorf("the document does not show %q", line)
		}
	}
}

// TestDocumentLinks: what a document links to in the repository is there, and each
// picture is in a document.
func TestDocumentLinks(t *testing.T) {
	t.Parallel()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md", "deploy/*.md"} {
		files, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, files...)
	}
	if len(all) < 20 {
		t.Errorf("only %d documents", len(all))
	}
	pictures, err := filepath.Glob(filepath.Join("..", "docs", "pictures", "*"))
	if err != nil || len(pictures) == 0 {
		t.Fatal(pictures, err)
	}
	shown := map[string]bool{}
	for _, file := range all {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linkRx.FindAllStringSubmatch(string(src), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
			shown[filepath.Join(filepath.Dir(file), filepath.FromSlash(m[1]))] = true
		}
	}
	for _, p := range pictures {
		if !shown[p] {
			t.Errorf("no document shows %s", p)
		}
	}
}

var notYetRx = regexp.MustCompile(`NotYet\s*=\s*"([^"]+)"`)

// TestNotYet: the words that definitions may not use yet are all in the guide.
func TestNotYet(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "docs", "service-errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join("..", "modules", "service", "parse*.go"))
	if err != nil {
		t.Fatal(err)
	}
	words := 0
	for _, file := range sources {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range notYetRx.FindAllStringSubmatch(string(src), -1) {
			for word := range strings.FieldsSeq(m[1]) {
				words++
				if !strings.Contains(string(guide), "`"+word+"`") {
					t.Errorf("docs/service-errors.md does not name %s", word)
				}
			}
		}
	}
	if words < 30 {
		t.Errorf("only %d words were found", words)
	}
}
