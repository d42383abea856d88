package causeway_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "causeway/"

// modules lists every domain module and the modules whose root package it may
// import. It must stay acyclic; a new edge is an architecture decision.
var modules = map[string][]string{
	"identity":   {},
	"org":        {"identity"},
	"consent":    {"identity", "org"},
	"exchange":   {"identity", "org", "consent"},
	"service":    {},
	"catalogue":  {"org", "service"},
	"payment":    {"identity", "org"},
	"credential": {"identity", "org"},
	"document":   {"identity", "org"},
	"casework":   {"identity", "org", "consent", "exchange", "service", "catalogue", "payment", "credential", "document"},
	"notice":     {"identity"},
	"activity":   {"identity", "org"},
	"home":       {"identity"},
	"openid":     {"identity", "org", "consent", "exchange", "payment", "document"},
}

// domainBan keeps transport and storage out of a module's root package: of the
// standard library everything but these, of platform nothing but domainMay.
var (
	domainBan = []string{"net/http", "database/sql", "html/template", "os", "os/exec", "net"}
	domainMay = []string{"platform/fault", "platform/money", "platform/day", "platform/lang", "platform/trail", "platform/batch"}
)

func TestImports(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, root)
		for _, imp := range p.Imports {
			if why := forbidden(from, imp); why != "" {
				t.Errorf("%s imports %s: %s", from, imp, why)
			}
		}
	}
}

// forbidden says why package from must not import imp, or "".
func forbidden(from, imp string) string {
	to, ours := strings.CutPrefix(imp, root)
	layer, rest, _ := strings.Cut(from, "/")
	mod, room, _ := strings.Cut(rest, "/")
	toLayer, toRest, _ := strings.Cut(to, "/")
	toMod, toRoom, _ := strings.Cut(toRest, "/")
	switch {
	case layer == "modules" && room == "" && slices.Contains(domainBan, imp),
		layer == "modules" && room == "" && toLayer == "platform" && ours && !slices.Contains(domainMay, to):
		return "a module's root package holds domain code only"
	case !ours:
		return ""
	case layer == "platform" && toLayer != "platform":
		return "platform must not know modules or app"
	case layer == "modules" && toLayer == "app":
		return "app composes modules, not the reverse"
	case layer == "modules" && toLayer == "modules" && toMod != mod && toRoom != "":
		return "only another module's root package is public"
	case layer == "modules" && toLayer == "modules" && toMod != mod && !slices.Contains(modules[mod], toMod):
		return "edge " + mod + " -> " + toMod + " is not declared"
	case layer == "modules" && mod == toMod && room == "store" && strings.HasPrefix(toRoom, "web"):
		return "store must not know web"
	case layer == "modules" && mod == toMod && room == "web" && strings.HasPrefix(toRoom, "store"):
		return "web talks to the domain, not to SQL"
	}
	return ""
}

func TestForbidden(t *testing.T) {
	for _, test := range []struct {
		from, imp string
		ok        bool
	}{
		{"modules/consent", root + "modules/identity", true},
		{"modules/identity", root + "modules/consent", false},
		{"modules/consent", root + "modules/identity/store", false},
		{"modules/consent/web", root + "modules/consent/store", false},
		{"modules/consent", "net/http", false},
		{"modules/consent", "context", true},
		{"modules/consent", root + "platform/fault", true},
		{"modules/consent", root + "platform/db", false},
		{"modules/consent/store", root + "platform/db", true},
		{"modules/consent/web", "net/http", true},
		{"platform/db", root + "modules/identity", false},
		{"modules/consent/web", root + "app", false},
		{"app", root + "modules/identity/store", true},
	} {
		if why := forbidden(test.from, test.imp); (why == "") != test.ok {
			t.Errorf("forbidden(%s, %s) = %q, want ok=%v", test.from, test.imp, why, test.ok)
		}
	}
}

var (
	// tableRx finds what follows a keyword that names tables, a comma list too.
	tableRx = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE|REFERENCES|TABLE|IF EXISTS|IF NOT EXISTS)\s+("?[a-z_][\w."]*(?:\s*,\s*"?[a-z_][\w."]*)*)`)
	// cteRx finds the names that WITH gives within a statement.
	cteRx  = regexp.MustCompile(`(?i)(?:\bWITH(?:\s+RECURSIVE)?|,)\s*([a-z_]\w*)(?:\s*\([^)]*\))?\s+AS\s*\(`)
	starRx = regexp.MustCompile(`(?i)\b(?:SELECT|RETURNING)\s+(?:DISTINCT\s+)?(?:\w+\.)?\*`)
)

// sqlFaults says what is wrong with the SQL in text, which belongs to mod.
func sqlFaults(mod, text string) []string {
	var faults []string
	if starRx.MatchString(text) {
		faults = append(faults, "name the columns, not *")
	}
	ctes := map[string]bool{"if": true, "set": true, "json_each": true, "unnest": true} // UPDATE ... SET, TABLE IF, rows of a list
	for _, m := range cteRx.FindAllStringSubmatch(text, -1) {
		ctes[strings.ToLower(m[1])] = true
	}
	for _, m := range tableRx.FindAllStringSubmatch(text, -1) {
		for name := range strings.SplitSeq(m[1], ",") {
			name = strings.ToLower(strings.Trim(strings.TrimSpace(name), `"`))
			if !ctes[name] && !strings.HasPrefix(name, mod+"_") {
				faults = append(faults, name+" is no table of "+mod)
			}
		}
	}
	return faults
}

// sqlIn returns the string literals of a Go file that look like SQL, or the
// whole of a .sql file.
func sqlIn(t *testing.T, path string) []string {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) == ".sql" {
		return []string{string(b)}
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, b, 0)
	if err != nil {
		t.Fatal(err)
	}
	var sql []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && verbRx.MatchString(s) {
				sql = append(sql, s)
			}
		}
		return true
	})
	return sql
}

var verbRx = regexp.MustCompile(`^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP)\b`)

// TestTables checks that a module's SQL names its columns and only tables with
// its own prefix.
func TestTables(t *testing.T) {
	for mod := range modules {
		err := filepath.WalkDir("modules/"+mod, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".sql" {
				return err
			}
			for _, text := range sqlIn(t, path) {
				for _, fault := range sqlFaults(mod, text) {
					t.Errorf("%s: %s", path, fault)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSQLFaults(t *testing.T) {
	for text, want := range map[string]int{
		"SELECT id FROM consent_grants WHERE id = $1":                               0,
		"WITH live AS (SELECT id FROM consent_grants) SELECT id FROM live":          0,
		"UPDATE consent_grants SET ends_us = $1":                                    0,
		"INSERT INTO consent_grants (id) VALUES ($1) ON CONFLICT (id) DO NOTHING":   0,
		"CREATE TABLE IF NOT EXISTS consent_grants (id TEXT PRIMARY KEY)":           0,
		"SELECT id FROM accounts":                                                   1,
		"SELECT g.id FROM consent_grants g JOIN identity_accounts a ON a.id = g.id": 1,
		"SELECT g.id FROM consent_grants, identity_accounts":                        1,
		`SELECT id FROM public."consent_grants"`:                                    1,
		"SELECT * FROM consent_grants":                                              1,
		"DELETE FROM consent_grants RETURNING *":                                    1,
	} {
		if got := sqlFaults("consent", text); len(got) != want {
			t.Errorf("%s: %q, want %d", text, got, want)
		}
	}
}

func TestEveryModuleIsListed(t *testing.T) {
	dirs, err := os.ReadDir("modules")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if _, ok := modules[d.Name()]; !ok {
			t.Errorf("module %s is not declared in architecture_test.go", d.Name())
		}
	}
}
