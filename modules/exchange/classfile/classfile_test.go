package classfile_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"causeway/demo/city"
	"causeway/modules/exchange/classfile"
)

const good = `class: td.vehicle
registry: transport-department
label: {en: Vehicle, zh-Hant: 車輛, zh-Hans: 车辆}
sensitivity: personal
fresh_for: 24h
source: transport
at: vehicles
fields:
  - {name: plate, type: text, label: {en: Mark, zh-Hant: 車牌, zh-Hans: 车牌}}
schema:
  $schema: https://json-schema.org/draft/2020-12/schema
  type: object
  additionalProperties: false
  required: [plate]
  properties:
    plate: {type: string, minLength: 1}
`

func TestParse(t *testing.T) {
	t.Parallel()
	c, err := classfile.Parse("x.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check.Validate(map[string]any{}); err != nil {
		t.Errorf("a record of fewer fields: %v", err)
	}
	if err := c.Check.Validate(map[string]any{"plate": ""}); err == nil {
		t.Error("an empty plate passes")
	}
	for _, test := range []struct{ name, old, new, want string }{
		{"unknown key", "at: vehicles", "at: vehicles\ncolour: red", "colour"},
		{"no dot in the name", "class: td.vehicle", "class: vehicle", "class:"},
		{"a language is missing", "zh-Hans: 车辆}", "}", "zh-Hans"},
		{"a field's language is missing", ", zh-Hans: 车牌", "", "zh-Hans"},
		{"unknown sensitivity", "personal", "secret", "sensitivity"},
		{"no duration", "24h", "a day", "fresh_for"},
		{"unknown type", "type: text", "type: colour", "plate"},
		{"a source with a slash", "source: transport", "source: ../x", "source"},
		{"an older JSON Schema", "draft/2020-12/schema", "draft/2019-09/schema", "$schema"},
		{"a broken schema", "minLength: 1", "minLength: many", "schema"},
		{"a schema from elsewhere", "{type: string, minLength: 1}", "{$ref: 'https://elsewhere.example/x'}", "schema"},
		{"a property that is no field", "properties:\n    plate:", "properties:\n    mark: {type: string}\n    plate:", "mark"},
		{"open to more properties", "additionalProperties: false", "additionalProperties: true", "additionalProperties"},
		{"a required field that is none", "required: [plate]", "required: [mark]", "required"},
		{"nothing to read or write", good[strings.Index(good, "schema:"):], "", "schema, or write"},
		{"two classes", good, good + "---\n" + good, "one class a file"},
	} {
		_, err := classfile.Parse("x.yaml", []byte(strings.Replace(good, test.old, test.new, 1)))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "x.yaml: ") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	set, err := classfile.Load(city.Classes())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(set.All()); n != 6 {
		t.Errorf("%d classes", n)
	}
	if _, err := classfile.Load(fstest.MapFS{"a.yaml": {Data: []byte(good)}, "b.yaml": {Data: []byte(good)}}); err == nil {
		t.Error("a class that is declared twice is accepted")
	}
	_, err = classfile.Load(fstest.MapFS{"a.yaml": {Data: []byte("x: 1")}, "b.yaml": {Data: []byte("y: 1")}})
	if err == nil || !strings.Contains(err.Error(), "a.yaml") || !strings.Contains(err.Error(), "b.yaml") {
		t.Errorf("not every error is told: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := classfile.Parse("x.yaml", src)
		if err == nil && (c.ID == "" || len(c.Fields) == 0 || len(c.Label.Missing()) > 0) {
			t.Errorf("accepted without a name, a field or a label: %+v", c)
		}
	})
}
