package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// A formatter writes values as one language does.
type formatter struct {
	tag   lang.Tag
	zone  *time.Location
	texts *catalogue
}

// any writes v for a placeholder.
func (f formatter) any(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case time.Time:
		return f.date(v)
	case day.Date:
		return f.day(v)
	case money.Amount:
		return f.money(v)
	case lang.Text:
		return v.In(f.tag)
	}
	return fmt.Sprint(v)
}

// date writes an instant with its time of day, "" for none.
func (f formatter) date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(f.zone)
	d := f.day(day.In(t, f.zone))
	switch f.tag {
	case lang.Hant:
		half := "上午"
		if t.Hour() >= 12 {
			half = "下午"
		}
		return d + " " + half + t.Format("3時04分")
	case lang.Hans:
		return d + t.Format(" 15:04")
	case lang.English:
	}
	return d + t.Format(", 3:04pm")
}

// clock writes the time of day alone.
func (f formatter) clock(t time.Time) string {
	_, s, _ := strings.Cut(f.date(t), "日 ")
	if f.tag == lang.English {
		s = t.In(f.zone).Format("3:04pm")
	}
	return s
}

// day writes a day, "" for none.
func (f formatter) day(d day.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, n := d.Civil()
	if f.tag == lang.English {
		return strconv.Itoa(n) + " " + m.String() + " " + strconv.Itoa(y)
	}
	return strconv.Itoa(y) + "年" + strconv.Itoa(int(m)) + "月" + strconv.Itoa(n) + "日"
}

// money writes an amount with its currency, thousands grouped.
func (f formatter) money(a money.Amount) string {
	if a.Currency == "" && a.Minor == 0 {
		return "0.00"
	}
	s := a.Decimal()
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, cents, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return a.Currency + " " + sign + whole + "." + cents
}
