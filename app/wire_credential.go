package app

import (
	"context"
	"time"

	"causeway/modules/credential"
	"causeway/modules/credential/sdjwtvc"
	credentialstore "causeway/modules/credential/store"
)

func (w *world) wireCredential(context.Context) error {
	w.credential = credential.New(credential.Deps{
		Units: w.db, Store: credentialstore.New(w.db, w.ring), Sealer: w.ring, Format: w.licenceFormat(), Subjects: w.org,
		Notices: credentialNotices{w}, Trail: w.activity, Now: w.now, NewID: newID, Zone: w.zone,
	})
	w.jobs.Every("credential.sweep", 10*time.Minute, w.credential.Sweep)
	return nil
}

func (w *world) licenceFormat() *sdjwtvc.Format { return sdjwtvc.New(w.ring, w.origin, w.zone) }
