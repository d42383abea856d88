package app

import (
	"context"
	"time"

	"causeway/modules/exchange"
	exchangestore "causeway/modules/exchange/store"
	"causeway/modules/identity"
)

func (w *world) wireExchange(context.Context) error {
	sources, err := w.sources(w)
	if err != nil {
		return err
	}
	w.exchange = exchange.New(exchange.Deps{
		Units: w.db, Store: exchangestore.New(w.db), Classes: w.classes, Sources: sources, Grants: w.consent, Numbers: w.identity,
		Subjects: w.org, Sealer: w.ring, Trail: w.activity, Jobs: queue{w.jobs}, Settled: written{w}, Notices: exchangeNotices{w},
		Facts: facts{w}, Now: w.now, NewID: newID,
	})
	w.jobs.Handle(exchange.WriteJob, w.exchange.RunWrite)
	w.jobs.Every("exchange.purge", time.Hour, w.exchange.Purge)
	return nil
}

// written tells casework that a write came to an end.
type written struct{ w *world }

func (x written) Written(ctx context.Context, r exchange.Written) error {
	return x.w.casework.Written(ctx, r)
}

// facts gives exchange a fact as the applicant's case shows it.
type facts struct{ w *world }

func (f facts) Shown(ctx context.Context, by identity.Caller, caseID, class, field string) (string, error) {
	return f.w.casework.Shown(ctx, by, caseID, class, field)
}
