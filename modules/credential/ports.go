package credential

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/trail"
)

// Units runs f as one transaction: all of it happens, or none.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Sealer encrypts what concerns a person, and what concerns nobody in particular.
type Sealer interface {
	Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error)
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
	SealShared(label string, plain []byte) ([]byte, error)
	OpenShared(label string, sealed []byte) ([]byte, error)
	MAC(label string, data []byte) []byte
}

// Format is how a licence is written so that it can be shown and checked
// without us: see the package sdjwtvc.
type Format interface {
	// Issue returns the signed text and the holder's key, both secret.
	Issue(ctx context.Context, l Licence) (text string, holderKey []byte, err error)
	// Present returns the text with the claims named alone, bound to the holder.
	Present(ctx context.Context, text string, holderKey []byte, claims []string, at time.Time) (string, error)
	// Read checks a presented text and says what it proves. It returns
	// ErrUnreadable, ErrForged or ErrUnbound.
	Read(ctx context.Context, text string) (Proof, error)
	// StatusList returns the signed list of which indexes are revoked.
	StatusList(ctx context.Context, list int, revoked []int, at time.Time) (string, error)
}

// Subjects knows how a department knows a person.
type Subjects interface {
	Subject(ctx context.Context, id org.ID, person identity.PersonID) string
}

// Notices tells a person what happened to a licence, in the unit of ctx.
type Notices interface {
	Revoked(ctx context.Context, l Licence) error
}

// Store keeps licences.
type Store interface {
	// Insert adds l and its sealed half. It reports false, and adds nothing, if
	// the status index is taken.
	Insert(ctx context.Context, l Licence, s Sealed) (bool, error)
	// ByKey returns ErrNoLicence if there is none.
	ByKey(ctx context.Context, key string) (Licence, Sealed, error)
	ByID(ctx context.Context, person identity.PersonID, id string) (Licence, Sealed, error)
	ByPerson(ctx context.Context, person identity.PersonID) ([]Licence, error)
	ByNumber(ctx context.Context, department org.ID, numberMAC []byte) ([]Licence, error)
	ByPrintCode(ctx context.Context, code string) (Licence, Sealed, error)
	// ByStatus returns the licence at an index of a status list.
	ByStatus(ctx context.Context, list, index int) (Licence, error)
	// CurrentList returns the newest status list, and NextList opens one after it.
	CurrentList(ctx context.Context) (int, error)
	NextList(ctx context.Context, after int) error
	// Revoke marks l at an instant; a second time changes nothing.
	Revoke(ctx context.Context, l Licence, at time.Time) error
	// RevokedIn returns the revoked indexes of a list, in order.
	RevokedIn(ctx context.Context, list int) ([]int, error)

	AddPresentation(ctx context.Context, p StoredPresentation) error
	// Presentation returns ErrNoPresentation if there is none under the hash.
	Presentation(ctx context.Context, hash []byte) (StoredPresentation, error)
	DropPresentations(ctx context.Context, before time.Time) error

	// Guess counts one try at a printed code's number in a window that starts at
	// since, and returns how many there were before.
	Guess(ctx context.Context, code string, at, since time.Time) (int, error)

	AddRequest(ctx context.Context, r Request) error
	Request(ctx context.Context, department org.ID, id string) (Request, error)
	Requests(ctx context.Context, department org.ID) ([]Request, error)
	// Decide ends an open request. It returns ErrDecided if it is not open.
	Decide(ctx context.Context, r Request) error
}

// Sealed is the half of a licence that only its keys open.
type Sealed struct {
	NumberMAC []byte
	Body      []byte // under the person's key: see body
	Number    []byte // under the shared key, for the department
}

// A StoredPresentation is what a handle leads to.
type StoredPresentation struct {
	Hash    []byte // of the handle
	Person  identity.PersonID
	Licence string
	Expires time.Time
	Sealed  []byte // the presented text, under the shared key
}

// Deps is what the use cases need; app fills it.
type Deps struct {
	Units    Units
	Store    Store
	Sealer   Sealer
	Format   Format
	Subjects Subjects
	Notices  Notices
	Trail    trail.Recorder
	Now      func() time.Time
	NewID    func() string
	Zone     *time.Location
}

// Service is the use cases of credential.
type Service struct{ d Deps }

// New returns the use cases over d.
func New(d Deps) *Service { return &Service{d} }
