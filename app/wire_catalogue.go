package app

import (
	"context"
	"time"

	"causeway/modules/catalogue"
	cataloguestore "causeway/modules/catalogue/store"
	"causeway/platform/lang"
)

func (w *world) wireCatalogue(context.Context) error {
	w.catalogue = catalogue.New(catalogue.Deps{
		Units: w.db, Store: cataloguestore.New(w.db), Departments: w.org, Classes: catalogueClasses{w}, Purposes: purposes{w},
		Trail: w.activity, Now: w.now,
	})
	w.jobs.Every("catalogue.calendars", 24*time.Hour, w.warnCalendars)
	return nil
}

// warnCalendars warns of calendars that end within half a year: after that, no
// deadline can be counted.
func (w *world) warnCalendars(ctx context.Context) error {
	endings, err := w.catalogue.Endings(ctx)
	for _, e := range endings {
		w.parts.log.WarnContext(ctx, "a calendar of public holidays ends; publish it again with the next year in it",
			"calendar", e.Calendar, "last", e.Last.String(), "services", e.Services)
	}
	return err
}

// catalogueClasses tells the catalogue which data classes there are.
type catalogueClasses struct{ w *world }

func (c catalogueClasses) Class(id string) (catalogue.Class, bool) {
	x, ok := c.w.classes.Class(id)
	if !ok {
		return catalogue.Class{}, false
	}
	out := catalogue.Class{Registry: x.Registry, Label: x.Label, Writers: x.Writers}
	for _, f := range x.Fields {
		out.Fields = append(out.Fields, catalogue.Field{Name: f.Name, Label: f.Label, Type: f.Type, Coded: len(f.Values) > 0})
	}
	return out, true
}

// purposes tells the catalogue which purposes are published.
type purposes struct{ w *world }

func (p purposes) Purpose(id string) (lang.Text, bool) {
	x, ok := p.w.consent.Purpose(id)
	return x.Label, ok
}
