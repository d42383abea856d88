package expr

import (
	"fmt"
	"slices"
)

// function compiles name(args).
func (c *compiler) function(n call) (Type, eval) {
	switch n.name {
	case "by_hand":
		return c.mark(n, "evidence", c.scope.ByHand)
	case "given":
		return c.mark(n, "question", c.scope.Given)
	case "latest":
		return c.pick(n, 1, Date)
	case "earliest":
		return c.pick(n, -1, Date)
	case "max":
		return c.pick(n, 1, Number, Money, Exact)
	case "min":
		return c.pick(n, -1, Number, Money, Exact)
	case "date":
		return c.fail(n, `write a fixed date as in date("2026-11-23")`)
	}
	return c.fail(n, "there is no function `%s`; known are by_hand, date, earliest, given, latest, max, min", n.name)
}

// mark compiles by_hand("x") and given("x").
func (c *compiler) mark(n call, what string, marks map[string]Mark) (Type, eval) {
	if len(n.args) != 1 {
		return c.fail(n, `%s takes the name of one %s, as in %s("x")`, n.name, what, n.name)
	}
	s, ok := n.args[0].(lit)
	if !ok || s.v.kind != Text {
		return c.fail(n.args[0], `the name of the %s is written in quotes, as in %s("x")`, what, n.name)
	}
	m, ok := marks[s.v.s]
	if !ok {
		return c.fail(s, "there is no %s `%s` here: %s", what, s.v.s, names(marks))
	}
	c.deps = c.deps.Or(m.Deps)
	return Of(Bool), func(f *Frame) Value { return f.load(m.Slot, m.Deps) }
}

// pick compiles a function that returns the greatest (sign 1) or least of its
// arguments, which are of one of kinds.
func (c *compiler) pick(n call, sign int, kinds ...Kind) (Type, eval) {
	if len(n.args) == 0 {
		return c.fail(n, "%s takes one value or more", n.name)
	}
	kind, failed := Unknown, false
	var xs []eval
	for _, arg := range n.args {
		t, x := c.compile(arg)
		switch {
		case t.Kind == Unknown:
			failed = true
		case !slices.Contains(kinds, t.Kind):
			c.fail(arg, "%s takes %s, not %s", n.name, oneOf(kinds), t.Kind.a())
			failed = true
		case kind == Unknown || isMoney(kind) && isMoney(t.Kind):
			kind = max(kind, t.Kind)
		case kind != t.Kind:
			c.fail(arg, "the values of %s are of one kind, not %s and %s", n.name, kind.a(), t.Kind.a())
			failed = true
		}
		xs = append(xs, x)
	}
	if failed {
		return Type{}, nil
	}
	return Of(kind), func(f *Frame) Value {
		best := xs[0](f)
		for _, x := range xs[1:] {
			v := x(f)
			switch {
			case best.kind == Fault || !best.Known() && v.kind != Fault:
				continue
			case !v.Known():
				best = v
				continue
			}
			order, err := compare(v, best)
			if err != nil {
				return fault(err)
			}
			if order*sign > 0 {
				best = v
			}
		}
		if best.Known() {
			best.kind = kind
		}
		return best
	}
}

// A method is called on a value, with arguments of the given kinds.
type method struct {
	on     []Kind
	args   []Kind
	result Kind
	days   bool // needs a calendar
	do     func(f *Frame, x Value, args []Value) Value
}

// method compiles x.name(args).
func (c *compiler) method(n call) (Type, eval) {
	if x, ok := n.x.(ident); ok && c.scope.Vars[x.name].Type.Kind == Table {
		return c.lookup(n, x.name, c.scope.Vars[x.name])
	}
	t, x := c.compile(n.x)
	if t.Kind == Unknown {
		return t, nil
	}
	m, ok := methodOf(n.name)
	if !ok || !slices.Contains(m.on, t.Kind) {
		return c.fail(n, "%s has no function `%s`%s", t.Kind.a(), n.name, methodsOn(t.Kind))
	}
	if m.days && !c.scope.Calendar {
		return c.fail(n, "`%s` needs a calendar and a working_week in the definition", n.name)
	}
	if len(n.args) != len(m.args) {
		return c.fail(n, "`%s` takes %d values, not %d", n.name, len(m.args), len(n.args))
	}
	args := make([]eval, len(n.args))
	for i, arg := range n.args {
		ta, a := c.compile(arg)
		switch {
		case ta.Kind == Unknown:
			return ta, nil
		case ta.Kind != m.args[i]:
			return c.fail(arg, "`%s` takes %s, not %s", n.name, m.args[i].a(), ta.Kind.a())
		}
		args[i] = a
	}
	return Of(m.result), apply(m, x, args)
}

// apply computes m once its value and arguments, of which there is at most one,
// are known.
func apply(m method, x eval, args []eval) eval {
	if len(args) == 0 {
		return func(f *Frame) Value {
			v := x(f)
			if !v.Known() {
				return v
			}
			return m.do(f, v, nil)
		}
	}
	arg := args[0]
	return func(f *Frame) Value {
		v := x(f)
		if v.kind == Fault {
			return v
		}
		a := arg(f)
		switch {
		case !v.Known():
			return v
		case !a.Known():
			return a
		}
		buf := [1]Value{a}
		return m.do(f, v, buf[:])
	}
}

// lookup compiles table.firstAtLeast("column", value).
func (c *compiler) lookup(n call, table string, v Var) (Type, eval) {
	if n.name != "firstAtLeast" || len(n.args) != 2 {
		return c.fail(n, `a table is read as in %s.firstAtLeast("column", value).column`, table)
	}
	name, ok := n.args[0].(lit)
	if !ok || name.v.kind != Text {
		return c.fail(n.args[0], "the name of the column is written in quotes")
	}
	col := v.Type.column(name.v.s)
	if col < 0 {
		return c.fail(name, "the table `%s` has no column `%s`", table, name.v.s)
	}
	kind := v.Type.Columns[col].Kind
	t, arg := c.compile(n.args[1])
	switch {
	case t.Kind == Unknown:
		return t, nil
	case kind != Number && kind != Money && kind != Date:
		return c.fail(name, "the column `%s` holds %s, which has no order", name.v.s, kind.a())
	case t.Kind != kind && (!isMoney(t.Kind) || !isMoney(kind)):
		return c.fail(n.args[1], "the column `%s` holds %s, not %s", name.v.s, kind.a(), t.Kind.a())
	case !ascending(v.Rows, col):
		return c.fail(name, "the column `%s` must rise from row to row", name.v.s)
	}
	rows := v.Rows
	return Type{Kind: Row, Columns: v.Type.Columns}, func(f *Frame) Value {
		v := arg(f)
		if !v.Known() {
			return v
		}
		for _, row := range rows {
			order, err := compare(row[col], v)
			if err != nil {
				return fault(err)
			}
			if order >= 0 {
				return Value{kind: Row, x: row}
			}
		}
		return fault(fmt.Errorf("%s of %s: %w", table, name.v.s, ErrNoRow))
	}
}

func ascending(rows [][]Value, col int) bool {
	return slices.IsSortedFunc(rows, func(a, b []Value) int {
		order, err := compare(a[col], b[col])
		if err != nil {
			return 1
		}
		return order
	})
}
