// Package day holds calendar days: no clock, no zone. It is pure, so that a
// module's root may use it.
package day

import (
	"errors"
	"time"
)

// A Date is one day of the proleptic Gregorian calendar, from year 1 to 9999.
// The zero Date is no day.
type Date struct{ t time.Time } // midnight UTC

// ErrSyntax reports a text that is no day in the form 2006-01-02.
var ErrSyntax = errors.New("day: want a date, as in 2026-11-23")

// Of returns the day y-m-d; days and months out of range carry over.
func Of(y int, m time.Month, d int) Date { return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)} }

// In returns the day that instant t has in the zone loc.
func In(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return Of(y, m, d)
}

// Parse reads 2006-01-02.
func Parse(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, ErrSyntax
	}
	return Date{t}, nil
}

// String writes d as Parse reads it, and the zero Date as "".
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.t.Format(time.DateOnly)
}

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d.t.IsZero() }

// Civil returns d's year, month and day.
func (d Date) Civil() (int, time.Month, int) { return d.t.Date() }

// Weekday returns d's day of the week.
func (d Date) Weekday() time.Weekday { return d.t.Weekday() }

// Compare returns -1, 0 or 1 as d is before, on or after e.
func (d Date) Compare(e Date) int { return d.t.Compare(e.t) }

// Before reports whether d is before e.
func (d Date) Before(e Date) bool { return d.t.Before(e.t) }

// After reports whether d is after e.
func (d Date) After(e Date) bool { return d.t.After(e.t) }

// AddDays returns the day n days after d.
func (d Date) AddDays(n int) Date { return Date{d.t.AddDate(0, 0, n)} }

// Sub returns the number of days from e to d.
func (d Date) Sub(e Date) int { return int((d.t.Unix() - e.t.Unix()) / secondsPerDay) }

const secondsPerDay = 24 * 60 * 60

// AddMonths returns the same day n months after d, or the last day of that
// month where it has no such day.
func (d Date) AddMonths(n int) Date {
	y, m, dd := d.Civil()
	first := Of(y, m+time.Month(n), 1)
	last := first.t.AddDate(0, 1, -1).Day()
	return first.AddDays(min(dd, last) - 1)
}

// AddYears returns the anniversary n years after d; that of 29 February is
// 1 March in a year without one.
func (d Date) AddYears(n int) Date {
	y, m, dd := d.Civil()
	return Of(y+n, m, dd)
}

// Start returns the instant at which d begins in the zone loc.
func (d Date) Start(loc *time.Location) time.Time {
	y, m, dd := d.Civil()
	return time.Date(y, m, dd, 0, 0, 0, 0, loc)
}

// MarshalText writes d as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = Parse(string(b))
	return err
}
