package service

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"causeway/platform/day"
)

// Keys of a case.
const (
	caseKeys   = "name today evidence by_hand choose answers expect"
	expectKeys = "eligible reason fee decision asked"
)

// maxCases bounds a table.
const maxCases = 2000

// ErrCases reports a file that is no table of cases; it wraps Errors.
var ErrCases = errors.New("service: unusable table of cases")

// Case is one row of a table of cases.
type Case struct {
	Name string
	Line int

	file   string
	bad    []string // what is wrong with the row itself
	today  day.Date
	values map[string]*yaml.Node // by key
}

// ParseCases reads a table. A row that is malformed is kept, and fails when it
// is run; only a file that is no list at all is an error.
func ParseCases(name string, src []byte) ([]Case, error) {
	f := &file{name: name}
	root, err := f.load(src, 4*maxBytes, 10*maxNodes)
	switch {
	case err != nil:
	case root.Kind != yaml.SequenceNode:
		f.at(root, "a table of cases is a list: each case begins with - name")
	case len(root.Content) == 0:
		f.at(root, "the table has no case")
	case len(root.Content) > maxCases:
		f.at(root, "the table has more than %d cases", maxCases)
	}
	if len(f.errs) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrCases, f.errs)
	}
	cases := make([]Case, len(root.Content))
	for i, n := range root.Content {
		cases[i] = parseCase(name, i, n)
	}
	return cases, nil
}

func parseCase(name string, i int, n *yaml.Node) Case {
	c := Case{Name: fmt.Sprintf("case %d", i+1), Line: n.Line, file: name}
	f := &file{name: name}
	c.values = f.fields(n, "a case", caseKeys, "")
	if s, ok := f.scalar(f.need(n, c.values, "a case", "name"), "name"); ok {
		c.Name = strings.Join(strings.Fields(s), " ")
	}
	if s, ok := f.scalar(f.need(n, c.values, "a case", "today"), "today"); ok {
		d, err := day.Parse(s)
		if err != nil || d.IsZero() {
			f.at(c.values["today"], "today is a date, as in 2026-11-23")
		}
		c.today = d
	}
	f.need(n, c.values, "a case", "expect")
	for _, e := range f.errs {
		c.bad = append(c.bad, e.Text)
	}
	return c
}

// Result is what the run of a case says.
type Result struct {
	Failures []string // why it fails; none when it passes
	Waits    []string // evidence and questions for which a rule waits: the case is not decided
}

// Passed reports whether the case does what it expects.
func (r Result) Passed() bool { return len(r.Failures) == 0 }

// Line writes the result of c in one line.
func (r Result) Line(c Case) string {
	switch {
	case !r.Passed():
		return fmt.Sprintf("FAIL  %s (line %d): %s", c.Name, c.Line, strings.Join(strings.Fields(strings.Join(r.Failures, "; ")), " "))
	case len(r.Waits) > 0:
		return fmt.Sprintf("ok    %s (not decided: a rule waits for %s)", c.Name, strings.Join(r.Waits, ", "))
	}
	return "ok    " + c.Name
}

// Run runs c against d. Questions that are shown and that the case does not
// answer are declined. A case that a rule leaves waiting is not eligible.
func (c Case) Run(d *Definition, cal *Calendar) Result {
	if len(c.bad) > 0 {
		return Result{Failures: c.bad}
	}
	r := &caseRun{file: file{name: c.file}, def: d, in: Input{
		Today: c.today, Calendar: cal, Evidence: map[string]Facts{}, Answers: map[string]Answer{},
	}}
	r.evidence(c.values["evidence"], c.values["choose"])
	r.byHand(c.values["by_hand"])
	r.answers(c.values["answers"])
	expect := r.fieldsOrNone(c.values["expect"], "expect", strings.Join(append(d.Lets(), expectKeys), " "))
	if len(r.errs) > 0 {
		return Result{Failures: r.texts()}
	}
	asked, out, err := r.walk()
	if err != nil {
		return Result{Failures: []string{err.Error()}}
	}
	r.compare(expect, asked, out)
	return Result{r.texts(), out.Waits}
}

// fieldsOrNone is fields for a mapping that may be missing or empty.
func (f *file) fieldsOrNone(n *yaml.Node, what, known string) map[string]*yaml.Node {
	if n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	return f.fields(n, what, known, "")
}
