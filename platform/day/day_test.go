package day_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"causeway/platform/day"
)

func parse(t testing.TB, s string) day.Date {
	t.Helper()
	d, err := day.Parse(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return d
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0001-01-02", "1582-10-10", "2024-02-29", "9999-12-31"} {
		if got := parse(t, s).String(); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
	for _, s := range []string{"", "2026-2-3", "2026-02-29", "0000-01-01", "26-02-03", "2026-02-03T00:00:00Z", " 2026-02-03", "10000-01-01", "2026-13-01"} {
		if _, err := day.Parse(s); !errors.Is(err, day.ErrSyntax) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestAddMonths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2024-01-31", 1, "2024-02-29"},
		{"2026-06-30", -4, "2026-02-28"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 36, "2027-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2026-12-15", 1, "2027-01-15"},
		{"2026-01-15", -1, "2025-12-15"},
		{"2026-10-31", 6, "2027-04-30"},
		{"2026-05-05", 0, "2026-05-05"},
	} {
		if got := parse(t, test.from).AddMonths(test.n).String(); got != test.want {
			t.Errorf("%s and %d months: %s, want %s", test.from, test.n, got, test.want)
		}
	}
}

func TestAddYears(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from string
		n    int
		want string
	}{
		{"1960-02-29", 67, "2027-03-01"},
		{"1960-02-29", 68, "2028-02-29"},
		{"1960-02-28", 67, "2027-02-28"},
		{"2000-02-29", 100, "2100-03-01"},
		{"2024-02-29", -1, "2023-03-01"},
		{"2026-11-23", 10, "2036-11-23"},
	} {
		if got := parse(t, test.from).AddYears(test.n).String(); got != test.want {
			t.Errorf("%s and %d years: %s, want %s", test.from, test.n, got, test.want)
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	hk, err := time.LoadLocation("Asia/Hong_Kong")
	if err != nil {
		t.Skip("no time zones here")
	}
	midnight := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	if got := day.In(midnight, hk).String(); got != "2026-11-23" {
		t.Errorf("got %s", got)
	}
	if got := day.In(midnight.Add(-time.Nanosecond), hk).String(); got != "2026-11-22" {
		t.Errorf("got %s", got)
	}
	if got := parse(t, "2026-11-23").Start(hk); !got.Equal(midnight) {
		t.Errorf("got %v", got)
	}
}

func TestSubOverCenturies(t *testing.T) {
	t.Parallel()
	if n := parse(t, "9999-12-31").Sub(parse(t, "1600-01-01")); n != 3068036 {
		t.Errorf("got %d", n)
	}
}

func TestArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := day.Of(1900, 1, 1).AddDays(rapid.IntRange(0, 100_000).Draw(t, "d"))
		n := rapid.IntRange(-500_000, 500_000).Draw(t, "n")
		e := d.AddDays(n)
		if e.Sub(d) != n || e.AddDays(-n) != d || e.Before(d) != (n < 0) || e.After(d) != (n > 0) {
			t.Fatalf("%s and %d days: %s", d, n, e)
		}
		m := rapid.IntRange(-300, 300).Draw(t, "m")
		later := d.AddMonths(m)
		y0, m0, d0 := d.Civil()
		y1, m1, d1 := later.Civil()
		if (y1-y0)*12+int(m1-m0) != m || d1 > d0 || d1 < d0 && later.AddDays(1).AddMonths(0).Compare(day.Of(y1, m1+1, 1)) != 0 {
			t.Fatalf("%s and %d months: %s", d, m, later)
		}
		if again, err := day.Parse(d.String()); err != nil || again != d {
			t.Fatalf("%s became %s, %v", d, again, err)
		}
	})
}

func TestJSON(t *testing.T) {
	t.Parallel()
	type holder struct{ D day.Date }
	b, err := json.Marshal(holder{parse(t, "2026-11-23")})
	if err != nil || string(b) != `{"D":"2026-11-23"}` {
		t.Errorf("%s, %v", b, err)
	}
	var h holder
	if err := json.Unmarshal([]byte(`{"D":""}`), &h); err != nil || !h.D.IsZero() {
		t.Errorf("%v, %v", h, err)
	}
	if err := json.Unmarshal([]byte(`{"D":"x"}`), &h); err == nil {
		t.Error("no error")
	}
}
