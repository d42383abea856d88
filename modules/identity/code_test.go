package identity

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCode(t *testing.T) {
	t.Parallel()
	c, err := newCode(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shown := c.Reveal()
	if len(shown) != 23 || strings.Count(shown, "-") != 3 {
		t.Errorf("Reveal = %q", shown)
	}
	wide := strings.Map(func(r rune) rune {
		if r == '-' {
			return '\u3000'
		}
		return r - '!' + '！'
	}, shown)
	loose := strings.NewReplacer("0", "o", "1", "l", "-", "  ").Replace(strings.ToLower(shown))
	for _, s := range []string{shown, strings.ToLower(shown), strings.ReplaceAll(shown, "-", ""), wide, loose, shown + "\r\n"} {
		if got, err := ParseCode(s); err != nil || got != c {
			t.Errorf("ParseCode(%q): %v", s, err)
		}
	}
	for _, s := range []string{"", shown[:22], shown + "0", "é" + shown[1:], shown[:22] + "\xff", strings.Repeat(shown, 20), "UUUUU-UUUUU-UUUUU-UUUUU"} {
		if _, err := ParseCode(s); !errors.Is(err, ErrCode) {
			t.Errorf("ParseCode(%q) = %v, want %v", s, err, ErrCode)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s %q %x", c, c, c, c, c, c) + c.LogValue().String(); strings.Contains(s, shown[:5]) {
		t.Errorf("a code shows in %s", s)
	}
}

// TestCodeCatches: one wrong letter, or two neighbours swapped, never pass.
func TestCodeCatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := make([]byte, codeData)
		for i := range data {
			data[i] = codeLetters[rapid.IntRange(0, 31).Draw(t, "letter")]
		}
		whole := string(data) + codeCheck(string(data))
		if _, err := ParseCode(whole); err != nil {
			t.Fatalf("%q: %v", whole, err)
		}
		b, at := []byte(whole), rapid.IntRange(0, codeSize-2).Draw(t, "at")
		if rapid.Bool().Draw(t, "swap") {
			b[at], b[at+1] = b[at+1], b[at]
		} else {
			b[at] = codeLetters[rapid.IntRange(0, 31).Draw(t, "other")]
		}
		if _, err := ParseCode(string(b)); string(b) != whole && err == nil {
			t.Fatalf("%q passes for %q", b, whole)
		}
	})
}
