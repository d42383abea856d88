package identity

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unique"
)

// masked is all that an HKID tells whoever did not ask for it.
const masked = "[identity number]"

// An HKID is the number of a Hong Kong identity card: one or two letters, six
// digits and a check digit. It keeps itself out of logs, errors and answers:
// every way of printing or encoding it yields a mask, also as a field that fmt
// reads without asking. Reveal alone does not. Equal numbers are ==.
type HKID struct{ h unique.Handle[string] }

var (
	_ fmt.Formatter  = HKID{}
	_ slog.LogValuer = HKID{}
)

// ParseHKID reads a number as people write it: with or without the parentheses,
// in either case, full-width, with spaces and hyphens. It returns ErrNumber if
// the form or the check digit is wrong.
func ParseHKID(s string) (HKID, error) {
	if len(s) > 64 {
		return HKID{}, ErrNumber
	}
	var b strings.Builder
	open, closed := false, false
	for _, r := range s {
		if r >= '！' && r <= '～' { // full-width forms lie in ASCII's order
			r -= '！' - '!'
		}
		switch {
		case closed && !blank(r):
			return HKID{}, ErrNumber
		case blank(r) || r == '-':
		case r == '(' && !open:
			open = true
		case r == ')' && open:
			closed = true
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			return HKID{}, ErrNumber
		}
	}
	n := b.String()
	if open != closed || len(n) < 8 {
		return HKID{}, ErrNumber
	}
	want, err := CompleteHKID(n[:len(n)-1])
	if err != nil || want.Reveal() != n {
		return HKID{}, ErrNumber
	}
	return want, nil
}

func blank(r rune) bool { return r == ' ' || r == '\t' || r == '\u00a0' || r == '\u3000' }

// CompleteHKID returns the number that begins with body, such as A123456, with
// its check digit. It returns ErrNumber if body is not one or two capital
// letters and six digits.
func CompleteHKID(body string) (HKID, error) {
	if len(body) != 7 && len(body) != 8 {
		return HKID{}, ErrNumber
	}
	// Weights 9 to 2 from the left; a missing first letter counts as 36, letters
	// as 10 to 35. With the check digit, of weight 1, the sum is a multiple of 11.
	letters := len(body) - 6
	sum, weight := 0, 9
	if letters == 1 {
		sum, weight = 36*9, 8
	}
	for i := range len(body) {
		c := body[i]
		switch {
		case i < letters && c >= 'A' && c <= 'Z':
			sum += int(c-'A'+10) * weight
		case i >= letters && c >= '0' && c <= '9':
			sum += int(c-'0') * weight
		default:
			return HKID{}, ErrNumber
		}
		weight--
	}
	return HKID{unique.Make(body + "0123456789A"[(11-sum%11)%11:][:1])}, nil
}

// IsZero reports whether n is no number.
func (n HKID) IsZero() bool { return n == HKID{} }

// Reveal returns the number in full, without parentheses, as in A1234563. It is
// for the gateway, which looks somebody up by it, and for storing it encrypted.
func (n HKID) Reveal() string {
	if n.IsZero() {
		return ""
	}
	return n.h.Value()
}

// Hint returns enough of n for its holder to recognise, as in A12••••(•).
func (n HKID) Hint() string {
	if n.IsZero() {
		return ""
	}
	s := n.Reveal()
	return s[:len(s)-5] + "••••(•)"
}

// String returns a mask.
func (n HKID) String() string { return masked }

// GoString returns a mask.
func (n HKID) GoString() string { return masked }

// Format writes a mask, whatever the verb.
func (n HKID) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, masked) // fmt keeps no error of a Formatter
}

// LogValue returns a mask.
func (n HKID) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText returns a mask.
func (n HKID) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalJSON returns a mask.
func (n HKID) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }
