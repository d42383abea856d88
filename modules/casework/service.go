package casework

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/trail"
)

// Deps is what the use cases of casework need; app fills it.
type Deps struct {
	Units       Units
	Store       Store
	Definitions Definitions
	Consents    Consents
	Gateway     Gateway
	Payments    Payments
	Credentials Credentials
	Documents   Documents
	Departments Departments
	Notices     Notices
	Jobs        Jobs
	Sealer      Sealer
	Trail       trail.Recorder
	Now         func() time.Time
	NewID       func() string
	Random      io.Reader // nil: crypto/rand

	// Patience is how long an applicant's page waits for the registries before
	// it answers without them. Zero means 1.5 seconds.
	Patience time.Duration
	// DraftFor is how long a draft is kept that nobody touches. Zero means 30 days.
	DraftFor time.Duration
	// PayWithin is how long a submitted case waits for its fee. Zero means 7 days.
	PayWithin time.Duration
}

// Definitions gives published services.
type Definitions interface {
	// Current returns the version that new cases begin with, or a NotFound fault.
	Current(ctx context.Context, id string) (*service.Definition, error)
	// Version returns one version.
	Version(ctx context.Context, id string, version int) (*service.Definition, error)
	// Calendar returns the calendar named name, nil for "".
	Calendar(name string) (*service.Calendar, error)
}

// Consents keeps what applicants agree to.
type Consents interface {
	Give(ctx context.Context, by identity.Caller, r consent.Request) (consent.Grant, error)
	// Active returns consent.ErrNotActive for a grant that has ended.
	Active(ctx context.Context, p identity.PersonID, id consent.GrantID) (consent.Grant, error)
	UseUp(ctx context.Context, p identity.PersonID, id consent.GrantID) error
}

// Gateway fetches facts from registries and writes to them. FetchAll waits for
// the network, so it is called outside of units; Write and Undo join one.
type Gateway interface {
	Class(id string) (exchange.Class, bool)
	FetchAll(ctx context.Context, qs []exchange.Query) ([]exchange.Answer, error)
	Write(ctx context.Context, w exchange.Write) (exchange.WriteState, error)
	Undo(ctx context.Context, p identity.PersonID, key string) (exchange.WriteState, error)
}

// Documents keeps uploads.
type Documents interface {
	// Put keeps content, checked by what it is, and returns its id.
	Put(ctx context.Context, by identity.Caller, caseID, name string, content []byte) (string, error)
	// Remove removes every upload of a case, in the unit of ctx.
	Remove(ctx context.Context, person identity.PersonID, caseID string) error
}

// Departments tells what a department is called and how it knows a person.
type Departments interface {
	Department(ctx context.Context, id org.ID) (org.Department, error)
	Subject(ctx context.Context, id org.ID, p identity.PersonID) string
}

// A Notice is something to tell a person. Kind is the prefix of its texts; Args
// fill them: texts in three languages, days and amounts are written in the
// person's language.
type Notice struct {
	Person identity.PersonID
	Kind   string
	Args   map[string]any
	Link   string
}

// Notices tells people, in the unit of ctx.
type Notices interface {
	Tell(ctx context.Context, n Notice) error
}

// Jobs does durable work later: Enqueue joins the unit of ctx. at may be zero:
// at once. key is unique among the unfinished jobs of kind.
type Jobs interface {
	Enqueue(ctx context.Context, kind, key string, payload []byte, at time.Time) error
}

// Sealer keeps bytes under a person's own key.
type Sealer interface {
	Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error)
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
}

// Service is the use cases of casework. It is safe for concurrent use.
type Service struct {
	d       Deps
	effects map[string]Effect

	mu      sync.Mutex // guards asking
	asking  map[ID]chan struct{}
	running sync.WaitGroup
}

// New returns the use cases over d.
func New(d Deps) *Service {
	if d.Random == nil {
		d.Random = rand.Reader
	}
	if d.Patience <= 0 {
		d.Patience = 1500 * time.Millisecond
	}
	if d.DraftFor <= 0 {
		d.DraftFor = 30 * 24 * time.Hour
	}
	if d.PayWithin <= 0 {
		d.PayWithin = 7 * 24 * time.Hour
	}
	return &Service{
		d:      d,
		asking: map[ID]chan struct{}{},
		effects: map[string]Effect{
			PaymentEffect:    paying{d.Payments},
			CredentialEffect: issuing{d.Credentials},
			WriteEffect:      writing{d.Gateway},
		},
	}
}

// Wait returns when every fetch that goes on in the background has ended.
func (s *Service) Wait() { s.running.Wait() }

// now returns the instant as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }

// definition returns the definition that c began with.
func (s *Service) definition(ctx context.Context, c Case) (*service.Definition, error) {
	def, err := s.d.Definitions.Version(ctx, c.Service, c.Version)
	if err != nil {
		return nil, fmt.Errorf("definition of case %s: %w", c.ID, err)
	}
	return def, nil
}

// today is the day on which t's definition decides: the pinned one once the
// case is submitted.
func today(c Case, def *service.Definition, at time.Time) day.Date {
	if !c.Today.IsZero() {
		return c.Today
	}
	return day.In(at, def.Zone)
}

// assess evaluates what is known in a case.
func (s *Service) assess(def *service.Definition, f *File, on day.Date) (service.Outcome, error) {
	cal, err := s.d.Definitions.Calendar(def.Calendar)
	if err != nil {
		return service.Outcome{}, fmt.Errorf("calendar %q: %w", def.Calendar, err)
	}
	in := service.Input{Today: on, Calendar: cal}
	in.Evidence, in.Answers = f.input()
	out, err := def.Evaluate(in)
	if err != nil {
		return out, fmt.Errorf("evaluate %s: %w", def.ID, err)
	}
	return out, nil
}

// keep returns until when the file of a case that ends at is kept.
func keep(def *service.Definition, at time.Time) time.Time {
	return def.Keep.After(day.In(at, def.Zone)).Start(def.Zone).UTC()
}

// assured returns ErrAssurance if less is known of by than def asks for.
func assured(by identity.Caller, def *service.Definition) error {
	need, err := identity.ParseAssurance(def.Assurance)
	if err != nil {
		return fmt.Errorf("definition %s: %w", def.ID, err)
	}
	if by.Assurance < need {
		return ErrAssurance
	}
	return nil
}

// errStop ends a use case that found nothing to do.
var errStop = errors.New("casework: nothing to do")
