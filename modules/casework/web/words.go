package web

import (
	"context"
	"strings"

	"causeway/modules/casework"
	"causeway/modules/exchange"
	"causeway/modules/service"
	"causeway/platform/lang"
)

// step is what a step is called: as the definition says, else whose check it is.
func (h handler) step(tag lang.Tag, name string, label, department lang.Text) string {
	switch {
	case label != (lang.Text{}):
		return label.In(tag)
	case name == service.Decide:
		return h.Views.Text(tag, "casework.step.decide", nil)
	}
	return h.Views.Text(tag, "casework.step.check", map[string]any{"department": department})
}

// post is what a role is called: as the definition says, else as we do, else
// that it is an officer.
func (h handler) post(tag lang.Tag, role string, label lang.Text) string {
	if label != (lang.Text{}) {
		return label.In(tag)
	}
	if key := "org.role." + role; h.Views.Has(key) {
		return h.Views.Text(tag, key, nil)
	}
	return h.Views.Text(tag, "casework.step.officer", nil)
}

// roleText is what one of an officer's roles is called.
func (h handler) roleText(ctx context.Context, tag lang.Tag, role string) string {
	if key := "org.role." + role; h.Views.Has(key) {
		return h.Views.Text(tag, key, nil)
	}
	if h.Role != nil {
		if label, ok := h.Role(ctx, role); ok {
			return label.In(tag)
		}
	}
	return role
}

// A ruleRow is one rule with what it says, as an officer reads it.
type ruleRow struct {
	Text  string
	State string // the key of its text
}

func (h handler) rules(tag lang.Tag, results []service.RuleResult) []ruleRow {
	rows := make([]ruleRow, 0, len(results))
	for _, r := range results {
		text := r.Label.In(tag)
		if r.Label == (lang.Text{}) {
			text = h.Views.Text(tag, "casework.rule.otherwise", map[string]any{"say": r.Say})
		}
		rows = append(rows, ruleRow{text, "casework.rule." + string(r.State)})
	}
	return rows
}

// A stageRow is one stage of a case as a page shows it.
type stageRow struct {
	Text       string
	Department lang.Text
	State      string // the key of its text
	Now        bool
}

func (h handler) stages(tag lang.Tag, v casework.View) []stageRow {
	rows := make([]stageRow, 0, len(v.Stages))
	for _, s := range v.Stages {
		rows = append(rows, stageRow{h.step(tag, s.Name, s.Label, s.Department.Name), s.Department.Name, "casework.stage." + string(s.State), s.State == casework.StageNow})
	}
	return rows
}

// said writes one value of a field as pages do: a code by its words.
func (h handler) said(tag lang.Tag, f exchange.Field, v any) string {
	if s, ok := v.(string); ok && len(f.Values) > 0 {
		return f.Say(s).In(tag)
	}
	return h.value(tag, f.Type, v)
}

// reason is what a registry's code for its refusal means.
func (h handler) reason(tag lang.Tag, code string) string {
	if code == "" {
		return ""
	}
	if key := "casework.refusal." + code; h.Views.Has(key) {
		return h.Views.Text(tag, key, nil)
	}
	return h.Views.Text(tag, "casework.refusal.other", map[string]any{"code": strings.ReplaceAll(code, "-", " ")})
}

// An effectRow is one effect of a case as an officer sees it.
type effectRow struct {
	casework.EffectRow
	What string // what kind of thing
	Name lang.Text
}

func effectRows(d casework.Desk) []effectRow {
	rows := make([]effectRow, 0, len(d.Effects))
	for _, e := range d.Effects {
		row := effectRow{EffectRow: e, What: "casework.effect." + e.Kind}
		if i := e.Ordinal - 1; i >= 0 && i < len(d.Outcome.Effects) && d.Outcome.Effects[i].Kind == service.Credential {
			row.Name = d.Outcome.Effects[i].Title
		}
		rows = append(rows, row)
	}
	return rows
}

// A rejection is what a registry did not take, as an officer sees it.
type rejection struct {
	Class    lang.Text
	Registry lang.Text
	Phone    string
	Reason   string
	Rows     []factRow
}

func (h handler) rejections(tag lang.Tag, rs []casework.Rejection) []rejection {
	all := make([]rejection, 0, len(rs))
	for _, r := range rs {
		x := rejection{Class: r.Class.Label, Registry: r.Registry.Name, Phone: r.Registry.Phone, Reason: h.reason(tag, r.Row.Result)}
		for _, f := range r.Class.Fields {
			if v, ok := r.Record[f.Name]; ok {
				x.Rows = append(x.Rows, factRow{Field: f.Name, Key: f.Label.In(tag), Value: h.said(tag, f, v)})
			}
		}
		all = append(all, x)
	}
	return all
}
