package org

import (
	"context"
	"sync"
	"time"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// Deps is what the use cases of org need; app fills it.
type Deps struct {
	Units  Units
	Store  Store
	Keys   Keys
	People People
	Trail  trail.Recorder
	Now    func() time.Time
	NewID  func() string
}

// Units runs f as one unit of work: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Store keeps what org owns.
type Store interface {
	Departments
	Officers
	Clients
	OIDCClients
	Subjects
	Nonces
}

// Keys seals the names of officers and makes keyed hashes, under keys that are
// not in the database.
type Keys interface {
	SealShared(label string, plain []byte) ([]byte, error)
	OpenShared(label string, sealed []byte) ([]byte, error)
	MAC(label string, data []byte) []byte
}

// People finds those who are to become officers.
type People interface {
	// Find returns identity.ErrNoPerson if nobody has the number.
	Find(ctx context.Context, n identity.HKID) (identity.PersonID, error)
	Contact(ctx context.Context, p identity.PersonID) (identity.Contact, error)
}

// Labels of Keys.
const (
	labelName    = "org.officer-name"
	labelSubject = "org.subject"
)

// Service is the use cases of org. It may be used by many goroutines.
type Service struct {
	d Deps

	mu     sync.RWMutex // guards known and loaded
	known  map[ID]Department
	loaded time.Time
}

// New returns the use cases over d.
func New(d Deps) *Service { return &Service{d: d} }

// now returns the instant as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }
