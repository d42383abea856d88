package expr

import (
	"errors"
	"fmt"

	"causeway/platform/money"
)

// Failures of a computation.
var (
	ErrRange    = errors.New("a number, date or amount is out of range")
	ErrZero     = errors.New("something is divided by zero")
	ErrWhole    = errors.New("a whole number is wanted")
	ErrNoRow    = errors.New("the table has no row for this value")
	ErrCurrency = money.ErrCurrency
)

func fault(err error) Value { return Value{kind: Fault, s: err.Error(), x: err} }

// Err returns why v has no result, or nil if v is no fault.
func (v Value) Err() error {
	if v.kind != Fault {
		return nil
	}
	if err, ok := v.x.(error); ok {
		return err
	}
	return errors.New(v.s)
}

func (c *compiler) unary(n unary) (Type, eval) {
	t, x := c.compile(n.x)
	switch {
	case t.Kind == Unknown:
		return t, nil
	case n.op == "!" && t.Kind == Bool:
		return t, func(f *Frame) Value {
			v := x(f)
			if v.Known() {
				v.n.i = 1 - v.n.i
			}
			return v
		}
	case n.op == "-" && (t.Kind == Number || isMoney(t.Kind)):
		return t, func(f *Frame) Value {
			v := x(f)
			v.n = v.n.neg()
			return v
		}
	}
	return c.fail(n, "`%s` does not go with %s", n.op, t.Kind.a())
}

func (c *compiler) binary(n binary) (Type, eval) {
	tx, x := c.compile(n.x)
	var given []string
	if n.op == "&&" || n.op == "||" {
		given = answered(n.x, n.op == "&&")
	}
	ty, y := c.with(given, n.y)
	if tx.Kind == Unknown || ty.Kind == Unknown {
		return Type{}, nil
	}
	var t Type
	var op func(f *Frame, a, b Value) Value
	switch n.op {
	case "&&", "||":
		if tx.Kind == Bool && ty.Kind == Bool {
			return tx, logic(n.op == "||", x, y)
		}
	case "in":
		t, op = membership(tx, ty)
	case "==", "!=", "<", "<=", ">", ">=":
		t, op = comparison(n.op, tx.Kind, ty.Kind)
	default:
		t, op = arithmetic(n.op, tx.Kind, ty.Kind)
	}
	if op == nil {
		return c.fail(n, "%s", mismatch(n.op, tx.Kind, ty.Kind))
	}
	return t, func(f *Frame) Value {
		a := x(f)
		if a.kind == Fault {
			return a
		}
		b := y(f)
		switch {
		case !a.Known():
			return a
		case !b.Known():
			return b
		}
		return op(f, a, b)
	}
}

// logic is && or, with or, ||. One side is enough when it decides.
func logic(or bool, x, y eval) eval {
	decides := int64(0)
	if or {
		decides = 1
	}
	return func(f *Frame) Value {
		before := f.Needs
		a := x(f)
		if a.kind == Fault || a.kind == Bool && a.n.i == decides {
			return a
		}
		b := y(f)
		switch {
		case b.kind == Bool && b.n.i == decides:
			f.Needs = before
			return b
		case a.kind == Unknown:
			return a
		}
		return b
	}
}

func mismatch(op string, x, y Kind) string {
	hint := ""
	switch {
	case op == "&&" || op == "||":
		hint = ": it joins two yes-or-no values"
	case op == "-" && x == Date && y == Date:
		hint = ": write a.daysUntil(b)"
	case (op == "+" || op == "-") && x == Date:
		hint = ": write .addDays(n), .addMonths(n) or .addYears(n)"
	case op == "in":
		hint = ": it looks for a value in a list of such values"
	}
	return fmt.Sprintf("`%s` does not go with %s and %s%s", op, x.a(), y.a(), hint)
}

func membership(x, y Type) (Type, func(*Frame, Value, Value) Value) {
	if y.Kind != List || x.Kind != y.Elem {
		return Type{}, nil
	}
	return Of(Bool), func(_ *Frame, a, b Value) Value {
		items, _ := b.x.([]Value)
		for _, v := range items {
			if v.Equal(a) {
				return BoolOf(true)
			}
		}
		return BoolOf(false)
	}
}

func comparison(op string, x, y Kind) (Type, func(*Frame, Value, Value) Value) {
	same := x == y || isMoney(x) && isMoney(y)
	ordered := x == Number || x == Date || isMoney(x)
	equality := op == "==" || op == "!="
	if !same || !ordered && (!equality || x != Text && x != Bool) {
		return Type{}, nil
	}
	return Of(Bool), func(_ *Frame, a, b Value) Value {
		if equality && !ordered {
			return BoolOf(a.Equal(b) == (op == "=="))
		}
		n, err := compare(a, b)
		if err != nil {
			return fault(err)
		}
		switch op {
		case "==":
			return BoolOf(n == 0)
		case "!=":
			return BoolOf(n != 0)
		case "<":
			return BoolOf(n < 0)
		case "<=":
			return BoolOf(n <= 0)
		case ">":
			return BoolOf(n > 0)
		}
		return BoolOf(n >= 0)
	}
}

// compare orders two numbers, dates or amounts.
func compare(a, b Value) (int, error) {
	if a.kind == Date {
		return a.d.Compare(b.d), nil
	}
	if _, err := currency(a, b); err != nil {
		return 0, err
	}
	return a.n.cmp(b.n), nil
}

// currency returns the one currency of a and b; a zero without one goes with any.
func currency(a, b Value) (string, error) {
	switch {
	case a.s == b.s || b.s == "" && b.n.sign() == 0:
		return a.s, nil
	case a.s == "" && a.n.sign() == 0:
		return b.s, nil
	}
	return "", ErrCurrency
}

func arithmetic(op string, x, y Kind) (Type, func(*Frame, Value, Value) Value) {
	number := x == Number && y == Number
	both := isMoney(x) && isMoney(y)
	switch {
	case (op == "+" || op == "-") && (number || both):
		t := Of(max(x, y))
		return t, func(_ *Frame, a, b Value) Value { return sum(t.Kind, op == "-", a, b) }
	case op == "*" && number:
		return Of(Number), scale(Number)
	case op == "*" && (isMoney(x) && y == Number || x == Number && isMoney(y)):
		return Of(Exact), scale(Exact)
	case op == "/" && (number || both):
		return Of(Number), quotient(Number)
	case op == "/" && isMoney(x) && y == Number:
		return Of(Exact), quotient(Exact)
	}
	return Type{}, nil
}

func sum(k Kind, minus bool, a, b Value) Value {
	cur, err := currency(a, b)
	if err != nil {
		return fault(err)
	}
	if minus {
		b.n = b.n.neg()
	}
	n, ok := a.n.add(b.n)
	if !ok || k == Money && n.r != nil {
		return fault(ErrRange)
	}
	return Value{kind: k, n: n, s: cur}
}

func scale(k Kind) func(*Frame, Value, Value) Value {
	return func(_ *Frame, a, b Value) Value {
		n, ok := a.n.mul(b.n)
		if !ok {
			return fault(ErrRange)
		}
		return Value{kind: k, n: n, s: a.s + b.s}
	}
}

func quotient(k Kind) func(*Frame, Value, Value) Value {
	return func(_ *Frame, a, b Value) Value {
		if b.n.sign() == 0 {
			return fault(ErrZero)
		}
		cur := a.s
		if k == Number {
			if _, err := currency(a, b); err != nil {
				return fault(err)
			}
			cur = ""
		}
		n, ok := a.n.quo(b.n)
		if !ok {
			return fault(ErrRange)
		}
		return Value{kind: k, n: n, s: cur}
	}
}
