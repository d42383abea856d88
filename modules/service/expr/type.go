// Package expr is the expression language of service definitions: typed when it
// is compiled, exact in what it computes, and always at an end, since it has no
// loop and no recursion. An expression sees its facts, today and a calendar, and
// nothing else.
package expr

import "strings"

// Kind is what a value is.
type Kind uint8

// Kinds. Unknown and Fault are states of a value, never the type of an expression.
const (
	Unknown Kind = iota // a fact that is not there yet
	Fault               // a computation that has no result; see Frame.Err
	Bool
	Text
	Number
	Money // whole cents
	Exact // a product or quotient of money, not rounded yet
	Date
	List
	Table
	Row
)

// Type is the static type of an expression.
type Type struct {
	Kind    Kind
	Elem    Kind     // of a List
	Columns []Column // of a Table or a Row
}

// Column is one column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Of returns the type of kind k.
func Of(k Kind) Type { return Type{Kind: k} }

// column returns the index of the named column, or -1.
func (t Type) column(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// ParseKind returns the kind that a definition's field type names.
func ParseKind(s string) (k Kind, ok bool) {
	switch s {
	case "text":
		return Text, true
	case "number":
		return Number, true
	case "date":
		return Date, true
	case "boolean":
		return Bool, true
	case "money":
		return Money, true
	}
	return Unknown, false
}

// String names k as a definition does.
func (k Kind) String() string {
	switch k {
	case Bool:
		return "boolean"
	case Text:
		return "text"
	case Number:
		return "number"
	case Money:
		return "money"
	case Exact:
		return "unrounded money"
	case Date:
		return "date"
	case List:
		return "list"
	case Table:
		return "table"
	case Row:
		return "row of a table"
	case Unknown:
		return "unknown"
	case Fault:
		return "fault"
	}
	return "?"
}

// a names k with its article, for a sentence.
func (k Kind) a() string {
	switch k {
	case Bool:
		return "a yes-or-no value"
	case Text:
		return "text"
	case Money:
		return "an amount of money"
	case Exact:
		return "an unrounded amount"
	case Number, Date, List, Table, Row, Unknown, Fault:
	}
	return "a " + k.String()
}

// oneOf lists kinds for a sentence.
func oneOf(kinds []Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.a())
	}
	return strings.Join(names, " or ")
}
