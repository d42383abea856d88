package catalogue_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"causeway/modules/catalogue"
	cataloguestore "causeway/modules/catalogue/store"
	"causeway/modules/org"
	"causeway/platform/db"
	"causeway/platform/lang"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

// world is what the catalogue stands on in these tests.
type world struct {
	*catalogue.Service
	now     time.Time
	deps    catalogue.Deps
	entries []trail.Entry
	missing string // a department, class or purpose that does not exist
}

func (w *world) Record(_ context.Context, e trail.Entry) error {
	w.entries = append(w.entries, e)
	return nil
}

func (w *world) Department(_ context.Context, id org.ID) (org.Department, error) {
	if string(id) == w.missing {
		return org.Department{}, org.ErrNoDepartment
	}
	return org.Department{ID: id, Name: lang.Text{En: string(id)}}, nil
}

func (w *world) Purpose(id string) (lang.Text, bool) { return lang.Text{En: id}, id != w.missing }

func (w *world) Class(id string) (catalogue.Class, bool) {
	fields := map[string]string{
		"immd.identity":      "name text born_on date",
		"td.driving-licence": "licence_number text classes text expires_on date valid_from date disqualified boolean",
		"rvd.tenement":       "address text rateable_value money quarter_starts_on date",
		"housing.address":    "street text district text moved_in_on date",
		"td.vehicle":         "plate text length_mm number fuel text licence_ends_on date",
		"district.permits":   "plate text until date",
	}
	f, ok := fields[id]
	if !ok || id == w.missing {
		return catalogue.Class{}, false
	}
	c := catalogue.Class{Registry: "transport-department", Writers: []org.ID{"transport-department", "district-transport"}}
	words := strings.Fields(f)
	for i := 0; i < len(words); i += 2 {
		c.Fields = append(c.Fields, catalogue.Field{Name: words[i], Type: words[i+1]})
	}
	return c, true
}

func newWorld(d *db.DB) *world {
	w := &world{now: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)}
	w.deps = catalogue.Deps{
		Units: d, Store: cataloguestore.New(d), Departments: w, Classes: w, Purposes: w, Trail: w,
		Now: func() time.Time { return w.now },
	}
	w.Service = catalogue.New(w.deps)
	return w
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, newWorld(d)) }, testkit.M{Module: "catalogue", Files: cataloguestore.Migrations})
}

func source(t *testing.T, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("../../services", file))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func publishAll(t *testing.T, w *world) {
	t.Helper()
	if err := w.PublishFS(t.Context(), catalogue.System(), os.DirFS("../../services")); err != nil {
		t.Fatal(err)
	}
}

func TestPublishFS(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		publishAll(t, w)
		list, err := w.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, p := range list {
			ids = append(ids, p.Definition.ID)
		}
		want := []string{"driving-licence-renewal", "rates-demand", "resident-parking-permit"}
		if !slices.Equal(ids, want) {
			t.Errorf("got %v", ids)
		}
		if len(w.entries) != 4 {
			t.Errorf("%d entries of the trail", len(w.entries))
		}
		w.now = w.now.Add(time.Hour)
		publishAll(t, w)
		if len(w.entries) != 4 {
			t.Error("publishing again recorded something")
		}
		p, err := w.Version(t.Context(), "rates-demand", 1)
		if err != nil || p.At.Hour() != 4 || p.From.String() != "2026-11-23" {
			t.Errorf("got %v %v, %v", p.At, p.From, err)
		}
		// A program that starts on the same database finds all of it.
		again := catalogue.New(w.deps)
		if list, err := again.List(t.Context()); err != nil || len(list) != 3 {
			t.Errorf("got %d, %v", len(list), err)
		}
		if cal, err := again.Calendar("hk-general-holidays"); err != nil || cal.Last().String() != "2027-12-31" {
			t.Errorf("got %v, %v", cal, err)
		}
	})
}

func TestVersions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		publishAll(t, w)
		ctx := t.Context()
		one := string(source(t, "rates-demand.yaml"))
		two := strings.Replace(one, "version: 1\n", "version: 2\nfrom: 2026-12-01\n", 1)
		changed := catalogue.Upload{File: "f.yaml", Source: []byte(one + "# changed\n")}
		if _, err := w.Publish(ctx, catalogue.System(), changed); !errors.Is(err, catalogue.ErrVersionTaken) {
			t.Errorf("the same version with another content: %v", err)
		}
		if _, err := w.Publish(ctx, catalogue.System(), catalogue.Upload{File: "f.yaml", Source: []byte(two)}); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			at   time.Time
			want int
		}{
			{w.now, 1},
			{time.Date(2026, 11, 30, 15, 59, 59, 0, time.UTC), 1},
			{time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC), 2}, // midnight in Hong Kong
		} {
			w.now = test.at
			if p, err := w.Current(ctx, "rates-demand"); err != nil || p.Version != test.want {
				t.Errorf("at %v: version %d, %v", test.at, p.Version, err)
			}
		}
		if p, err := w.Version(ctx, "rates-demand", 1); err != nil || p.Definition.Version != 1 {
			t.Errorf("a case stays on its version: %v", err)
		}
		late := strings.Replace(one, "version: 1\n", "version: 3\nfrom: 2027-06-01\n", 1)
		if _, err := w.Publish(ctx, catalogue.System(), catalogue.Upload{File: "f.yaml", Source: []byte(late)}); err != nil {
			t.Fatal(err)
		}
		early := strings.Replace(one, "version: 1\n", "version: 4\nfrom: 2027-05-01\n", 1)
		if _, err := w.Publish(ctx, catalogue.System(), catalogue.Upload{File: "f.yaml", Source: []byte(early)}); !errors.Is(err, catalogue.ErrVersionOrder) {
			t.Errorf("a later version from an earlier day: %v", err)
		}
	})
}

func TestUnknown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		publishAll(t, w)
		if _, err := w.Current(t.Context(), "nothing"); !errors.Is(err, catalogue.ErrNoService) {
			t.Error(err)
		}
		if _, err := w.Version(t.Context(), "rates-demand", 7); !errors.Is(err, catalogue.ErrNoService) {
			t.Error(err)
		}
		if _, err := w.Calendar("nothing"); !errors.Is(err, catalogue.ErrNoCalendar) {
			t.Error(err)
		}
		if c, err := w.Calendar(""); c == nil || err != nil {
			t.Error(c, err)
		}
	})
}

func TestReplica(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := catalogue.New(w.deps)
		if _, err := other.Current(t.Context(), "rates-demand"); !errors.Is(err, catalogue.ErrNoService) {
			t.Fatal(err)
		}
		publishAll(t, w)
		w.now = w.now.Add(time.Second)
		if _, err := other.Current(t.Context(), "rates-demand"); err != nil {
			t.Errorf("a second after another replica published: %v", err)
		}
	})
}

func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		publish := func(dir fs.FS) error { return w.PublishFS(t.Context(), catalogue.System(), dir) }
		for _, missing := range []string{"transport-department", "td.driving-licence", "verify-age"} {
			w.missing = missing
			var r *catalogue.Refusal
			if err := publish(os.DirFS("../../services")); !errors.As(err, &r) || !strings.Contains(r.Error(), missing) {
				t.Errorf("without %s: %v", missing, err)
			}
		}
		w.missing = ""
		good := string(source(t, "driving-licence-renewal.yaml"))
		for name, test := range map[string]struct{ old, new, want string }{
			"syntax":     {"service:", "services:", "has no `service`"},
			"type":       {"expires_on: date", "expires_on: text", "text"},
			"field":      {"classes: text", "class: text", "no field"},
			"rule":       {"addMonths(36)", "addMonths(35)", "FAIL"},
			"write":      {"valid_from: from", "valid_to: from", "valid_to"},
			"write-type": {"valid_from: from", "valid_from: licence.classes", "valid_from"},
			"calendar":   {"calendar: hk-general-holidays", "calendar: other", "other"},
			"owner":      {"owner: transport-department", "owner: rating-and-valuation-department", "may not write"},
		} {
			dir := fstest.MapFS{
				"calendars/hk-general-holidays.json": {Data: source(t, "calendars/hk-general-holidays.json")},
				"s.yaml":                             {Data: []byte(strings.Replace(good, test.old, test.new, 1))},
				"s.cases.yaml":                       {Data: source(t, "driving-licence-renewal.cases.yaml")},
			}
			err := publish(dir)
			if !errors.Is(err, catalogue.ErrRefused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := w.List(t.Context()); err != nil || len(list) > 0 {
			t.Errorf("%d services, %v", len(list), err)
		}
	})
}

func TestCalendars(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		publishAll(t, w)
		ctx := t.Context()
		if e, err := w.Endings(ctx); err != nil || len(e) > 0 {
			t.Errorf("more than a year before: %v, %v", e, err)
		}
		w.now = time.Date(2027, 6, 30, 15, 0, 0, 0, time.UTC)
		if e, err := w.Endings(ctx); err != nil || len(e) > 0 {
			t.Errorf("six months before: %v, %v", e, err)
		}
		w.now = time.Date(2027, 7, 1, 3, 0, 0, 0, time.UTC)
		e, err := w.Endings(ctx)
		if err != nil || len(e) != 1 || len(e[0].Services) != 3 || e[0].Last.String() != "2027-12-31" {
			t.Errorf("got %v, %v", e, err)
		}
		next := []byte(`{"2026": [], "2027": [], "2028": ["2028-01-01"]}`)
		if err := w.PublishCalendar(ctx, catalogue.System(), "hk-general-holidays", next); err != nil {
			t.Fatal(err)
		}
		if e, err := w.Endings(ctx); err != nil || len(e) > 0 {
			t.Errorf("with another year: %v, %v", e, err)
		}
		for _, bad := range []string{`{"2026": []}`, `[]`, `{"2026": ["2027-01-01"]}`, `{"2026": "x"}`, ``} {
			if err := w.PublishCalendar(ctx, catalogue.System(), "hk-general-holidays", []byte(bad)); !errors.Is(err, catalogue.ErrRefused) {
				t.Errorf("%s: %v", bad, err)
			}
		}
	})
}
