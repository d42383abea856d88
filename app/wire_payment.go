package app

import (
	"context"
	"time"

	"causeway/modules/payment"
	paymentstore "causeway/modules/payment/store"
	"causeway/platform/db"
)

func (w *world) wirePayment(ctx context.Context) error {
	w.payment = payment.New(payment.Deps{
		Units: w.db, Store: paymentstore.New(w.db), Provider: w.provider, ProviderName: w.providerName, Departments: departmentNames{w.org},
		Settled: settled{w}, Trail: w.activity, Now: w.now, NewID: newID,
	})
	w.jobs.Every("payment.sweep", 2*time.Second, w.payment.Sweep)
	if w.db.Engine == db.SQLite { // we alone hold it
		return w.payment.Recover(ctx)
	}
	return nil
}

// settled tells casework what became of an order.
type settled struct{ w *world }

func (s settled) Paid(ctx context.Context, o payment.Order) error { return s.w.casework.Paid(ctx, o) }
func (s settled) NotPaid(ctx context.Context, o payment.Order) error {
	return s.w.casework.NotPaid(ctx, o)
}
func (s settled) Refunded(ctx context.Context, o payment.Order) error {
	return s.w.casework.Refunded(ctx, o)
}
