package service

import (
	"errors"
	"fmt"
	"slices"

	"causeway/modules/service/expr"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// ErrRule reports that a rule, fee or effect has no result: the calendar does
// not reach so far, an amount is out of range, a table has no row. It wraps why.
var ErrRule = errors.New("service: a rule cannot be computed")

// evaluation is one run of Evaluate.
type evaluation struct {
	def *Definition
	in  Input
	f   *expr.Frame
	out *Outcome

	undecided bool // whether a question is to be asked is not known yet
}

// Evaluate applies the definition to in. It returns ErrFact, ErrAnswer or
// ErrName for input that the definition does not take, and ErrRule.
func (d *Definition) Evaluate(in Input) (Outcome, error) {
	f, err := d.start(in)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Status: Eligible}
	e := &evaluation{def: d, in: in, f: f, out: &out}
	if err := e.questions(); err != nil {
		return Outcome{}, err
	}
	e.evidence()
	if err := e.rules(); err != nil {
		return Outcome{}, err
	}
	e.lets()
	if out.Status == Eligible {
		if err := e.eligible(); err != nil {
			return Outcome{}, err
		}
	}
	return out, nil
}

// eval computes x, which what names.
func (e *evaluation) eval(x *expr.Expr, what, name string) (expr.Value, error) {
	e.f.Needs = expr.Set{}
	v := x.Eval(e.f)
	if err := v.Err(); err != nil {
		return v, fmt.Errorf("%w: %s: %s %s: %w", ErrRule, e.def.ID, what, name, err)
	}
	return v, nil
}

// questions decides, from the top, which questions are shown, and takes in their
// answers. An answer to a question that is not shown is none.
func (e *evaluation) questions() error {
	for i := range e.def.Questions {
		q := &e.def.Questions[i]
		value, given := &e.f.Slots[e.def.frame.answers[i]], &e.f.Slots[e.def.frame.given[i]]
		if q.when != nil {
			show, err := e.eval(q.when, "when of question", q.Name)
			switch {
			case err != nil:
				return err
			case !show.Known():
				e.undecided = true
				continue
			case !show.Bool():
				*given, *value = expr.BoolOf(false), q.fallback
				continue
			}
		}
		a := e.in.Answers[q.Name]
		if a.State == Answered && !e.within(q, a) {
			a = Answer{} // a day that was allowed when it was typed: it is asked again
		}
		if a.State == NotAsked || a.State == Declined && !q.Optional {
			e.out.Next = append(e.out.Next, q.Name)
		}
		if a.State == NotAsked {
			continue
		}
		e.out.Asked = append(e.out.Asked, q.Name)
		*given, *value = expr.BoolOf(a.State == Answered), q.fallback
		if a.State == Declined {
			continue
		}
		if q.Type == FileQuestion {
			e.out.Files = append(e.out.Files, q.Name)
			continue
		}
		v, err := q.value(a.Value)
		if err != nil {
			return err
		}
		*value = v
	}
	return nil
}

// within reports whether a is no date outside of q's bounds. An answer that is
// no date at all is told later.
func (e *evaluation) within(q *Question, a Answer) bool {
	if q.Type != DateQuestion {
		return true
	}
	v, err := q.value(a.Value)
	return err != nil || q.bounds.check(v.Date(), e.in.Today) == nil
}

// evidence notes which evidence is missing or by hand.
func (e *evaluation) evidence() {
	for _, ev := range e.def.Evidence {
		switch state := e.in.Evidence[ev.Name].State; {
		case !state.There():
			e.out.Missing = append(e.out.Missing, ev.Name)
		case state == ByHand:
			e.out.ByHand = append(e.out.ByHand, ev.Name)
		}
	}
}

// rules goes from the top until a rule fails or waits.
func (e *evaluation) rules() error {
	e.out.Rules = make([]RuleResult, 0, len(e.def.Rules))
	for i := range e.def.Rules {
		r := &e.def.Rules[i]
		v, err := e.eval(r.rule, "rule", r.Reason)
		if err != nil {
			return err
		}
		state := RulePassed
		switch {
		case !v.Known():
			state = RuleWaiting
			e.out.Status, e.out.Waits = Waiting, e.sources(e.f.Needs)
		case !v.Bool():
			state = RuleFailed
			e.out.Status, e.out.Reason, e.out.Instead = Ineligible, r.Reason, r.Instead
			e.out.Say = r.say.render(e.f)
		}
		result := RuleResult{Reason: r.Reason, Label: r.Label, State: state}
		if r.Label == (lang.Text{}) {
			result.Say = r.say.render(e.f)
		}
		e.out.Rules = append(e.out.Rules, result)
		if state != RulePassed {
			return nil
		}
	}
	return nil
}

// sources names the evidence and questions of s. A question is left out while it
// is not known whether it will be asked: it waits for what decides that.
func (e *evaluation) sources(s expr.Set) []string {
	var names []string
	for i, ev := range e.def.Evidence {
		if s.Has(i) {
			names = append(names, ev.Name)
		}
	}
	for i, q := range e.def.Questions {
		if s.Has(len(e.def.Evidence)+i) && slices.Contains(e.out.Next, q.Name) {
			names = append(names, q.Name)
		}
	}
	return names
}

// lets gathers what is known under let.
func (e *evaluation) lets() {
	e.out.Lets = make(map[string]expr.Value, len(e.def.lets))
	for i, l := range e.def.lets {
		if v := e.f.Let(i); v.Known() {
			e.out.Lets[l.name] = v
		}
	}
}

// eligible works out what an eligible case costs and leads to.
func (e *evaluation) eligible() error {
	known := len(e.out.Missing) == 0 && len(e.out.Next) == 0 && !e.undecided
	for _, part := range []func() (bool, error){e.fee, e.steps, e.effects, e.reminder} {
		ok, err := part()
		if err != nil {
			return err
		}
		known = known && ok
	}
	e.out.Ready = known
	return nil
}

// fee returns false if the fee is not known yet.
func (e *evaluation) fee() (bool, error) {
	fee := e.def.Fee
	if fee == nil {
		return true, nil
	}
	due := &FeeDue{Payee: fee.Payee, Lines: make([]FeeLine, 0, len(fee.lines))}
	for _, line := range fee.lines {
		v, err := e.eval(line.amount, "fee", line.label.En)
		if err != nil || !v.Known() {
			return false, err
		}
		a, ok := v.Money()
		sum, err := due.Amount.Add(a)
		switch {
		case err != nil:
			return false, fmt.Errorf("%w: %s: fee: %w", ErrRule, e.def.ID, err)
		case !ok || a.Minor < 0:
			return false, fmt.Errorf("%w: %s: fee: %w", ErrRule, e.def.ID, money.ErrRange)
		}
		due.Amount = sum
		due.Lines = append(due.Lines, FeeLine{line.label, a})
	}
	if fee.waive != nil {
		v, err := e.eval(fee.waive, "waive", "of the fee")
		if err != nil || !v.Known() {
			return false, err
		}
		if due.Waived = v.Bool(); due.Waived {
			due.Amount.Minor = 0
		}
	}
	e.out.Fee = due
	return true, nil
}

// steps returns false if it is not known yet which steps there are.
func (e *evaluation) steps() (bool, error) {
	var active []string
	for _, s := range e.def.Steps {
		if s.when != nil {
			v, err := e.eval(s.when, "when of step", s.Name)
			if err != nil || !v.Known() {
				return false, err
			}
			if !v.Bool() {
				continue
			}
		}
		active = append(active, s.Name)
		if s.automatic == nil {
			continue
		}
		v, err := e.eval(s.automatic, "automatic of step", s.Name)
		if err != nil || !v.Known() {
			return false, err
		}
		e.out.Automatic = v.Bool() && len(e.out.ByHand) == 0 && len(e.out.Files) == 0
	}
	e.out.Steps = active
	return true, nil
}

// effects returns false if a day of a credential is not known yet.
func (e *evaluation) effects() (bool, error) {
	known := true
	for _, effect := range e.def.Effects {
		due := EffectDue{Kind: effect.Kind, Type: effect.Type, Title: effect.Title}
		if effect.Kind == Credential {
			from, err := e.eval(effect.from, "from of", effect.Type)
			if err != nil {
				return false, err
			}
			until, err := e.eval(effect.until, "until of", effect.Type)
			if err != nil {
				return false, err
			}
			due.From, due.Until = from.Date(), until.Date()
			known = known && from.Known() && until.Known()
		}
		for _, x := range effect.values {
			v, err := e.eval(x.value, effect.Type, x.name)
			switch {
			case err != nil:
				return false, err
			case v.Known():
				due.Values = append(due.Values, e.named(x, v))
			default:
				due.Missing = append(due.Missing, x.name)
			}
		}
		e.out.Effects = append(e.out.Effects, due)
	}
	return known, nil
}

// named is the value v of x with what it is called.
func (e *evaluation) named(x effectValue, v expr.Value) NamedValue {
	n := NamedValue{Name: x.name, Label: x.label, Value: v.JSON()}
	if ev, ok := e.def.EvidenceNamed(x.field.evidence); ok {
		n.Class, n.Field = ev.Class, x.field.field
	}
	return n
}

// reminder returns false if its day is not known yet.
func (e *evaluation) reminder() (bool, error) {
	r := e.def.Reminder
	if r == nil {
		return true, nil
	}
	v, err := e.eval(r.of, "of", "the reminder")
	if err != nil || !v.Known() {
		return false, err
	}
	e.out.Reminder = &ReminderDue{r.Before.Before(v.Date()), r.say.render(e.f)}
	return true, nil
}
