package expr

import (
	"slices"
	"strings"
)

// Expr is a compiled expression. It may be used by many goroutines.
type Expr struct {
	Type Type
	Deps Set // every source that it may read
	run  eval
}

type eval func(f *Frame) Value

// Eval computes e. An unknown result adds what it waits for to f.Needs.
func (e *Expr) Eval(f *Frame) Value { return e.run(f) }

type compiler struct {
	scope *Scope
	errs  []Error
	deps  Set
	given []string // questions that are known to be answered where we are
}

// Compile types src in s and returns it, or everything that is wrong with it:
// nothing new if it rests on a name that has an error of its own.
// Its kind is one of want, unless want is empty.
func Compile(src string, s *Scope, want ...Kind) (*Expr, []Error) {
	n, err := parse(src)
	if err != nil {
		return nil, []Error{asError(err)}
	}
	c := &compiler{scope: s}
	t, run := c.compile(n)
	if t.Kind == Money && !slices.Contains(want, Money) && slices.Contains(want, Exact) {
		t.Kind = Exact
	}
	if t.Kind != Unknown && len(want) > 0 && !slices.Contains(want, t.Kind) {
		hint := ""
		if t.Kind == Exact && slices.Contains(want, Money) {
			hint = ": end it with .rounded()"
		}
		start := len(src) - len(strings.TrimLeft(src, " \t\r\n"))
		c.errs = append(c.errs, errorAt(start, "this is %s, but %s is wanted%s", t.Kind.a(), oneOf(want), hint))
	}
	if len(c.errs) > 0 || run == nil {
		return nil, c.errs
	}
	return &Expr{t, c.deps, run}, nil
}

func asError(err error) Error {
	if e, ok := err.(Error); ok { //nolint:errorlint // the parser returns nothing else, and wraps nothing
		return e
	}
	return Error{Text: err.Error()}
}

// fail notes an error at n and returns what a failed part compiles to.
func (c *compiler) fail(n node, format string, args ...any) (Type, eval) {
	c.errs = append(c.errs, errorAt(n.at(), format, args...))
	return Type{}, nil
}

// compile returns n's type and code. A part that failed has the kind Unknown,
// and what rests on it fails without another word.
func (c *compiler) compile(n node) (Type, eval) {
	switch n := n.(type) {
	case lit:
		v := n.v
		return Of(v.kind), func(*Frame) Value { return v }
	case paren:
		return c.compile(n.x)
	case ident:
		return c.ident(n)
	case member:
		return c.member(n)
	case call:
		if n.x != nil {
			return c.method(n)
		}
		return c.function(n)
	case unary:
		return c.unary(n)
	case binary:
		return c.binary(n)
	case cond:
		return c.cond(n)
	case list:
		return c.list(n)
	}
	return c.fail(n, "this cannot be computed")
}

func (c *compiler) ident(n ident) (Type, eval) {
	v, ok := c.scope.Vars[n.name]
	switch {
	case !ok:
		return c.fail(n, "`%s` is not known here: %s", n.name, names(c.scope.Vars))
	case v.Fields != nil:
		return c.fail(n, "`%s` is a record: name one of its fields, as in %s", n.name, example(n.name, v))
	}
	return c.load(n, n.name, v)
}

func example(name string, v Var) string {
	fields := make([]string, 0, len(v.Fields))
	for f := range v.Fields {
		fields = append(fields, f)
	}
	if len(fields) == 0 {
		return name
	}
	return name + "." + slices.Min(fields)
}

func (c *compiler) load(n node, name string, v Var) (Type, eval) {
	switch {
	case v.Type.Kind == Unknown && v.No == "":
		return Type{}, nil
	case v.Type.Kind == Table:
		return c.fail(n, "`%s` is a table: read it as in %s.firstAtLeast(\"column\", value).column", name, name)
	case v.No != "":
		return c.fail(n, "`%s` %s", name, v.No)
	case v.Guard != "" && !slices.Contains(c.given, v.Guard):
		return c.fail(n, "`%s` may not be answered: give the question a default, or ask given(\"%s\") first", name, v.Guard)
	}
	c.deps = c.deps.Or(v.Deps)
	slot, deps := v.Slot, v.Deps
	return v.Type, func(f *Frame) Value { return f.load(slot, deps) }
}

func (c *compiler) member(n member) (Type, eval) {
	if x, ok := n.x.(ident); ok {
		if v, ok := c.scope.Vars[x.name]; ok && v.Fields != nil {
			field, ok := v.Fields[n.name]
			if !ok {
				return c.fail(n, "`%s` has no field `%s`: %s", x.name, n.name, names(v.Fields))
			}
			return c.load(n, x.name+"."+n.name, field)
		}
	}
	t, x := c.compile(n.x)
	switch {
	case t.Kind == Unknown:
		return Type{}, nil
	case t.Kind != Row:
		return c.fail(n, "%s has no field `%s`; to call a function write .%s()", t.Kind.a(), n.name, n.name)
	}
	i := t.column(n.name)
	if i < 0 {
		return c.fail(n, "the table has no column `%s`", n.name)
	}
	return Of(t.Columns[i].Kind), func(f *Frame) Value {
		v := x(f)
		if row, ok := v.x.([]Value); ok && v.kind == Row {
			return row[i]
		}
		return v
	}
}

// with compiles n where the questions in given are known to be answered.
func (c *compiler) with(given []string, n node) (Type, eval) {
	outer := c.given
	c.given = append(slices.Clip(outer), given...)
	t, x := c.compile(n)
	c.given = outer
	return t, x
}

// answered returns the questions that are answered when n is as truth says.
func answered(n node, truth bool) []string {
	switch n := n.(type) {
	case paren:
		return answered(n.x, truth)
	case unary:
		if n.op == "!" {
			return answered(n.x, !truth)
		}
	case binary:
		if n.op == "&&" && truth || n.op == "||" && !truth {
			return append(answered(n.x, truth), answered(n.y, truth)...)
		}
	case call:
		if n.x == nil && n.name == "given" && len(n.args) == 1 && truth {
			if s, ok := n.args[0].(lit); ok && s.v.kind == Text {
				return []string{s.v.s}
			}
		}
	case lit, ident, member, cond, list:
	}
	return nil
}

func (c *compiler) cond(n cond) (Type, eval) {
	tc, test := c.compile(n.c)
	tx, x := c.with(answered(n.c, true), n.x)
	ty, y := c.with(answered(n.c, false), n.y)
	switch {
	case tc.Kind == Unknown || tx.Kind == Unknown || ty.Kind == Unknown:
		return Type{}, nil
	case tc.Kind != Bool:
		return c.fail(n, "before `?` stands %s, but a yes-or-no value is wanted", tc.Kind.a())
	case isMoney(tx.Kind) && isMoney(ty.Kind):
		tx.Kind = max(tx.Kind, ty.Kind)
	case tx.Kind != ty.Kind || tx.Kind >= List:
		return c.fail(n, "both ways must give the same kind of value, not %s and %s", tx.Kind.a(), ty.Kind.a())
	}
	return tx, func(f *Frame) Value {
		switch v := test(f); {
		case !v.Known():
			return v
		case v.n.i == 1:
			return x(f)
		}
		return y(f)
	}
}

func (c *compiler) list(n list) (Type, eval) {
	if len(n.items) == 0 {
		return c.fail(n, "a list has at least one value")
	}
	var elem Kind
	items := make([]eval, 0, len(n.items))
	for _, item := range n.items {
		t, x := c.compile(item)
		switch {
		case t.Kind == Unknown:
			return Type{}, nil
		case t.Kind >= List:
			return c.fail(item, "%s cannot stand in a list", t.Kind.a())
		case elem != Unknown && t.Kind != elem:
			return c.fail(item, "the values of a list are of one kind, not %s and %s", elem.a(), t.Kind.a())
		}
		elem = t.Kind
		items = append(items, x)
	}
	return Type{Kind: List, Elem: elem}, func(f *Frame) Value {
		vs := make([]Value, len(items))
		for i, x := range items {
			if vs[i] = x(f); !vs[i].Known() {
				return vs[i]
			}
		}
		return Value{kind: List, x: vs}
	}
}
