package app

import (
	"context"
	"net/http"
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
	identityweb "causeway/modules/identity/web"
	"causeway/modules/openid"
	openidkeys "causeway/modules/openid/keyring"
	openidstore "causeway/modules/openid/store"
	openidweb "causeway/modules/openid/web"
)

func (w *world) wireOpenID(context.Context) error {
	w.openid = openid.New(openid.Deps{
		Units: w.db, Store: openidstore.New(w.db), Clients: w.org, Orgs: w.org, Consents: connecting{remembering{w.consent, w}}, Classes: w.exchange, Facts: w.exchange,
		Sessions: w.identity, Keys: openidkeys.New(w.ring, w.now), Trail: w.activity, Now: w.now, NewID: newID, Issuer: w.origin,
	})
	w.jobs.Every("openid.purge", 5*time.Minute, w.openid.Purge)
	return nil
}

// connecting is consent as openid uses it.
type connecting struct{ remembering }

// End ends a consent on the program's own account.
func (c connecting) End(ctx context.Context, p identity.PersonID, id consent.GrantID) error {
	return c.UseUp(ctx, p, id)
}

func (w *world) mountOpenID() {
	openidweb.Mount(w.mux, openidweb.Deps{Provider: w.openid, Registry: w.org, Views: w.view, SignOut: w.signOut})
}

// signOut ends the session of the browser that sent r.
func (w *world) signOut(rw http.ResponseWriter, r *http.Request) error {
	if err := w.identity.SignOut(r.Context(), identity.CallerOf(r.Context())); err != nil {
		return err
	}
	identityweb.Stop(rw)
	return nil
}
