package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"causeway/modules/casework"
	"causeway/modules/exchange"
	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/view"
)

type titleText = lang.Text

// value writes one JSON value of a type of exchange as pages do.
func (h handler) value(tag lang.Tag, kind string, v any) string {
	switch x := v.(type) {
	case nil:
		return "–"
	case bool:
		if x {
			return h.Views.Text(tag, "casework.yes", nil)
		}
		return h.Views.Text(tag, "casework.no", nil)
	case json.Number:
		return x.String()
	case string:
		return h.typed(tag, kind, x)
	case map[string]any:
		if minor, ok := x["minor"].(json.Number); ok {
			if n, err := minor.Int64(); err == nil {
				return h.plain(tag, money.Amount{Minor: n, Currency: fmt.Sprint(x["currency"])})
			}
		}
	}
	return fmt.Sprint(v)
}

// typed writes a value that is kept as text.
func (h handler) typed(tag lang.Tag, kind, s string) string {
	switch kind {
	case exchange.Date:
		if d, err := day.Parse(s); err == nil {
			return h.plain(tag, d)
		}
	case exchange.Money:
		if a, err := money.Parse(s); err == nil {
			return h.plain(tag, a)
		}
	}
	return s
}

func (h handler) plain(tag lang.Tag, v any) string {
	return h.Views.Text(tag, "casework.value", map[string]any{"value": v})
}

// A factRow is one field of a fact.
type factRow struct {
	Field, Key, Value string
	Wrong             string // the address of "this is wrong"
}

// A factGroup is one piece of evidence as a page shows it.
type factGroup struct {
	Name     string
	Title    titleText
	Registry titleText
	Source   string // the registry's name in the page's language
	Fact     casework.Fact
	Rows     []factRow
	Records  [][]factRow // of several, before one is chosen
	State    string      // there, asking, choose, stop-several, none, refused, invalid, late, down, unasked
	CanType  bool
	Renewed  bool
	Reason   string // why there is no record, in words
	Phone    string
	Email    string
	Address  titleText
}

// There reports whether the facts are there.
func (g factGroup) There() bool { return g.State == "there" }

// groups returns what is known of a case's evidence.
func (h handler) groups(r *http.Request, v casework.View, links bool) []factGroup {
	tag := view.LangOf(r.Context())
	gs := make([]factGroup, 0, len(v.Wanted))
	for _, w := range v.Wanted {
		f := v.File.Facts[w.Name]
		ev, _ := v.Definition.EvidenceNamed(w.Name)
		g := factGroup{
			Name: w.Name, Title: w.Class.Label, Registry: w.Registry.Name, Source: w.Registry.Name.In(tag), Fact: f,
			Phone: w.Registry.Phone, Email: w.Registry.Email, Address: w.Registry.Address,
		}
		for _, name := range v.File.Renewed {
			g.Renewed = g.Renewed || name == w.Name
		}
		rows := func(rec map[string]any, wrong bool) []factRow {
			rs := make([]factRow, 0, len(w.Fields))
			for _, field := range w.Fields {
				row := factRow{Field: field.Name, Key: field.Label.In(tag), Value: h.said(tag, field, rec[field.Name])}
				if wrong && links {
					row.Wrong = "/report/" + w.Class.ID + "/" + field.Name + "?case=" + string(v.Case.ID)
				}
				rs = append(rs, row)
			}
			return rs
		}
		g.State, g.Reason = factState(f, ev, v), h.reason(tag, f.Reason)
		switch g.State {
		case "there":
			g.Rows = rows(f.Record(), !f.ByHand())
		case "choose", "stop-several":
			for _, rec := range f.Records {
				g.Records = append(g.Records, rows(rec, false))
			}
		}
		g.CanType = w.ByHand && (f.ByHand() || g.State != "there" && g.State != "asking" && g.State != "choose" && g.State != "stop-several")
		gs = append(gs, g)
	}
	return gs
}

// factState says what a page shows of a fact.
func factState(f casework.Fact, ev service.Evidence, v casework.View) string {
	switch {
	case f.Record() != nil:
		return "there"
	case v.Waiting:
		return "asking"
	case f.Outcome == exchange.Several && ev.Many == service.ManyChoose:
		return "choose"
	case f.Outcome == exchange.Several:
		return "stop-several"
	case f.Outcome == "":
		return "unasked"
	}
	return string(f.Outcome)
}

// An answerRow is one question with its answer, as a page shows it.
type answerRow struct {
	Name   string
	Label  titleText
	Value  string
	Upload casework.Upload
	Given  bool
}

// answers returns the questions that were asked, with their answers.
func (h handler) answers(r *http.Request, v casework.View) []answerRow {
	tag := view.LangOf(r.Context())
	rows := make([]answerRow, 0, len(v.Outcome.Asked))
	for _, name := range v.Outcome.Asked {
		q, ok := v.Definition.Question(name)
		if !ok {
			continue
		}
		a := v.File.Answers[name]
		row := answerRow{Name: name, Label: q.Label, Upload: a.Upload, Given: a.State == service.Answered}
		switch {
		case !row.Given:
			row.Value = h.Views.Text(tag, "casework.declined", nil)
		case q.Type == service.FileQuestion:
			row.Value = a.Upload.Name
		case q.Type == service.ChoiceQuestion:
			for _, o := range q.Options {
				if o.Value == fmt.Sprint(a.Value) {
					row.Value = o.Label.In(tag)
				}
			}
		default:
			row.Value = h.value(tag, string(q.Type), a.Value)
		}
		rows = append(rows, row)
	}
	return rows
}

// problem is the text for what is wrong with something typed, and what fills it.
func problem(err error, kind string) (key string, args map[string]any) {
	out, ok := errors.AsType[*service.RangeError](err)
	switch {
	case !ok:
		return problemKey(err, kind), nil
	case out.Today && out.After:
		return "casework.problem.future", nil
	case out.Today:
		return "casework.problem.past", nil
	case out.After:
		return "casework.problem.after", map[string]any{"day": out.Limit}
	}
	return "casework.problem.before", map[string]any{"day": out.Limit}
}

// problemKey is the text for what is wrong with something typed.
func problemKey(err error, kind string) string {
	switch {
	case errors.Is(err, service.ErrEmpty):
		if kind == "choice" || kind == "boolean" {
			return "casework.problem.choose"
		}
		return "casework.problem.empty"
	case errors.Is(err, service.ErrTooLong):
		return "casework.problem.long"
	case errors.Is(err, service.ErrNotNumber):
		return "casework.problem.number"
	case errors.Is(err, service.ErrNotDate):
		return "casework.problem.date"
	case errors.Is(err, service.ErrNotOption):
		return "casework.problem.choose"
	}
	if kind == "money" {
		return "casework.problem.money"
	}
	if kind == "boolean" {
		return "casework.problem.choose"
	}
	return "casework.problem.text"
}

// joinDate writes the three fields of a date as the form of a day, or as they
// are when they are none, so that what was typed can be shown again.
func joinDate(y, m, d string) string {
	y, m, d = strings.TrimSpace(y), strings.TrimSpace(m), strings.TrimSpace(d)
	if y == "" && m == "" && d == "" {
		return ""
	}
	pad := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	return y + "-" + pad(m) + "-" + pad(d)
}

// withCurrency writes an amount that was typed without its currency in full.
func withCurrency(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), ",", "")
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		return currency + " " + s
	}
	return s
}

// currency is what a form for amounts means without saying so.
const currency = "HKD"

// stateKey is the text that says where a case stands.
func stateKey(s casework.State) string { return "casework.state." + string(s) }
