package service_test

import (
	"strings"
	"testing"
	"time"

	"causeway/modules/service"
	"causeway/platform/day"
)

// slow is longer than any input may take, on a machine that does much else.
const slow = 5 * time.Second

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte(worded()))
	for _, id := range []string{"driving-licence-renewal", "rates-demand", "resident-parking-permit"} {
		f.Add(read(f, id+".yaml"))
	}
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		start := time.Now()
		def, err := service.Parse("f.yaml", src)
		if (def == nil) == (err == nil) {
			t.Fatalf("a definition or an error, not %v and %v", def, err)
		}
		if def != nil {
			// What was accepted evaluates to something, or says why not.
			in := service.Input{Today: day.Of(2026, 11, 23), Evidence: map[string]service.Facts{}}
			for _, e := range def.Evidence {
				in.Evidence[e.Name] = service.Facts{State: service.ByHand, Record: record{}}
			}
			if out, err := def.Evaluate(in); err == nil && out.Status == "" {
				t.Fatal("no status")
			}
		}
		if took := time.Since(start); took > slow {
			t.Fatalf("took %v", took)
		}
	})
}

// FuzzExpression puts an expression where a rule stands, and evaluates what is
// accepted.
func FuzzExpression(f *testing.F) {
	for _, src := range []string{
		"dog.tame", `dog.weight * 2 / 3 > 4.5 || given("photo")`, `latest(today, dog.born_on.addMonths(-3)) < today`,
		`bands.firstAtLeast("up_to", dog.weight).price * 3 / 7 == dog.tax`, `size in ["small", "large"] ? true : !dog.tame`,
		`dog.born_on.addWorkingDays(400).workingDayOnOrBefore() == date("2026-11-23")`, `max(HKD 5, dog.tax) - HKD 3.00 >= HKD 1.5`,
		`dog.weight / 0 == 1`, `(dog.weight / 3).roundedUp() > 99999999999999999 * 99999999999999999`,
	} {
		f.Add(src, "2020-02-29", "12.5", "HKD 99.99")
	}
	cal := holidays(f)
	f.Fuzz(func(t *testing.T, src, born, weight, tax string) {
		if strings.ContainsAny(src, "\n\r'") {
			return
		}
		start := time.Now()
		def, err := service.Parse("f.yaml", []byte(strings.Replace(minimal, "rule: dog.tame", "rule: '"+src+"'", 1)))
		if err == nil {
			for _, c := range []*service.Calendar{nil, cal} {
				in := service.Input{Today: day.Of(2026, 11, 23), Calendar: c, Evidence: map[string]service.Facts{
					"dog": found(record{"chip": "x", "born_on": born, "weight": 12.5, "tax": tax, "tame": true}),
				}}
				_, err1 := def.Evaluate(in)
				_, err2 := def.Evaluate(in)
				if (err1 == nil) != (err2 == nil) {
					t.Fatalf("the same input: %v, then %v", err1, err2)
				}
			}
		}
		if took := time.Since(start); took > slow {
			t.Fatalf("took %v", took)
		}
	})
}

func FuzzCases(f *testing.F) {
	for _, id := range []string{"driving-licence-renewal", "resident-parking-permit"} {
		f.Add(read(f, id+".cases.yaml"))
	}
	defs := []*service.Definition{definition(f, "driving-licence-renewal"), definition(f, "resident-parking-permit")}
	cal := holidays(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		start := time.Now()
		cases, err := service.ParseCases("t.yaml", src)
		if err != nil {
			return
		}
		for _, c := range cases {
			for _, def := range defs {
				if s := c.Run(def, cal).Line(c); strings.Contains(s, "\n") {
					t.Fatalf("not one line: %q", s)
				}
			}
		}
		if took := time.Since(start); took > slow {
			t.Fatalf("took %v", took)
		}
	})
}

func FuzzCalendar(f *testing.F) {
	f.Add(read(f, "calendars/hk-general-holidays.json"))
	f.Fuzz(func(t *testing.T, src []byte) {
		cal, err := service.ParseCalendar(src)
		if err != nil {
			return
		}
		w := service.Workdays{Week: service.Week{false, true}, Calendar: cal}
		if d, err := w.Add(cal.Last().AddDays(-30), 1); err == nil && d.After(cal.Last()) {
			t.Fatalf("%s is beyond the calendar", d)
		}
	})
}
