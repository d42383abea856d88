package service

import (
	"errors"
	"strings"
	"unicode/utf8"

	"causeway/modules/service/expr"
	"causeway/platform/day"
)

// What can be wrong with something typed.
var (
	ErrEmpty     = errors.New("service: nothing was typed")
	ErrTooLong   = errors.New("service: too much was typed")
	ErrNotNumber = errors.New("service: not a number")
	ErrNotDate   = errors.New("service: not a date")
	ErrNotOption = errors.New("service: not one of the options")
	ErrNotValue  = errors.New("service: not a value of this type")
)

// MaxTyped bounds a typed text, in characters.
const MaxTyped = 500

// Read takes what a form sent for q on the day on, and returns the Answer to
// keep. A date out of its bounds is a RangeError. An empty value declines an optional question, and is ErrEmpty for another. A file is
// not read here: its answer is made of the upload.
func (q Question) Read(typed string, on day.Date) (Answer, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" && q.Optional {
		return Answer{State: Declined}, nil
	}
	if q.Type == ChoiceQuestion {
		for _, o := range q.Options {
			if o.Value == typed {
				return Answer{Answered, typed}, nil
			}
		}
		if typed == "" {
			return Answer{}, ErrEmpty
		}
		return Answer{}, ErrNotOption
	}
	v, err := read(q.kind, typed)
	if err != nil {
		return Answer{}, err
	}
	if err := q.bounds.check(v.Date(), on); err != nil {
		return Answer{}, err
	}
	return Answer{Answered, v.String()}, nil
}

// Read takes what a form sent on the day on for a fact that is typed by hand,
// and returns the JSON value to keep in the record. A date out of its bounds is
// a RangeError, and a text that is none of its values ErrNotOption.
func (f Field) Read(typed string, on day.Date) (any, error) {
	v, err := read(f.Type, strings.TrimSpace(typed))
	if err != nil {
		return nil, err
	}
	if err := f.typeable(v.String(), on); err != nil {
		return nil, err
	}
	return v.JSON(), nil
}

// typeable returns why s, a value of f's type, cannot be typed on the day on.
func (f Field) typeable(s string, on day.Date) error {
	if _, ok := Say(f.Values, s); len(f.Values) > 0 && !ok {
		return ErrNotOption
	}
	if f.Type != expr.Date {
		return nil
	}
	d, err := day.Parse(s)
	if err != nil {
		return ErrNotDate
	}
	return f.bounds.check(d, on)
}

func read(k expr.Kind, typed string) (expr.Value, error) {
	switch {
	case typed == "":
		return expr.Value{}, ErrEmpty
	case utf8.RuneCountInString(typed) > MaxTyped:
		return expr.Value{}, ErrTooLong
	case !utf8.ValidString(typed) || strings.ContainsFunc(typed, control):
		return expr.Value{}, ErrNotValue
	}
	v, err := expr.FromText(k, typed)
	switch {
	case err == nil:
		return v, nil
	case k == expr.Number:
		return v, ErrNotNumber
	case k == expr.Date:
		return v, ErrNotDate
	}
	return v, ErrNotValue
}

// control reports whether r is a control character that no answer has.
func control(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }
