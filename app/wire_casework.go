package app

import (
	"context"
	"time"

	"causeway/modules/casework"
	caseworkstore "causeway/modules/casework/store"
	"causeway/modules/document"
	"causeway/modules/identity"
	"causeway/modules/service"
)

func (w *world) wireCasework(context.Context) error {
	w.casework = casework.New(casework.Deps{
		Units: w.db, Store: caseworkstore.New(w.db), Definitions: definitions{w}, Consents: remembering{w.consent, w}, Gateway: w.exchange,
		Payments: w.payment, Credentials: w.credential, Documents: documents{w}, Departments: w.org, Notices: caseworkNotices{w},
		Jobs: queue{w.jobs}, Sealer: w.ring, Trail: w.activity, Now: w.now, NewID: newID,
	})
	w.jobs.Handle(casework.DecideJob, w.casework.RunDecide)
	w.jobs.Handle(casework.RemindJob, w.casework.RunRemind)
	w.jobs.Every("casework.escalate", 10*time.Minute, w.casework.Escalate)
	w.jobs.Every("casework.expire", time.Hour, w.casework.Expire)
	w.jobs.Every("casework.purge", time.Hour, w.casework.Purge)
	return nil
}

// definitions gives casework the published services.
type definitions struct{ w *world }

func (d definitions) Current(ctx context.Context, id string) (*service.Definition, error) {
	p, err := d.w.catalogue.Current(ctx, id)
	return p.Definition, err
}

func (d definitions) Version(ctx context.Context, id string, version int) (*service.Definition, error) {
	p, err := d.w.catalogue.Version(ctx, id, version)
	return p.Definition, err
}

func (d definitions) Calendar(name string) (*service.Calendar, error) {
	return d.w.catalogue.Calendar(name)
}

// documents keeps casework's uploads.
type documents struct{ w *world }

func (d documents) Put(ctx context.Context, by identity.Caller, caseID, name string, content []byte) (string, error) {
	id, err := d.w.document.Put(ctx, by, document.Upload{Case: caseID, Name: name, Content: content})
	return string(id), err
}

func (d documents) Remove(ctx context.Context, _ identity.PersonID, caseID string) error {
	return d.w.document.Erase(ctx, caseID)
}
