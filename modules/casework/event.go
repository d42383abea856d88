package casework

import (
	"time"

	"causeway/modules/consent"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/money"
)

// What names what happened to a case.
type What string

// What can happen to a case.
const (
	WasOpened           What = "opened"
	WasConsented        What = "consented"
	WasConsentWithdrawn What = "consent-withdrawn"
	WasAsked            What = "asked" // the registries, for facts
	WasFetched          What = "fetched"
	WasChosen           What = "chosen" // one of several records
	WasTyped            What = "typed"  // a fact, by hand
	WasAnswered         What = "answered"
	WasIneligible       What = "ineligible"
	WasSubmitted        What = "submitted"
	WasPaid             What = "paid"
	WasNotPaid          What = "not-paid" // an attempt to pay ended without a payment
	WasAtStep           What = "at-step"
	WasStepPassed       What = "step-passed"
	WasClaimed          What = "claimed"
	WasReleased         What = "released"
	WasEscalated        What = "escalated"
	WasRenewed          What = "renewed" // its facts were fetched again
	WasAskedMore        What = "asked-more"
	WasGivenMore        What = "given-more"
	WasApproved         What = "approved"
	WasRefused          What = "refused"
	WasWithdrawn        What = "withdrawn"
	WasEffectDone       What = "effect-done"
	WasEffectFailed     What = "effect-failed"
	WasRetried          What = "retried"       // an effect that had failed
	WasHandAsked        What = "hand-asked"    // an officer says that what failed was done by hand
	WasHandRejected     What = "hand-rejected" // a second officer does not agree
	WasByHand           What = "by-hand"       // a second officer does
	WasRefunded         What = "refunded"
	WasDone             What = "done"
	WasExpired          What = "expired"
	WasPurged           What = "purged"
)

// An Event is one line of a case's history. It is never changed; when the file
// of the case is removed, so is its Note.
type Event struct {
	Seq     int64 // from 1; the case's Rev once it has happened
	At      time.Time
	What    What
	Subject string // how the department of this step knows the person
	Actor   string // a person's id, or "system"
	Role    string // trail.Self, an officer's role, or trail.System
	Channel string
	Detail  Detail
	Note    []byte // sealed: what an officer or the applicant wrote
}

// Detail is what the projection and the history page need of an event. It
// holds no value that the applicant or a registry gave.
type Detail struct {
	Reference  string            `json:"reference,omitempty"`
	Service    string            `json:"service,omitempty"`
	Version    int               `json:"version,omitempty"`
	Grant      consent.GrantID   `json:"grant,omitempty"`
	Evidence   string            `json:"evidence,omitempty"`
	Outcomes   map[string]string `json:"outcomes,omitempty"` // of evidence, by name
	Question   string            `json:"question,omitempty"`
	Today      day.Date          `json:"today,omitzero"`
	Fee        money.Amount      `json:"fee,omitzero"`
	Order      string            `json:"order,omitempty"`
	Step       int               `json:"step,omitempty"`
	Name       string            `json:"name,omitempty"` // of the step
	Department org.ID            `json:"department,omitempty"`
	Needs      string            `json:"needs,omitempty"` // the role of the step
	Due        day.Date          `json:"due,omitzero"`
	Left       int               `json:"left,omitempty"`
	Automatic  bool              `json:"automatic,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Effect     string            `json:"effect,omitempty"` // a kind
	Key        string            `json:"key,omitempty"`    // of an effect
	Keep       time.Time         `json:"keep,omitzero"`    // until when the file is kept, once the case has ended
}

// Whats returns everything that can happen to a case.
func Whats() []What {
	return []What{
		WasOpened, WasConsented, WasConsentWithdrawn, WasAsked, WasFetched, WasChosen, WasTyped, WasAnswered, WasIneligible, WasSubmitted,
		WasPaid, WasNotPaid, WasAtStep, WasStepPassed, WasClaimed, WasReleased, WasEscalated, WasRenewed, WasAskedMore, WasGivenMore,
		WasApproved, WasRefused, WasWithdrawn, WasEffectDone, WasEffectFailed, WasRetried, WasHandAsked, WasHandRejected, WasByHand, WasRefunded, WasDone, WasExpired, WasPurged,
	}
}
