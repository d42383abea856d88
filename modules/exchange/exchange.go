// Package exchange owns the data classes, the sources that hold them and the
// gateway through which facts about a person are fetched and written: only
// under an active grant, only the granted fields, within limits, and never
// without an entry in the person's record. It also owns what people report
// about facts that are wrong.
package exchange

import (
	"context"
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/batch"
	"causeway/platform/trail"
)

// Deps is what the use cases of exchange need; app fills it.
type Deps struct {
	Units    Units
	Store    Store
	Classes  *Classes
	Sources  map[string]Source // by the name that a class binds to
	Grants   Grants
	Numbers  Numbers
	Subjects Subjects
	Sealer   Sealer
	Trail    trail.Recorder
	Jobs     Jobs
	Settled  Settled // may be nil
	Notices  Notices
	Facts    Facts // may be nil
	Now      func() time.Time
	NewID    func() string
}

// Units runs f as one transaction: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Grants tells whether a person's consent holds at this moment. Hold asks the
// same of several again inside the unit that records a fetch, and is a plain read. Both
// return consent.ErrNotActive if there is no such grant of that person, or if
// it has ended.
type Grants interface {
	Active(ctx context.Context, person identity.PersonID, grant consent.GrantID) (consent.Grant, error)
	Hold(ctx context.Context, grants []consent.Ref) ([]bool, error)
}

// Numbers gives the identity number by which registries find a person. The
// gateway asks for it for a single look-up and keeps it no longer.
type Numbers interface {
	Number(ctx context.Context, person identity.PersonID) (identity.HKID, error)
}

// Subjects gives the name by which one organisation knows a person, and whom a
// name that the organisation was told belongs to: org.ErrNoSubject if nobody.
type Subjects interface {
	Subject(ctx context.Context, by org.ID, person identity.PersonID) string
	PersonOf(ctx context.Context, by org.ID, subject string) (identity.PersonID, error)
}

// Sealer keeps bytes under a person's own key.
type Sealer interface {
	Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error)
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
}

// Jobs does durable work later. Enqueue joins the unit of ctx; key is unique
// among the unfinished jobs of kind.
type Jobs interface {
	Enqueue(ctx context.Context, kind, key string, payload []byte, at time.Time) error
}

// Notices tells a person something, in the unit of ctx. kind names the texts.
type Notices interface {
	Tell(ctx context.Context, person identity.PersonID, kind string, args map[string]string, link string) error
}

// Facts gives the value of a fact as the caller's case shows it, or "" if the
// case shows none. It returns a NotFound fault for a case that is not theirs.
type Facts interface {
	Shown(ctx context.Context, by identity.Caller, caseID, class, field string) (string, error)
}

// Service is the use cases of exchange.
type Service struct {
	d       Deps
	records *batch.Batch[fetched, error]
}

// Bounds of what is recorded together: fetches in one unit, and units side by side.
const (
	recordsMost = 16
	recordsSide = 2
)

// New returns the use cases over d.
func New(d Deps) *Service {
	s := &Service{d: d}
	s.records = batch.New(recordsMost, recordsSide, s.recordAll)
	return s
}

// Class returns the data class named id.
func (s *Service) Class(id string) (Class, bool) { return s.d.Classes.Class(id) }

// Classes returns every data class, by id.
func (s *Service) Classes() []Class { return s.d.Classes.All() }

// now is the clock as instants are stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }
