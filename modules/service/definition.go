// Package service is the language of service definitions: what a service owner
// writes is parsed, checked and evaluated here. It is pure: facts, today and
// calendars go in as data.
package service

import (
	"time"

	"causeway/modules/service/expr"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// Definition is one checked version of a service. Nobody changes it after Parse,
// and many goroutines may use it.
type Definition struct {
	ID        string
	Version   int
	Owner     string   // the department
	From      day.Date // the first day of this version, or zero: from its publication
	Title     lang.Text
	Summary   lang.Text
	Assurance string // "low", "substantial" or "high"
	Zone      *time.Location
	Calendar  string // its name, or "" if the service counts no working days
	Week      Week
	Evidence  []Evidence
	Questions []Question
	Rules     []Rule
	Fee       *Fee   // nil if the service is free
	Steps     []Step // in their order; the last one decides
	Roles     []Role // that the steps name, each once
	Effects   []Effect
	Reminder  *Reminder // or nil
	Shown     []Shown   // facts that sentences show as their registry has them
	Keep      Period    // how long a case's facts are kept after it ended

	lets     []let
	letExprs []*expr.Expr // of lets
	frame    layout
	byName   map[string]int // evidence and questions: their source
}

// Evidence is facts that are fetched from a department.
type Evidence struct {
	Name      string // by which rules call it
	Class     string // the data class
	Fields    []Field
	Purpose   string
	Otherwise Otherwise
	Many      Many
	Fresh     Period // how old it may be when the case is decided, or zero: as the class says
}

// Field is one fact of a record.
type Field struct {
	Name   string
	Type   expr.Kind // Text, Number, Date, Bool or Money
	Values []Word    // of a text that has one of a few: what people read for each; nil: as the class says

	bounds bounds // of a date that is typed by hand
}

// Otherwise says what happens when evidence is not there: no record, or the
// registry is down, or the person does not agree to the look-up.
type Otherwise string

// What happens when evidence is not there.
const (
	OtherwiseStop Otherwise = "stop" // the application cannot go on online
	OtherwiseAsk  Otherwise = "ask"  // the applicant types the facts: by hand
)

// Many says what happens when there are several records.
type Many string

// What happens when there are several records.
const (
	ManyStop   Many = "stop"   // the application cannot go on online
	ManyChoose Many = "choose" // the applicant chooses one
)

// QuestionType is the kind of answer that a question takes.
type QuestionType string

// Types of questions.
const (
	TextQuestion   QuestionType = "text"
	NumberQuestion QuestionType = "number"
	DateQuestion   QuestionType = "date"
	ChoiceQuestion QuestionType = "choice"
	FileQuestion   QuestionType = "file"
)

// Question is what no registry knows.
type Question struct {
	Name     string
	Label    lang.Text
	Hint     lang.Text // may be empty
	Type     QuestionType
	Options  []Option // of a choice
	Optional bool     // may be left without an answer: declined
	Default  string   // the value of an Option that is taken when there is no answer, or ""

	bounds   bounds     // of a date
	when     *expr.Expr // nil: always asked
	kind     expr.Kind  // of its value; Unknown for a file
	fallback expr.Value
}

// Option is one answer of a choice.
type Option struct {
	Value string // as a form sends it
	Label lang.Text

	value expr.Value
}

// Rule is one condition of eligibility.
type Rule struct {
	Reason  string
	Label   lang.Text // what officers read of it; empty: they read what it says when it fails
	Instead string    // the service that helps, or ""

	rule *expr.Expr
	say  template
}

// Fee is what the service costs.
type Fee struct {
	Payee string    // the department that is paid
	About lang.Text // what it costs in a sentence, for the start page; may be empty

	lines []feeLine
	waive *expr.Expr // nil: never
}

type feeLine struct {
	label  lang.Text
	amount *expr.Expr
}

// Decide is the name of the step that decides.
const Decide = "decide"

// Step is one task of a department.
type Step struct {
	Name     string
	Label    lang.Text // what people read of it; empty: whose check it is
	By       string    // the department
	Role     string
	Within   Period // in working days; zero: no deadline
	Escalate string // the role that is told when it is late, or ""

	when      *expr.Expr // nil: always
	automatic *expr.Expr // nil: never; only of the step that decides
}

// EffectKind is the kind of an effect.
type EffectKind string

// Kinds of effects.
const (
	Credential EffectKind = "credential"
	Write      EffectKind = "write"
)

// Effect is what an approved case brings about.
type Effect struct {
	Kind  EffectKind
	Type  string    // of a credential: its type; of a write: the data class
	Title lang.Text // of a credential: what it is called; the service's title if the file says nothing

	from, until *expr.Expr // of a credential
	values      []effectValue
}

type effectValue struct {
	name  string
	label lang.Text
	field reference // the fact that it is, or zero
	value *expr.Expr
}

// Reminder is a message before a result ends.
type Reminder struct {
	Before Period

	of  *expr.Expr
	say template
}

type let struct {
	name string
	expr *expr.Expr
	line int
	col  int
}

// layout says where the frame of an evaluation holds what.
type layout struct {
	fields  []int // by evidence: the slot of its first field
	byHand  []int // by evidence
	answers []int // by question
	given   []int // by question
	letSlot int
	size    int
}

// Lets returns the names of let, in their order.
func (d *Definition) Lets() []string {
	names := make([]string, len(d.lets))
	for i, l := range d.lets {
		names[i] = l.name
	}
	return names
}

// Question returns the named question.
func (d *Definition) Question(name string) (Question, bool) {
	for _, q := range d.Questions {
		if q.Name == name {
			return q, true
		}
	}
	return Question{}, false
}

// EvidenceNamed returns the evidence with that name.
func (d *Definition) EvidenceNamed(name string) (Evidence, bool) {
	for _, e := range d.Evidence {
		if e.Name == name {
			return e, true
		}
	}
	return Evidence{}, false
}

// Step returns the named step.
func (d *Definition) Step(name string) (Step, bool) {
	for _, s := range d.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// Fields returns the names and types of the claims of a credential, or of the
// record that is written, in their order.
func (e Effect) Fields() []Field {
	fields := make([]Field, len(e.values))
	for i, v := range e.values {
		fields[i] = Field{Name: v.name, Type: v.value.Type.Kind}
	}
	return fields
}

// Fetched returns the data class and the field that the named value of e is, as it
// was fetched; ok is false for a value that is computed.
func (d *Definition) Fetched(e Effect, name string) (class, field string, ok bool) {
	for _, v := range e.values {
		if ev, known := d.EvidenceNamed(v.field.evidence); v.name == name && known {
			return ev.Class, v.field.field, true
		}
	}
	return "", "", false
}

// Conditional reports whether the question is asked only when a condition holds.
func (q Question) Conditional() bool { return q.when != nil }

// Workdays returns the service's working days by c, which may be nil.
func (d *Definition) Workdays(c *Calendar) Workdays { return Workdays{d.Week, c} }

// Automatic reports whether the step may be taken without an officer, when the
// condition that the definition gives holds.
func (s Step) Automatic() bool { return s.automatic != nil }
