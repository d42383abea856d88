package web

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/view"
)

type inboxPage struct {
	Department string
	Done       bool
	Reports    []row
}

func (h handler) inbox(w http.ResponseWriter, r *http.Request) error {
	o := org.OfficerOf(r.Context())
	p := inboxPage{Department: string(o.Department), Done: r.FormValue("done") == "1"}
	all, err := h.Exchange.Inbox(r.Context(), o, p.Done)
	if err != nil {
		return err
	}
	for _, x := range all {
		p.Reports = append(p.Reports, h.row(r.Context(), x))
	}
	return h.Views.Render(w, r, http.StatusOK, "exchange/inbox", p)
}

// readPage is a report as a steward sees it.
type readPage struct {
	row
	Office   string // the department's id, for addresses
	Outcome  string // what was chosen
	Text     string // what was typed
	Most     int
	Problems view.Problems
}

func (h handler) read(w http.ResponseWriter, r *http.Request) error {
	return h.readWith(w, r, http.StatusOK, readPage{})
}

func (h handler) readWith(w http.ResponseWriter, r *http.Request, status int, p readPage) error {
	o := org.OfficerOf(r.Context())
	x, err := h.Exchange.ReadReport(r.Context(), o, r.PathValue("report"))
	if err != nil {
		return err
	}
	p.row, p.Office, p.Most = h.row(r.Context(), x), string(o.Department), exchange.MaxSaid
	return h.Views.Render(w, r, status, "exchange/read", p)
}

func (h handler) answer(w http.ResponseWriter, r *http.Request) error {
	p := readPage{Outcome: r.PostFormValue("outcome"), Text: r.PostFormValue("text")}
	state := exchange.ReportState(p.Outcome)
	if state != exchange.Corrected && state != exchange.Kept {
		p.Problems.Add("outcome", "exchange.read.outcome-problem", nil)
		return h.readWith(w, r, http.StatusUnprocessableEntity, p)
	}
	err := h.Exchange.AnswerReport(r.Context(), org.OfficerOf(r.Context()), r.PathValue("report"), state, p.Text)
	if errors.Is(err, exchange.ErrReportText) {
		p.Problems.Add("text", "exchange.read.text-problem", map[string]any{"most": exchange.MaxSaid})
		return h.readWith(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return h.toInbox(w, r)
}

func (h handler) end(w http.ResponseWriter, r *http.Request) error {
	if err := h.Exchange.CloseReport(r.Context(), org.OfficerOf(r.Context()), r.PathValue("report")); err != nil {
		return err
	}
	return h.toInbox(w, r)
}

func (h handler) toInbox(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/work/"+r.PathValue("department")+"/reports", http.StatusSeeOther)
	return nil
}

type sourcesPage struct {
	Department string
	At         time.Time
	Sources    []sourceRow
}

// sourceRow is a source and how it has been doing.
type sourceRow struct {
	Name          string
	Kind          string
	Classes       lang.Text
	Circuit       string
	Until         time.Time
	Busy, Limit   int
	Waiting       int
	Total         int
	P50, P95, P99 string
	Outcomes      []counted
	Reasons       []counted
	LastGood      time.Time
	LastBad       time.Time
}

type counted struct {
	Name  string
	Count int
}

func (h handler) sources(w http.ResponseWriter, r *http.Request) error {
	o := org.OfficerOf(r.Context())
	all, err := h.Exchange.SourcesOf(r.Context(), o)
	if err != nil {
		return err
	}
	p := sourcesPage{Department: string(o.Department), At: h.Now()}
	for _, s := range all {
		p.Sources = append(p.Sources, sourceOf(s))
	}
	return h.Views.Render(w, r, http.StatusOK, "exchange/sources", p)
}

func sourceOf(s exchange.SourceStatus) sourceRow {
	x := sourceRow{
		Name: s.Source.Name, Kind: s.Source.Kind, Circuit: s.Health.Circuit, Until: s.Health.Until, Busy: s.Health.Busy, Limit: s.Health.Limit,
		Waiting: s.Waiting, Total: s.Health.Total(), P50: millis(s.Health.P50), P95: millis(s.Health.P95), P99: millis(s.Health.P99),
		LastGood: s.Health.LastGood, LastBad: s.Health.LastBad,
	}
	var list string
	var labels exchange.Class
	for i, c := range s.Classes {
		if i > 0 {
			list += ", "
		}
		list += c.ID
		labels.Fields = append(labels.Fields, exchange.Field{Name: c.ID, Label: c.Label})
	}
	x.Classes = fieldNames(labels, list)
	for _, outcome := range exchange.Outcomes() {
		if n := s.Health.Calls[outcome]; n > 0 {
			x.Outcomes = append(x.Outcomes, counted{string(outcome), n})
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Health.Reasons)) {
		x.Reasons = append(x.Reasons, counted{reason, s.Health.Reasons[reason]})
	}
	return x
}

// millis writes a duration in milliseconds, "" for none.
func millis(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64)
}
