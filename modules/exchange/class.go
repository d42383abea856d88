package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway/modules/org"
	"causeway/platform/lang"
)

// A Sensitivity says how carefully a class is to be handled.
type Sensitivity string

// Sensitivities, from the least.
const (
	Public    Sensitivity = "public"    // anyone may know it
	Personal  Sensitivity = "personal"  // about one person
	Sensitive Sensitivity = "sensitive" // its disclosure can harm
)

// Types of fields. A date is the text 2026-11-23, money the text HKD 900.00.
const (
	Text    = "text"
	Number  = "number"
	Date    = "date"
	Boolean = "boolean"
	Money   = "money"
)

// A Class is one kind of record that one registry holds.
type Class struct {
	ID          string
	Registry    org.ID // the department that holds it and answers for it
	Label       lang.Text
	Fields      []Field
	Sensitivity Sensitivity
	Schema      []byte        // JSON Schema 2020-12 of one record
	FreshFor    time.Duration // how long a fetched record may be relied on
	Source      string        // the source that serves it
	At          string        // where there: a path of an HTTP source, a view of an SQL source
	Key         string        // the view's column that holds the identity number
	Required    []string      // fields that a record never lacks
	Check       Validator     // Schema without its top-level "required"; nil for a class that is only written
	Writers     []org.ID      // who may write records; nobody if empty
	CheckWrite  Validator     // what may be written
}

// A Field is one property of a class's records.
type Field struct {
	Name   string
	Label  lang.Text
	Type   string
	Column string // in an SQL view; Name if empty
	Values []Word // of a text that has one of a few codes, what people read for each
	List   string // what separates the codes of a text that has several, or ""
}

// A Word is what people read for one code of a field.
type Word struct {
	Value string
	Label lang.Text
}

// Say returns what people read for value, in every language: its word, or its
// words if the field holds a list of codes. A code without a word is read as it is.
func (f Field) Say(value string) lang.Text {
	if len(f.Values) == 0 {
		return same(value)
	}
	if f.List == "" {
		return f.word(value)
	}
	var en, hant, hans []string
	for code := range strings.SplitSeq(value, f.List) {
		w := f.word(strings.TrimSpace(code))
		en, hant, hans = append(en, w.En), append(hant, w.Hant), append(hans, w.Hans)
	}
	return lang.Text{En: strings.Join(en, ", "), Hant: strings.Join(hant, "、"), Hans: strings.Join(hans, "、")}
}

// Takes reports whether value is one of f's codes, or a list of them. A field
// without codes takes anything.
func (f Field) Takes(value string) bool {
	codes := []string{value}
	if f.List != "" {
		codes = strings.Split(value, f.List)
	}
	return len(f.Values) == 0 || !slices.ContainsFunc(codes, func(code string) bool {
		return !slices.ContainsFunc(f.Values, func(w Word) bool { return w.Value == strings.TrimSpace(code) })
	})
}

func (f Field) word(code string) lang.Text {
	for _, w := range f.Values {
		if w.Value == code {
			return w.Label
		}
	}
	return same(code)
}

func same(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }

// A Validator checks a JSON value, as encoding/json decodes it into any.
type Validator interface{ Validate(v any) error }

// Field returns the field named name.
func (c Class) Field(name string) (Field, bool) {
	i := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return c.Fields[i], true
}

// Readable reports whether records of c can be fetched.
func (c Class) Readable() bool { return c.Check != nil }

// WritableBy reports whether by may write records of c.
func (c Class) WritableBy(by org.ID) bool { return slices.Contains(c.Writers, by) }

// errRecord reports a record that is not as its class says. It names fields,
// never values.
var errRecord = errors.New("record is not as its class says")

// project returns the fields of record, checked against c. It returns errRecord
// without a word about any value.
func (c Class) project(record map[string]any, fields []string) (map[string]any, error) {
	out := make(map[string]any, len(fields))
	for _, f := range fields {
		v, ok := record[f]
		if ok {
			out[f] = v
		} else if slices.Contains(c.Required, f) {
			return nil, fmt.Errorf("%w: %s is missing", errRecord, f)
		}
	}
	if err := c.Check.Validate(out); err != nil {
		return nil, errRecord
	}
	return out, nil
}

// Classes is a set of data classes. It does not change.
type Classes struct {
	byID map[string]Class
	all  []Class
}

// NewClasses returns the set of classes. It refuses an id that comes twice.
func NewClasses(classes ...Class) (*Classes, error) {
	set := &Classes{byID: make(map[string]Class, len(classes)), all: slices.Clone(classes)}
	slices.SortFunc(set.all, func(a, b Class) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range set.all {
		if _, twice := set.byID[c.ID]; twice {
			return nil, fmt.Errorf("data class %s is declared twice", c.ID)
		}
		set.byID[c.ID] = c
	}
	return set, nil
}

// Class returns the class named id.
func (s *Classes) Class(id string) (Class, bool) {
	c, ok := s.byID[id]
	return c, ok
}

// All returns the classes by id. The caller does not change them.
func (s *Classes) All() []Class { return s.all }
