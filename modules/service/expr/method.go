package expr

import (
	"strings"

	"causeway/platform/day"
)

// Days knows which days are worked on.
type Days interface {
	// Working reports whether d is a working day, or an error when the calendar
	// does not reach d.
	Working(d day.Date) (bool, error)
}

// maxStep bounds how far a date is moved: in days, months or years.
const maxStep = 200_000

// maxWorkingDays bounds the days that are looked at one by one.
const maxWorkingDays = 400

// methodNames lists the methods in the order in which a message names them.
func methodNames() []string {
	return []string{
		"addDays", "addMonths", "addYears", "daysUntil", "yearsUntil", "monthEnd",
		"isWorkingDay", "addWorkingDays", "workingDayOnOrBefore", "workingDayOnOrAfter",
		"rounded", "roundedUp", "roundedDown",
	}
}

// methodOf returns the named method.
func methodOf(name string) (method, bool) {
	date, number := []Kind{Date}, []Kind{Number}
	switch name {
	case "addDays":
		return method{on: date, args: number, result: Date, do: move(day.Date.AddDays)}, true
	case "addMonths":
		return method{on: date, args: number, result: Date, do: move(day.Date.AddMonths)}, true
	case "addYears":
		return method{on: date, args: number, result: Date, do: move(day.Date.AddYears)}, true
	case "daysUntil":
		return method{on: date, args: date, result: Number, do: func(_ *Frame, x Value, a []Value) Value {
			return IntOf(int64(a[0].d.Sub(x.d)))
		}}, true
	case "yearsUntil":
		return method{on: date, args: date, result: Number, do: func(_ *Frame, x Value, a []Value) Value {
			return IntOf(int64(years(x.d, a[0].d)))
		}}, true
	case "monthEnd":
		return method{on: date, result: Date, do: func(_ *Frame, x Value, _ []Value) Value {
			y, m, _ := x.d.Civil()
			return dated(day.Of(y, m+1, 0))
		}}, true
	case "isWorkingDay":
		return method{on: date, result: Bool, days: true, do: func(f *Frame, x Value, _ []Value) Value {
			ok, err := f.Days.Working(x.d)
			if err != nil {
				return fault(err)
			}
			return BoolOf(ok)
		}}, true
	case "addWorkingDays":
		return method{on: date, args: number, result: Date, days: true, do: addWorkingDays}, true
	case "workingDayOnOrBefore":
		return method{on: date, result: Date, days: true, do: nearest(-1)}, true
	case "workingDayOnOrAfter":
		return method{on: date, result: Date, days: true, do: nearest(1)}, true
	}
	return rounding(name)
}

func rounding(name string) (method, bool) {
	number := []Kind{Number}
	switch name {
	case "roundedUp":
		return method{on: number, result: Number, do: round(Number, num.ceil)}, true
	case "roundedDown":
		return method{on: number, result: Number, do: round(Number, num.floor)}, true
	case "rounded":
		return method{on: []Kind{Exact, Money}, result: Money, do: round(Money, num.rounded)}, true
	}
	return method{}, false
}

// methodsOn lists what may be called on k, for a sentence.
func methodsOn(k Kind) string {
	var on []string
	for _, name := range methodNames() {
		if m, _ := methodOf(name); len(m.on) > 0 && (m.on[0] == k || m.on[len(m.on)-1] == k) {
			on = append(on, name)
		}
	}
	if len(on) == 0 {
		return ""
	}
	return "; it has " + strings.Join(on, ", ")
}

// dated returns d, or a fault when d is out of range.
func dated(d day.Date) Value {
	if y, _, _ := d.Civil(); y < 1 || y > 9999 || d.IsZero() {
		return fault(ErrRange)
	}
	return DateOf(d)
}

func step(v Value, most int64) (int, error) {
	n, ok := v.n.whole()
	switch {
	case !ok:
		return 0, ErrWhole
	case n > most || n < -most:
		return 0, ErrRange
	}
	return int(n), nil
}

func move(by func(day.Date, int) day.Date) func(*Frame, Value, []Value) Value {
	return func(_ *Frame, x Value, a []Value) Value {
		n, err := step(a[0], maxStep)
		if err != nil {
			return fault(err)
		}
		return dated(by(x.d, n))
	}
}

// years returns how many anniversaries of d have come by e, less those still to
// come when e is before d.
func years(d, e day.Date) int {
	dy, _, _ := d.Civil()
	ey, _, _ := e.Civil()
	n := ey - dy
	if d.AddYears(n).After(e) {
		n--
	}
	return n
}

func nearest(dir int) func(*Frame, Value, []Value) Value {
	return func(f *Frame, x Value, _ []Value) Value {
		d := x.d
		for range maxWorkingDays {
			ok, err := f.Days.Working(d)
			if err != nil {
				return fault(err)
			}
			if ok {
				return DateOf(d)
			}
			d = d.AddDays(dir)
		}
		return fault(ErrRange)
	}
}

func addWorkingDays(f *Frame, x Value, a []Value) Value {
	n, err := step(a[0], maxWorkingDays)
	if err != nil {
		return fault(err)
	}
	dir := 1
	if n < 0 {
		dir, n = -1, -n
	}
	v := x
	for range n {
		if v = nearest(dir)(f, DateOf(v.d.AddDays(dir)), nil); !v.Known() {
			return v
		}
	}
	return v
}

func round(k Kind, by func(num) (num, bool)) func(*Frame, Value, []Value) Value {
	return func(_ *Frame, x Value, _ []Value) Value {
		n, ok := by(x.n)
		if !ok || n.r != nil {
			return fault(ErrRange)
		}
		return Value{kind: k, n: n, s: x.s}
	}
}
