package exchange_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/demo/registry"
	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/exchange/guard"
	exchangestore "causeway/modules/exchange/store"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/db"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

// quick are limits under which failures show soon, and the circuit stays shut.
var quick = guard.Limits{Deadline: 300 * time.Millisecond, Failures: 1000, MinCalls: 1000}

// TestOutcomes makes every outcome happen, at a source of each kind.
func TestOutcomes(t *testing.T) {
	h := sqliteHouse(t, startCompanions(t), quick)
	licence := []string{"expires_on", "disqualified"}
	for _, test := range []struct {
		name, person, class string
		fields              []string
		source, mode        string
		slow                time.Duration
		want                exchange.Outcome
		reason              string
		records             []map[string]any
	}{
		{name: "http found", person: "renewal", class: "td.driving-licence", fields: licence, want: exchange.Found,
			records: []map[string]any{{"expires_on": today.AddDays(-7).String(), "disqualified": false}}},
		{name: "http none", person: "no-record", class: "td.driving-licence", fields: licence, want: exchange.None},
		{name: "http several", person: "two-cars", class: "td.vehicle", fields: []string{"plate", "length_mm"}, want: exchange.Several,
			records: []map[string]any{{"plate": "KP 1188", "length_mm": 3980.0}, {"plate": "KP 2299", "length_mm": 4870.0}, {"plate": "TR 30", "length_mm": 5100.0}}},
		{name: "http slow but in time", person: "renewal", class: "rvd.tenement", fields: []string{"rateable_value"}, source: "rating", mode: registry.Slow, slow: 50 * time.Millisecond,
			want: exchange.Found, records: []map[string]any{{"rateable_value": "HKD 120000.00"}}},
		{name: "http refused", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Refusing, want: exchange.Refused, reason: "refused"},
		{name: "http not JSON", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Garbage, want: exchange.Invalid, reason: "json"},
		{name: "http not as its class", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Wrong, want: exchange.Invalid, reason: "schema"},
		{name: "http signed by another", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Forged, want: exchange.Invalid, reason: "signature"},
		{name: "http too large", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Huge, want: exchange.Invalid, reason: "too-large"},
		{name: "http too slow", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Slow, slow: 2 * time.Second, want: exchange.Late, reason: "timeout"},
		{name: "http byte by byte", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Dripping, want: exchange.Late, reason: "timeout"},
		{name: "http hanging", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Hanging, want: exchange.Late, reason: "timeout"},
		{name: "http broken", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Broken, want: exchange.Down, reason: "status-500"},
		{name: "http down", person: "renewal", class: "td.driving-licence", fields: licence, source: "transport", mode: registry.Down, want: exchange.Down, reason: "unreachable"},
		{name: "http mended", person: "renewal", class: "td.driving-licence", fields: []string{"disqualified"}, source: "transport", mode: registry.Fine, want: exchange.Found, records: []map[string]any{{"disqualified": false}}},

		{name: "sql found", person: "renewal", class: "immd.identity", fields: []string{"name", "name_zh"}, want: exchange.Found,
			records: []map[string]any{{"name": "Chan Mei Ling", "name_zh": "陳美玲"}}},
		{name: "sql without the optional field", person: "no-record", class: "immd.identity", fields: []string{"name", "name_zh", "born_on"}, want: exchange.Found,
			records: []map[string]any{{"name": "Maria Santos", "born_on": today.AddYears(-38).AddDays(-75).String()}}},
		{name: "sql none", person: "no-record", class: "housing.address", fields: []string{"street"}, want: exchange.None},
		{name: "sql refused", person: "renewal", class: "housing.address", fields: []string{"street"}, source: "housing", mode: registry.Refusing, want: exchange.Refused, reason: "sqlstate-42501"},
		{name: "sql not as its class", person: "renewal", class: "housing.address", fields: []string{"street", "moved_in_on"}, source: "housing", mode: registry.Wrong, want: exchange.Invalid, reason: "schema"},
		{name: "sql too many rows", person: "renewal", class: "housing.address", fields: []string{"street"}, source: "housing", mode: registry.Huge, want: exchange.Invalid, reason: "too-many-records"},
		{name: "sql broken", person: "renewal", class: "housing.address", fields: []string{"street"}, source: "housing", mode: registry.Broken, want: exchange.Down, reason: "sqlstate-XX000"},
		{name: "sql too slow", person: "renewal", class: "housing.address", fields: []string{"street"}, source: "housing", mode: registry.Slow, slow: 2 * time.Second, want: exchange.Late},
		{name: "sql hanging", person: "renewal", class: "housing.address", fields: []string{"street"}, source: "housing", mode: registry.Hanging, want: exchange.Late},
		{name: "sql down", person: "renewal", class: "housing.address", fields: []string{"street"}, source: "housing", mode: registry.Down, want: exchange.Down, reason: "unreachable"},
		{name: "sql mended", person: "renewal", class: "housing.address", fields: []string{"district"}, source: "housing", mode: registry.Fine, want: exchange.Found, records: []map[string]any{{"district": "Lantern Bay"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.source != "" {
				h.c.set(t, test.source, test.mode, test.slow)
			}
			q := h.consented(test.person, test.class, test.fields...)
			began := time.Now()
			got, err := h.Fetch(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			if got.Outcome != test.want || test.reason != "" && got.Reason != test.reason {
				t.Fatalf("%s (%s), want %s (%s)", got.Outcome, got.Reason, test.want, test.reason)
			}
			if diff := cmp.Diff(test.records, got.Records); diff != "" {
				t.Error(diff)
			}
			if wait := got.Outcome == exchange.Late || got.Outcome == exchange.Down; wait != got.Retry.After(got.At) {
				t.Errorf("retry %v, answered %v", got.Retry, got.At)
			}
			entries := h.trail.take()
			if len(entries) != 1 || entries[0].What != "exchange.fetched" || entries[0].Detail["outcome"] != string(test.want) || entries[0].Why != "decide-application" {
				t.Errorf("entries %+v", entries)
			}
		})
	}
}

// TestOnlyUnderGrant: nothing is asked of a registry that the grant does not
// name, and the attempt is recorded.
func TestOnlyUnderGrant(t *testing.T) {
	h := sqliteHouse(t, startCompanions(t), quick)
	good := h.consented("renewal", "td.driving-licence", "expires_on")
	with := func(f func(q *exchange.Query)) exchange.Query { q := good; f(&q); return q }
	for _, test := range []struct {
		name   string
		q      exchange.Query
		want   error
		record bool
	}{
		{"another field", with(func(q *exchange.Query) { q.Fields = []string{"expires_on", "disqualified"} }), exchange.ErrNotGranted, true},
		{"another class", with(func(q *exchange.Query) { q.Class, q.Fields = "td.vehicle", []string{"plate"} }), exchange.ErrNotGranted, true},
		{"another recipient", with(func(q *exchange.Query) { q.Recipient = "housing-department" }), exchange.ErrNotGranted, true},
		{"another case", with(func(q *exchange.Query) { q.Case = "case-2" }), exchange.ErrNotGranted, true},
		{"another person", with(func(q *exchange.Query) { q.Person = "sixty-six" }), consent.ErrNotActive, true},
		{"no such grant", with(func(q *exchange.Query) { q.Grant = "x" }), consent.ErrNotActive, true},
		{"unknown field", with(func(q *exchange.Query) { q.Fields = []string{"shoe_size"} }), exchange.ErrField, false},
		{"a field twice", with(func(q *exchange.Query) { q.Fields = []string{"expires_on", "expires_on"} }), exchange.ErrField, false},
		{"no field", with(func(q *exchange.Query) { q.Fields = nil }), exchange.ErrField, false},
		{"unknown class", with(func(q *exchange.Query) { q.Class = "x.y" }), exchange.ErrClass, false},
		{"a class that is only written", with(func(q *exchange.Query) { q.Class, q.Fields = "district.permits", []string{"plate"} }), exchange.ErrClass, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			// together with one that is allowed: that one is not asked either
			_, err := h.FetchAll(t.Context(), []exchange.Query{good, test.q})
			if !errors.Is(err, test.want) {
				t.Fatalf("err %v, want %v", err, test.want)
			}
			entries := h.trail.take()
			if recorded := len(entries) == 1 && entries[0].What == "exchange.denied"; recorded != test.record || len(entries) > 1 {
				t.Errorf("entries %+v", entries)
			}
		})
	}
	if n := h.deps.Sources["transport"].Watch.Health().Total(); n != 0 {
		t.Errorf("the registry was asked %d times", n)
	}
}

// TestWithdrawnInFlight: a grant that ends while the registry answers brings
// nothing, and the entry says so. On both engines, for it is asked in the unit.
func TestWithdrawnInFlight(t *testing.T) {
	c := startCompanions(t)
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, c, d, guard.Limits{})
		c.set(t, "transport", registry.Slow, 200*time.Millisecond)
		q := h.consented("renewal", "td.driving-licence", "expires_on")
		time.AfterFunc(50*time.Millisecond, func() { h.grants.withdraw(q.Grant) })
		a, err := h.Fetch(t.Context(), q)
		if !errors.Is(err, consent.ErrNotActive) || len(a.Records) > 0 {
			t.Fatalf("%+v, %v", a, err)
		}
		entries := h.trail.take()
		if len(entries) != 1 || entries[0].Detail["outcome"] != "withdrawn" {
			t.Errorf("entries %+v", entries)
		}
	}, testkit.M{Module: "exchange", Files: exchangestore.Migrations})
}

// TestNoEntryNoFacts: what cannot be recorded is not handed out.
func TestNoEntryNoFacts(t *testing.T) {
	h := sqliteHouse(t, startCompanions(t), quick)
	h.trail.err = errors.New("the log is down")
	a, err := h.Fetch(t.Context(), h.consented("renewal", "td.driving-licence", "expires_on"))
	if !errors.Is(err, h.trail.err) || len(a.Records) > 0 {
		t.Fatalf("%+v, %v", a, err)
	}
}

// TestTogether: several classes take no longer than the slowest, and a caller
// who does not wait still leaves an entry.
func TestTogether(t *testing.T) {
	h := sqliteHouse(t, startCompanions(t), guard.Limits{})
	for _, s := range []string{"transport", "immigration", "housing"} {
		h.c.set(t, s, registry.Slow, 300*time.Millisecond)
	}
	qs := []exchange.Query{
		h.consented("renewal", "td.driving-licence", "expires_on"), h.consented("renewal", "immd.identity", "born_on"), h.consented("renewal", "housing.address", "street"),
	}
	began := time.Now()
	as, err := h.FetchAll(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 700*time.Millisecond {
		t.Errorf("took %v", took)
	}
	for i, a := range as {
		if a.Outcome != exchange.Found || a.Records[0][qs[i].Fields[0]] == nil {
			t.Errorf("%s: %+v", qs[i].Class, a)
		}
	}
	if n := len(h.trail.take()); n != 3 {
		t.Errorf("%d entries", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := h.Fetch(ctx, qs[0]); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller who left: %v", err)
	}
	if n := len(h.trail.take()); n != 1 {
		t.Errorf("%d entries of a caller who left", n)
	}
}

// TestWhoAsks: the entry names who asked, and a department's system is held to
// the subject that it knows.
func TestWhoAsks(t *testing.T) {
	h := sqliteHouse(t, startCompanions(t), quick)
	q := h.consented("renewal", "td.driving-licence", "expires_on")
	client := org.Client{ID: "client-7", Department: "transport-department"}
	ask := exchange.Ask{Grant: q.Grant, Subject: "subject-of-renewal-at-transport-department", Class: q.Class, Fields: q.Fields, Case: q.Case}
	if a, err := h.Ask(t.Context(), client, ask); err != nil || a.Outcome != exchange.Found {
		t.Fatalf("%+v, %v", a, err)
	}
	if e := h.trail.take(); e[0].Actor != "client-7" || e[0].Role != trail.Client || e[0].Subject != ask.Subject {
		t.Errorf("a client's entry: %+v", e)
	}
	other := client
	other.Department = "housing-department"
	if _, err := h.Ask(t.Context(), other, ask); !errors.Is(err, exchange.ErrSubject) {
		t.Errorf("another department: %v", err)
	}
	h.trail.take()
	ctx := identity.WithCaller(t.Context(), identity.Caller{Person: "renewal", Channel: trail.Counter})
	if _, err := h.Fetch(ctx, q); err != nil {
		t.Fatal(err)
	}
	if e := h.trail.take(); e[0].Actor != "renewal" || e[0].Role != trail.Self || e[0].Channel != trail.Counter {
		t.Errorf("a person's entry: %+v", e)
	}
	ctx = org.WithOfficer(ctx, org.Officer{Person: "o1", Department: "transport-department", Roles: []string{"licence-officer"}})
	if _, err := h.Fetch(ctx, q); err != nil {
		t.Fatal(err)
	}
	if e := h.trail.take(); e[0].Actor != "o1" || e[0].Role != "licence-officer" {
		t.Errorf("an officer's entry: %+v", e)
	}
}
