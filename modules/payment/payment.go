// Package payment owns what people pay to departments: orders, the attempts to
// pay them at a payment provider, refunds, and the double-entry ledger that
// says where the money is.
//
// Money moves at the provider. This package asks the provider to take or give
// back an amount, learns what became of it (from the provider's callbacks, which
// may come late, twice, out of order or never, and by asking), and writes down
// each movement once.
package payment

import (
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// State is where an order stands.
type State string

// States of an order. Paid, Refunding and Refunded are never left for one of
// the others; from Failed and Abandoned a person may try again.
const (
	Open      State = "open"      // nothing was tried yet
	Pending   State = "pending"   // a person is, or was, at the provider's page
	Paid      State = "paid"      // the provider has the money
	Failed    State = "failed"    // the last attempt was declined
	Abandoned State = "abandoned" // the last attempt was left, or ran out of time
	Refunding State = "refunding" // the money is to go back
	Refunded  State = "refunded"  // the provider has given it back
)

// Order is an amount that a person owes to a department.
type Order struct {
	ID          string
	Person      identity.PersonID
	Payee       org.ID
	Subject     string // how Payee knows Person
	Reference   string // the case
	Description lang.Text
	Amount      money.Amount
	Key         string // what it was opened with
	Return      string // the path to go on to
	State       State
	Closed      bool // may not be paid any more
	PaidBy      int  // the attempt that paid it, 0 if none
	Opened      time.Time
	Settled     time.Time // when it became Paid; zero before
	Refunded    time.Time // zero unless Refunded
	Actor       string    // who opened it
	Role        string
	Channel     string
}

// Payable reports whether the person may start, or go on with, an attempt.
func (o Order) Payable() bool {
	switch o.State {
	case Open, Pending, Failed, Abandoned:
		return !o.Closed
	case Paid, Refunding, Refunded:
	}
	return false
}

// WasPaid reports whether the provider has, or had, the money.
func (o Order) WasPaid() bool { return o.PaidBy != 0 }

// Request asks for an order.
type Request struct {
	Person      identity.PersonID
	Payee       org.ID
	Reference   string
	Description lang.Text
	Amount      money.Amount // more than nothing
	Key         string       // the same key is the same order
	Return      string       // a path of ours, such as /cases/…, or ""
}

// Errors of this module.
var (
	ErrNoOrder    = fault.New(fault.NotFound, "payment.no-order")
	ErrNoReceipt  = fault.New(fault.NotFound, "payment.no-receipt")
	ErrSettled    = fault.New(fault.Conflict, "payment.settled")
	ErrClosed     = fault.New(fault.Conflict, "payment.closed")
	ErrNotPaid    = fault.New(fault.Conflict, "payment.not-paid")
	ErrKeyUsed    = fault.New(fault.Conflict, "payment.key-used")
	ErrRequest    = fault.New(fault.Invalid, "payment.request")
	ErrDown       = fault.New(fault.Unavailable, "payment.provider-down")
	ErrNoProvider = fault.New(fault.Unavailable, "payment.no-provider")
	ErrCallback   = fault.New(fault.Invalid, "payment.callback")
	ErrMismatch   = fault.New(fault.Conflict, "payment.mismatch")
)
