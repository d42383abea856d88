package app

import (
	"context"
	"slices"

	"causeway/modules/org"
	orgweb "causeway/modules/org/web"
	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// everywhere is the text named key in every language.
func (w *world) everywhere(key string) lang.Text {
	return lang.Text{En: w.view.Text(lang.English, key, nil), Hant: w.view.Text(lang.Hant, key, nil), Hans: w.view.Text(lang.Hans, key, nil)}
}

// roleName is what a role is called: by us, or by a published service.
func (w *world) roleName(ctx context.Context, role string) (lang.Text, bool) {
	if key := "org.role." + role; w.view.Has(key) {
		return w.everywhere(key), true
	}
	services, err := w.catalogue.List(ctx)
	if err != nil {
		return lang.Text{}, false
	}
	for _, p := range services {
		if label, ok := p.Definition.RoleLabel(role); ok {
			return label, true
		}
	}
	return lang.Text{}, false
}

// licenceName is what a type of licence is called, by the newest service that
// issues it.
func (w *world) licenceName(ctx context.Context, kind string) (lang.Text, bool) {
	_, e, ok := w.issuer(ctx, kind)
	return e.Title, ok
}

// issuer returns the newest service that issues a type of licence, and where it
// says so.
func (w *world) issuer(ctx context.Context, kind string) (*service.Definition, service.Effect, bool) {
	services, err := w.catalogue.List(ctx)
	if err != nil {
		return nil, service.Effect{}, false
	}
	for _, p := range services {
		for _, e := range p.Definition.Effects {
			if e.Kind == service.Credential && e.Type == kind {
				return p.Definition, e, true
			}
		}
	}
	return nil, service.Effect{}, false
}

// licenceSays is what people read for the value of a claim of a type of licence
// that is a code of a registry: its data class has the words.
func (w *world) licenceSays(ctx context.Context, kind, claim, value string) (lang.Text, bool) {
	def, e, ok := w.issuer(ctx, kind)
	if !ok {
		return lang.Text{}, false
	}
	id, name, ok := def.Fetched(e, claim)
	if !ok {
		return lang.Text{}, false
	}
	class, _ := w.exchange.Class(id)
	f, ok := class.Field(name)
	if !ok || len(f.Values) == 0 {
		return lang.Text{}, false
	}
	return f.Say(value), true
}

// endings tells a department of the calendars that its services count by and
// that end soon. A service is a department's that owns it, or has a step in it.
func (w *world) endings(ctx context.Context, d org.ID) ([]orgweb.Ending, error) {
	all, err := w.catalogue.Endings(ctx)
	if err != nil {
		return nil, err
	}
	var mine []orgweb.Ending
	for _, e := range all {
		x := orgweb.Ending{Calendar: e.Calendar, Last: e.Last, Over: e.Last.Before(day.In(w.now(), w.zone))}
		for _, id := range e.Services {
			p, err := w.catalogue.Current(ctx, id)
			if err != nil {
				return nil, err
			}
			def := p.Definition
			if org.ID(def.Owner) == d || slices.ContainsFunc(def.Steps, func(s service.Step) bool { return org.ID(s.By) == d }) {
				x.Services = append(x.Services, def.Title)
			}
		}
		if len(x.Services) > 0 {
			mine = append(mine, x)
		}
	}
	return mine, nil
}
