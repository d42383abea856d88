package store_test

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/exchange"
	exchangestore "causeway/modules/exchange/store"
	"causeway/platform/db"
	"causeway/platform/testkit"
)

func each(t *testing.T, f func(t *testing.T, s *exchangestore.Store)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, exchangestore.New(d)) }, testkit.M{Module: "exchange", Files: exchangestore.Migrations})
}

var at = time.Date(2026, 11, 23, 4, 5, 6, 7000, time.UTC)

func TestWrites(t *testing.T) {
	each(t, func(t *testing.T, s *exchangestore.Store) {
		ctx := t.Context()
		want := exchange.StoredWrite{
			Person: "p1", Key: "k1", Class: "td.driving-licence", Recipient: "transport-department", Case: "c1",
			Subject: "s", Actor: "system", Channel: "system", Sealed: []byte{1, 0, 2}, State: exchange.Pending, Reference: "r", Created: at,
		}
		if err := s.AddWrite(ctx, want); err != nil {
			t.Fatal(err)
		}
		undo := want
		undo.Undo = true
		if err := s.AddWrite(ctx, undo); err != nil {
			t.Fatal(err)
		}
		if err := s.AddWrite(ctx, want); !db.IsUnique(err) {
			t.Errorf("the same key again: %v", err)
		}
		if n, err := s.PendingWrites(ctx, want.Class); n != 2 || err != nil {
			t.Errorf("PendingWrites = %d, %v", n, err)
		}
		for i, first := range []bool{true, false} {
			got, err := s.SettleWrite(ctx, "p1", "k1", false, exchange.Done, "why", at.Add(time.Duration(i+1)*time.Second))
			if got != first || err != nil {
				t.Errorf("SettleWrite %d = %v, %v", i, got, err)
			}
		}
		want.State, want.Reason, want.Settled = exchange.Done, "why", at.Add(time.Second)
		got, err := s.Write(ctx, "p1", "k1", false)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Write: %v %s", err, diff)
		}
		if err := s.EmptyWrites(ctx, at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Write(ctx, "p1", "k1", false); len(got.Sealed) != 0 || err != nil {
			t.Errorf("a settled write keeps its record: %v", err)
		}
		if got, err := s.Write(ctx, "p1", "k1", true); len(got.Sealed) == 0 || err != nil {
			t.Errorf("a pending write lost its record: %v", err)
		}
		if _, err := s.Write(ctx, "p2", "k1", false); !errors.Is(err, exchange.ErrNoWrite) {
			t.Errorf("another person's write: %v", err)
		}
	})
}

func TestReports(t *testing.T) {
	each(t, func(t *testing.T, s *exchangestore.Store) {
		ctx := t.Context()
		want := exchange.Report{
			Person: "p1", ID: "1", Department: "housing-department", Subject: "s", Actor: "p1", Channel: "online",
			Class: "housing.address", Field: "street", Case: "c", State: exchange.Reported, Sealed: []byte("x"), Created: at,
		}
		second := want
		second.ID, second.Created = "2", at.Add(time.Second)
		for _, r := range []exchange.Report{want, second} {
			if err := s.AddReport(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.ReportsOf(ctx, "p1", 10)
		if diff := cmp.Diff([]exchange.Report{second, want}, got); diff != "" || err != nil {
			t.Errorf("ReportsOf: %v %s", err, diff)
		}
		if n, err := s.OpenReports(ctx, "p1"); n != 2 || err != nil {
			t.Errorf("OpenReports = %d, %v", n, err)
		}
		done := want
		done.State, done.Sealed, done.By, done.Answered = exchange.Kept, []byte("y"), "o1", at.Add(time.Minute)
		if err := s.ChangeReport(ctx, done, exchange.Reported); err != nil {
			t.Fatal(err)
		}
		if err := s.ChangeReport(context.WithoutCancel(ctx), done, exchange.Reported); !errors.Is(err, exchange.ErrReportState) {
			t.Errorf("twice: %v", err)
		}
		open, err := s.ReportsTo(ctx, "housing-department", false, 10)
		if diff := cmp.Diff([]exchange.Report{second}, open); diff != "" || err != nil {
			t.Errorf("waiting: %v %s", err, diff)
		}
		settled, err := s.ReportsTo(ctx, "housing-department", true, 10)
		if diff := cmp.Diff([]exchange.Report{done}, settled); diff != "" || err != nil {
			t.Errorf("settled: %v %s", err, diff)
		}
		for name, f := range map[string]func() error{
			"another person's":     func() error { _, err := s.Report(ctx, "p2", "1"); return err },
			"another department's": func() error { _, err := s.ReportTo(ctx, "transport-department", "1"); return err },
		} {
			if err := f(); !errors.Is(err, exchange.ErrNoReport) {
				t.Errorf("%s report: %v", name, err)
			}
		}
	})
}

// TestColumns: both engines have the same migrations with the same columns.
func TestColumns(t *testing.T) {
	rx := regexp.MustCompile(`(?m)^\s+([a-z_]+) +(?:TEXT|INTEGER|BIGINT|BLOB|BYTEA)`)
	names, err := fs.Glob(exchangestore.Migrations, "migrations/sqlite/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, n := range names {
		var columns [2][][]byte
		for i, engine := range []string{"sqlite", "postgres"} {
			b, err := fs.ReadFile(exchangestore.Migrations, "migrations/"+engine+n[len("migrations/sqlite"):])
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range rx.FindAllSubmatch(b, -1) {
				columns[i] = append(columns[i], m[1])
			}
		}
		if diff := cmp.Diff(columns[0], columns[1]); diff != "" || len(columns[0]) == 0 {
			t.Errorf("%s: %s", n, diff)
		}
	}
}
