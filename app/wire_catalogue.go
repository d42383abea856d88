package app

import (
	"context"

	"causeway/modules/catalogue"
	cataloguestore "causeway/modules/catalogue/store"
	"causeway/platform/lang"
)

func (w *world) wireCatalogue(context.Context) error {
	w.catalogue = catalogue.New(catalogue.Deps{
		Units: w.db, Store: cataloguestore.New(w.db), Departments: w.org, Classes: catalogueClasses{w}, Purposes: purposes{w},
		Trail: w.activity, Now: w.now,
	})
	return nil
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
		out.Fields = append(out.Fields, catalogue.Field{Name: f.Name, Label: f.Label, Type: f.Type})
	}
	return out, true
}

// purposes tells the catalogue which purposes are published.
type purposes struct{ w *world }

func (p purposes) Purpose(id string) (lang.Text, bool) {
	x, ok := p.w.consent.Purpose(id)
	return x.Label, ok
}
