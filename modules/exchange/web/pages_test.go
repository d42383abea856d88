package web

import (
	"testing"
	"time"

	"causeway/modules/exchange"
	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

var (
	at    = time.Date(2026, 11, 23, 4, 5, 0, 0, time.UTC)
	label = lang.Text{En: "Home address", Hant: "住址", Hans: "住址"}
)

func some(state exchange.ReportState) row {
	r := row{ID: "r1", Class: label, Field: label, Department: label, State: state, Shown: "12 <b>", Said: "It is 90", Created: at, Subject: "abc", Hint: "A12••••(•)"}
	if state != exchange.Reported {
		r.Answer, r.Answered = "We have put it right", at
	}
	return r
}

func TestPages(t *testing.T) {
	health := exchange.Health{
		Circuit: exchange.Open, Until: at, Busy: 3, Limit: 64, P50: 1500 * time.Microsecond, P95: time.Second, P99: 2 * time.Second, LastGood: at, LastBad: at,
		Calls: map[exchange.Outcome]int{}, Reasons: map[string]int{"timeout": 2},
	}
	for _, o := range exchange.Outcomes() {
		health.Calls[o] = 1
	}
	source := func(circuit, kind string, h exchange.Health) sourceRow {
		h.Circuit = circuit
		return sourceOf(exchange.SourceStatus{
			Source: exchange.Source{Name: "transport", Kind: kind}, Health: h, Waiting: 2, Classes: []exchange.Class{{ID: "a", Label: label}, {ID: "b", Label: label}},
		})
	}
	var problems view.Problems
	problems.Add("said", "exchange.form.said-problem", map[string]any{"most": 2000})
	var wrong view.Problems
	wrong.Add("outcome", "exchange.read.outcome-problem", nil)
	wrong.Add("text", "exchange.read.text-problem", map[string]any{"most": 2000})
	viewtest.Check(t, Source(), map[string]any{
		"exchange/form": []any{
			formPage{Action: "/report/a/b", Back: "/reports", Class: label, Field: label, Department: label, Most: 2000},
			formPage{Action: "/report/a/b", Back: "/cases/c", Case: "c", Class: label, Field: label, Department: label, Shown: "x", Said: "y", Most: 2000, Problems: problems},
		},
		"exchange/reports": []any{minePage{}, minePage{Reports: []row{some(exchange.Reported), some(exchange.Corrected), some(exchange.Kept), some(exchange.Finished)}}},
		"exchange/report":  []any{onePage{row: some(exchange.Reported), Sent: true}, onePage{row: some(exchange.Kept)}},
		"exchange/inbox": []any{
			inboxPage{Department: "d"}, inboxPage{Department: "d", Done: true}, inboxPage{Department: "d", Reports: []row{some(exchange.Reported)}},
		},
		"exchange/read": []any{
			readPage{row: some(exchange.Reported), Office: "d", Most: 2000},
			readPage{row: some(exchange.Reported), Office: "d", Most: 2000, Outcome: "kept", Text: "x", Problems: wrong},
			readPage{row: some(exchange.Corrected), Office: "d"}, readPage{row: some(exchange.Finished), Office: "d"},
		},
		"exchange/sources": []any{
			sourcesPage{Department: "d", At: at},
			sourcesPage{Department: "d", At: at, Sources: []sourceRow{
				source(exchange.Open, "http", health), source(exchange.HalfOpen, "sql", health), source(exchange.Closed, "sql", exchange.Health{}),
			}},
		},
	})
}

func TestTexts(t *testing.T) {
	viewtest.CheckTexts(t, Source(), []string{".."})
}

func TestNames(t *testing.T) {
	set := viewtest.Set(t, Source())
	classes, err := exchange.NewClasses(exchange.Class{ID: "a.b", Label: label, Fields: []exchange.Field{{Name: "x", Label: label}, {Name: "y", Label: lang.Text{En: "Y", Hant: "乙", Hans: "乙"}}}})
	if err != nil {
		t.Fatal(err)
	}
	n := Names{exchange.New(exchange.Deps{Classes: classes}), set}
	for _, test := range []struct {
		kind, id string
		want     lang.Text
		ok       bool
	}{
		{"class", "a.b", label, true},
		{"class", "a.c", lang.Text{}, false},
		{"fields", "x, y, z", lang.Text{En: "Home address, Y, z", Hant: "住址、乙、z", Hans: "住址、乙、z"}, true},
		{"outcome", "none", lang.Text{En: "no record", Hant: "沒有紀錄", Hans: "没有记录"}, true},
		{"outcome", "x", lang.Text{}, false},
		{"purpose", "wrong-fact", lang.Text{En: "your report of a wrong detail", Hant: "你提交的資料有誤報告", Hans: "您提交的资料有误报告"}, true},
		{"purpose", "decide-application", lang.Text{}, false},
		{"reference", "r", lang.Text{}, false},
	} {
		got, ok := n.Name(t.Context(), test.kind, test.id, map[string]string{"class": "a.b"})
		if got != test.want || ok != test.ok {
			t.Errorf("%s %s: %+v, %v", test.kind, test.id, got, ok)
		}
	}
	for _, o := range exchange.Outcomes() {
		if !set.Has(o.Text()) {
			t.Errorf("no text for %s", o)
		}
	}
}
