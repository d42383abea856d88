package identity

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unique"
)

// Limits of activation codes.
const (
	codeFor      = 14 * 24 * time.Hour // how long a code can be used
	codeAttempts = 5                   // wrong identity numbers until a code is blocked
	letterFor    = 10 * time.Minute    // how long the counter can print a letter again
)

// codeLetters are Crockford's base 32: no I, L, O and U.
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeData  = 18   // letters that are random: 90 bits
	codeSize  = 20   // and two that check them
	codeGroup = 5    // letters between hyphens
	codePrime = 1021 // the largest prime below 32², so that one wrong letter or two swapped ones show
)

// A Code is what an activation letter holds: 90 random bits and two letters that
// catch mistyping. It keeps itself out of logs: only Reveal returns it.
type Code struct{ h unique.Handle[string] }

// newCode returns a code made of random's next bytes.
func newCode(random io.Reader) (Code, error) {
	var b [codeData]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return Code{}, fmt.Errorf("identity: random: %w", err)
	}
	for i := range b {
		b[i] = codeLetters[b[i]&31]
	}
	return Code{unique.Make(string(b[:]) + codeCheck(string(b[:])))}, nil
}

// codeCheck returns the two letters that check data.
func codeCheck(data string) string {
	sum := 0
	for i := range len(data) {
		sum = (sum*32 + strings.IndexByte(codeLetters, data[i])) % codePrime
	}
	sum = sum * 1024 % codePrime // two places further left
	sum = (codePrime - sum) % codePrime
	return string([]byte{codeLetters[sum>>5], codeLetters[sum&31]})
}

// ParseCode reads a code as people type it: in either case, full-width, with
// spaces and hyphens anywhere, O for 0, I and L for 1. It returns ErrCode if it
// was mistyped.
func ParseCode(s string) (Code, error) {
	if len(s) > 200 {
		return Code{}, ErrCode
	}
	var b strings.Builder
	for _, r := range s {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch {
		case blank(r) || r == '-' || r == '\r' || r == '\n':
			continue
		case r == 'O':
			r = '0'
		case r == 'I' || r == 'L':
			r = '1'
		}
		if r > 'Z' || strings.IndexByte(codeLetters, byte(r)) < 0 {
			return Code{}, ErrCode
		}
		b.WriteRune(r)
	}
	c := b.String()
	if len(c) != codeSize || codeCheck(c[:codeData]) != c[codeData:] {
		return Code{}, ErrCode
	}
	return Code{unique.Make(c)}, nil
}

// Reveal returns the code in groups, as in 7K3M9-2QFAB-CDEFG-HJK01.
func (c Code) Reveal() string {
	var b strings.Builder
	for i, letter := range c.letters() {
		if i > 0 && i%codeGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letter)
	}
	return b.String()
}

// letters returns the code without groups, nil for the zero Code.
func (c Code) letters() []byte {
	if c == (Code{}) {
		return nil
	}
	return []byte(c.h.Value())
}

const maskedCode = "[activation code]"

// String returns a mask.
func (c Code) String() string { return maskedCode }

// Format writes a mask, whatever the verb.
func (c Code) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, maskedCode) // fmt keeps no error of a Formatter
}

// LogValue returns a mask.
func (c Code) LogValue() slog.Value { return slog.StringValue(maskedCode) }

// MarshalText returns a mask.
func (c Code) MarshalText() ([]byte, error) { return []byte(maskedCode), nil }
