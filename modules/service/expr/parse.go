package expr

import (
	"causeway/platform/day"
	"causeway/platform/money"
)

// maxDepth bounds the nesting of an expression.
const maxDepth = 40

// node is one part of a parsed expression.
type node interface{ at() int }

type (
	lit struct {
		pos int
		v   Value
	}
	ident struct {
		pos  int
		name string
	}
	member struct { // x.name
		pos  int // of the name
		x    node
		name string
	}
	call struct { // name(args), or x.name(args)
		pos  int // of the name
		x    node
		name string
		args []node
	}
	unary struct {
		pos int
		op  string
		x   node
	}
	binary struct {
		pos  int // of the operator
		op   string
		x, y node
	}
	cond struct {
		pos     int // of the question mark
		c, x, y node
	}
	paren struct { // keeps (a < b) == c from being taken for a chain
		pos int
		x   node
	}
	list struct {
		pos   int
		items []node
	}
)

func (n lit) at() int    { return n.pos }
func (n ident) at() int  { return n.pos }
func (n member) at() int { return n.pos }
func (n call) at() int   { return n.pos }
func (n unary) at() int  { return n.pos }
func (n binary) at() int { return n.pos }
func (n cond) at() int   { return n.pos }
func (n paren) at() int  { return n.pos }
func (n list) at() int   { return n.pos }

type parser struct {
	toks  []token
	i     int
	depth int
}

// parse reads a whole expression.
func parse(src string) (node, error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks}
	n, err := p.expression()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return nil, errorAt(t.pos, "%s does not belong here", t.name())
	}
	return n, nil
}

func (t token) name() string {
	if t.kind == tokEnd {
		return "the end of the expression"
	}
	return "`" + t.text + "`"
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != tokEnd {
		p.i++
	}
	return t
}

// accept takes the operator op if it is next.
func (p *parser) accept(op string) bool {
	if t := p.peek(); t.kind == tokOp && t.text == op {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(op string) error {
	if t := p.peek(); !p.accept(op) {
		return errorAt(t.pos, "`%s` is wanted before %s", op, t.name())
	}
	return nil
}

// expression is a condition: c ? x : y, or an operation.
func (p *parser) expression() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errorAt(p.peek().pos, "the expression is nested too deeply: split it under let")
	}
	defer func() { p.depth-- }()
	c, err := p.operation(0)
	if err != nil {
		return nil, err
	}
	t := p.peek()
	if !p.accept("?") {
		return c, nil
	}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	y, err := p.expression()
	return cond{t.pos, c, x, y}, err
}

// binds returns how tightly an operator binds, or 0 if t is none.
func binds(t token) int {
	switch t.text {
	case "||":
		return 1
	case "&&":
		return 2
	case "==", "!=", "<", "<=", ">", ">=", "in":
		return 3
	case "+", "-":
		return 4
	case "*", "/":
		return 5
	}
	return 0
}

// operation reads operators that bind tighter than left.
func (p *parser) operation(left int) (node, error) {
	x, err := p.unary()
	if err != nil {
		return nil, err
	}
	for {
		t := p.peek()
		b := binds(t)
		if b <= left || t.kind != tokOp && t.kind != tokName {
			return x, nil
		}
		if y, ok := x.(binary); ok && b == 3 && binds(token{text: y.op}) == 3 {
			return nil, errorAt(t.pos, "comparisons are not chained: join them by &&")
		}
		p.next()
		y, err := p.operation(b)
		if err != nil {
			return nil, err
		}
		x = binary{t.pos, t.text, x, y}
	}
}

func (p *parser) unary() (node, error) {
	t := p.peek()
	if t.kind == tokOp && (t.text == "!" || t.text == "-") {
		if p.depth++; p.depth > maxDepth {
			return nil, errorAt(t.pos, "the expression is nested too deeply: split it under let")
		}
		defer func() { p.depth-- }()
		p.next()
		x, err := p.unary()
		return unary{t.pos, t.text, x}, err
	}
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	return p.path(x)
}

// path reads what follows a point: members and calls.
func (p *parser) path(x node) (node, error) {
	for n := 0; p.accept("."); n++ {
		t := p.next()
		if t.kind != tokName {
			return nil, errorAt(t.pos, "a name is wanted after the point")
		}
		if n > maxDepth {
			return nil, errorAt(t.pos, "the expression is too long: split it under let")
		}
		if !p.accept("(") {
			x = member{t.pos, x, t.text}
			continue
		}
		args, err := p.items(")")
		if err != nil {
			return nil, err
		}
		x = call{t.pos, x, t.text, args}
	}
	return x, nil
}

// items reads expressions up to the closing mark.
func (p *parser) items(closing string) ([]node, error) {
	var items []node
	if p.accept(closing) {
		return nil, nil
	}
	for {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		items = append(items, x)
		if p.accept(closing) {
			return items, nil
		}
		if t := p.peek(); !p.accept(",") {
			return nil, errorAt(t.pos, "`,` or `%s` is wanted before %s", closing, t.name())
		}
	}
}

func (p *parser) primary() (node, error) {
	t := p.next()
	switch t.kind {
	case tokNumber:
		n, err := parseNum(t.text)
		if err != nil {
			return nil, errorAt(t.pos, "%s has more than 18 digits", t.name())
		}
		return lit{t.pos, Value{kind: Number, n: n}}, nil
	case tokMoney:
		a, err := money.Parse(t.text)
		if err != nil {
			return nil, errorAt(t.pos, "%s is no amount: write it as in HKD 52.00", t.name())
		}
		return lit{t.pos, MoneyOf(a)}, nil
	case tokText:
		return lit{t.pos, TextOf(t.text)}, nil
	case tokName:
		return p.named(t)
	case tokOp:
		switch t.text {
		case "(":
			x, err := p.expression()
			if err != nil {
				return nil, err
			}
			return paren{t.pos, x}, p.expect(")")
		case "[":
			items, err := p.items("]")
			return list{t.pos, items}, err
		}
	case tokEnd:
	}
	return nil, errorAt(t.pos, "a value is wanted instead of %s", t.name())
}

func (p *parser) named(t token) (node, error) {
	switch t.text {
	case "true", "false":
		return lit{t.pos, BoolOf(t.text == "true")}, nil
	case "in":
		return nil, errorAt(t.pos, "a value is wanted before `in`")
	}
	if !p.accept("(") {
		return ident{t.pos, t.text}, nil
	}
	args, err := p.items(")")
	if err != nil {
		return nil, err
	}
	if t.text == "date" && len(args) == 1 {
		if s, ok := args[0].(lit); ok && s.v.kind == Text {
			d, err := day.Parse(s.v.s)
			if err != nil || d.IsZero() {
				return nil, errorAt(s.pos, "want a date, as in 2026-11-23")
			}
			return lit{t.pos, DateOf(d)}, nil
		}
	}
	return call{t.pos, nil, t.text, args}, nil
}
