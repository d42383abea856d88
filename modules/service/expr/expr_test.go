package expr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"causeway/modules/service/expr"
	"causeway/platform/day"
	"causeway/platform/money"
)

// Sources of the scope of these tests.
const (
	factSource = iota
	askSource
)

// scope knows today, a few facts of a record f, a question q that may be left
// out, a table, and a let.
func scope(t testing.TB) *expr.Scope {
	t.Helper()
	fact := expr.Source(factSource)
	field := func(k expr.Kind, slot int) expr.Var { return expr.Var{Type: expr.Of(k), Slot: slot, Deps: fact} }
	amount := func(minor int64) expr.Value { return expr.MoneyOf(money.Amount{Minor: minor, Currency: "HKD"}) }
	return &expr.Scope{
		Vars: map[string]expr.Var{
			"today": {Type: expr.Of(expr.Date)},
			"f": {Fields: map[string]expr.Var{
				"n": field(expr.Number, 1), "m": field(expr.Money, 2), "d": field(expr.Date, 3), "s": field(expr.Text, 4), "b": field(expr.Bool, 5), "gone": field(expr.Number, 6),
			}},
			"q": {Type: expr.Of(expr.Number), Slot: 7, Deps: expr.Source(askSource), Guard: "q"},
			"bands": {
				Type: expr.Type{Kind: expr.Table, Columns: []expr.Column{{Name: "up_to", Kind: expr.Number}, {Name: "price", Kind: expr.Money}, {Name: "name", Kind: expr.Text}}},
				Rows: [][]expr.Value{{expr.IntOf(10), amount(500), expr.TextOf("small")}, {expr.IntOf(20), amount(750), expr.TextOf("large")}},
			},
		},
		Given:    map[string]expr.Mark{"q": {Slot: 8, Deps: expr.Source(askSource)}},
		ByHand:   map[string]expr.Mark{"f": {Slot: 9, Deps: fact}},
		Calendar: true,
	}
}

type weekdays struct{}

var errBeyond = errors.New("beyond the calendar")

func (weekdays) Working(d day.Date) (bool, error) {
	if y, _, _ := d.Civil(); y != 2026 {
		return false, errBeyond
	}
	return d.Weekday() != 0 && d.Weekday() != 6, nil
}

// frame holds n 12.5, m HKD 100.01, d 29 February 2024, s "x", b true; gone is
// not there, and q not answered.
func frame(t testing.TB) *expr.Frame {
	t.Helper()
	f := &expr.Frame{Slots: make([]expr.Value, 10), LetSlot: 10, Days: weekdays{}}
	for slot, v := range map[int]string{1: "12.5", 2: "HKD 100.01", 3: "2024-02-29", 4: "x", 5: "true"} {
		kinds := []expr.Kind{expr.Date, expr.Number, expr.Money, expr.Date, expr.Text, expr.Bool}
		var err error
		if f.Slots[slot], err = expr.FromText(kinds[slot], v); err != nil {
			t.Fatal(err)
		}
	}
	f.Slots[0] = expr.DateOf(day.Of(2026, 11, 23)) // a Monday
	f.Slots[8], f.Slots[9] = expr.BoolOf(false), expr.BoolOf(false)
	return f
}

func TestEval(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"1 + 2 * 3":                "7",
		"(1 + 2) * 3":              "9",
		"7 - 2 - 1":                "4",
		"0.1 + 0.2 == 0.3":         "true",
		"1 / 3 * 3 == 1":           "true",
		"1 / 3":                    "0.33",
		"10 / 4":                   "2.5",
		"-7 / 2":                   "-3.5",
		"--3":                      "3",
		"(7 / 2).roundedDown()":    "3",
		"(7 / 2).roundedUp()":      "4",
		"(-7 / 2).roundedDown()":   "-4",
		"(-7 / 2).roundedUp()":     "-3",
		"3.roundedUp()":            "3",
		"max(1, 2.5, 2)":           "2.5",
		"min(HKD 5, HKD 3.50)":     "HKD 3.50",
		"f.n > 12 && f.n <= 12.50": "true",

		"HKD 52 * 10":                                  "HKD 520",
		"(HKD 38 * 364 / 365).rounded()":               "HKD 37.90",
		"(HKD 0.01 / 2).rounded()":                     "HKD 0.01",
		"(HKD 0.01 * 0.49).rounded()":                  "HKD 0.00",
		"(-HKD 0.01 / 2).rounded()":                    "HKD -0.01",
		"HKD 1 + HKD 2.50 - HKD 0.01":                  "HKD 3.49",
		"f.m / HKD 0.01":                               "10001",
		"f.m * 3 == HKD 300.03":                        "true",
		"f.m >= HKD 100":                               "true",
		"3 * f.m > f.m * 2":                            "true",
		"max(HKD 1 / 3, HKD 0.33)":                     "HKD 0.33",
		"(true ? HKD 1 : HKD 1 / 3) / 2":               "HKD 0.5",
		"HKD 5.00 == HKD 5":                            "true",
		"bands.firstAtLeast(\"up_to\", f.n).price":     "HKD 7.50",
		"bands.firstAtLeast(\"up_to\", 10).name":       "small",
		"bands.firstAtLeast('price', HKD 5.01).up_to":  "20",
		"bands.firstAtLeast('price', HKD 15 / 2).name": "large",

		"today.addDays(-23)":                                 "2026-10-31",
		"date(\"2026-01-31\").addMonths(1)":                  "2026-02-28",
		"date(\"2024-02-29\").addMonths(12)":                 "2025-02-28",
		"date(\"2024-02-29\").addMonths(36)":                 "2027-02-28",
		"date(\"2024-02-29\").addYears(1)":                   "2025-03-01",
		"date(\"2024-02-29\").addYears(4)":                   "2028-02-29",
		"date(\"2026-06-30\").addMonths(-4)":                 "2026-02-28",
		"f.d.yearsUntil(date(\"2025-02-28\"))":               "0",
		"f.d.yearsUntil(date(\"2025-03-01\"))":               "1",
		"f.d.yearsUntil(date(\"2028-02-28\"))":               "3",
		"f.d.yearsUntil(date(\"2028-02-29\"))":               "4",
		"f.d.daysUntil(date(\"2024-03-01\"))":                "1",
		"date(\"9999-12-31\").daysUntil(date('1600-01-01'))": "-3068036",
		"date(\"2026-02-03\").monthEnd()":                    "2026-02-28",
		"date(\"2026-12-03\").monthEnd()":                    "2026-12-31",
		"latest(today, f.d)":                                 "2026-11-23",
		"earliest(today, f.d, today)":                        "2024-02-29",
		"today.isWorkingDay()":                               "true",
		"today.addDays(-1).isWorkingDay()":                   "false",
		"today.addWorkingDays(5)":                            "2026-11-30",
		"today.addWorkingDays(-1)":                           "2026-11-20",
		"today.addDays(-1).workingDayOnOrBefore()":           "2026-11-20",
		"today.addDays(-1).workingDayOnOrAfter()":            "2026-11-23",
		"today.workingDayOnOrAfter()":                        "2026-11-23",

		`f.s == "x" && f.s != 'y'`: "true",
		`f.s in ["a", "x"]`:        "true",
		"f.n in [1, 12.50]":        "true",
		"f.d in [today]":           "false",
		"!f.b || f.b == true":      "true",
		"f.b ? 1 : 2":              "1",
		"!f.b ? 1 : f.b ? 3 : 4":   "3",
		"(1 < 2) == (3 < 4)":       "true",
		`given("q")`:               "false",
		`!by_hand("f")`:            "true",
		"false && f.gone > 1":      "false",
		"f.gone > 1 && false":      "false",
		"true || f.gone > 1":       "true",
		"f.gone > 1 || true":       "true",
		"f.b ? 1 : f.gone":         "1",
		"false && 1 / 0 == 1":      "false",
		`given("q") && q > 3`:      "false",
		`given("q") ? q : 5`:       "5",

		"f.gone":                "unknown",
		"f.gone > 1 && true":    "unknown",
		"max(1, f.gone)":        "unknown",
		"f.gone in [1]":         "unknown",
		"1 in [f.gone]":         "unknown",
		"today.addDays(f.gone)": "unknown",
		"bands.firstAtLeast('up_to', f.gone).price": "unknown",
		"f.gone > 1 ? 1 : 1":                        "unknown",
		"-f.gone":                                   "unknown",
	} {
		e, errs := expr.Compile(src, scope(t))
		if len(errs) > 0 {
			t.Errorf("%s: %v", src, errs)
			continue
		}
		f := frame(t)
		if got := e.Eval(f); got.String() != want {
			t.Errorf("%s = %s, want %s", src, got, want)
		} else if (got.Kind() == expr.Unknown) != f.Needs.Has(factSource) {
			t.Errorf("%s is %s, but needs %v", src, got, f.Needs)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]error{
		"1 / 0":                                          expr.ErrZero,
		"f.m / 0":                                        expr.ErrZero,
		"f.m / HKD 0":                                    expr.ErrZero,
		"1 / 0 > 1 && false":                             expr.ErrZero,
		"f.gone / 0":                                     nil,
		"HKD 1 + USD 1":                                  expr.ErrCurrency,
		"HKD 1 < USD 1":                                  expr.ErrCurrency,
		"HKD 1 == USD 1":                                 expr.ErrCurrency,
		"max(HKD 1, USD 1)":                              expr.ErrCurrency,
		"today.addDays(1.5)":                             expr.ErrWhole,
		"today.addDays(999999)":                          expr.ErrRange,
		"today.addYears(9000)":                           expr.ErrRange,
		"today.addYears(-2026)":                          expr.ErrRange,
		"date('9999-12-31').addDays(1)":                  expr.ErrRange,
		"today.addWorkingDays(60)":                       errBeyond,
		"today.addYears(1).isWorkingDay()":               errBeyond,
		"bands.firstAtLeast('up_to', 21).price":          expr.ErrNoRow,
		"bands.firstAtLeast('price', USD 1).name":        expr.ErrCurrency,
		"(HKD 999999999999999 * 999999999999).rounded()": expr.ErrRange,
		"(999999999999999999 * 999999999999999999 / 7).roundedDown()":      expr.ErrRange,
		strings.Repeat("999999999999999999 * ", 10) + "999999999999999999": expr.ErrRange,
		strings.Repeat("1 / 999999999999999989 / ", 5) + "999999999999989": expr.ErrRange,
	} {
		e, errs := expr.Compile(src, scope(t))
		if len(errs) > 0 {
			t.Errorf("%s: %v", src, errs)
			continue
		}
		if got := e.Eval(frame(t)); !errors.Is(got.Err(), want) || got.Known() {
			t.Errorf("%s = %s, want %v", src, got, want)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		src  string
		pos  int
		want string
	}{
		{"", 0, "a value is wanted instead of the end"},
		{"1 +", 3, "a value is wanted instead of the end"},
		{"1 2", 2, "`2` does not belong here"},
		{"(1", 2, "`)` is wanted before the end"},
		{"[1, ", 4, "a value is wanted"},
		{"[]", 0, "at least one value"},
		{"[1, 'a']", 4, "of one kind"},
		{"1 < 2 < 3", 6, "not chained"},
		{"true ? 1", 8, "`:` is wanted"},
		{"1 ? 2 : 3", 2, "yes-or-no"},
		{"true ? 1 : 'a'", 5, "the same kind"},
		{"'abc", 0, "no closing '"},
		{"1 & 2", 2, `'&' has no meaning`},
		{"f", 0, "`f` is a record: name one of its fields, as in f.b"},
		{"f.x", 2, "`f` has no field `x`"},
		{"x", 0, "`x` is not known here: known are bands, f, q, today"},
		{"q", 0, "may not be answered"},
		{"bands", 0, "is a table"},
		{"bands.up_to", 0, "is a table"},
		{"bands.lookup(1)", 6, "a table is read as in"},
		{"bands.firstAtLeast('up', 1)", 19, "has no column `up`"},
		{"bands.firstAtLeast('name', 'a')", 19, "which has no order"},
		{"bands.firstAtLeast('up_to', 'a')", 28, "holds a number, not text"},
		{"bands.firstAtLeast('up_to', 1).cost", 31, "no column `cost`"},
		{"today.year", 6, "to call a function write .year()"},
		{"today.year()", 6, "a date has no function `year`; it has addDays"},
		{"today.addDays()", 6, "takes 1 values, not 0"},
		{"today.addDays('a')", 14, "takes a number, not text"},
		{"f.s.rounded()", 4, "text has no function `rounded`"},
		{"round(1)", 0, "there is no function `round`"},
		{"latest()", 0, "takes one value or more"},
		{"latest(today, 1)", 14, "takes a date, not a number"},
		{"max(1, HKD 1)", 7, "of one kind"},
		{"given(q)", 6, "in quotes"},
		{"given('q', 'q')", 0, "takes the name of one question"},
		{"by_hand('q')", 8, "no evidence `q`"},
		{"date('2026-02-30')", 5, "want a date"},
		{"date(f.s)", 0, "a fixed date"},
		{"1234567890123456789", 0, "more than 18 digits"},
		{"HKD 1.5", 0, "is no amount"},
		{"!1", 0, "`!` does not go with a number"},
		{"-today", 0, "`-` does not go with a date"},
		{"today + 1", 6, "write .addDays(n)"},
		{"1 in 2", 2, "it looks for a value in a list"},
		{"f.m * f.m", 4, "does not go with"},
		{"1 / f.m", 2, "does not go with"},
		{"f.s < 'a'", 4, "does not go with text and text"},
		{"true && 1", 5, "joins two yes-or-no values"},
	} {
		_, errs := expr.Compile(test.src, scope(t))
		if len(errs) != 1 || errs[0].Pos != test.pos || !strings.Contains(errs[0].Text, test.want) {
			t.Errorf("%q: got %+v, want %d %s", test.src, errs, test.pos, test.want)
		}
	}
	if _, errs := expr.Compile("x + y", scope(t)); len(errs) != 2 {
		t.Errorf("both names are unknown: %v", errs)
	}
	s := scope(t)
	s.Calendar = false
	if _, errs := expr.Compile("today.isWorkingDay()", s); len(errs) != 1 || !strings.Contains(errs[0].Text, "needs a calendar") {
		t.Errorf("%v", errs)
	}
}

// TestLets checks that each let is computed once, even when it is not known: a
// chain of lets that each use the one above twice ends at once.
func TestLets(t *testing.T) {
	t.Parallel()
	s, f := scope(t), frame(t)
	s.Vars["x0"] = s.Vars["f"].Fields["gone"]
	for i := range 60 {
		e, errs := expr.Compile(fmt.Sprintf("x%d + x%d", i, i), s)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		s.Vars[fmt.Sprintf("x%d", i+1)] = expr.Var{Type: e.Type, Slot: 10 + i, Deps: e.Deps}
		f.Lets = append(f.Lets, e)
		f.Slots = append(f.Slots, expr.Value{})
	}
	if v := f.Let(59); v.Kind() != expr.Unknown || !f.Needs.Has(factSource) {
		t.Errorf("got %s, needs %v", v, f.Needs)
	}
	f.Needs = expr.Set{}
	if v := f.Let(59); v.Kind() != expr.Unknown || !f.Needs.Has(factSource) {
		t.Errorf("again: got %s, needs %v", v, f.Needs)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind expr.Kind
		in   any
		want string // "" for an error
	}{
		{expr.Number, 4700.0, "4700"},
		{expr.Number, 0.1, "0.1"},
		{expr.Number, json.Number("12.50"), "12.5"},
		{expr.Number, json.Number("1e3"), ""},
		{expr.Number, "4700", ""},
		{expr.Number, 7, "7"},
		{expr.Bool, true, "true"},
		{expr.Bool, "true", ""},
		{expr.Date, "2026-11-23", "2026-11-23"},
		{expr.Date, "0001-01-01", ""},
		{expr.Date, "23/11/2026", ""},
		{expr.Money, "HKD 1.50", "HKD 1.50"},
		{expr.Money, "1.50", ""},
		{expr.Money, map[string]any{"minor": 150.0, "currency": "HKD"}, "HKD 1.50"},
		{expr.Money, map[string]any{"minor": 1.5, "currency": "HKD"}, ""},
		{expr.Money, map[string]any{"minor": 150.0, "currency": "dollars"}, ""},
		{expr.Text, "", ""},
		{expr.Text, 3.0, ""},
	} {
		v, err := expr.FromJSON(test.kind, test.in)
		if err != nil && test.want != "" || v.String() != test.want && err == nil {
			t.Errorf("%s of %v: %s, %v", test.kind, test.in, v, err)
		}
		if err == nil && test.kind != expr.Number {
			if again, err := expr.FromJSON(test.kind, v.JSON()); err != nil || !again.Equal(v) {
				t.Errorf("%v does not come back: %v, %v", test.in, again, err)
			}
		}
	}
}

// TestArithmetic compares sums and products of decimals with integers.
func TestArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.Int64Range(-99999, 99999).Draw(t, "a"), rapid.Int64Range(-99999, 99999).Draw(t, "b"), rapid.Int64Range(1, 999).Draw(t, "c")
		decimal := func(n int64) string { return strings.Replace(money.Amount{Minor: n}.Decimal(), "-", "0-", 1) }
		src := fmt.Sprintf("((%s) * (%s) + %d) * 10000", decimal(a), decimal(b), c)
		e, errs := expr.Compile(src, &expr.Scope{})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if got, want := e.Eval(&expr.Frame{}).String(), fmt.Sprint(a*b+c*10000); got != want {
			t.Fatalf("%s = %s, want %s", src, got, want)
		}
		src = fmt.Sprintf("(%d / %d).roundedDown() * %d <= %d && (%d / %d).roundedUp() * %d >= %d", a, c, c, a, a, c, c, a)
		src = strings.ReplaceAll(src, "(-", "(0-")
		e, errs = expr.Compile(src, &expr.Scope{})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if !e.Eval(&expr.Frame{}).Bool() {
			t.Fatal(src)
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, src := range []string{"1 + 2 * f.n", "f.b ? today : f.d.addMonths(q)", "bands.firstAtLeast('up_to', f.n).price.rounded()", "!(1 in [2, 3])"} {
		f.Add(src)
	}
	s := scope(f)
	f.Fuzz(func(t *testing.T, src string) {
		e, errs := expr.Compile(src, s)
		for _, err := range errs {
			if err.Pos < 0 || err.Pos > len(src) || err.Text == "" {
				t.Fatalf("%+v", err)
			}
		}
		if (e == nil) == (len(errs) == 0) {
			t.Fatalf("%v and %v", e, errs)
		}
		if e != nil {
			if v := e.Eval(frame(t)); v.Known() && v.Kind() != e.Type.Kind && e.Type.Kind != expr.Exact {
				t.Fatalf("%s is %s, but was said to be %s", v, v.Kind(), e.Type.Kind)
			}
		}
	})
}
