package service

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error says what is wrong at a place of a file.
type Error struct {
	File      string
	Line, Col int // from 1; 0 where the place is the whole file
	Text      string
}

func (e Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Text)
}

// Errors is everything that is wrong with a file, in the order of its lines.
type Errors []Error

func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// maxErrors bounds how many errors of one file are kept.
const maxErrors = 50

// sorted returns es in the order of the lines, each once.
func (es Errors) sorted() Errors {
	slices.SortStableFunc(es, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(es)
}
