// Package casework owns cases, from an application to its decision and what
// follows from it: the state machine, what the applicant gave, deadlines,
// effects, and the history of all of it. What a service asks, fetches, costs
// and decides comes from its definition; nothing here knows a service.
package casework

import (
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/fault"
	"causeway/platform/money"
)

// ID names a case; it is a UUIDv7.
type ID string

// A Case is what the events of its history add up to. It holds nothing that
// the applicant or a registry said: that is its File, which is sealed.
type Case struct {
	Person    identity.PersonID
	ID        ID
	Reference string // what people call it, such as CW-7K3M-92QF
	Service   string
	Version   int // of the definition, from the first day to the last
	State     State
	Rev       int64 // the number of its last event; a command names the one it saw

	Grant  consent.GrantID // the consent its facts were fetched under, or ""
	Asking time.Time       // when its facts were asked for and have not come yet, or zero

	Today day.Date     // the day of submission, where the service is
	Fee   money.Amount // as pinned at submission
	Order string       // the payment order, or ""
	Paid  bool

	Step       int      // the step of the definition it is at, once submitted
	StepName   string   // that step's name
	Department org.ID   // who decides that step; before submission, who owns the service
	Role       string   // which role there
	Due        day.Date // the last day for that step; zero while the clock stands
	Left       int      // working days left when the clock was stopped
	Late       bool     // it was escalated
	Waiting    bool     // for an officer at that step

	Claimed   identity.PersonID // the officer who works on it, or ""
	ClaimedAt time.Time

	Reason string // why it was ineligible or refused

	Opened    time.Time
	Changed   time.Time
	Submitted time.Time
	Ended     time.Time // when everything about it was finished
	KeepUntil time.Time // when its file is removed
	Purged    bool      // its file was removed
}

// Errors of this package. Every code is public.
var (
	// ErrNoCase reports a case that is not there, or is not the caller's to see.
	ErrNoCase = fault.New(fault.NotFound, "casework.no-case")
	// ErrNoService reports a service that nobody publishes.
	ErrNoService = fault.New(fault.NotFound, "casework.no-service")
	// ErrReferenceTaken reports a reference that another case has.
	ErrReferenceTaken = fault.New(fault.Conflict, "casework.reference-taken")
	// ErrChanged reports a command that saw an older version of the case.
	ErrChanged = fault.New(fault.Conflict, "casework.changed")
	// ErrNotNow reports a command that does not suit the state of the case.
	ErrNotNow = fault.New(fault.Conflict, "casework.not-now")
	// ErrAssurance reports a caller of whom less is known than the service needs.
	ErrAssurance = fault.New(fault.Forbidden, "casework.assurance")
	// ErrOwnCase reports an officer who would decide a case of their own.
	ErrOwnCase = fault.New(fault.Forbidden, "casework.own-case")
	// ErrClaimed reports a case that another officer works on.
	ErrClaimed = fault.New(fault.Conflict, "casework.claimed")
	// ErrNotClaimed reports an officer who decides without having taken the case.
	ErrNotClaimed = fault.New(fault.Conflict, "casework.not-claimed")
	// ErrRole reports an officer without the role that the step asks for.
	ErrRole = fault.New(fault.Forbidden, "casework.role")
	// ErrSameOfficer reports an officer who would confirm their own word.
	ErrSameOfficer = fault.New(fault.Forbidden, "casework.same-officer")
	// ErrReason reports a decision or a look-up without its reason.
	ErrReason = fault.New(fault.Invalid, "casework.reason")
	// ErrNotReady reports an application that lacks something it needs.
	ErrNotReady = fault.New(fault.Conflict, "casework.not-ready")
	// ErrConsent reports facts that would be fetched without a consent.
	ErrConsent = fault.New(fault.Conflict, "casework.consent")
	// ErrFactsChanged reports facts that were fetched again for a decision and
	// are not what the officer saw.
	ErrFactsChanged = fault.New(fault.Conflict, "casework.facts-changed")
	// ErrDeclare reports a submission without its declaration.
	ErrDeclare = fault.New(fault.Invalid, "casework.declare")
	// ErrNoEvidence reports evidence or a question that the case does not have.
	ErrNoEvidence = fault.New(fault.NotFound, "casework.no-evidence")
)
