package expr

import (
	"encoding/json"
	"errors"
	"strconv"

	"causeway/platform/day"
	"causeway/platform/money"
)

// Value is one fact or result. The zero Value is unknown.
type Value struct {
	kind Kind
	n    num    // Number; Money and Exact: minor units; Bool: 1 is true
	s    string // Text; Money and Exact: the currency; Fault: the sentence
	d    day.Date
	x    any // List and Row: []Value; Fault: the error
}

// ErrValue reports a value that is not of the type that was asked for.
var ErrValue = errors.New("want another type of value")

// BoolOf returns b as a value.
func BoolOf(b bool) Value {
	if b {
		return Value{kind: Bool, n: num{i: 1}}
	}
	return Value{kind: Bool}
}

// TextOf returns s as a value.
func TextOf(s string) Value { return Value{kind: Text, s: s} }

// IntOf returns i as a value.
func IntOf(i int64) Value { return Value{kind: Number, n: num{i: i}} }

// DateOf returns d as a value.
func DateOf(d day.Date) Value { return Value{kind: Date, d: d} }

// MoneyOf returns a as a value.
func MoneyOf(a money.Amount) Value {
	return Value{kind: Money, n: num{i: a.Minor}, s: a.Currency}
}

// Kind returns what v is.
func (v Value) Kind() Kind { return v.kind }

// Known reports whether v is a result.
func (v Value) Known() bool { return v.kind > Fault }

// Bool returns v's truth; it is false for any other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.n.i == 1 }

// Date returns v's day, or the zero Date for any other kind.
func (v Value) Date() day.Date { return v.d }

// Money returns v's amount, rounded half up to the cent; ok is false when v is
// no money or does not fit.
func (v Value) Money() (a money.Amount, ok bool) {
	if v.kind != Money && v.kind != Exact {
		return a, false
	}
	n, ok := v.n.rounded()
	return money.Amount{Minor: n.i, Currency: v.s}, ok && n.r == nil
}

// String writes v plainly: dates as 2026-11-23, money as HKD 900.00.
func (v Value) String() string {
	switch v.kind {
	case Bool:
		return strconv.FormatBool(v.Bool())
	case Text:
		return v.s
	case Number:
		return v.n.String()
	case Date:
		return v.d.String()
	case Money:
		a, _ := v.Money()
		return a.String()
	case Exact:
		if n, ok := v.n.quo(num{i: 100}); ok {
			return v.s + " " + n.String()
		}
	case Fault:
		return v.s
	case Unknown, List, Table, Row:
	}
	return v.kind.String()
}

// JSON returns v as JSON holds it: a bool, a json.Number, or a string. Money is
// "HKD 900.00" and a day "2026-11-23".
func (v Value) JSON() any {
	switch v.kind {
	case Bool:
		return v.Bool()
	case Number:
		return json.Number(v.n.String())
	case Unknown, Fault, List, Table, Row:
		return nil
	case Text, Money, Exact, Date:
	}
	return v.String()
}

// Equal reports whether v and w are the same known value.
func (v Value) Equal(w Value) bool {
	if isMoney(v.kind) && isMoney(w.kind) {
		return v.n.cmp(w.n) == 0 && (v.s == w.s || v.n.sign() == 0 && (v.s == "" || w.s == ""))
	}
	return v.kind == w.kind && v.Known() && v.s == w.s && v.d == w.d && v.n.cmp(w.n) == 0
}

func isMoney(k Kind) bool { return k == Money || k == Exact }

// FromText reads a value of kind k as people write it.
func FromText(k Kind, s string) (Value, error) {
	switch k {
	case Text:
		return TextOf(s), nil
	case Bool:
		switch s {
		case "true":
			return BoolOf(true), nil
		case "false":
			return BoolOf(false), nil
		}
		return Value{}, errors.New("want true or false")
	case Number:
		n, err := parseNum(s)
		return Value{kind: Number, n: n}, err
	case Date:
		d, err := day.Parse(s)
		if err != nil || d.IsZero() {
			return Value{}, errors.New("want a date, as in 2026-11-23")
		}
		return DateOf(d), nil
	case Money:
		a, err := money.Parse(s)
		if err != nil {
			return Value{}, errors.New("want a currency and an amount, as in HKD 900.00")
		}
		return MoneyOf(a), nil
	case Unknown, Fault, Exact, List, Table, Row:
	}
	return Value{}, ErrValue
}

// FromJSON reads a value of kind k as JSON holds it: booleans and numbers as
// themselves, everything else as text; money also as {"minor": 90000,
// "currency": "HKD"}.
func FromJSON(k Kind, x any) (Value, error) {
	switch x := x.(type) {
	case string:
		if k == Bool || k == Number {
			return Value{}, ErrValue
		}
		return FromText(k, x)
	case bool:
		if k == Bool {
			return BoolOf(x), nil
		}
	case json.Number:
		if k == Number {
			return FromText(k, x.String())
		}
	case float64:
		if k == Number {
			return FromText(k, strconv.FormatFloat(x, 'f', -1, 64))
		}
	case int:
		if k == Number {
			return IntOf(int64(x)), nil
		}
	case int64:
		if k == Number {
			return IntOf(x), nil
		}
	case map[string]any:
		if k == Money {
			return moneyFromJSON(x)
		}
	}
	return Value{}, ErrValue
}

func moneyFromJSON(x map[string]any) (Value, error) {
	minor, err := FromJSON(Number, x["minor"])
	if err != nil {
		return Value{}, ErrValue
	}
	i, whole := minor.n.whole()
	currency, _ := x["currency"].(string)
	a := money.Amount{Minor: i, Currency: currency}
	if !whole || len(x) != 2 {
		return Value{}, ErrValue
	}
	if _, err := money.Parse(a.String()); err != nil {
		return Value{}, ErrValue
	}
	return MoneyOf(a), nil
}
