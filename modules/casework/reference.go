package casework

import (
	"fmt"
	"io"
	"strings"
)

// alphabet has 31 characters, a prime number of them, and none that is easily
// taken for another.
const alphabet = "123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewReference makes a reference of seven random characters from r and one
// that checks them: a wrong character, or two that changed places, do not pass
// ParseReference.
func NewReference(r io.Reader) (string, error) {
	var code [8]byte
	var b [1]byte
	for i := 0; i < 7; {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return "", fmt.Errorf("reference: %w", err)
		}
		if int(b[0]) >= 256/len(alphabet)*len(alphabet) {
			continue // else some characters would come more often
		}
		code[i] = alphabet[int(b[0])%len(alphabet)]
		i++
	}
	code[7] = alphabet[check(code[:7])]
	return "CW-" + string(code[:4]) + "-" + string(code[4:]), nil
}

// check is the weighted sum of code modulo 31.
func check(code []byte) int {
	sum := 0
	for i, c := range code {
		sum += (i + 2) * strings.IndexByte(alphabet, c)
	}
	return sum % len(alphabet)
}

// ParseReference returns the canonical form of s, which may be written in lower
// case and with or without hyphens and spaces. ok is false when it is none.
func ParseReference(s string) (ref string, ok bool) {
	if len(s) > 32 {
		return "", false
	}
	s = strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1").Replace(strings.ToUpper(s))
	s, ok = strings.CutPrefix(s, "CW")
	if !ok || len(s) != 8 || strings.Trim(s, alphabet) != "" {
		return "", false
	}
	if alphabet[check([]byte(s[:7]))] != s[7] {
		return "", false
	}
	return "CW-" + s[:4] + "-" + s[4:], true
}
