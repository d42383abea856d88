package app

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestExamples reads every configuration that is published as an example.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"causeway.yaml", "replicas/causeway.yaml"} {
		src, err := os.ReadFile(filepath.Join("..", "deploy", file))
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseConfig(file, src)
		if err != nil {
			t.Fatal(err)
		}
		// The files that it names are not here; nothing else may be wrong.
		for line := range strings.Lines(fmt.Sprint(c.check())) {
			if !strings.Contains(line, "no such file") && !strings.Contains(line, "database.postgres_url_file") {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
}

// TestSettingsAreDocumented: the guides name every setting.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	var guide strings.Builder
	for _, file := range []string{"operate.md", "add-a-registry.md"} {
		src, err := os.ReadFile(filepath.Join("..", "docs", file))
		if err != nil {
			t.Fatal(err)
		}
		guide.Write(src)
	}
	var walk func(x reflect.Type)
	walk = func(x reflect.Type) {
		switch {
		case x.Kind() == reflect.Slice:
			walk(x.Elem())
			return
		case x.Kind() != reflect.Struct || !strings.HasSuffix(x.Name(), "onfig"):
			return
		}
		for f := range x.Fields() {
			key := f.Tag.Get("yaml")
			if key == "" || !strings.Contains(guide.String(), key) {
				t.Errorf("%s.%s: the guides do not name the setting %q", x.Name(), f.Name, key)
			}
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[config]())
}
