package service

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"causeway/modules/service/expr"
	"causeway/platform/money"
)

const (
	evidenceKeys   = "class fields purpose otherwise many fresh"
	evidenceNotYet = "late several missing contradicts refused by_hand automatic from label"
	askKeys        = "label hint type options when optional default not_before not_after"
	fieldKeys      = "type values not_before not_after"
	fieldNotYet    = "label min max pattern optional"
	askNotYet      = "repeat group check rule min max accept several automatic looked_at"
)

// evidence reads what is fetched, and gives each field its slot.
func (p *parser) evidence(n *yaml.Node) {
	if n == nil {
		return
	}
	entries := p.entries(n, "evidence")
	if len(entries) > maxEvidence {
		p.at(n, "a definition has at most %d pieces of evidence", maxEvidence)
		entries = entries[:maxEvidence]
	}
	classes := map[string]bool{}
	for _, e := range entries {
		name, ok := p.declare(e.name, "the name of evidence")
		if !ok {
			continue
		}
		m := p.fields(e.value, "evidence", evidenceKeys, evidenceNotYet)
		ev := Evidence{Name: name, Otherwise: OtherwiseStop, Many: ManyStop}
		ev.Class = p.match(p.need(e.value, m, "evidence", "class"), "class", dottedForm)
		if classes[ev.Class] && ev.Class != "" {
			p.at(m["class"], "the class %s is named twice", ev.Class)
		}
		classes[ev.Class] = true
		ev.Purpose = p.match(p.need(e.value, m, "evidence", "purpose"), "purpose", slugForm)
		if v := m["otherwise"]; v != nil {
			ev.Otherwise = Otherwise(p.oneOf(v, "otherwise", "ask stop", "officer paper counter letter"))
		}
		if v := m["many"]; v != nil {
			ev.Many = Many(p.oneOf(v, "many", "choose stop", "all first latest officer"))
		}
		if v := m["fresh"]; v != nil {
			ev.Fresh = p.period(v, "fresh")
		}
		p.record(&ev, p.need(e.value, m, "evidence", "fields"))
	}
}

// record declares ev and its fields.
func (p *parser) record(ev *Evidence, n *yaml.Node) {
	source := len(p.def.Evidence)
	deps := expr.Source(source)
	fields := map[string]expr.Var{}
	first := p.slots
	if n != nil {
		entries := p.entries(n, "fields")
		if len(entries) == 0 || len(entries) > maxList {
			p.at(n, "fields names 1 to %d fields, as in {plate: text}", maxList)
		}
		for _, e := range entries {
			name := p.match(e.name, "the name of a field", nameForm)
			if name == "" {
				continue
			}
			f, ok := p.field(name, e.value)
			if !ok {
				fields[name] = expr.Var{}
				continue
			}
			ev.Fields = append(ev.Fields, f)
			fields[name] = expr.Var{Type: expr.Of(f.Type), Slot: p.slot(), Deps: deps}
		}
	}
	p.def.frame.fields = append(p.def.frame.fields, first)
	mark := expr.Mark{Slot: p.slot(), Deps: deps}
	p.def.frame.byHand = append(p.def.frame.byHand, mark.Slot)
	p.scope.Vars[ev.Name] = expr.Var{Fields: fields, Deps: deps}
	p.scope.ByHand[ev.Name] = mark
	p.def.byName[ev.Name] = source
	p.def.Evidence = append(p.def.Evidence, *ev)
}

// field reads one field: its type, or a mapping that says more of it.
func (p *parser) field(name string, n *yaml.Node) (Field, bool) {
	f := Field{Name: name}
	m := map[string]*yaml.Node{"type": n}
	if n.Kind == yaml.MappingNode {
		m = p.fields(n, "a field", fieldKeys, fieldNotYet)
	}
	t := p.need(n, m, "a field", "type")
	s, ok := p.scalar(t, "the type of a field")
	if !ok {
		return f, false
	}
	if f.Type, ok = expr.ParseKind(s); !ok {
		p.at(t, "the type of a field is one of text, number, date, boolean, money")
		return f, false
	}
	if v := m["values"]; v != nil && f.Type != expr.Text {
		p.at(v, "only a text has values")
	}
	f.Values = p.words(m["values"])
	f.bounds = p.bounds(m, f.Type)
	return f, true
}

// questions reads what is asked, but for the conditions.
func (p *parser) questions(n *yaml.Node) {
	if n == nil {
		return
	}
	entries := p.entries(n, "ask")
	if len(entries) > maxQuestions {
		p.at(n, "a definition asks at most %d questions", maxQuestions)
		entries = entries[:maxQuestions]
	}
	for _, e := range entries {
		name, ok := p.declare(e.name, "the name of a question")
		if !ok {
			continue
		}
		m := p.fields(e.value, "a question", askKeys, askNotYet)
		q := Question{Name: name}
		q.Label = p.text(p.need(e.value, m, "a question", "label"), "label")
		q.Hint = p.text(m["hint"], "hint")
		q.Type = QuestionType(p.oneOf(p.need(e.value, m, "a question", "type"), "type",
			"text number date choice file", "money choices address declaration boolean email phone"))
		q.Optional = p.boolean(m["optional"], "optional")
		p.answer(&q, e.value, m)
		q.bounds = p.bounds(m, q.kind)
		p.ask(&q, m["when"])
	}
}

// answer reads the options and the default, and sets the kind of the value.
func (p *parser) answer(q *Question, n *yaml.Node, m map[string]*yaml.Node) {
	switch q.Type {
	case TextQuestion, NumberQuestion, DateQuestion:
		q.kind, _ = expr.ParseKind(string(q.Type))
	case ChoiceQuestion:
		p.options(q, p.need(n, m, "a choice", "options"))
	case FileQuestion:
	}
	if v := m["options"]; v != nil && q.Type != ChoiceQuestion {
		p.at(v, "only a choice has options")
	}
	v := m["default"]
	if v == nil {
		return
	}
	s, ok := p.scalar(v, "default")
	if !ok {
		return
	}
	for _, o := range q.Options {
		if o.Value == s {
			q.Default, q.fallback, q.Optional = s, o.value, true
			return
		}
	}
	p.at(v, "default is one of the options of a choice")
}

func (p *parser) options(q *Question, n *yaml.Node) {
	if n == nil {
		return
	}
	items := p.items(n, "options")
	if len(items) < 2 && n.Kind == yaml.SequenceNode || len(items) > maxList {
		p.at(n, "a choice has 2 to %d options", maxList)
	}
	q.kind = expr.Number
	for _, item := range items {
		m := p.fields(item, "an option", "value label", "hint when exclusive")
		s, ok := p.scalar(p.need(item, m, "an option", "value"), "value")
		label := p.text(p.need(item, m, "an option", "label"), "label")
		switch {
		case !ok:
			continue
		case s == "" || len(s) > maxName:
			p.at(m["value"], "the value of an option has 1 to %d characters", maxName)
		case m["value"].Tag != "!!int" && m["value"].Tag != "!!float":
			q.kind = expr.Text
		}
		for _, o := range q.Options {
			if o.Value == s {
				p.at(m["value"], "the option `%s` is named twice", s)
			}
		}
		q.Options = append(q.Options, Option{Value: s, Label: label})
	}
	for i := range q.Options {
		v, err := expr.FromText(q.kind, q.Options[i].Value)
		if err != nil {
			p.at(n, "the value of an option: %v", err)
		}
		q.Options[i].value = v
	}
}

// ask declares q.
func (p *parser) ask(q *Question, when *yaml.Node) {
	source := len(p.def.Evidence) + len(p.def.Questions)
	v := expr.Var{Type: expr.Of(q.kind), Slot: p.slot(), Deps: expr.Source(source)}
	switch {
	case q.Type == FileQuestion:
		v.No = fmt.Sprintf("is a file: ask given(%q)", q.Name)
	case (q.Optional || when != nil) && q.Default == "":
		v.Guard = q.Name
	}
	mark := expr.Mark{Slot: p.slot(), Deps: v.Deps}
	f := &p.def.frame
	f.answers, f.given = append(f.answers, v.Slot), append(f.given, mark.Slot)
	p.scope.Vars[q.Name] = v
	p.scope.Given[q.Name] = mark
	p.def.byName[q.Name] = source
	p.def.Questions = append(p.def.Questions, *q)
	p.whens = append(p.whens, when)
}

// conditions compiles when of each question, which looks at those above it only.
func (p *parser) conditions() {
	for i, n := range p.whens {
		if n == nil {
			continue
		}
		e := p.compile(n, "when", expr.Bool)
		if e == nil {
			continue
		}
		for j := i; j < len(p.def.Questions); j++ {
			if e.Deps.Has(len(p.def.Evidence) + j) {
				p.at(n, "when of `%s` needs the answer to `%s`, which is not asked before it", p.def.Questions[i].Name, p.def.Questions[j].Name)
			}
		}
		p.def.Questions[i].when = e
	}
}

// tables reads data that expressions look up.
func (p *parser) tables(n *yaml.Node) {
	if n == nil {
		return
	}
	for _, e := range p.entries(n, "tables") {
		name, ok := p.declare(e.name, "the name of a table")
		if !ok {
			continue
		}
		items := p.items(e.value, "a table")
		if len(items) == 0 && e.value.Kind == yaml.SequenceNode || len(items) > maxRows {
			p.at(e.value, "a table has 1 to %d rows", maxRows)
			continue
		}
		v := expr.Var{Type: expr.Type{Kind: expr.Table}}
		for i, item := range items {
			p.row(&v, item, i == 0)
		}
		p.scope.Vars[name] = v
	}
}

// row adds a row to the table v; the first one says which columns there are.
func (p *parser) row(v *expr.Var, n *yaml.Node, first bool) {
	cells := map[string]expr.Value{}
	for _, e := range p.entries(n, "a row") {
		name := p.match(e.name, "the name of a column", nameForm)
		cell, ok := p.cell(e.value)
		if name == "" || !ok {
			continue
		}
		cells[name] = cell
		if first {
			v.Type.Columns = append(v.Type.Columns, expr.Column{Name: name, Kind: cell.Kind()})
		}
	}
	row := make([]expr.Value, len(v.Type.Columns))
	for i, c := range v.Type.Columns {
		cell, ok := cells[c.Name]
		switch {
		case !ok:
			p.at(n, "the row has no `%s`", c.Name)
		case cell.Kind() != c.Kind:
			p.at(n, "`%s` is %s in this row, but %s in the first", c.Name, cell.Kind(), c.Kind)
		}
		row[i] = cell
		delete(cells, c.Name)
	}
	for name := range cells {
		p.at(n, "the first row has no `%s`", name)
	}
	v.Rows = append(v.Rows, row)
}

// cell reads one value of a table: what it looks like is what it is.
func (p *parser) cell(n *yaml.Node) (expr.Value, bool) {
	s, ok := p.scalar(n, "a value of a table")
	if !ok {
		return expr.Value{}, false
	}
	kind := expr.Text
	switch n.Tag {
	case "!!int", "!!float":
		kind = expr.Number
	case "!!bool":
		kind = expr.Bool
	case "!!timestamp":
		kind = expr.Date
	default:
		if _, err := money.Parse(s); err == nil {
			kind = expr.Money
		}
	}
	v, err := expr.FromText(kind, s)
	if err != nil {
		p.at(n, "a value of a table: %v", err)
		return expr.Value{}, false
	}
	return v, true
}

// lets compiles let, in order: each may use those above it.
func (p *parser) lets(n *yaml.Node) {
	p.def.frame.letSlot = p.slots
	if n == nil {
		return
	}
	entries := p.entries(n, "let")
	if len(entries) > maxList {
		p.at(n, "let names at most %d values", maxList)
		return
	}
	for _, e := range entries {
		name, ok := p.declare(e.name, "the name of a let")
		if !ok {
			continue
		}
		if word(expectKeys, name) {
			p.at(e.name, "the name `%s` is taken: tables of cases expect it of every service", name)
			continue
		}
		// What failed is declared all the same, so that it is said once.
		v := expr.Var{}
		x := p.compile(e.value, "let", expr.Bool, expr.Text, expr.Number, expr.Money, expr.Exact, expr.Date)
		if x != nil {
			v = expr.Var{Type: x.Type, Slot: p.slot(), Deps: x.Deps}
			p.def.lets = append(p.def.lets, let{name, x, e.value.Line, e.value.Column})
		}
		p.scope.Vars[name] = v
	}
}
