package app

import (
	"context"

	"causeway/modules/consent"
	"causeway/modules/consent/keyring"
	consentstore "causeway/modules/consent/store"
	"causeway/modules/identity"
	"causeway/modules/openid"
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
	if client, ok := openid.ServiceClient(id); ok {
		return l.w.org.OIDCClientName(ctx, client)
	}
	p, err := l.w.catalogue.Current(ctx, id)
	if err != nil {
		return lang.Text{}, false
	}
	return p.Definition.Title, true
}

// remembering gives consents, and keeps how the recipient knows the person, so
// that the recipient's own system can name that person to the gateway.
type remembering struct {
	*consent.Service
	w *world
}

// Give gives consent and remembers the subject, both or neither.
func (r remembering) Give(ctx context.Context, by identity.Caller, q consent.Request) (g consent.Grant, err error) {
	err = r.w.db.Do(ctx, func(ctx context.Context) error {
		if _, err := r.w.org.Remember(ctx, q.Recipient, by.Person); err != nil {
			return err
		}
		g, err = r.Service.Give(ctx, by, q)
		return err
	})
	return g, err
}
