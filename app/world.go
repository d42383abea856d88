package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/google/uuid"

	"causeway/app/logcmd"
	"causeway/modules/activity"
	"causeway/modules/activity/merkle"
	activitystore "causeway/modules/activity/store"
	"causeway/modules/casework"
	"causeway/modules/catalogue"
	"causeway/modules/consent"
	"causeway/modules/credential"
	"causeway/modules/document"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	identityweb "causeway/modules/identity/web"
	"causeway/modules/notice"
	"causeway/modules/openid"
	"causeway/modules/org"
	"causeway/modules/payment"
	"causeway/platform/blob"
	"causeway/platform/db"
	"causeway/platform/httpx"
	"causeway/platform/jobs"
	"causeway/platform/keys"
	"causeway/platform/tlog"
	"causeway/platform/view"
)

// world is everything that one running program is made of.
type world struct {
	parts

	ring  *keys.Ring
	jobs  *jobs.Queue
	log   *tlog.Log
	blobs *blob.Store
	view  *view.Set
	mux   *httpx.Mux

	activity   *activity.Service
	identity   *identity.Service
	org        *org.Service
	consent    *consent.Service
	exchange   *exchange.Service
	catalogue  *catalogue.Service
	payment    *payment.Service
	credential *credential.Service
	document   *document.Service
	casework   *casework.Service
	notice     *notice.Service
	openid     *openid.Service

	pages *identityweb.Pages
}

// newID returns a UUIDv7: ids made later sort later.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// newWorld builds everything on p and brings the tables up to date. It serves
// nothing yet.
func newWorld(ctx context.Context, p parts) (*world, error) {
	w := &world{parts: p}
	for _, m := range migrations() {
		if err := db.Migrate(ctx, p.db, m.module, m.files); err != nil {
			return nil, err
		}
	}
	w.ring = keys.New(p.db, p.master, p.now)
	err := w.ring.LoadShared(ctx, true)
	if err != nil {
		return nil, err
	}
	w.jobs = jobs.New(p.db, p.now)
	if w.blobs, err = blob.Open(p.uploads); err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	if err := w.openLog(ctx); err != nil {
		return nil, err
	}
	w.jobs.Every("tlog.key", keys.SignerFor, w.rekeyLog)
	for _, wire := range []func(context.Context) error{
		w.wireActivity, w.wireIdentity, w.wireOrg, w.wireConsent, w.wireNotice, w.wireExchange, w.wireCatalogue,
		w.wirePayment, w.wireCredential, w.wireDocument, w.wireCasework, w.wireOpenID, w.wirePages,
	} {
		if err := wire(ctx); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// openLog opens the transparency log under its own key.
func (w *world) openLog(ctx context.Context) error {
	key, err := w.ring.Signer(ctx, logcmd.SignerName, keys.Ed25519)
	if err != nil {
		return err
	}
	origin, err := tlog.StoredOrigin(ctx, w.db)
	if err != nil {
		return err
	}
	if origin == "" {
		origin = logOrigin(w.origin)
	}
	others, err := w.otherLogKeys(ctx, key.KID)
	if err != nil {
		return err
	}
	w.log, err = tlog.New(tlog.Options{
		DB: w.db, Origin: origin, Key: key, Retired: others, MAC: w.ring.MAC, Now: w.now, Logger: w.parts.log,
	})
	if err != nil {
		return fmt.Errorf("transparency log: %w", err)
	}
	return nil
}

// rekeyLog has the log sign with the key whose turn it is.
func (w *world) rekeyLog(ctx context.Context) error {
	key, err := w.ring.Signer(ctx, logcmd.SignerName, keys.Ed25519)
	if err != nil {
		return err
	}
	others, err := w.otherLogKeys(ctx, key.KID)
	if err != nil {
		return err
	}
	return w.log.Rekey(key, others)
}

// otherLogKeys returns the keys that signed earlier checkpoints, and one that will
// sign soon: all but kid.
func (w *world) otherLogKeys(ctx context.Context, kid string) ([]ed25519.PublicKey, error) {
	publics, err := w.ring.Verifiers(ctx, logcmd.SignerName)
	if err != nil {
		return nil, err
	}
	var others []ed25519.PublicKey
	for _, p := range publics {
		if key, ok := p.Key.(ed25519.PublicKey); ok && p.KID != kid {
			others = append(others, key)
		}
	}
	return others, nil
}

func (w *world) wireActivity(context.Context) error {
	w.activity = activity.New(activity.Deps{
		Units: w.db, Store: activitystore.New(w.db), Log: merkle.New(w.log), Sealer: w.ring, Now: w.now, NewID: newID,
	})
	return nil
}

// migration names the tables of a module.
type migration struct {
	module string
	files  fs.FS
}

// run does what happens in the background until ctx ends.
func (w *world) run(ctx context.Context) {
	done := make(chan struct{})
	go func() { defer close(done); w.log.Run(ctx) }()
	w.jobs.Run(ctx)
	<-done
	w.identity.Wait()
	w.casework.Wait()
}

// handler is the whole HTTP surface.
func (w *world) handler() http.Handler {
	h := w.mux.Secured(view.Preferences(w.pages.Sessions(w.mux)))
	if w.outer == nil {
		return h
	}
	return w.outer(h)
}

// close ends what the world holds open.
func (w *world) close() error { return errors.Join(w.blobs.Close(), w.db.Close()) }
