package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"sync"
	"time"

	"causeway/platform/trail"
)

// Deps is what the use cases of identity need; app fills it.
type Deps struct {
	Units   Units
	Store   Store
	Keys    Keys
	Party   RelyingParty
	Desk    Desk
	Trail   trail.Recorder
	Subject Subject // nil: no organisation has a name for anybody
	Tell    Tell    // nil: nobody is told anything
	Now     func() time.Time
	NewID   func() string
	Random  io.Reader // nil: crypto/rand
}

// Units runs f as one unit of work: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Store keeps what identity owns.
type Store interface {
	People
	Codes
	Passkeys
	Sessions
	Ceremonies
}

// Keys seals what is about a person under that person's key, and makes keyed
// hashes under keys that are not in the database. The label says what for.
type Keys interface {
	Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error)
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
	MAC(label string, data []byte) []byte
	// Prepare makes the keys of many persons at once; sealing makes what is missing.
	Prepare(ctx context.Context, persons []string) error
}

// Subject returns how an organisation knows a person.
type Subject func(ctx context.Context, organisation string, p PersonID) string

// Tell tells a person, in the unit of ctx, that something about their signing in
// has changed: kind names what, as texts do. former is "", or the e-mail address
// that was the person's until now, to which this goes.
type Tell func(ctx context.Context, p PersonID, kind, former string) error

// Labels of Keys.
const (
	labelContact = "identity.contact"
	labelNumber  = "identity.number"
	labelLetter  = "identity.letter"
	labelPasskey = "identity.passkey"
	labelCode    = "identity.code"
)

// Service is the use cases of identity. It may be used by many goroutines.
type Service struct {
	d Deps

	seen     sync.WaitGroup // running notes of sessions seen
	mu       sync.Mutex     // guards noting
	noting   map[string]struct{}
	maxNotes int
}

// New returns the use cases over d.
func New(d Deps) *Service {
	if d.Random == nil {
		d.Random = rand.Reader
	}
	if d.Subject == nil {
		d.Subject = func(context.Context, string, PersonID) string { return "" }
	}
	if d.Tell == nil {
		d.Tell = func(context.Context, PersonID, string, string) error { return nil }
	}
	return &Service{d: d, noting: map[string]struct{}{}, maxNotes: 64}
}

// now returns the instant as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }

// secret returns 256 random bits in 43 characters.
func (s *Service) secret() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(s.d.Random, b[:]); err != nil {
		return "", fmt.Errorf("identity: random: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// named reports whether s can be an id of ours. What comes from outside and
// cannot is looked up nowhere.
func named(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
