package service

import (
	"errors"
	"regexp"
	"strconv"

	"causeway/platform/day"
)

// Unit is the unit of a Period.
type Unit string

// Units of a Period.
const (
	Days        Unit = "days"
	WorkingDays Unit = "working days"
	Months      Unit = "months"
	Years       Unit = "years"
)

// Period is a length of time, as in "2 years". The zero Period is none.
type Period struct {
	N    int
	Unit Unit
}

var (
	periodSyntax = regexp.MustCompile(`^([1-9][0-9]{0,3}) (working day|day|month|year)s?$`)
	errPeriod    = errors.New("want a period, as in 14 days, 3 working days, 6 months or 2 years")
)

func parsePeriod(s string) (Period, error) {
	m := periodSyntax.FindStringSubmatch(s)
	if m == nil {
		return Period{}, errPeriod
	}
	n, err := strconv.Atoi(m[1])
	return Period{n, Unit(m[2] + "s")}, err
}

// IsZero reports whether p is no period.
func (p Period) IsZero() bool { return p.N == 0 }

// After returns the day that is p after d. Working days need a Workdays; here
// they count as none.
func (p Period) After(d day.Date) day.Date {
	switch p.Unit {
	case Days:
		return d.AddDays(p.N)
	case Months:
		return d.AddMonths(p.N)
	case Years:
		return d.AddYears(p.N)
	case WorkingDays:
	}
	return d
}

// Before returns the day that is p before d, as After counts.
func (p Period) Before(d day.Date) day.Date { return Period{-p.N, p.Unit}.After(d) }
