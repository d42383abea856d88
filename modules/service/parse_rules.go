package service

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"causeway/modules/service/expr"
	"causeway/platform/lang"
)

const (
	ruleKeys     = "reason label rule say instead"
	ruleNotYet   = "counter officer correct appeal"
	feeKeys      = "amount lines waive payee about"
	feeNotYet    = "deposit refund discount instalments"
	stepKeys     = "step label by role when automatic within late"
	stepNotYet   = "beside parallel with side_by_side together ask_more review inspect pause clock"
	effectKeys   = "credential write"
	effectNotYet = "letter appointment payment pay message refund revoke"
)

func (p *parser) rules(n *yaml.Node) {
	if n == nil {
		return
	}
	items := p.items(n, "eligible")
	if len(items) > maxList {
		p.at(n, "eligible has at most %d rules", maxList)
		return
	}
	seen := map[string]bool{}
	for _, item := range items {
		m := p.fields(item, "a rule", ruleKeys, ruleNotYet)
		var r Rule
		r.Reason = p.match(p.need(item, m, "a rule", "reason"), "reason", slugForm)
		if seen[r.Reason] && r.Reason != "" {
			p.at(m["reason"], "the reason `%s` is given twice", r.Reason)
		}
		seen[r.Reason] = true
		r.Label = p.text(m["label"], "label")
		r.rule = p.compile(p.need(item, m, "a rule", "rule"), "rule", expr.Bool)
		r.say = p.template(p.need(item, m, "a rule", "say"), "say")
		if v := m["instead"]; v != nil {
			r.Instead = p.match(v, "instead", slugForm)
		}
		p.def.Rules = append(p.def.Rules, r)
	}
}

func (p *parser) fee(n *yaml.Node) {
	if n == nil {
		return
	}
	m := p.fields(n, "fee", feeKeys, feeNotYet)
	fee := &Fee{Payee: p.def.Owner, About: p.text(m["about"], "about")}
	if v := m["payee"]; v != nil {
		fee.Payee = p.match(v, "payee", slugForm)
	}
	switch {
	case m["amount"] != nil && m["lines"] != nil:
		p.at(m["lines"], "fee has either an amount or lines")
	case m["lines"] != nil:
		items := p.items(m["lines"], "lines")
		if len(items) == 0 && m["lines"].Kind == yaml.SequenceNode || len(items) > maxList {
			p.at(m["lines"], "fee has 1 to %d lines", maxList)
		}
		for _, item := range items {
			lm := p.fields(item, "a line of the fee", "label amount", "when discount")
			fee.lines = append(fee.lines, feeLine{
				p.text(p.need(item, lm, "a line of the fee", "label"), "label"),
				p.compile(p.need(item, lm, "a line of the fee", "amount"), "amount", expr.Money, expr.Exact),
			})
		}
	default:
		fee.lines = []feeLine{{p.def.Title, p.compile(p.need(n, m, "fee", "amount"), "amount", expr.Money, expr.Exact)}}
	}
	if v := m["waive"]; v != nil {
		fee.waive = p.compile(v, "waive", expr.Bool)
	}
	p.def.Fee = fee
}

func (p *parser) steps(n, roles *yaml.Node) {
	defer p.roleLabels(roles)
	if n == nil {
		p.def.Steps = []Step{{Name: Decide, By: p.def.Owner}}
		return
	}
	items := p.items(n, "steps")
	if len(items) > maxList {
		p.at(n, "a definition has at most %d steps", maxList)
		return
	}
	seen := map[string]bool{}
	for i, item := range items {
		s := p.step(item, i == len(items)-1)
		if seen[s.Name] && s.Name != "" {
			p.at(item, "the step `%s` comes twice", s.Name)
		}
		seen[s.Name] = true
		p.alike(item, s)
		p.def.Steps = append(p.def.Steps, s)
	}
	if n.Kind == yaml.SequenceNode && (len(items) == 0 || p.def.Steps[len(items)-1].Name != Decide) {
		p.at(n, "the last step is called decide")
	}
}

func (p *parser) step(n *yaml.Node, last bool) Step {
	m := p.fields(n, "a step", stepKeys, stepNotYet)
	s := Step{
		Name:  p.match(p.need(n, m, "a step", "step"), "step", slugForm),
		Label: p.text(m["label"], "label"),
		By:    p.match(p.need(n, m, "a step", "by"), "by", slugForm),
		Role:  p.match(p.need(n, m, "a step", "role"), "role", slugForm),
	}
	p.role(m["role"], s.Role)
	if v := m["when"]; v != nil {
		s.when = p.compile(v, "when", expr.Bool)
		if last {
			p.at(v, "the step that decides is always taken: it has no when")
		}
	}
	if v := m["automatic"]; v != nil {
		s.automatic = p.compile(v, "automatic", expr.Bool)
		if !last {
			p.at(v, "only the step that decides can be automatic")
		}
	}
	if v := m["within"]; v != nil {
		s.Within = p.period(v, "within")
		if s.Within.Unit == WorkingDays && p.def.Calendar == "" {
			p.at(v, "working days need a calendar and a working_week")
		}
	}
	if v := m["late"]; v != nil {
		lm := p.fields(v, "late", "escalate", "approve refuse tell")
		s.Escalate = p.match(p.need(v, lm, "late", "escalate"), "escalate", slugForm)
		p.role(lm["escalate"], s.Escalate)
		if s.Within.IsZero() {
			p.at(v, "a step that can be late says within what")
		}
	}
	return s
}

func (p *parser) effects(n *yaml.Node) {
	if n == nil {
		return
	}
	items := p.items(n, "effects")
	if len(items) > maxList {
		p.at(n, "a definition has at most %d effects", maxList)
		return
	}
	for _, item := range items {
		m := p.fields(item, "an effect", effectKeys, effectNotYet)
		if len(m) > 1 {
			p.at(item, "an effect is one thing: write two list items")
		}
		if v := m["credential"]; v != nil {
			p.credential(v)
		}
		if v := m["write"]; v != nil {
			p.write(v)
		}
	}
}

func (p *parser) credential(n *yaml.Node) {
	m := p.fields(n, "credential", "type title from until claims", "one_of image status")
	e := Effect{Kind: Credential, Title: p.def.Title}
	e.Type = p.match(p.need(n, m, "credential", "type"), "type", dottedForm)
	if v := m["title"]; v != nil {
		e.Title = p.text(v, "title")
	}
	e.from = p.compile(p.need(n, m, "credential", "from"), "from", expr.Date)
	e.until = p.compile(p.need(n, m, "credential", "until"), "until", expr.Date)
	e.values = p.values(p.need(n, m, "credential", "claims"), "claims")
	p.def.Effects = append(p.def.Effects, e)
}

func (p *parser) write(n *yaml.Node) {
	m := p.fields(n, "write", "class record", "remove when")
	e := Effect{Kind: Write}
	e.Type = p.match(p.need(n, m, "write", "class"), "class", dottedForm)
	e.values = p.values(p.need(n, m, "write", "record"), "record")
	p.def.Effects = append(p.def.Effects, e)
}

// values reads named expressions, or {value, label} with a label for pages.
func (p *parser) values(n *yaml.Node, what string) []effectValue {
	if n == nil {
		return nil
	}
	kinds := []expr.Kind{expr.Bool, expr.Text, expr.Number, expr.Money, expr.Date}
	var vs []effectValue
	for _, e := range p.entries(n, what) {
		v := effectValue{name: p.match(e.name, "a name under "+what, nameForm)}
		value := e.value
		if value.Kind == yaml.MappingNode {
			m := p.fields(value, "a value under "+what, "value label", "hidden always")
			v.label = p.text(m["label"], "label")
			value = p.need(value, m, "a value under "+what, "value")
		}
		v.value = p.compile(value, "a value under "+what, kinds...)
		if v.value != nil {
			v.field, _ = p.fieldOf(value.Value)
		}
		if what == "claims" && v.value != nil && v.label == (lang.Text{}) && v.field.evidence == "" {
			p.at(e.value, "the claim `%s` has no label: people read it on what they hold. Write {value: …, label: …}; a fact as it was fetched is called as its registry calls it", v.name)
		}
		vs = append(vs, v)
	}
	if len(vs) > maxList || len(vs) == 0 && n.Kind == yaml.MappingNode {
		p.at(n, "%s names 1 to %d values", what, maxList)
	}
	return slices.Clip(vs)
}

func (p *parser) tell(n *yaml.Node) {
	if n == nil {
		return
	}
	m := p.fields(n, "tell", "reminder", "received approved refused paid letter late")
	if m["reminder"] == nil {
		return
	}
	rm := p.fields(m["reminder"], "reminder", "before of say", "after repeat")
	r := &Reminder{
		Before: p.period(p.need(m["reminder"], rm, "reminder", "before"), "before"),
		of:     p.compile(p.need(m["reminder"], rm, "reminder", "of"), "of", expr.Date),
		say:    p.template(p.need(m["reminder"], rm, "reminder", "say"), "say"),
	}
	if r.Before.Unit == WorkingDays {
		p.at(rm["before"], "before is a period in days, months or years")
	}
	p.def.Reminder = r
}
