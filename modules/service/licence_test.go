package service_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"causeway/modules/service"
	"causeway/platform/day"
)

// The rules of the licence once more, in the simplest Go that says them: days
// are counted one by one, months and years on the calendar's numbers.

type ymd struct{ y, m, d int }

func civil(d day.Date) ymd {
	y, m, dd := d.Civil()
	return ymd{y, int(m), dd}
}

func (a ymd) before(b ymd) bool {
	return a.y < b.y || a.y == b.y && (a.m < b.m || a.m == b.m && a.d < b.d)
}

func (a ymd) day() day.Date { return day.Of(a.y, time.Month(a.m), a.d) }

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func monthLength(y, m int) int {
	switch m {
	case 2:
		if leap(y) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func (a ymd) next() ymd {
	if a.d++; a.d > monthLength(a.y, a.m) {
		a.d = 1
		if a.m++; a.m > 12 {
			a.m = 1
			a.y++
		}
	}
	return a
}

func (a ymd) previous() ymd {
	if a.d--; a.d == 0 {
		if a.m--; a.m == 0 {
			a.m = 12
			a.y--
		}
		a.d = monthLength(a.y, a.m)
	}
	return a
}

func (a ymd) months(n int) ymd {
	for ; n > 0; n-- {
		if a.m++; a.m > 12 {
			a.m = 1
			a.y++
		}
	}
	for ; n < 0; n++ {
		if a.m--; a.m == 0 {
			a.m = 12
			a.y--
		}
	}
	a.d = min(a.d, monthLength(a.y, a.m))
	return a
}

func (a ymd) birthday(n int) ymd {
	a.y += n
	if a.m == 2 && a.d == 29 && !leap(a.y) {
		return ymd{a.y, 3, 1}
	}
	return a
}

func (a ymd) String() string { return fmt.Sprintf("%04d-%02d-%02d", a.y, a.m, a.d) }

// renewal is what the naive rules say.
type renewal struct {
	reason      string
	from, until ymd
	cents       int
}

func renew(today, born, expires ymd, disqualified, report bool, years int) renewal {
	seventy := born.birthday(70)
	switch {
	case disqualified:
		return renewal{reason: "disqualified"}
	case today.before(expires.months(-4)):
		return renewal{reason: "too-early"}
	case expires.months(36).before(today):
		return renewal{reason: "too-late"}
	case !today.before(seventy) && !report:
		return renewal{reason: "medical-report-missing"}
	}
	r := renewal{from: today}
	if after := expires.next(); today.before(after) {
		r.from = after
	}
	switch {
	case !born.birthday(60).before(today):
		r.until = r.from.birthday(10).previous()
	case today.before(born.birthday(67)):
		r.until = seventy.previous()
	case today.before(seventy):
		r.until = r.from.birthday(3).previous()
	default:
		r.until = r.from.birthday(years).previous()
	}
	whole := 0
	for !r.until.before(r.from.birthday(whole + 1).previous()) {
		whole++
	}
	days := 0
	for d := r.from.birthday(whole); !r.until.before(d); d = d.next() {
		days++
	}
	begun := whole
	if days > 0 {
		begun++
	}
	r.cents = 5200*begun + 3800*whole + (2*3800*days+365)/(2*365)
	return r
}

func TestLicenceAgainstNaiveRules(t *testing.T) {
	t.Parallel()
	def := definition(t, "driving-licence-renewal")
	rapid.Check(t, func(t *rapid.T) {
		today := day.Of(2024, time.January, 1).AddDays(rapid.IntRange(0, 12*366).Draw(t, "today"))
		age := rapid.SampledFrom([]int{18, 40, 59, 60, 61, 66, 67, 68, 69, 70, 71, 90}).Draw(t, "age")
		born := today.AddYears(-age).AddDays(rapid.IntRange(-40, 40).Draw(t, "birthday"))
		if rapid.IntRange(0, 4).Draw(t, "leapling") == 0 {
			y, _, _ := born.Civil()
			born = day.Of(y-y%4, time.February, 29)
		}
		near := rapid.SampledFrom([]int{0, 120, -365 * 3, 30}).Draw(t, "near")
		expires := today.AddDays(near + rapid.IntRange(-10, 10).Draw(t, "expires"))
		disqualified := rapid.IntRange(0, 9).Draw(t, "court") == 0
		report := rapid.Bool().Draw(t, "report")
		years := rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "years")
		compareLicence(t, def, today, born, expires, disqualified, report, years)
	})
}

// TestLicenceEveryDay goes over every day around each boundary of age and expiry.
func TestLicenceEveryDay(t *testing.T) {
	t.Parallel()
	def := definition(t, "driving-licence-renewal")
	today := day.Of(2028, time.February, 20)
	for shift := range 15 {
		today := today.AddDays(shift)
		for _, age := range []int{60, 67, 70} {
			for around := -3; around <= 3; around++ {
				born := today.AddYears(-age).AddDays(around)
				for _, expires := range []day.Date{today.AddMonths(4), today.AddMonths(-36), today} {
					for d := -4; d <= 4; d++ {
						compareLicence(t, def, today, born, expires.AddDays(d), false, true, 1)
					}
				}
			}
		}
	}
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func compareLicence(t failer, def *service.Definition, today, born, expires day.Date, disqualified, report bool, years int) {
	t.Helper()
	chosen := years
	if chosen == 0 {
		chosen = 3 // the default
	}
	want := renew(civil(today), civil(born), civil(expires), disqualified, report, chosen)
	in := licence(today, born, expires)
	in.Evidence["licence"].Record["disqualified"] = disqualified
	in.Answers["medical_report"], in.Answers["years"] = service.Answer{State: service.Declined}, service.Answer{State: service.Declined}
	if report {
		in.Answers["medical_report"] = answered("an upload")
	}
	if years > 0 {
		in.Answers["years"] = answered(fmt.Sprint(years))
	}
	out, err := def.Evaluate(in)
	if err != nil {
		t.Fatalf("%v", err)
	}
	got := fmt.Sprint(out.Reason)
	if out.Status == service.Eligible {
		got = fmt.Sprintf("%s %s %d", out.Lets["from"], out.Lets["until"], out.Fee.Amount.Minor)
	}
	wants := want.reason
	if wants == "" {
		wants = fmt.Sprintf("%s %s %d", want.from, want.until, want.cents)
	}
	if got != wants {
		t.Fatalf("today %s, born %s, ends %s, disqualified %t, report %t, years %d: got %s, want %s", today, born, expires, disqualified, report, years, got, wants)
	}
	elder := !civil(today).before(civil(born).birthday(70))
	if out.Status == service.Eligible && out.Automatic == (elder && report) {
		t.Fatalf("automatic %t of an applicant born %s today %s", out.Automatic, born, today)
	}
}
