package casework

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// Kinds of effects.
const (
	PaymentEffect    = "payment"
	CredentialEffect = "credential"
	WriteEffect      = "write"
)

// EffectState is how far an effect has come.
type EffectState string

// Effect states.
const (
	EffectRunning EffectState = "running" // started; its end will be told
	EffectDone    EffectState = "done"
	EffectFailed  EffectState = "failed"  // it never will be, by itself
	EffectByHand  EffectState = "by-hand" // it failed, and officers have seen to it
	EffectUndoing EffectState = "undoing" // being taken back
	EffectUndone  EffectState = "undone"
)

// An EffectRow is one effect of a case as it is kept.
type EffectRow struct {
	Key      string
	Ordinal  int // their order
	Kind     string
	State    EffectState
	Attempts int
	Result   string // what it made: an order, a licence
	Changed  time.Time
}

// An EffectRequest asks for an effect. Of the fields below the line each kind
// uses its own.
type EffectRequest struct {
	Key        string // the same key is the same effect
	Kind       string
	Person     identity.PersonID
	Case       ID
	Reference  string
	Department org.ID
	Title      lang.Text // of the service

	Amount money.Amount // payment
	Return string       // payment: the path to come back to

	Type   string               // credential
	From   day.Date             // credential
	Until  day.Date             // credential
	Claims map[string]any       // credential
	Names  map[string]lang.Text // credential: what claims are called

	Class  string         // write
	Record map[string]any // write
}

// An Effect is what a case brings about beside itself. Start and Compensate
// join the unit of ctx, touch no network, and are idempotent by the key: what
// takes time is carried out later, and its end is told to the Service.
type Effect interface {
	// Start begins r, or returns how far the effect with r's key has come.
	// result is the id of what it made, if that is known already.
	Start(ctx context.Context, r EffectRequest) (state EffectState, result string, err error)
	// Compensate takes back what Start began. why is a code, such as "refused".
	Compensate(ctx context.Context, r EffectRequest, result, why string) (EffectState, error)
}
