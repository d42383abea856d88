package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"causeway/demo/city"
	"causeway/modules/credential"
	"causeway/modules/exchange"
	"causeway/modules/exchange/classfile"
	"causeway/modules/home"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/keys"
	"causeway/platform/telemetry"
	"causeway/platform/testkit"
	"causeway/services"
)

// TestHomeRelevant: a service that issues a licence of the kind that somebody holds
// is offered, from four months before its last day on as possible today.
func TestHomeRelevant(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	master, err := keys.CreateMaster(filepath.Join(dir, "master"))
	if err != nil {
		t.Fatal(err)
	}
	classes, err := classfile.Load(city.Classes())
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(ctx, parts{
		db: testkit.SQLite(t), master: master, origin: "http://localhost:1", zone: time.UTC, now: time.Now, log: slog.New(slog.DiscardHandler),
		uploads: "file://" + filepath.Join(dir, "uploads"), classes: classes, provider: noProvider{}, providerName: "none",
		sources: func(*world) (map[string]exchange.Source, error) { return map[string]exchange.Source{}, nil },
		observe: func(context.Context, string, int, time.Duration) {}, outer: telemetry.Requests,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.blobs.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, d := range city.Departments() {
		if err := w.org.Create(ctx, org.Department{ID: org.ID(d.ID), Name: d.Name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := publish(ctx, w, services.Files); err != nil {
		t.Fatal(err)
	}
	last := day.Of(2027, 6, 30)
	held := map[string]credential.Licence{"td.driving-licence": {Type: "td.driving-licence", Until: last}, "nobody.issues": {Type: "nobody.issues", Until: last}}
	for today, want := range map[day.Date]home.Status{
		day.Of(2026, 11, 24): home.From, day.Of(2027, 2, 27): home.From, day.Of(2027, 2, 28): home.Today, last: home.Today, day.Of(2027, 9, 1): home.Today,
	} {
		cards, err := licenceCards{w}.relevant(ctx, held, today)
		if err != nil || len(cards) != 1 {
			t.Fatalf("%s: %d cards, %v", today, len(cards), err)
		}
		c := cards[0]
		if c.Status != want || c.Section != home.Services || c.Link != "/services/driving-licence-renewal" || c.Day != day.Of(2027, 2, 28) {
			t.Errorf("%s: %s from %s at %s, want %s", today, c.Status, c.Day, c.Link, want)
		}
	}
	if cards, err := (licenceCards{w}).relevant(ctx, nil, last); err != nil || len(cards) != 0 {
		t.Errorf("who holds nothing is offered %d services, %v", len(cards), err)
	}
}
