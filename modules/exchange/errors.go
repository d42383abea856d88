package exchange

import "causeway/platform/fault"

// Errors that callers act on.
var (
	ErrClass       = fault.New(fault.Invalid, "exchange.unknown-class")
	ErrField       = fault.New(fault.Invalid, "exchange.unknown-field")
	ErrNotGranted  = fault.New(fault.Forbidden, "exchange.not-granted")
	ErrSubject     = fault.New(fault.NotFound, "exchange.unknown-subject")
	ErrNotWriter   = fault.New(fault.Forbidden, "exchange.not-writer")
	ErrWrite       = fault.New(fault.Invalid, "exchange.bad-record")
	ErrKeyReused   = fault.New(fault.Conflict, "exchange.key-reused")
	ErrNoWrite     = fault.New(fault.NotFound, "exchange.no-write")
	ErrNoFact      = fault.New(fault.NotFound, "exchange.no-fact")
	ErrNoReport    = fault.New(fault.NotFound, "exchange.no-report")
	ErrReportText  = fault.New(fault.Invalid, "exchange.report-text")
	ErrReportMany  = fault.New(fault.Conflict, "exchange.too-many-reports")
	ErrReportState = fault.New(fault.Conflict, "exchange.report-settled")
	ErrNotSteward  = fault.New(fault.Forbidden, "exchange.not-steward")
	ErrSignIn      = fault.New(fault.Unauthenticated, "exchange.sign-in")
)
