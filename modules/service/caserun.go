package service

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"causeway/modules/service/expr"
	"causeway/platform/money"
)

// caseRun is one Case being run.
type caseRun struct {
	file
	def   *Definition
	in    Input
	given map[string]Answer // what the case answers
}

func (r *caseRun) texts() []string {
	var texts []string
	for _, e := range r.errs {
		texts = append(texts, e.Text)
	}
	return texts
}

func (r *caseRun) fail(format string, args ...any) { r.add(0, 0, format, args...) }

// classOf returns the evidence that is fetched from class.
func (r *caseRun) classOf(class string) (Evidence, bool) {
	for _, e := range r.def.Evidence {
		if e.Class == class {
			return e, true
		}
	}
	r.fail("the service has no evidence of class `%s`", class)
	return Evidence{}, false
}

// optional returns the entries of a mapping that may be missing or empty.
func (r *caseRun) optional(n *yaml.Node, what string) []entry {
	if n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	return r.entries(n, what)
}

func (r *caseRun) evidence(n, choose *yaml.Node) {
	chosen := map[string]int{}
	for _, e := range r.optional(choose, "choose") {
		s, _ := r.scalar(e.value, "choose")
		i, err := strconv.Atoi(s)
		ev, ok := r.classOf(e.key)
		switch {
		case !ok:
		case ev.Many != ManyChoose:
			r.fail("nobody chooses among records of `%s`", e.key)
		case err != nil || i < 1:
			r.fail("choose names a record by its number, from 1")
		default:
			chosen[e.key] = i
		}
	}
	for _, e := range r.optional(n, "evidence") {
		ev, ok := r.classOf(e.key)
		if !ok {
			continue
		}
		r.in.Evidence[ev.Name] = r.facts(ev, e.value, chosen[e.key])
		delete(chosen, e.key)
	}
	for class := range chosen {
		r.fail("choose: the case gives no records of `%s`", class)
	}
}

// facts reads the evidence of one class; chosen is the record that the applicant
// takes, from 1, or 0.
func (r *caseRun) facts(ev Evidence, n *yaml.Node, chosen int) Facts {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == string(None):
		return Facts{State: None}
	case n.Kind == yaml.ScalarNode && n.Value == string(Unavailable):
		return Facts{State: Unavailable}
	case n.Kind == yaml.SequenceNode:
		records := make([]map[string]any, len(n.Content))
		for i, item := range n.Content {
			records[i] = r.record(ev, item)
		}
		switch {
		case chosen > len(records):
			r.fail("choose: `%s` has %d records", ev.Class, len(records))
		case len(records) == 0:
			return Facts{State: None}
		case len(records) == 1:
			return Facts{Found, records[0]}
		case chosen > 0:
			return Facts{Found, records[chosen-1]}
		}
		return Facts{State: Several}
	}
	return Facts{Found, r.record(ev, n)}
}

// record reads one record; a field that is null is missing.
func (r *caseRun) record(ev Evidence, n *yaml.Node) map[string]any {
	record := map[string]any{}
	if n.Kind != yaml.MappingNode {
		r.fail("`%s` is a record, a list of records, none or unavailable", ev.Class)
		return record
	}
	for _, e := range r.entries(n, ev.Class) {
		i := slices.IndexFunc(ev.Fields, func(f Field) bool { return f.Name == e.key })
		if i < 0 {
			r.fail("`%s` has no field `%s` in this service", ev.Class, e.key)
			continue
		}
		if e.value.Kind == yaml.ScalarNode && e.value.Tag == "!!null" {
			continue
		}
		s, ok := r.scalar(e.value, e.key)
		if !ok {
			continue
		}
		v, err := expr.FromText(ev.Fields[i].Type, s)
		if err != nil {
			r.fail("%s.%s: %v", ev.Class, e.key, err)
			continue
		}
		record[e.key] = v.JSON()
	}
	return record
}

// byHand takes in what the applicant typed, for fields that no registry gave.
func (r *caseRun) byHand(n *yaml.Node) {
	for _, e := range r.optional(n, "by_hand") {
		ev, ok := r.classOf(e.key)
		if !ok {
			continue
		}
		if ev.Otherwise != OtherwiseAsk {
			r.fail("`%s` cannot be typed by hand in this service", ev.Class)
			continue
		}
		typed := r.record(ev, e.value)
		for _, f := range ev.Fields {
			if s, ok := typed[f.Name].(string); ok && f.typeable(s, r.in.Today) != nil {
				r.fail("%s.%s: %v", ev.Class, f.Name, f.typeable(s, r.in.Today))
			}
		}
		for name, v := range r.in.Evidence[ev.Name].Record {
			if _, twice := typed[name]; twice {
				r.fail("%s.%s comes from the registry, and cannot be typed over", ev.Class, name)
			}
			typed[name] = v
		}
		r.in.Evidence[ev.Name] = Facts{ByHand, typed}
	}
}

func (r *caseRun) answers(n *yaml.Node) {
	r.given = map[string]Answer{}
	for _, e := range r.optional(n, "answers") {
		q, ok := r.def.Question(e.key)
		if !ok {
			r.fail("the service has no question `%s`", e.key)
			continue
		}
		if e.value.Kind == yaml.ScalarNode && e.value.Tag == "!!null" {
			continue
		}
		s, ok := r.scalar(e.value, e.key)
		if !ok {
			continue
		}
		a := Answer{Answered, s}
		switch {
		case q.Type != FileQuestion:
			if v, err := q.value(s); err != nil || q.bounds.check(v.Date(), r.in.Today) != nil {
				r.fail("the question `%s` does not take the answer %s", q.Name, s)
			}
		case s == "false":
			a = Answer{State: Declined}
		case s != "true":
			r.fail("`%s` is a file: true stands for an uploaded one", q.Name)
		}
		r.given[e.key] = a
	}
}

// walk goes through the questions as an applicant does, in the definition's
// order, until the rules end the application or nothing is left to ask.
func (r *caseRun) walk() (asked []string, out Outcome, err error) {
	for {
		out, err = r.def.Evaluate(r.in)
		if err != nil || out.Status == Ineligible {
			return asked, out, err
		}
		i := slices.IndexFunc(out.Next, func(q string) bool { return !slices.Contains(asked, q) })
		if i < 0 {
			return asked, out, nil
		}
		q := out.Next[i]
		asked = append(asked, q)
		if r.in.Answers[q] = r.given[q]; r.given[q].State == NotAsked {
			r.in.Answers[q] = Answer{State: Declined}
		}
	}
}

// compare notes how out differs from what is expected.
func (r *caseRun) compare(expect map[string]*yaml.Node, asked []string, out Outcome) {
	for _, key := range strings.Fields(expectKeys) {
		n := expect[key]
		if n == nil {
			continue
		}
		switch key {
		case "asked":
			r.compareAsked(n, asked)
		case "eligible":
			r.compareEligible(n, out)
		default:
			r.compareWord(key, n, out)
		}
	}
	for i, l := range r.def.lets {
		if n := expect[l.name]; n != nil {
			r.compareLet(n, r.def.lets[i], out)
		}
	}
}

func (r *caseRun) compareEligible(n *yaml.Node, out Outcome) {
	s, ok := r.scalar(n, "eligible")
	switch {
	case !ok:
	case s != "true" && s != "false":
		r.fail("eligible is true or false")
	case s == "true" && out.Status == Waiting:
		r.fail("eligible: want true, but a rule waits for %s", strings.Join(out.Waits, ", "))
	case (s == "true") != (out.Status == Eligible):
		r.fail("eligible: want %s, got %t%s", s, out.Status == Eligible, because(out))
	}
}

func because(out Outcome) string {
	if out.Reason == "" {
		return ""
	}
	return " (" + out.Reason + ")"
}

// compareWord compares reason, fee and decision.
func (r *caseRun) compareWord(key string, n *yaml.Node, out Outcome) {
	want, ok := r.scalar(n, key)
	if !ok {
		return
	}
	got := ""
	switch key {
	case "reason":
		got = out.Reason
		if !slices.ContainsFunc(r.def.Rules, func(rule Rule) bool { return rule.Reason == want }) {
			r.fail("no rule of the service has the reason `%s`", want)
			return
		}
	case "decision":
		if want != "automatic" && want != "officer" {
			r.fail("decision is automatic or officer")
			return
		}
		got = decision(out)
	case "fee":
		a, err := money.Parse(want)
		switch {
		case r.def.Fee == nil:
			r.fail("the service has no fee")
			return
		case err != nil:
			r.fail("fee is an amount, as in HKD 900.00")
			return
		case out.Fee != nil:
			got = out.Fee.Amount.String()
		}
		want = a.String()
	}
	if got == "" {
		got = "none" + because(out)
	}
	if got != want {
		r.fail("%s: want %s, got %s", key, want, got)
	}
}

func decision(out Outcome) string {
	switch {
	case out.Status != Eligible || len(out.Steps) == 0:
		return ""
	case out.Automatic:
		return "automatic"
	}
	return "officer"
}

// compareAsked compares the questions that were shown, in the definition's order.
func (r *caseRun) compareAsked(n *yaml.Node, asked []string) {
	place := func(q string) int {
		return slices.IndexFunc(r.def.Questions, func(x Question) bool { return x.Name == q })
	}
	var want []string
	for _, item := range r.items(n, "asked") {
		q, _ := r.scalar(item, "a question that is asked")
		if place(q) < 0 {
			r.fail("asked: the service has no question `%s`", q)
			return
		}
		want = append(want, q)
	}
	slices.SortStableFunc(want, func(a, b string) int { return place(a) - place(b) })
	if !slices.Equal(want, asked) {
		r.fail("asked: want %v, got %v", want, asked)
	}
}

func (r *caseRun) compareLet(n *yaml.Node, l let, out Outcome) {
	s, ok := r.scalar(n, l.name)
	if !ok {
		return
	}
	kind := l.expr.Type.Kind
	if kind == expr.Exact {
		kind = expr.Money
	}
	want, err := expr.FromText(kind, s)
	if err != nil {
		r.fail("%s: %v", l.name, err)
		return
	}
	got, ok := out.Lets[l.name]
	switch {
	case !ok:
		r.fail("%s: want %s, but it is not known%s", l.name, s, because(out))
	case !got.Equal(want):
		r.fail("%s: want %s, got %s", l.name, want, got)
	}
}
