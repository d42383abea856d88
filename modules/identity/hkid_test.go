package identity_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"causeway/modules/identity"
)

// TestParseHKID holds numbers that are published as examples of the algorithm.
func TestParseHKID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, in, want string
	}{
		{"one letter", "A123456(3)", "A1234563"},
		{"check digit A", "G123456(A)", "G123456A"},
		{"check digit 0", "L555555(0)", "L5555550"},
		{"two letters", "AB987654(3)", "AB9876543"},
		{"no brackets", "a1234563", "A1234563"},
		{"spaces", "  A 123 456 (3) ", "A1234563"},
		{"hyphen", "A123456-3", "A1234563"},
		{"full width", "Ａ１２３４５６（３）", "A1234563"},
		{"full width lower case", "ｇ１２３４５６（ａ）", "G123456A"},
		{"wide space", "A123456\u3000(3)", "A1234563"},
		{"wrong check digit", "A123456(4)", ""},
		{"check digit A is wrong", "A123456(A)", ""},
		{"swapped", "A123465(3)", ""},
		{"empty", "", ""},
		{"no check digit", "A123456", ""},
		{"no letter", "1234563", ""},
		{"three letters", "ABC123456(3)", ""},
		{"letter within", "A12B456(3)", ""},
		{"open bracket", "A123456(3", ""},
		{"closed bracket", "A1234563)", ""},
		{"text after", "A123456(3)4", ""},
		{"two brackets", "A123456((3))", ""},
		{"not UTF-8", "A123456(3)\xff", ""},
		{"Arabic digits", "A١٢٣٤٥٦(٣)", ""},
		{"huge", strings.Repeat(" ", 1<<16) + "A123456(3)", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := identity.ParseHKID(test.in)
			if got.Reveal() != test.want || (test.want == "") != errors.Is(err, identity.ErrNumber) {
				t.Errorf("ParseHKID = %q, %v, want %q", got.Reveal(), err, test.want)
			}
		})
	}
}

// TestHKIDCatches: one wrong character, or two neighbours swapped, never pass.
func TestHKIDCatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, err := identity.CompleteHKID(rapid.StringMatching(`[A-Z]{1,2}[0-9]{6}`).Draw(t, "body"))
		if err != nil {
			t.Fatal(err)
		}
		whole := n.Reveal()
		if got, err := identity.ParseHKID(whole); err != nil || got != n {
			t.Fatalf("ParseHKID(%q) = %v", whole, err)
		}
		at := rapid.IntRange(0, len(whole)-2).Draw(t, "at")
		b := []byte(whole)
		if rapid.Bool().Draw(t, "swap") {
			b[at], b[at+1] = b[at+1], b[at]
		} else if b[at] >= 'A' {
			b[at] = 'A' + (b[at]-'A'+byte(rapid.IntRange(1, 10).Draw(t, "by")))%26
		} else {
			b[at] = '0' + (b[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		}
		// Letters whose values are the same modulo 11 cannot be told apart.
		if v := string(b); v != whole && value(b[at])%11 != value(whole[at])%11 {
			if _, err := identity.ParseHKID(v); err == nil {
				t.Fatalf("%q passes for %q", v, whole)
			}
		}
	})
}

func value(c byte) int {
	if c >= 'A' {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// TestHKIDHides: no way of printing or encoding a number shows it.
func TestHKIDHides(t *testing.T) {
	t.Parallel()
	n, err := identity.ParseHKID("A123456(3)")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		l := slog.New(h)
		l.Info("m", "n", n, "p", &n, "in", struct{ N identity.HKID }{n}, "person", identity.NewPerson{Number: n}, "application", identity.Application{Number: n})
		l.Error("m", "err", fmt.Errorf("for %v: %w", n, identity.ErrNumber))
	}
	for _, f := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%c", "%U"} {
		fmt.Fprintf(&log, f+"\n", n)
		fmt.Fprintf(&log, f+"\n", struct{ n identity.HKID }{n})
		fmt.Fprintf(&log, f+"\n", []identity.HKID{n})
		fmt.Fprintf(&log, f+"\n", map[identity.HKID]int{n: 1})
	}
	for _, v := range []any{n, &n, []identity.HKID{n}, map[identity.HKID]int{n: 1}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(b)
	}
	for _, secret := range []string{"A123456", "123456", "313233343536", "a123456"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q shows in %s", secret, log.String())
		}
	}
	if got := n.Hint(); strings.Contains(got, "3456") || !strings.HasPrefix(got, "A12") {
		t.Errorf("Hint = %q", got)
	}
}

func FuzzParseHKID(f *testing.F) {
	f.Add("A123456(3)")
	f.Add("Ａ１２３４５６（３）")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := identity.ParseHKID(s)
		if err != nil {
			return
		}
		if again, err := identity.ParseHKID(n.Reveal()); err != nil || again != n {
			t.Errorf("%q: %v", n.Reveal(), err)
		}
	})
}
