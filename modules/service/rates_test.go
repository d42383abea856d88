package service_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"causeway/modules/service"
)

// cents returns n/d rounded half up, for n and d above zero.
func cents(n, d int64) int64 {
	num := new(big.Int).Mul(big.NewInt(n), big.NewInt(2))
	num.Add(num, big.NewInt(d))
	return num.Div(num, big.NewInt(2*d)).Int64()
}

func TestRatesAgainstNaiveRules(t *testing.T) {
	t.Parallel()
	def, cal := definition(t, "rates-demand"), holidays(t)
	closed := map[string]bool{}
	for _, h := range []string{ // the months with which quarters begin
		"2026-01-01", "2026-04-03", "2026-04-04", "2026-04-06", "2026-04-07", "2026-07-01", "2026-10-01", "2026-10-19",
		"2027-01-01", "2027-04-05", "2027-07-01", "2027-10-01", "2027-10-08",
	} {
		closed[h] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Int64Range(0, 2_000_000_00).Draw(t, "value")
		start := ymd{rapid.IntRange(2026, 2027).Draw(t, "year"), rapid.SampledFrom([]int{1, 4, 7, 10}).Draw(t, "month"), 1}
		last := ymd{start.y, start.m, monthLength(start.y, start.m)}
		for {
			w := last.day().Weekday()
			if w != 0 && w != 6 && !closed[last.String()] {
				break
			}
			last = last.previous()
		}
		today := rapid.SampledFrom([]ymd{last, last.months(6), start}).Draw(t, "near").day().AddDays(rapid.IntRange(-3, 3).Draw(t, "days"))
		rates, rent := cents(value*5, 400), cents(value*3, 400)
		due := rates + rent
		if last.before(civil(today)) {
			due = cents(due*105, 100)
		}
		if last.months(6).before(civil(today)) {
			due = cents(due*110, 100)
		}
		out, err := def.Evaluate(service.Input{Today: today, Calendar: cal, Evidence: map[string]service.Facts{
			"tenement": found(record{"rateable_value": fmt.Sprintf("HKD %d.%02d", value/100, value%100), "quarter_starts_on": start.String()}),
		}})
		if err != nil {
			t.Fatal(err)
		}
		if out.Fee.Amount.Minor != due || out.Lets["last_day"].String() != last.String() || !out.Automatic || !out.Ready {
			t.Fatalf("value %d, quarter %s, today %s: got %s %s, want %d %s", value, start, today, out.Fee.Amount, out.Lets["last_day"], due, last)
		}
		var sum int64
		for _, l := range out.Fee.Lines {
			sum += l.Amount.Minor
		}
		if sum != due || out.Lets["rates"].String() != fmt.Sprintf("HKD %d.%02d", rates/100, rates%100) {
			t.Fatalf("lines %v, rates %s, want %d %d", out.Fee.Lines, out.Lets["rates"], due, rates)
		}
	})
}
