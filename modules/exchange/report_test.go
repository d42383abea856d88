package exchange_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
)

func reportRoundTrip(t *testing.T, h *house) {
	ctx := t.Context()
	me, you := identity.Caller{Person: "renewal"}, identity.Caller{Person: "sixty-six"}
	steward := org.Officer{Person: "o1", Department: "housing-department", Roles: []string{exchange.Steward}}
	elsewhere := org.Officer{Person: "o2", Department: "transport-department", Roles: []string{exchange.Steward}}
	clerk := org.Officer{Person: "o3", Department: "housing-department", Roles: []string{"address-officer"}}

	wrong := exchange.WrongFact{Class: "housing.address", Field: "street", Said: "  I live at number 90.\nSince May. ", Case: ""}
	id, err := h.Report(ctx, me, wrong)
	if err != nil {
		t.Fatal(err)
	}
	var stored []byte
	if err := h.database.QueryRow(ctx, "SELECT sealed FROM exchange_reports WHERE id = $1", id).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored, []byte("number 90")) {
		t.Error("the person's words are stored in plain")
	}
	mine, err := h.Reports(ctx, me)
	if err != nil || len(mine) != 1 || mine[0].Said != "I live at number 90.\nSince May." || mine[0].State != exchange.Reported {
		t.Fatalf("%+v, %v", mine, err)
	}
	if _, err := h.ReportOf(ctx, you, id); !errors.Is(err, exchange.ErrNoReport) {
		t.Errorf("another person's report: %v", err)
	}

	if inbox, err := h.Inbox(ctx, steward, false); err != nil || len(inbox) != 1 || inbox[0].Said != "" {
		t.Fatalf("%+v, %v", inbox, err)
	}
	for name, f := range map[string]func() error{
		"read":   func() error { _, err := h.ReadReport(ctx, elsewhere, id); return err },
		"answer": func() error { return h.AnswerReport(ctx, elsewhere, id, exchange.Kept, "x") },
		"close":  func() error { return h.CloseReport(ctx, elsewhere, id) },
	} {
		if err := f(); !errors.Is(err, exchange.ErrNoReport) {
			t.Errorf("%s from another department: %v", name, err)
		}
	}
	for name, f := range map[string]func() error{
		"inbox":   func() error { _, err := h.Inbox(ctx, clerk, false); return err },
		"read":    func() error { _, err := h.ReadReport(ctx, clerk, id); return err },
		"answer":  func() error { return h.AnswerReport(ctx, clerk, id, exchange.Kept, "x") },
		"close":   func() error { return h.CloseReport(ctx, clerk, id) },
		"sources": func() error { _, err := h.SourcesOf(ctx, clerk); return err },
	} {
		if err := f(); !errors.Is(err, exchange.ErrNotSteward) {
			t.Errorf("%s in another role: %v", name, err)
		}
	}
	h.trail.take()
	r, err := h.ReadReport(ctx, steward, id)
	if err != nil || r.Said != mine[0].Said {
		t.Fatalf("%+v, %v", r, err)
	}
	if e := h.trail.take(); len(e) != 1 || e[0].What != "exchange.report-read" || e[0].Person != "renewal" || e[0].Actor != "o1" {
		t.Errorf("entries of reading: %+v", e)
	}
	if err := h.CloseReport(ctx, steward, id); !errors.Is(err, exchange.ErrReportState) {
		t.Errorf("closed before it was answered: %v", err)
	}
	if err := h.AnswerReport(ctx, steward, id, exchange.Corrected, "We have put it right."); err != nil {
		t.Fatal(err)
	}
	if err := h.AnswerReport(ctx, steward, id, exchange.Kept, "Or not."); !errors.Is(err, exchange.ErrReportState) {
		t.Errorf("answered twice: %v", err)
	}
	if diff := cmp.Diff([]string{"exchange.notice.corrected"}, h.notices.kinds); diff != "" {
		t.Error(diff)
	}
	got, err := h.ReportOf(ctx, me, id)
	if err != nil || got.State != exchange.Corrected || got.Answer != "We have put it right." || got.Said != r.Said {
		t.Errorf("%+v, %v", got, err)
	}
	if err := h.CloseReport(ctx, steward, id); err != nil {
		t.Fatal(err)
	}

	for name, test := range map[string]struct {
		by   identity.Caller
		w    exchange.WrongFact
		want error
	}{
		"nobody":        {identity.Caller{}, wrong, exchange.ErrSignIn},
		"no such class": {me, exchange.WrongFact{Class: "x.y", Field: "z", Said: "s"}, exchange.ErrNoFact},
		"no such field": {me, exchange.WrongFact{Class: "housing.address", Field: "z", Said: "s"}, exchange.ErrNoFact},
		"nothing said":  {me, exchange.WrongFact{Class: "housing.address", Field: "street", Said: " \n "}, exchange.ErrReportText},
		"not UTF-8":     {me, exchange.WrongFact{Class: "housing.address", Field: "street", Said: "a\xff"}, exchange.ErrReportText},
		"a NUL":         {me, exchange.WrongFact{Class: "housing.address", Field: "street", Said: "a\x00"}, exchange.ErrReportText},
		"too long":      {me, exchange.WrongFact{Class: "housing.address", Field: "street", Said: strings.Repeat("字", exchange.MaxSaid+1)}, exchange.ErrReportText},
	} {
		if _, err := h.Report(ctx, test.by, test.w); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	for range 20 {
		if _, err := h.Report(ctx, me, wrong); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Report(ctx, me, wrong); !errors.Is(err, exchange.ErrReportMany) {
		t.Errorf("one report too many: %v", err)
	}
	if list, err := h.SourcesOf(ctx, steward); err != nil || len(list) != 1 || list[0].Source.Name != "housing" || len(list[0].Classes) != 1 {
		t.Errorf("sources %+v, %v", list, err)
	}
}
