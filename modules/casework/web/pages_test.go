package web

import (
	"testing"
	"time"

	"causeway/modules/casework"
	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func text(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }

func TestPages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	c := casework.Case{
		ID: "0193", Reference: "CW-7K3M-92QF", State: casework.Draft, Rev: 4, Opened: at, Changed: at, Submitted: at, Order: "o1",
		Fee: money.Amount{Minor: 90000, Currency: "HKD"}, Due: day.Of(2026, 11, 26), Late: true, StepName: "decide", Role: "licence-officer",
	}
	in := func(s casework.State) casework.Case { x := c; x.State = s; return x }
	rows := []factRow{{"born_on", "Date of birth", "2 May 1984", "/report/a.b/born_on?case=0193"}, {"name", "Name", "Chan", ""}}
	groups := []factGroup{
		{Name: "who", Title: text("Identity"), Registry: text("Immigration"), Source: "Immigration", State: "there", Rows: rows, Fact: casework.Fact{At: at, Outcome: exchange.Found}},
		{Name: "home", Title: text("Address"), Registry: text("Housing"), Source: "Housing", State: "there", Rows: rows, CanType: true, Renewed: true, Fact: casework.Fact{At: at, Typed: map[string]any{"a": 1}, Outcome: exchange.None}},
	}
	for _, st := range []string{"asking", "choose", "stop-several", "none", "refused", "invalid", "late", "down", "unasked"} {
		groups = append(groups, factGroup{Name: st, Title: text("Vehicle"), Registry: text("Transport"), State: st, CanType: st == "late", Phone: "2804 2600"})
	}
	fee := &service.FeeDue{Amount: c.Fee, Lines: []service.FeeLine{{Label: text("Fee"), Amount: c.Fee}}}
	waived := &service.FeeDue{Waived: true}
	problems := view.Problems{{Field: "answer", Key: "casework.problem.empty"}}
	var lines []historyLine
	for _, what := range casework.Whats() {
		lines = append(lines, historyLine{
			Line: casework.Line{Event: casework.Event{At: at, What: what}, Text: "words", Department: org.Department{ID: "x", Name: text("X")}},
			Key:  "casework.event." + string(what), Who: "casework.who.officer", Args: map[string]any{"department": text("X")},
		})
	}
	lines = historyLines(func() (ls []casework.Line) {
		for _, l := range lines {
			ls = append(ls, l.Line)
		}
		return ls
	}(), "casework.who.applicant")
	var cases []any
	for _, s := range casework.States() {
		p := casePage{
			Case: in(s), Title: text("Renew"), Owner: text("Transport"), Phone: "1", State: stateKey(s), Next: "/cases/0193/check",
			Say: text("No."), Instead: "other", Rows: groups, Words: "why", Withdraw: true,
			Tasks: []task{{Key: "consent", Href: "/x", Done: true}, {Key: "facts", Href: "/x"}, {Key: "questions", Href: "/x"}, {Key: "check", Href: "/x", Blocked: true}},
		}
		if s == casework.Refused {
			p.Refused = "casework.refuse.other"
		}
		cases = append(cases, p)
	}
	stages := []stageRow{{"Address", text("Housing"), "casework.stage.passed", false}, {"Decision", text("Transport"), "casework.stage.now", true}}
	approved := casePage{Case: in(casework.Approved), Title: text("Renew"), With: text("T"), State: stateKey(casework.Approved), Stages: stages, Refusals: []rejection{{Class: text("Licence"), Registry: text("Transport")}}}
	cases = append(cases, approved)
	var desks []any
	for _, open := range []bool{false, true} {
		d := deskPage{
			Department: "transport-department", Case: in(casework.Deciding), Title: text("Renew"), State: stateKey(casework.Deciding), Open: open, Mine: open, Taken: !open,
			Own: true, CanClaim: true, Decide: true, Groups: groups, Answers: []answerRow{{Name: "q", Label: text("Q"), Value: "a.pdf", Upload: casework.Upload{ID: "u", Name: "a.pdf"}, Given: true}, {Name: "p", Label: text("P"), Value: "3"}},
			Extra: []casework.Upload{{ID: "u2", Name: "b.pdf"}}, Rules: []ruleRow{{"Not too early", "casework.rule.passed"}}, Fee: fee, History: lines,
			Effects: []effectRow{{EffectRow: casework.EffectRow{Key: "k", Kind: casework.WriteEffect, State: casework.EffectFailed, Changed: at}, What: "casework.effect.write"}}, Failed: true,
			Rejections: []rejection{{Class: text("Licence"), Registry: text("Transport"), Phone: "1", Reason: "No.", Rows: []factRow{{Key: "Plate", Value: "AB 1"}}}},
			Reasons:    []view.Dict{{"value": "other", "text": "Other"}}, Steps: stages, Changed: true,
		}
		desks = append(desks, d)
		if open {
			for _, proposer := range []bool{false, true} {
				d.ByHand, d.Proposer = &casework.Proposal{Line: casework.Line{Text: "Typed in at their counter."}}, proposer
				desks = append(desks, d)
			}
		}
	}
	question := func(kind string) questionPage {
		return questionPage{
			Case: c, Title: text("Renew"), Name: "q", Type: kind, Label: text("Q?"), Hint: text("H"), Optional: true, File: "a.pdf",
			Options: []view.Dict{{"value": "1", "text": "One"}}, Value: "1", Problems: problems,
		}
	}
	viewtest.Check(t, Source(), map[string]any{
		"casework/list":    []any{listPage{Cases: []listRow{{casework.Listed{Case: c, Title: text("Renew")}, stateKey(c.State), "yellow"}}, Next: "/cases?before=1"}, listPage{}},
		"casework/case":    cases,
		"casework/consent": []any{consentPage{Case: c, Title: text("Renew"), Owner: text("Transport"), Items: []consentItem{{text("Id"), text("Immigration"), []string{"Name", "Birth"}, text("to decide"), true}, {Class: text("x")}}, Keep: keepText{2, "casework.unit.years"}, ByHand: true}, consentPage{Case: c, Keep: keepText{1, "casework.unit.days"}}},
		"casework/facts":   []any{factsPage{Case: c, Title: text("Renew"), Groups: groups, Retry: true, Stuck: true}, factsPage{Case: c, Groups: groups, Complete: true, Next: "/x"}, factsPage{Case: c, Groups: groups, Waiting: true}},
		"casework/choose":  choosePage{Case: c, Title: text("Renew"), Group: groups[0], Choices: []view.Dict{{"value": "1", "text": "AB 1"}}, Problems: view.Problems{{Field: "record", Key: "casework.problem.choose"}}},
		"casework/type": typePage{Case: c, Title: text("Renew"), Group: groups[0], Fields: []typeField{
			{Name: "a", Label: "A", Type: "date"}, {Name: "b", Label: "B", Type: "boolean"}, {Name: "c", Label: "C", Type: "money"}, {Name: "d", Label: "D", Type: "number"}, {Name: "e", Label: "E", Type: "text"}, {Name: "f", Label: "F", Type: "text", Options: []view.Dict{{"value": "petrol", "text": "Petrol"}}},
			{Name: "g", Label: "G", Type: "text", List: true, Options: []view.Dict{{"value": "1", "text": "Car", "checked": true}}},
		}, Problems: view.Problems{{Field: "a-day", Key: "casework.problem.date"}}},
		"casework/question": []any{question("choice"), question("date"), question("file"), question("number"), question("text")},
		"casework/check":    []any{checkPage{Case: c, Title: text("Renew"), Owner: text("T"), Groups: groups, Answers: []answerRow{{Name: "q", Label: text("Q"), Value: "3"}}, Fee: fee, Officer: true, Stages: stages}, checkPage{Case: c, Officer: true}, checkPage{Case: c, Fee: waived}, checkPage{Case: c}},
		"casework/done":     []any{donePage{Case: in(casework.ToPay), Title: text("R")}, donePage{Case: in(casework.Deciding), Soon: true}, donePage{Case: in(casework.Deciding)}, donePage{Case: in(casework.Done), Licence: true}},
		"casework/history":  historyPage{c, text("Renew"), lines},
		"casework/withdraw": []any{withdrawPage{c, text("Renew")}, withdrawPage{in(casework.ToPay), text("Renew")}},
		"casework/more":     morePage{Case: c, Title: text("Renew"), Asked: "What?", Problems: view.Problems{{Field: "text", Key: "casework.problem.words"}}},
		"casework/changed":  []any{changedPage{Case: c, Title: text("Renew"), State: stateKey(c.State), Href: "/x", Office: true}, changedPage{Case: c, State: stateKey(c.State)}},
		"casework/queue": []any{queuePage{Department: "x", Cases: []queueRow{{Listed: casework.Listed{Case: c, Title: text("R")}, State: stateKey(c.State), Mine: true}, {Listed: casework.Listed{Case: c}, Taken: true}, {Listed: casework.Listed{Case: casework.Case{}}}},
			Roles: []view.Dict{{"value": "", "text": "Any", "selected": true}}, States: []view.Dict{{"value": "deciding", "text": "x", "selected": false}}, State: "deciding", Filtered: true, Next: "/x"}, queuePage{Department: "x", State: "approved"}},
		"casework/desk": desks,
	})
	viewtest.CheckTexts(t, Source(), []string{".."})
}
