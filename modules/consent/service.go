package consent

import (
	"context"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// Deps is what the use cases of consent need; app fills it.
type Deps struct {
	Units  Units
	Store  Store
	Keys   Keys
	Orgs   Orgs
	Labels Labels
	Trail  trail.Recorder
	Now    func() time.Time
	NewID  func() string
	Issuer string // the address of this Causeway, as receipts name it
}

// Units runs f as one unit of work: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Keys signs records and checks what it signed. Adapter keyring does it over the
// program's key ring.
type Keys interface {
	// Sign returns a compact JWS (RFC 7515) of payload with the header typ.
	Sign(ctx context.Context, typ string, payload []byte) (string, error)
	// Verify returns the typ and the payload of a JWS that Sign made, now or under
	// an older key; ErrReceipt for anything else.
	Verify(ctx context.Context, jws string) (typ string, payload []byte, err error)
	// Published returns the public keys as a JWK set (RFC 7517).
	Published(ctx context.Context) ([]byte, error)
}

// Orgs is what consent asks of org.
type Orgs interface {
	Department(ctx context.Context, id org.ID) (org.Department, error)
	Subject(ctx context.Context, id org.ID, p identity.PersonID) string
}

// Labels are what people call classes of data and services. Neither belongs to
// consent: app asks exchange and the catalogue.
type Labels interface {
	// Class returns false if there is no such class.
	Class(id string) (ClassLabel, bool)
	// Service returns false if there is no such service.
	Service(ctx context.Context, id string) (lang.Text, bool)
}

// A ClassLabel is what people call a class of data and its fields.
type ClassLabel struct {
	Label  lang.Text
	Fields map[string]lang.Text
}

// Service is the use cases of consent. It may be used by many goroutines.
type Service struct {
	d        Deps
	purposes []Purpose
	seen     seen
}

// New returns the use cases over d. It fails if the published list of purposes
// is damaged.
func New(d Deps) (*Service, error) {
	purposes, err := parsePurposes(purposesJSON)
	if err != nil {
		return nil, fmt.Errorf("consent: %w", err)
	}
	return &Service{d: d, purposes: purposes}, nil
}

// now returns the instant as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }
