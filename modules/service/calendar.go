package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"causeway/platform/day"
)

// Errors of calendars.
var (
	ErrNoCalendar = errors.New("service: no calendar")
	ErrNoYear     = errors.New("service: the calendar does not have this year")
	ErrCalendar   = errors.New("service: unusable calendar")
)

// Calendar names the general holidays of some years. The zero Calendar has none.
type Calendar struct {
	Source   string
	holidays map[day.Date]bool
	years    map[int]bool
}

// ParseCalendar reads a JSON object that has a list of days for each year, and
// a "source".
func ParseCalendar(src []byte) (*Calendar, error) {
	c := &Calendar{holidays: map[day.Date]bool{}, years: map[int]bool{}}
	dec := json.NewDecoder(bytes.NewReader(src))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("%w: want a JSON object", ErrCalendar)
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCalendar, err)
		}
		if err := c.member(dec, fmt.Sprint(t)); err != nil {
			return nil, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCalendar, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the object", ErrCalendar)
	}
	if len(c.years) == 0 {
		return nil, fmt.Errorf("%w: it has no year", ErrCalendar)
	}
	return c, nil
}

// member reads one member of the object: its source, or the days of a year.
func (c *Calendar) member(dec *json.Decoder, key string) error {
	if key == "source" {
		if err := dec.Decode(&c.Source); err != nil {
			return fmt.Errorf("%w: source: %w", ErrCalendar, err)
		}
		return nil
	}
	year, err := strconv.Atoi(key)
	if err != nil || len(key) != 4 || c.years[year] {
		return fmt.Errorf("%w: want each year once, not %q", ErrCalendar, key)
	}
	var days []day.Date
	if err := dec.Decode(&days); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCalendar, key, err)
	}
	for _, d := range days {
		if y, _, _ := d.Civil(); y != year || d.IsZero() || c.holidays[d] {
			return fmt.Errorf("%w: %s: %s is of another year or comes twice", ErrCalendar, key, d)
		}
		c.holidays[d] = true
	}
	c.years[year] = true
	return nil
}

// Last returns the last day up to which c has every year from the first one on.
func (c *Calendar) Last() day.Date {
	first := 0
	for y := range c.years {
		if first == 0 || y < first {
			first = y
		}
	}
	for c.years[first] {
		first++
	}
	return day.Of(first, time.January, 0)
}

// Week says which days of a week are worked on, by time.Weekday.
type Week [7]bool

// Workdays counts working days: those of Week that Calendar does not name. If it
// is nil or has no year, every question is answered with ErrNoCalendar.
type Workdays struct {
	Week     Week
	Calendar *Calendar
}

// Working reports whether d is a working day. It returns ErrNoYear when the
// calendar does not have d's year, even for a day outside of the week.
func (w Workdays) Working(d day.Date) (bool, error) {
	if w.Calendar == nil || len(w.Calendar.years) == 0 {
		return false, ErrNoCalendar
	}
	y, _, _ := d.Civil()
	if !w.Calendar.years[y] {
		return false, fmt.Errorf("%w: %d", ErrNoYear, y)
	}
	return w.Week[d.Weekday()] && !w.Calendar.holidays[d], nil
}

// maxLook bounds how many days are looked at to find a working day.
const maxLook = 5000

// Add returns the n-th working day after d.
func (w Workdays) Add(d day.Date, n int) (day.Date, error) {
	for look := 0; n > 0; look++ {
		if look > maxLook {
			return day.Date{}, ErrCalendar
		}
		d = d.AddDays(1)
		ok, err := w.Working(d)
		if err != nil {
			return day.Date{}, err
		}
		if ok {
			n--
		}
	}
	return d, nil
}

// After returns the day that is p after d, counting working days too.
func (w Workdays) After(d day.Date, p Period) (day.Date, error) {
	if p.Unit == WorkingDays {
		return w.Add(d, p.N)
	}
	return p.After(d), nil
}
