// Package trail is how a module says that something was done with a person's
// data. The activity module keeps what is said beside a leaf of the
// transparency log. It is pure, so that a module's root may use it.
package trail

import "context"

// An Entry is one act.
type Entry struct {
	Person  string            // whom it is about; "" for an act about no person
	Org     string            // the organisation concerned, or ""
	Subject string            // how Org knows the person, or ""
	Actor   string            // who did it: a person, a client, or "system"
	Role    string            // as what: Self, an officer's role, Client or System
	Channel string            // Online, Assisted, Counter or System
	What    string            // the act, as in "consent.given": the key of its sentence
	Why     string            // a purpose's id, or the reason that was stated
	Grant   string            // the consent it rests on, or ""
	Case    string            // the case it belongs to, or ""
	Detail  map[string]string // what the sentence names: a class, a service, fields. Never a value of a fact
}

// Roles and channels with a meaning of their own.
const (
	Self    = "self"
	Client  = "client"
	System  = "system"
	Online  = "online"
	Counter = "counter"
)

// A Recorder keeps entries.
type Recorder interface {
	// Record keeps e in the unit of work of ctx: with what was done, or not at all.
	Record(ctx context.Context, e Entry) error
}
