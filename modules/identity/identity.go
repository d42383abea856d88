// Package identity owns people: who they are, how surely that is known, how they
// sign in and for how long. A person is activated at a counter, holds passkeys
// and no password, and is asked for an identity number alone to be found again.
package identity

import (
	"context"
	"time"

	"causeway/platform/fault"
)

// A PersonID names a person within Causeway. It is made up, means nothing
// outside, and no organisation is told it.
type PersonID string

// A Caller is who asks. Every use case takes one and decides what it may do. The
// zero Caller is nobody.
type Caller struct {
	Person    PersonID
	Session   string
	Assurance Assurance
	Role      string    // trail.Self, or an officer's role
	Channel   string    // trail.Online, trail.Counter
	Until     time.Time // when the session ends without a further request
}

// Known reports whether c is somebody.
func (c Caller) Known() bool { return c.Person != "" }

type callerKey struct{}

// WithCaller returns a context in which c asks.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns who asks in ctx, nobody by default.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Failures that a caller can act on. What a person reads about each is the text
// fault.<code>.
var (
	ErrSignIn         = fault.New(fault.Unauthenticated, "identity.sign-in")
	ErrAssurance      = fault.New(fault.Forbidden, "identity.assurance")
	ErrNumber         = fault.New(fault.Invalid, "identity.number")
	ErrNumberTaken    = fault.New(fault.Conflict, "identity.number-taken")
	ErrName           = fault.New(fault.Invalid, "identity.name")
	ErrEmail          = fault.New(fault.Invalid, "identity.email")
	ErrLang           = fault.New(fault.Invalid, "identity.language")
	ErrDocument       = fault.New(fault.Invalid, "identity.document")
	ErrDocumentWeak   = fault.New(fault.Forbidden, "identity.document-weak")
	ErrNoPerson       = fault.New(fault.NotFound, "identity.no-person")
	ErrNotClerk       = fault.New(fault.Forbidden, "identity.not-clerk")
	ErrOwnCode        = fault.New(fault.Forbidden, "identity.own-code")
	ErrNoLetter       = fault.New(fault.NotFound, "identity.no-letter")
	ErrCode           = fault.New(fault.Invalid, "identity.code")
	ErrCodeExpired    = fault.New(fault.Conflict, "identity.code-expired")
	ErrCodeUsed       = fault.New(fault.Conflict, "identity.code-used")
	ErrCodeBlocked    = fault.New(fault.Conflict, "identity.code-blocked")
	ErrNumberMismatch = fault.New(fault.Invalid, "identity.number-mismatch")
	ErrCeremony       = fault.New(fault.Conflict, "identity.ceremony")
	ErrPasskey        = fault.New(fault.Invalid, "identity.passkey")
	ErrPasskeyUnknown = fault.New(fault.Invalid, "identity.passkey-unknown")
	ErrPasskeyTwice   = fault.New(fault.Conflict, "identity.passkey-twice")
	ErrPasskeySuspect = fault.New(fault.Forbidden, "identity.passkey-suspect")
	ErrPasskeyName    = fault.New(fault.Invalid, "identity.passkey-name")
	ErrPasskeyMany    = fault.New(fault.Conflict, "identity.passkey-many")
	ErrPasskeyLast    = fault.New(fault.Conflict, "identity.passkey-last")
	ErrNoPasskey      = fault.New(fault.NotFound, "identity.no-passkey")
	ErrProof          = fault.New(fault.Forbidden, "identity.proof")
	ErrProofNone      = fault.New(fault.Conflict, "identity.proof-none")
	ErrProofWeak      = fault.New(fault.Forbidden, "identity.proof-weak")
	ErrTooMany        = fault.New(fault.TooMany, "identity.too-many")
	ErrNoSession      = fault.New(fault.NotFound, "identity.no-session")
)
