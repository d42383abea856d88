// Package consent owns what persons agreed to: which facts about them may be
// fetched, from whom, by whom, for which purpose and for how long. What was
// agreed is a signed record that nobody changes: a change or an end is a further
// record that names the one before.
package consent

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
)

// A GrantID names a grant.
type GrantID string

// An Item is facts of one class for one purpose.
type Item struct {
	Class     string   // a data class, such as "td.vehicle"
	Fields    []string // the only fields that may be fetched
	Source    org.ID   // the department that holds them
	Purpose   string   // the id of a Purpose
	Otherwise string   // where refusing leads: ByHand, OnPaper or AtCounter
}

// Ways on when a person refuses.
const (
	ByHand    = "ask"     // the person types the fact
	OnPaper   = "paper"   // a paper form
	AtCounter = "counter" // a counter
)

// A Request is what a person is asked to agree to.
type Request struct {
	Person    identity.PersonID
	Recipient org.ID        // who will see the facts
	Service   string        // for which service
	Case      string        // for which case
	Items     []Item        // in the order in which they are shown
	For       time.Duration // how long facts may be fetched
	Keep      string        // how long what was fetched is kept after the case ended, as in P2Y (ISO 8601)
	Previous  GrantID       // the grant that this one replaces, or ""
}

// A Grant is what a person agreed to.
type Grant struct {
	ID        GrantID
	Person    identity.PersonID
	Recipient org.ID
	Service   string
	Case      string
	Items     []Item
	Keep      string
	Given     time.Time
	Until     time.Time
	Previous  GrantID
	Withdrawn time.Time // zero: not
	Used      time.Time // when it had served its purpose; zero: not
	Replaced  time.Time // when the person agreed to another instead; zero: not
	Receipt   string    // a compact JWS that the person may keep
}

// State is how a grant stands.
type State string

// The states of a grant. It starts active and stays in whatever ended it.
const (
	Active    State = "active"
	Expired   State = "expired"
	Withdrawn State = "withdrawn"
	Used      State = "used"
	Replaced  State = "replaced"
)

// State returns how g stands at the instant now.
func (g Grant) State(now time.Time) State {
	switch {
	case !g.Withdrawn.IsZero():
		return Withdrawn
	case !g.Used.IsZero():
		return Used
	case !g.Replaced.IsZero():
		return Replaced
	case !now.Before(g.Until):
		return Expired
	}
	return Active
}

// Ended returns when g ended, or the zero time if it is active at now.
func (g Grant) Ended(now time.Time) time.Time {
	for _, t := range []time.Time{g.Withdrawn, g.Used, g.Replaced} {
		if !t.IsZero() {
			return t
		}
	}
	if !now.Before(g.Until) {
		return g.Until
	}
	return time.Time{}
}

// Allows reports whether g names every one of fields of class.
func (g Grant) Allows(class string, fields []string) bool {
	allowed := map[string]bool{}
	for _, it := range g.Items {
		if it.Class == class {
			for _, f := range it.Fields {
				allowed[f] = true
			}
		}
	}
	for _, f := range fields {
		if !allowed[f] {
			return false
		}
	}
	return len(allowed) > 0
}

// Failures that a caller can act on. What a person reads about each is the text
// fault.<code>.
var (
	ErrNoGrant   = fault.New(fault.NotFound, "consent.no-grant")
	ErrNotActive = fault.New(fault.Forbidden, "consent.not-active")
	ErrEnded     = fault.New(fault.Conflict, "consent.ended")
	ErrRequest   = fault.New(fault.Invalid, "consent.request")
	ErrReceipt   = fault.New(fault.Invalid, "consent.receipt")
)

// A Ref names a grant of a person.
type Ref struct {
	Person identity.PersonID
	Grant  GrantID
}

// Store keeps records. It has no way to change or remove one.
type Store interface {
	// Add keeps r. It returns ErrEnded if another record names the same Previous.
	Add(ctx context.Context, r Record) error
	// Active returns the grant if nothing ended it and now is before its end; else
	// ErrNotActive. It is one look-up by key.
	Active(ctx context.Context, p identity.PersonID, id GrantID, now time.Time) (Grant, error)
	// Hold tells of each grant whether Active would return it.
	Hold(ctx context.Context, grants []Ref, now time.Time) ([]bool, error)
	// Grant returns ErrNoGrant if the person has none of that id.
	Grant(ctx context.Context, p identity.PersonID, id GrantID) (Grant, error)
	// List returns at most most grants of the person, newest first.
	List(ctx context.Context, p identity.PersonID, most int) ([]Grant, error)
}
