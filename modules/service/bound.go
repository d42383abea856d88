package service

import (
	"go.yaml.in/yaml/v3"

	"causeway/modules/service/expr"
	"causeway/platform/day"
)

// bounds is what a typed date must lie within. Its expressions see today alone.
type bounds struct {
	notBefore, notAfter *expr.Expr // nil: no bound
}

// RangeError reports a typed date outside of what the definition allows.
type RangeError struct {
	Limit day.Date // the last day that is allowed, or the first
	After bool     // the date is after Limit; else before it
	Today bool     // Limit is today
}

func (e *RangeError) Error() string {
	if e.After {
		return "service: the date is after " + e.Limit.String()
	}
	return "service: the date is before " + e.Limit.String()
}

// check returns a RangeError if d, typed on the day on, is out of bounds. A bound
// that has no value binds nothing.
func (b bounds) check(d, on day.Date) error {
	limit := func(e *expr.Expr) (day.Date, bool) {
		if e == nil || on.IsZero() || d.IsZero() {
			return day.Date{}, false
		}
		v := e.Eval(&expr.Frame{Slots: []expr.Value{expr.DateOf(on)}, LetSlot: 1})
		return v.Date(), v.Known()
	}
	if last, ok := limit(b.notAfter); ok && d.After(last) {
		return &RangeError{last, true, last == on}
	}
	if first, ok := limit(b.notBefore); ok && d.Before(first) {
		return &RangeError{first, false, first == on}
	}
	return nil
}

// bounds reads not_before and not_after of a field or a question.
func (p *parser) bounds(m map[string]*yaml.Node, kind expr.Kind) bounds {
	today := &expr.Scope{Vars: map[string]expr.Var{"today": {Type: expr.Of(expr.Date)}}}
	read := func(key string) *expr.Expr {
		n := m[key]
		if n == nil {
			return nil
		}
		if kind != expr.Date {
			p.at(n, "only a date has a `%s`", key)
			return nil
		}
		rest := p.scope
		p.scope = today
		defer func() { p.scope = rest }()
		return p.compile(n, key, expr.Date)
	}
	return bounds{read("not_before"), read("not_after")}
}
