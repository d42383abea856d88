package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokMoney
	tokText
	tokOp
)

type token struct {
	kind tokenKind
	text string // of a text: without its quotes
	pos  int    // byte offset in the source
}

// Error says what is wrong at a place of an expression.
type Error struct {
	Pos  int // byte offset in the expression's source
	Text string
}

func (e Error) Error() string { return e.Text }

func errorAt(pos int, format string, args ...any) Error {
	return Error{pos, fmt.Sprintf(format, args...)}
}

// MaxLength bounds an expression's source, in bytes.
const MaxLength = 2000

// lex splits src into tokens, the last of which is tokEnd.
func lex(src string) ([]token, error) {
	if len(src) > MaxLength {
		return nil, errorAt(0, "the expression is longer than %d characters: split it under let", MaxLength)
	}
	var toks []token
	for i := 0; i < len(src); {
		c := src[i]
		start := i
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case isLetter(c):
			for i < len(src) && (isLetter(src[i]) || isDigit(src[i])) {
				i++
			}
			tok := token{tokName, src[start:i], start}
			if end := moneyEnd(src, start, i); end > 0 {
				tok.kind, tok.text, i = tokMoney, src[start:end], end
			}
			toks = append(toks, tok)
		case isDigit(c):
			i = numberEnd(src, i)
			toks = append(toks, token{tokNumber, src[start:i], start})
		case c == '"' || c == '\'':
			end := strings.IndexByte(src[i+1:], c)
			if end < 0 {
				return nil, errorAt(start, "the text that begins here has no closing %c", c)
			}
			i += end + 2
			toks = append(toks, token{tokText, src[start+1 : i-1], start})
		default:
			op := operator(src[i:])
			if op == "" {
				r, _ := utf8.DecodeRuneInString(src[i:])
				return nil, errorAt(start, "%q has no meaning in an expression", r)
			}
			i += len(op)
			toks = append(toks, token{tokOp, op, start})
		}
	}
	return append(toks, token{tokEnd, "", len(src)}), nil
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// numberEnd returns where the number at i ends. A point belongs to it only
// before a digit: 3.rounded() is a call.
func numberEnd(src string, i int) int {
	for i < len(src) && isDigit(src[i]) {
		i++
	}
	if i+1 < len(src) && src[i] == '.' && isDigit(src[i+1]) {
		for i++; i < len(src) && isDigit(src[i]); i++ {
		}
	}
	return i
}

// moneyEnd returns where an amount such as HKD 52.00 ends whose currency is
// src[start:i], or 0 if there is none.
func moneyEnd(src string, start, i int) int {
	if i-start != 3 || strings.ToUpper(src[start:i]) != src[start:i] || i+1 >= len(src) || src[i] != ' ' || !isDigit(src[i+1]) {
		return 0
	}
	return numberEnd(src, i+1)
}

func operator(s string) string {
	if len(s) >= 2 {
		switch s[:2] {
		case "==", "!=", "<=", ">=", "&&", "||":
			return s[:2]
		}
	}
	if strings.IndexByte("+-*/<>!?:()[].,", s[0]) >= 0 {
		return s[:1]
	}
	return ""
}
