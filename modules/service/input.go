package service

import (
	"errors"
	"fmt"

	"causeway/modules/service/expr"
	"causeway/platform/day"
)

// Input is everything that an evaluation sees.
type Input struct {
	Today    day.Date
	Calendar *Calendar         // may be nil; a rule that needs it then fails
	Evidence map[string]Facts  // by the name of the evidence; what is absent is not there yet
	Answers  map[string]Answer // by the name of the question; what is absent is not asked yet
}

// Facts is what is known of one piece of evidence.
type Facts struct {
	State  State
	Record map[string]any // if Found or ByHand: JSON values by field; others than those of the definition are ignored
}

// State says whether evidence is there.
type State string

// States of evidence. The facts are there in the last two.
const (
	NotYet      State = ""
	None        State = "none"        // the registry has no record
	Several     State = "several"     // it has more than one, and none is chosen
	Unavailable State = "unavailable" // it is down or late
	Found       State = "found"
	ByHand      State = "by-hand" // at least one fact of the record was typed by the applicant
)

// There reports whether the facts are there.
func (s State) There() bool { return s == Found || s == ByHand }

// Answer is what the applicant said to one question.
type Answer struct {
	State AnswerState
	Value any // if Answered: a string, as Question.Read returns it, or a JSON value; for a file anything
}

// AnswerState says whether a question was asked and answered.
type AnswerState string

// States of an answer.
const (
	NotAsked AnswerState = ""
	Declined AnswerState = "declined"
	Answered AnswerState = "answered"
)

// Errors of the input of an evaluation.
var (
	ErrFact   = errors.New("service: a fact is not of the type that the definition gives")
	ErrAnswer = errors.New("service: an answer is not one that the question takes")
	ErrName   = errors.New("service: the definition does not know this name")
)

// start returns a frame with the facts and answers of in, but for the answers
// whose condition is not looked at yet.
func (d *Definition) start(in Input) (*expr.Frame, error) {
	f := &expr.Frame{
		Slots:   make([]expr.Value, d.frame.size),
		LetSlot: d.frame.letSlot,
		Days:    Workdays{d.Week, in.Calendar},
	}
	f.Lets = d.letExprs
	if !in.Today.IsZero() {
		f.Slots[0] = expr.DateOf(in.Today)
	}
	for name := range in.Evidence {
		if i, ok := d.byName[name]; !ok || i >= len(d.Evidence) {
			return nil, fmt.Errorf("%w: evidence %q", ErrName, name)
		}
	}
	for name := range in.Answers {
		if i, ok := d.byName[name]; !ok || i < len(d.Evidence) {
			return nil, fmt.Errorf("%w: question %q", ErrName, name)
		}
	}
	for i, e := range d.Evidence {
		facts := in.Evidence[e.Name]
		if !facts.State.There() {
			continue
		}
		f.Slots[d.frame.byHand[i]] = expr.BoolOf(facts.State == ByHand)
		for j, field := range e.Fields {
			x, ok := facts.Record[field.Name]
			if !ok || x == nil {
				continue
			}
			v, err := expr.FromJSON(field.Type, x)
			if err != nil {
				return nil, fmt.Errorf("%w: %s.%s: %w", ErrFact, e.Name, field.Name, err)
			}
			f.Slots[d.frame.fields[i]+j] = v
		}
	}
	return f, nil
}

// value reads an answer to q.
func (q Question) value(x any) (expr.Value, error) {
	if q.Type == ChoiceQuestion {
		for _, o := range q.Options {
			if s, ok := x.(string); ok && s == o.Value {
				return o.value, nil
			}
			if v, err := expr.FromJSON(q.kind, x); err == nil && v.Equal(o.value) {
				return o.value, nil
			}
		}
		return expr.Value{}, fmt.Errorf("%w: %s is none of the options", ErrAnswer, q.Name)
	}
	v, err := expr.FromJSON(q.kind, x)
	if s, ok := x.(string); ok {
		v, err = expr.FromText(q.kind, s)
	}
	if err != nil {
		return v, fmt.Errorf("%w: %s: %w", ErrAnswer, q.Name, err)
	}
	return v, nil
}
