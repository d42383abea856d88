package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/platform/lang"
	"causeway/platform/view"
)

// program returns the files of the program, without its tests.
func program(t *testing.T, roots ...string) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	set, files := token.NewFileSet(), map[string]*ast.File{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasSuffix(d.Name(), "test") && d.Name() != "test"):
				return fs.SkipDir
			case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files[path], err = parser.ParseFile(set, path, src, parser.SkipObjectResolution)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d files", len(files))
	}
	return set, files
}

func everyText(t *testing.T) *view.Set {
	t.Helper()
	v, err := view.New(view.Options{Zone: time.UTC}, (&world{parts: parts{demo: true}}).views()...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// spoken fails for a key without words in one of the languages.
func spoken(t *testing.T, v *view.Set, key string, at token.Position) {
	t.Helper()
	if !v.Has(key) {
		t.Errorf("%s: no words for %s: write them into the module's web/texts.yaml", at, key)
		return
	}
	for _, l := range lang.All() {
		if s := v.Text(l, key, nil); s == "" || s == key {
			t.Errorf("%s: %s says nothing in %s", at, key, l)
		}
	}
}

// TestEveryFaultHasWords: a page tells a fault by its code's text; those that
// are internal never reach one.
func TestEveryFaultHasWords(t *testing.T) {
	t.Parallel()
	v := everyText(t)
	set, files := program(t, "../modules", "../platform", "../app", "../demo")
	n := 0
	for _, f := range files {
		ast.Inspect(f, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 || !called(call.Fun, "fault", "New") || called(call.Args[0], "fault", "Internal") {
				return true
			}
			n++
			code, ok := literal(call.Args[1])
			if !ok {
				t.Errorf("%s: the code of a fault is written out, so that its words can be checked", set.Position(call.Pos()))
				return true
			}
			spoken(t, v, "fault."+code, set.Position(call.Pos()))
			return true
		})
	}
	if n < 80 {
		t.Errorf("only %d faults were found", n)
	}
}

// silent are words with a dot that are no acts: what sealed bytes and keys are
// labelled with, and kinds of jobs.
func silent() []string {
	return []string{
		"casework.decide", "casework.file", "casework.note", "casework.remind", "casework.escalate", "casework.expire", "casework.purge",
		"consent.receipt", "credential.body", "credential.number", "credential.presentation", "credential.taken-back",
		"document.content", "document.name", "document.file", "exchange.report", "exchange.write", "exchange.purge",
		"identity.code", "identity.contact", "identity.letter", "identity.number", "identity.passkey", "org.officer-name", "org.subject",
		"notice.args", "notice.mail", "activity.body",
	}
}

// TestEveryActHasWords: whatever a module may record of a person has a sentence.
func TestEveryActHasWords(t *testing.T) {
	t.Parallel()
	v := everyText(t)
	acts := regexp.MustCompile(`^(casework|consent|credential|document|exchange|identity|org|payment|service|catalogue|notice|activity)\.[a-z]+(-[a-z]+)*$`)
	roots, err := filepath.Glob("../modules/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	set, files := program(t, roots...)
	for path, f := range files {
		if filepath.Base(filepath.Dir(filepath.Dir(path))) != "modules" {
			continue // acts are recorded by the roots of modules
		}
		ast.Inspect(f, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok && called(call.Fun, "fault", "New") {
				return false
			}
			e, ok := node.(ast.Expr)
			if !ok {
				return true
			}
			act, ok := literal(e)
			if !ok || !acts.MatchString(act) || slices.Contains(silent(), act) {
				return true
			}
			n++
			spoken(t, v, "activity."+act, set.Position(node.Pos()))
			return true
		})
	}
	if n < 50 {
		t.Errorf("only %d acts were found", n)
	}
}

// called reports whether e is pkg.name.
func called(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

func literal(e ast.Expr) (string, bool) {
	b, ok := e.(*ast.BasicLit)
	if !ok || b.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(b.Value)
	return s, err == nil
}
