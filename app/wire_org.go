package app

import (
	"context"
	"time"

	"causeway/modules/org"
	orgstore "causeway/modules/org/store"
	"causeway/platform/lang"
)

func (w *world) wireOrg(context.Context) error {
	w.org = org.New(org.Deps{
		Units: w.db, Store: orgstore.New(w.db), Keys: w.ring, People: w.identity, Trail: w.activity, Now: w.now, NewID: newID,
	})
	w.jobs.Every("org.purge", 10*time.Minute, w.org.Purge)
	return nil
}

// departmentNames tells modules what departments are called.
type departmentNames struct{ *org.Service }

// Name returns the department's name.
func (d departmentNames) Name(ctx context.Context, id org.ID) (lang.Text, error) {
	dep, err := d.Department(ctx, id)
	return dep.Name, err
}
