package exchange_test

import (
	"errors"
	"testing"
	"time"

	"causeway/demo/registry"
	"causeway/modules/exchange"
	exchangestore "causeway/modules/exchange/store"
	"causeway/platform/db"
	"causeway/platform/testkit"
)

// TestWrite: a write is taken on at once, carried out once however often it is
// tried, shows in the registry, and can be taken back.
func TestWrite(t *testing.T) {
	c := startCompanions(t)
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := newHouse(t, c, d, quick)
		before := today.AddDays(-7).String()
		until := today.AddYears(10).String()
		key := "case-1/" + string(d.Engine)
		w := exchange.Write{
			Key: key, Class: "td.driving-licence", Person: "renewal", Case: "case-1",
			Record: map[string]any{"expires_on": until}, Recipient: "transport-department",
		}
		for range 2 {
			if state, err := h.Write(ctx, w); state != exchange.Pending || err != nil {
				t.Fatalf("%s, %v", state, err)
			}
		}
		h.wantExpiry(t, "renewal", before)

		if _, err := h.Undo(ctx, "renewal", key); err != nil {
			t.Fatal(err)
		}
		if err := h.RunWrite(ctx, h.jobs.payload(key+"/undo")); err == nil {
			t.Error("a write is taken back before it is written")
		}
		c.set(t, "transport", registry.Broken, 0)
		if err := h.RunWrite(ctx, h.jobs.payload(key)); err == nil {
			t.Fatal("a write to a broken registry is not tried again")
		}
		if state, err := h.State(ctx, "renewal", key); state != exchange.Pending || err != nil {
			t.Errorf("%s, %v", state, err)
		}
		c.set(t, "transport", registry.Fine, 0)
		for range 2 {
			if err := h.RunWrite(ctx, h.jobs.payload(key)); err != nil {
				t.Fatal(err)
			}
		}
		if state, err := h.Write(ctx, w); state != exchange.Done || err != nil {
			t.Errorf("%s, %v", state, err)
		}
		h.wantExpiry(t, "renewal", until)
		if len(h.settled.all) != 1 || h.settled.all[0].State != exchange.Done || h.settled.all[0].Key != key {
			t.Errorf("settled %+v", h.settled.all)
		}
		written := 0
		for _, e := range h.trail.take() {
			if e.What == "exchange.written" && e.Detail["outcome"] == "done" && e.Case == "case-1" {
				written++
			}
		}
		if written != 1 {
			t.Errorf("%d entries of the write", written)
		}

		if state, err := h.Undo(ctx, "renewal", key); state != exchange.Pending || err != nil {
			t.Fatalf("%s, %v", state, err)
		}
		for range 2 {
			if err := h.RunWrite(ctx, h.jobs.payload(key+"/undo")); err != nil {
				t.Fatal(err)
			}
		}
		h.wantExpiry(t, "renewal", before)
	}, testkit.M{Module: "exchange", Files: exchangestore.Migrations})
}

func (h *house) wantExpiry(t *testing.T, person, want string) {
	t.Helper()
	a, err := h.Fetch(t.Context(), h.consented(person, "td.driving-licence", "expires_on"))
	if err != nil || a.Outcome != exchange.Found || a.Records[0]["expires_on"] != want {
		t.Fatalf("%+v, %v: want %s", a, err, want)
	}
}

func TestWriteRefused(t *testing.T) {
	h := sqliteHouse(t, startCompanions(t), quick)
	ctx := t.Context()
	good := exchange.Write{
		Key: "k", Class: "district.permits", Person: "two-cars", Record: map[string]any{"plate": "KP 1188", "until": "2027-11-22"}, Recipient: "district-transport",
	}
	for _, test := range []struct {
		name string
		f    func(w *exchange.Write)
		want error
	}{
		{"another department", func(w *exchange.Write) { w.Recipient = "transport-department" }, exchange.ErrNotWriter},
		{"a class that is only read", func(w *exchange.Write) { w.Class, w.Recipient = "rvd.tenement", "rating-and-valuation-department" }, exchange.ErrNotWriter},
		{"unknown class", func(w *exchange.Write) { w.Class = "x.y" }, exchange.ErrClass},
		{"no key", func(w *exchange.Write) { w.Key = "" }, exchange.ErrClass},
		{"a field too many", func(w *exchange.Write) { w.Record = map[string]any{"plate": "A", "until": "2027-11-22", "x": 1} }, exchange.ErrWrite},
		{"no date", func(w *exchange.Write) { w.Record = map[string]any{"plate": "A", "until": "soon"} }, exchange.ErrWrite},
	} {
		w := good
		test.f(&w)
		if _, err := h.Write(ctx, w); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	if _, err := h.Write(ctx, good); err != nil {
		t.Fatal(err)
	}
	other := good
	other.Record = map[string]any{"plate": "KP 2299", "until": "2027-11-22"}
	if _, err := h.Write(ctx, other); !errors.Is(err, exchange.ErrKeyReused) {
		t.Errorf("the key for something else: %v", err)
	}
	if err := h.RunWrite(ctx, h.jobs.payload("k")); err != nil {
		t.Fatal(err)
	}
	// The registry knows no such licence: it refuses for good, and that is final.
	never := exchange.Write{
		Key: "never", Class: "td.driving-licence", Person: "no-record", Record: map[string]any{"expires_on": "2036-01-01"}, Recipient: "transport-department",
	}
	if _, err := h.Write(ctx, never); err != nil {
		t.Fatal(err)
	}
	if err := h.RunWrite(ctx, h.jobs.payload("never")); err != nil {
		t.Fatal(err)
	}
	if state, err := h.State(ctx, "no-record", "never"); state != exchange.Failed || err != nil {
		t.Errorf("%s, %v", state, err)
	}
	if _, err := h.State(ctx, "renewal", "never"); !errors.Is(err, exchange.ErrNoWrite) {
		t.Errorf("another person's write: %v", err)
	}
}

// TestWritesStay: a registry that starts again remembers what it confirmed.
func TestWritesStay(t *testing.T) {
	c := startCompanions(t)
	h := sqliteHouse(t, c, quick)
	w := exchange.Write{
		Key: "stay", Class: "td.driving-licence", Person: "too-early", Record: map[string]any{"expires_on": "2036-05-05"}, Recipient: "transport-department",
	}
	if _, err := h.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if err := h.RunWrite(t.Context(), h.jobs.payload("stay")); err != nil {
		t.Fatal(err)
	}
	c.start(t, registry.HTTP)
	sqliteHouse(t, c, quick).wantExpiry(t, "too-early", "2036-05-05")
}

// TestReport takes a report from the person to the steward and back.
func TestReport(t *testing.T) {
	c := startCompanions(t)
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { reportRoundTrip(t, newHouse(t, c, d, quick)) }, testkit.M{Module: "exchange", Files: exchangestore.Migrations})
}

func TestDeadlineOfHealth(t *testing.T) {
	h := sqliteHouse(t, startCompanions(t), quick)
	for range 3 {
		if _, err := h.Fetch(t.Context(), h.consented("renewal", "td.driving-licence", "expires_on")); err != nil {
			t.Fatal(err)
		}
	}
	got := h.deps.Sources["transport"].Watch.Health()
	if got.Calls[exchange.Found] != 3 || got.Circuit != exchange.Closed || got.P50 <= 0 || got.P99 > time.Second || got.LastGood.IsZero() || !got.LastBad.IsZero() {
		t.Errorf("%+v", got)
	}
}
