package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"causeway/modules/catalogue"
	cataloguestore "causeway/modules/catalogue/store"
	"causeway/platform/day"
	"causeway/platform/db"
	"causeway/platform/testkit"
)

func TestStore(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), cataloguestore.New(d)
		at := time.Date(2026, 11, 23, 4, 0, 0, 1000, time.UTC)
		b2 := catalogue.Record{Service: "b", Version: 2, From: day.Of(2027, 1, 1), Hash: "h2", Source: []byte("two\x00"), Actor: "p", At: at}
		b1, a1 := b2, b2
		b1.Version, b1.Hash, b1.Source = 1, "h1", []byte("one")
		a1.Service, a1.Version = "a", 1
		for _, r := range []catalogue.Record{b2, a1, b1} {
			if err := s.Add(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		again := b1
		again.Source = []byte("other")
		if err := s.Add(ctx, again); !errors.Is(err, catalogue.ErrVersionTaken) {
			t.Errorf("the same version again: %v", err)
		}
		heads, err := s.Heads(ctx)
		want := []catalogue.Record{a1, b1, b2}
		if diff := cmp.Diff(want, heads, cmpopts.IgnoreFields(catalogue.Record{}, "Source"), cmp.Comparer(func(x, y day.Date) bool { return x == y })); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if src, err := s.Source(ctx, "b", 1); err != nil || string(src) != "one" {
			t.Errorf("got %q, %v", src, err)
		}
		if _, err := s.Source(ctx, "b", 3); !errors.Is(err, catalogue.ErrNoService) {
			t.Error(err)
		}
	}, testkit.M{Module: "catalogue", Files: cataloguestore.Migrations})
}

func TestCalendars(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), cataloguestore.New(d)
		at := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
		for _, r := range []catalogue.CalendarRecord{
			{Name: "b", Hash: "1", Source: []byte("{}"), Actor: "p", At: at},
			{Name: "a", Hash: "2", Source: []byte("{}"), Actor: "p", At: at},
			{Name: "b", Hash: "3", Source: []byte("{x}"), Actor: "q", At: at}, // in the same microsecond
		} {
			if err := s.AddCalendar(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Calendars(ctx)
		if err != nil || len(got) != 2 || got[0].Name != "a" || got[1].Hash != "3" || string(got[1].Source) != "{x}" {
			t.Errorf("got %+v, %v", got, err)
		}
	}, testkit.M{Module: "catalogue", Files: cataloguestore.Migrations})
}
