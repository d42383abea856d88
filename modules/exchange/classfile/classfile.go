// Package classfile reads data classes from the files that declare them.
package classfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/platform/lang"
)

// maxFile bounds a class file.
const maxFile = 256 << 10

// file is a class as it is declared.
type file struct {
	Class       string               `yaml:"class"`
	Registry    string               `yaml:"registry"`
	Label       lang.Text            `yaml:"label"`
	Sensitivity exchange.Sensitivity `yaml:"sensitivity"`
	FreshFor    string               `yaml:"fresh_for"`
	Source      string               `yaml:"source"`
	At          string               `yaml:"at"`
	Key         string               `yaml:"key"`
	Fields      []field              `yaml:"fields"`
	Schema      map[string]any       `yaml:"schema"`
	Write       *write               `yaml:"write"`
}

type field struct {
	Name   string    `yaml:"name"`
	Type   string    `yaml:"type"`
	Label  lang.Text `yaml:"label"`
	Column string    `yaml:"column"`
	Values yaml.Node `yaml:"values"`
	List   string    `yaml:"list"`

	words []exchange.Word // of Values
}

type write struct {
	By     []string       `yaml:"by"`
	Schema map[string]any `yaml:"schema"`
}

var (
	classRx  = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*(-[a-z0-9]+)*)+$`)
	fieldRx  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	orgRx    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	bindRx   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]{0,127}$`)
	sensible = []exchange.Sensitivity{exchange.Public, exchange.Personal, exchange.Sensitive}            //nolint:gochecknoglobals // never changed
	kinds    = []string{exchange.Text, exchange.Number, exchange.Date, exchange.Boolean, exchange.Money} //nolint:gochecknoglobals // never changed
)

// Load reads every .yaml file of files, one class each. Errors name the file
// and what is wrong; all of them come at once.
func Load(files ...fs.FS) (*exchange.Classes, error) {
	var all []exchange.Class
	var errs []error
	for _, dir := range files {
		names, err := fs.Glob(dir, "*.yaml")
		if err != nil {
			return nil, fmt.Errorf("data classes: %w", err)
		}
		for _, name := range names {
			src, err := fs.ReadFile(dir, name)
			if err != nil {
				return nil, fmt.Errorf("data classes: %w", err)
			}
			c, err := Parse(path.Base(name), src)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			all = append(all, c)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return exchange.NewClasses(all...)
}

// Parse reads one class and compiles its schemas.
func Parse(name string, src []byte) (exchange.Class, error) {
	bad := func(format string, args ...any) (exchange.Class, error) {
		return exchange.Class{}, fmt.Errorf("%s: %w", name, fmt.Errorf(format, args...))
	}
	if len(src) > maxFile {
		return bad("larger than %d bytes", maxFile)
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	var f file
	if err := dec.Decode(&f); err != nil {
		return bad("%w", err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return bad("one class a file")
	}
	if err := f.check(); err != nil {
		return bad("%w", err)
	}
	fresh, err := time.ParseDuration(f.FreshFor)
	if err != nil || fresh < 0 {
		return bad("fresh_for: want a duration, as in 24h")
	}
	c := exchange.Class{
		ID: f.Class, Registry: org.ID(f.Registry), Label: f.Label, Sensitivity: f.Sensitivity,
		FreshFor: fresh, Source: f.Source, At: f.At, Key: f.Key,
	}
	for _, x := range f.Fields {
		c.Fields = append(c.Fields, exchange.Field{Name: x.Name, Label: x.Label, Type: x.Type, Column: x.Column, Values: x.words, List: x.List})
	}
	if err := f.read(&c); err != nil {
		return bad("schema: %w", err)
	}
	if err := f.written(&c); err != nil {
		return bad("write: %w", err)
	}
	if !c.Readable() && len(c.Writers) == 0 {
		return bad("a class needs a schema, or write, or both")
	}
	return c, nil
}

// check looks at everything but the schemas.
func (f *file) check() error {
	switch {
	case !classRx.MatchString(f.Class):
		return errors.New("class: want a name with a dot, as in td.vehicle")
	case !orgRx.MatchString(f.Registry):
		return errors.New("registry: want a department's id")
	case len(f.Label.Missing()) > 0:
		return fmt.Errorf("label: %v is missing", f.Label.Missing())
	case !slices.Contains(sensible, f.Sensitivity):
		return fmt.Errorf("sensitivity: want one of %v", sensible)
	case !orgRx.MatchString(f.Source) || !bindRx.MatchString(f.At):
		return errors.New("source, at: want the name of a source and where it serves the class")
	case f.Key != "" && !fieldRx.MatchString(f.Key):
		return errors.New("key: want the name of a column")
	case len(f.Fields) == 0:
		return errors.New("fields: want at least one")
	}
	seen := map[string]bool{}
	for i := range f.Fields {
		x := &f.Fields[i]
		if err := x.say(); err != nil {
			return fmt.Errorf("fields: %s: %w", x.Name, err)
		}
		switch {
		case !fieldRx.MatchString(x.Name) || seen[x.Name]:
			return fmt.Errorf("fields: %q is no name, or comes twice", x.Name)
		case !slices.Contains(kinds, x.Type):
			return fmt.Errorf("fields: %s: want a type of %v", x.Name, kinds)
		case len(x.Label.Missing()) > 0:
			return fmt.Errorf("fields: %s: label: %v is missing", x.Name, x.Label.Missing())
		case x.Column != "" && !fieldRx.MatchString(x.Column):
			return fmt.Errorf("fields: %s: column: want the name of a column", x.Name)
		}
		seen[x.Name] = true
	}
	return nil
}

// read compiles the schema of records that are fetched. Its top-level required
// is taken apart, for a fetch of fewer fields must pass too.
func (f *file) read(c *exchange.Class) error {
	if f.Schema == nil {
		return nil
	}
	src, err := json.Marshal(f.Schema)
	if err != nil {
		return err
	}
	if _, err := compile(f.Class, src); err != nil {
		return err
	}
	var doc map[string]any
	if err := json.Unmarshal(src, &doc); err != nil {
		return err
	}
	props, ok := doc["properties"].(map[string]any)
	if !ok || doc["type"] != "object" || doc["additionalProperties"] != false {
		return errors.New("want type: object, properties and additionalProperties: false")
	}
	for p := range props {
		if _, ok := c.Field(p); !ok {
			return fmt.Errorf("%s is not under fields", p)
		}
	}
	if len(props) != len(c.Fields) {
		return errors.New("a field is not under properties")
	}
	for _, x := range c.Fields {
		if err := named(x, props[x.Name]); err != nil {
			return err
		}
	}
	required, _ := doc["required"].([]any)
	for _, r := range required {
		name, ok := r.(string)
		if _, known := c.Field(name); !ok || !known {
			return fmt.Errorf("required: %v is not under fields", r)
		}
		c.Required = append(c.Required, name)
	}
	delete(doc, "required")
	lax, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	c.Schema = src
	c.Check, err = compile(f.Class, lax)
	return err
}

func (f *file) written(c *exchange.Class) error {
	if f.Write == nil {
		return nil
	}
	if len(f.Write.By) == 0 || f.Write.Schema == nil {
		return errors.New("want by and schema")
	}
	for _, by := range f.Write.By {
		if !orgRx.MatchString(by) {
			return errors.New("by: want departments' ids")
		}
		c.Writers = append(c.Writers, org.ID(by))
	}
	src, err := json.Marshal(f.Write.Schema)
	if err != nil {
		return err
	}
	c.CheckWrite, err = compile(f.Class+".write", src)
	return err
}

// compile makes a validator of a JSON Schema. It loads nothing from elsewhere.
func compile(name string, src []byte) (exchange.Validator, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	if m, ok := doc.(map[string]any); !ok || m["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		return nil, errors.New("want $schema: https://json-schema.org/draft/2020-12/schema")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(jsonschema.SchemeURLLoader{})
	url := "urn:causeway:class:" + name
	if err := c.AddResource(url, doc); err != nil {
		return nil, err
	}
	return c.Compile(url)
}
