package app

import (
	"context"

	"causeway/modules/consent"
	"causeway/modules/consent/keyring"
	consentstore "causeway/modules/consent/store"
	"causeway/platform/lang"
)

func (w *world) wireConsent(context.Context) (err error) {
	w.consent, err = consent.New(consent.Deps{
		Units: w.db, Store: consentstore.New(w.db), Keys: keyring.New(w.ring), Orgs: w.org, Labels: labels{w},
		Trail: w.activity, Now: w.now, NewID: newID, Issuer: w.origin,
	})
	return err
}

// labels tells consent what classes and services are called.
type labels struct{ w *world }

func (l labels) Class(id string) (consent.ClassLabel, bool) {
	c, ok := l.w.classes.Class(id)
	if !ok {
		return consent.ClassLabel{}, false
	}
	out := consent.ClassLabel{Label: c.Label, Fields: make(map[string]lang.Text, len(c.Fields))}
	for _, f := range c.Fields {
		out.Fields[f.Name] = f.Label
	}
	return out, true
}

func (l labels) Service(ctx context.Context, id string) (lang.Text, bool) {
	p, err := l.w.catalogue.Current(ctx, id)
	if err != nil {
		return lang.Text{}, false
	}
	return p.Definition.Title, true
}
