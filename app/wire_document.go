package app

import (
	"context"
	"time"

	"causeway/modules/casework"
	"causeway/modules/document"
	documentstore "causeway/modules/document/store"
	"causeway/modules/org"
	"causeway/platform/fault"
)

func (w *world) wireDocument(context.Context) error {
	w.document = document.New(document.Deps{
		Units: w.db, Store: documentstore.New(w.db), Blobs: w.blobs, Sealer: w.ring, Access: uploadAccess{w}, Subjects: w.org,
		Trail: w.activity, Now: w.now, NewID: newID,
	})
	w.jobs.Every("document.sweep", time.Hour, w.document.Sweep)
	return nil
}

// uploadAccess asks casework which uploads an officer may see.
type uploadAccess struct{ w *world }

func (a uploadAccess) MaySee(ctx context.Context, o org.Officer, f document.File) (bool, error) {
	err := a.w.casework.MayRead(ctx, o, casework.ID(f.Case))
	if k := fault.KindOf(err); err != nil && k != fault.Internal {
		return false, nil
	}
	return err == nil, err
}
