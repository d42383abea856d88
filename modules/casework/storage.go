package casework

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
)

// Units runs f as one transaction, which what f calls joins through its
// context. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Store keeps cases, their sealed files, their history and their effects.
type Store interface {
	// Insert adds c, with its sealed file. It returns ErrReferenceTaken if
	// another case has its reference.
	Insert(ctx context.Context, c Case, file []byte) error
	// Save writes c and its sealed file over the case whose Rev is was. It
	// returns ErrChanged if the case has another Rev by now. A nil file leaves
	// the one that is there.
	Save(ctx context.Context, c Case, was int64, file []byte) error
	// Case returns person's case and its sealed file, ErrNoCase if person has
	// none with this id.
	Case(ctx context.Context, person identity.PersonID, id ID) (Case, []byte, error)
	// ByID returns the case of whomever it is, or ErrNoCase.
	ByID(ctx context.Context, id ID) (Case, []byte, error)
	// ByReference returns a case by its reference, or ErrNoCase.
	ByReference(ctx context.Context, reference string) (Case, error)
	// DraftOf returns person's newest draft for a version of a service, or ErrNoCase.
	DraftOf(ctx context.Context, person identity.PersonID, service string, version int) (Case, error)
	// OfPerson returns person's cases, the newest first, and those alone that
	// are older than before if that is not "".
	OfPerson(ctx context.Context, person identity.PersonID, before ID, limit int) ([]Case, error)
	// Queue returns what q asks for.
	Queue(ctx context.Context, q Queue) ([]Case, error)
	// Append adds events to c's history.
	Append(ctx context.Context, c Case, events []Event) error
	// Events returns c's history, the oldest first.
	Events(ctx context.Context, c Case) ([]Event, error)
	// Overdue returns cases whose step should have ended before today and that
	// nobody has escalated, the oldest first.
	Overdue(ctx context.Context, today day.Date, limit int) ([]Case, error)
	// Idle returns cases in state s that have not changed since before.
	Idle(ctx context.Context, s State, before time.Time, limit int) ([]Case, error)
	// Spent returns ended cases whose file was to be kept until now at most.
	Spent(ctx context.Context, now time.Time, limit int) ([]Case, error)
	// Forget removes c's sealed file and the notes of its history.
	Forget(ctx context.Context, c Case) error
	// Effects returns c's effects in their order.
	Effects(ctx context.Context, c Case) ([]EffectRow, error)
	// AddLook keeps that an officer stated a reason to look at c.
	AddLook(ctx context.Context, c Case, officer identity.PersonID, at time.Time) error
	// Looked reports whether officer stated one since.
	Looked(ctx context.Context, c Case, officer identity.PersonID, since time.Time) (bool, error)
	// PutEffect adds or replaces one effect of c.
	PutEffect(ctx context.Context, c Case, e EffectRow) error
}

// A Queue says which cases of a department to return, by their last day (those
// without one after those with one), then by id.
type Queue struct {
	Department org.ID
	Roles      []string // or none for any
	Service    string   // or "" for any
	State      State    // Deciding, MoreInformation, Approved for those whose effects failed; "" for Deciding
	Late       bool     // escalated ones alone
	Claimed    identity.PersonID
	AfterDue   string // the place after which to go on: a due day as the store sorts it
	After      ID
	Limit      int
}

// SortDay writes d so that no day comes after every day: the order of a Queue.
func SortDay(d day.Date) string {
	if d.IsZero() {
		return Never
	}
	return d.String()
}

// Never is what SortDay writes for no day.
const Never = "9999-12-31"
