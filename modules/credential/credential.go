// Package credential owns licences and certificates: they are issued as SD-JWT
// VCs, shown by their holder, checked by anyone, and revoked by two officers.
package credential

import (
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/fault"
	"causeway/platform/lang"
)

// Failures that a caller can act on.
var (
	ErrNoLicence      = fault.New(fault.NotFound, "credential.no-licence")
	ErrNothingChosen  = fault.New(fault.Invalid, "credential.nothing-chosen")
	ErrNotInForce     = fault.New(fault.Conflict, "credential.not-in-force")
	ErrNoPresentation = fault.New(fault.NotFound, "credential.no-presentation")
	ErrWrongNumber    = fault.New(fault.Invalid, "credential.wrong-number")
	ErrTooManyGuesses = fault.New(fault.TooMany, "credential.too-many-guesses")
	ErrReason         = fault.New(fault.Invalid, "credential.reason")
	ErrNoRequest      = fault.New(fault.NotFound, "credential.no-request")
	ErrSameOfficer    = fault.New(fault.Forbidden, "credential.same-officer")
	ErrOwnLicence     = fault.New(fault.Forbidden, "credential.own-licence")
	ErrDecided        = fault.New(fault.Conflict, "credential.decided")
	ErrNotOfficer     = fault.New(fault.Forbidden, "credential.not-officer")
	ErrNotRevoker     = fault.New(fault.Forbidden, "credential.not-revoker")
	ErrKeyReused      = fault.New(fault.Conflict, "credential.key-reused")
)

// Roles of officers. Who may look licences up and ask for one to be revoked need
// not be who may confirm it.
const (
	RoleOfficer = "licence-officer"
	RoleRevoker = "revocation-officer"
)

// PresentationFor is how long a presentation may be checked.
const PresentationFor = 5 * time.Minute

// A Licence is one credential that a person holds.
type Licence struct {
	ID         string
	Person     identity.PersonID
	Type       string // as the service definition names it, such as "td.driving-licence"
	Department org.ID
	Case       string
	Key        string // the effect that issued it
	Number     string // what is printed on it; opened for its holder and its department alone
	From       day.Date
	Until      day.Date // the last day
	Issued     time.Time
	Revoked    time.Time // zero unless revoked
	Label      lang.Text
	Claims     []Claim              // opened for its holder alone
	Names      map[string]lang.Text // what claims are called, where the service says so
	PrintCode  string               // names the licence in the code of its printed form

	StatusList  int
	StatusIndex int
}

// A Claim is one thing that a licence says and its holder may show.
type Claim struct {
	Name  string
	Value any
}

// State is whether a licence holds on a day.
type State string

// The states, as pages and texts name them.
const (
	Valid   State = "valid"
	Future  State = "not-yet-valid"
	Expired State = "expired"
	Revoked State = "revoked"
)

// On returns the state of l on day d. A revoked licence stays revoked.
func (l Licence) On(d day.Date) State {
	switch {
	case !l.Revoked.IsZero():
		return Revoked
	case d.Before(l.From):
		return Future
	case d.After(l.Until):
		return Expired
	}
	return Valid
}

// An Issue asks for a licence. A second one with the same Key returns the first.
type Issue struct {
	Person     identity.PersonID
	Type       string
	Label      lang.Text
	Department org.ID
	Case       string
	Key        string
	From       day.Date
	Until      day.Date
	Number     string // "" to have one made
	Claims     map[string]any
	Names      map[string]lang.Text // what claims are called; others have a name of ours
}
