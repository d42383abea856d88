package notice

import (
	"context"
	"time"

	"causeway/modules/identity"
)

// A Record is a message as stored.
type Record struct {
	ID     string
	Person identity.PersonID
	Kind   string
	Args   []byte // sealed under the person's key
	Link   string
	Sent   time.Time
	Read   time.Time // zero: not yet
	Mailed time.Time // when the e-mail was settled; zero: not yet
}

// Store keeps inboxes.
type Store interface {
	Add(ctx context.Context, r Record) error
	// Get returns ErrNoMessage if the person has no such message.
	Get(ctx context.Context, person identity.PersonID, id string) (Record, error)
	// List returns up to n messages older than before ("" for the newest), newest first.
	List(ctx context.Context, person identity.PersonID, before string, n int) ([]Record, error)
	// Unread counts the messages that have not been opened.
	Unread(ctx context.Context, person identity.PersonID) (int, error)
	// SetRead marks a message as opened; a second time changes nothing.
	SetRead(ctx context.Context, person identity.PersonID, id string, at time.Time) error
	// SetMailed settles the e-mail about a message.
	SetMailed(ctx context.Context, person identity.PersonID, id string, at time.Time) error

	// Preferences reports false if the person has set none.
	Preferences(ctx context.Context, person identity.PersonID) (Preferences, bool, error)
	SetPreferences(ctx context.Context, person identity.PersonID, p Preferences, at time.Time) error
}
