// Package activity owns the record of who did what with a person's data. Every
// entry lies beside its leaf of the transparency log: a salted commitment, from
// which nothing can be learnt and to which the entry can be held.
package activity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"causeway/platform/fault"
	"causeway/platform/trail"
)

// ErrNoEntry reports an entry that does not exist, or is not the asker's to see.
var ErrNoEntry = fault.New(fault.NotFound, "activity.no-entry")

// ErrNotAdmin reports an officer who may not see what their department did.
var ErrNotAdmin = fault.New(fault.Forbidden, "activity.not-admin")

// ErrPending reports a leaf that no signed checkpoint covers yet.
var ErrPending = errors.New("activity: the leaf is pending")

// An Entry is one act as it was kept.
type Entry struct {
	ID        string
	At        time.Time
	Act       trail.Entry // without Why and Detail if they cannot be read
	Readable  bool        // false once the key of the person is gone
	Sequenced bool        // false while its leaf waits for its index
	Position  int64       // of its leaf in the log
}

// A Page is some entries, newest first.
type Page struct {
	Entries []Entry
	Next    string // names the page after it; "" if this is the last
}

// PageSize is the number of entries of a full Page.
const PageSize = 25

// A Record is an entry as stored. Why and Detail lie in Sealed.
type Record struct {
	ID       string
	At       time.Time
	Act      trail.Entry
	Salt     []byte // 16 random bytes that begin what the leaf commits to
	Sealed   []byte // the body, encrypted
	BodyHash []byte // SHA-256 of the body before it was encrypted
}

// A Tombstone stands for the entries of one person that were lawfully erased. It
// does not say whose they were.
type Tombstone struct {
	ID    string
	At    time.Time
	Salt  []byte
	Count int
	IDs   []byte // SHA-256 of the ids of the erased entries, sorted, each with a newline
}

// Store keeps entries.
type Store interface {
	Add(ctx context.Context, r Record) error
	// ByPerson returns at most limit entries about person with ids below before
	// ("" for no bound), newest first.
	ByPerson(ctx context.Context, person, before string, limit int) ([]Record, error)
	// ByOrg is ByPerson for entries of org that are about no person.
	ByOrg(ctx context.Context, org, before string, limit int) ([]Record, error)
	// One returns ErrNoEntry if person, or nobody if person is "", has no such entry.
	One(ctx context.Context, person, id string) (Record, error)
	// IDs returns the ids of all entries about person, sorted.
	IDs(ctx context.Context, person string) ([]string, error)
	// Erase removes the entries ids about person and keeps t instead.
	Erase(ctx context.Context, person string, ids []string, t Tombstone) error
}

// Log is the transparency log.
type Log interface {
	// Append adds a leaf in the unit of ctx.
	Append(ctx context.Context, id string, leaf []byte) error
	// Positions returns the index of each leaf among ids that has one.
	Positions(ctx context.Context, ids []string) (map[string]int64, error)
	// Prove returns a checked proof, or ErrPending.
	Prove(ctx context.Context, id string) (Proof, error)
}

// A Proof shows that the log's newest signed checkpoint covers a leaf.
type Proof struct {
	Index      int64
	Size       int64 // the checkpoint's
	Leaf       []byte
	LeafHash   string   // base64, as the following
	Path       []string // the other hashes on the way to the root, lowest first
	Root       string
	Checkpoint string // the signed note
	Key        string // the verifier key that it is signed with
}

// Sealer encrypts under a person's own key, or a shared one where there is no person.
type Sealer interface {
	Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error)
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
	SealShared(label string, plain []byte) ([]byte, error)
	OpenShared(label string, sealed []byte) ([]byte, error)
}

// Units runs f as one unit of work: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Deps is what the use cases need; app fills it.
type Deps struct {
	Units  Units
	Store  Store
	Log    Log
	Sealer Sealer
	Now    func() time.Time
	NewID  func() string // UUIDv7
	Random io.Reader     // nil: crypto/rand
}

// Service is the use cases of activity. It may be used by many goroutines.
type Service struct{ d Deps }

var _ trail.Recorder = (*Service)(nil)

// New returns the use cases over d.
func New(d Deps) *Service {
	if d.Random == nil {
		d.Random = rand.Reader
	}
	return &Service{d}
}

const sealLabel = "activity.body"

// Record implements trail.Recorder: it keeps e and its leaf in the unit of ctx.
func (s *Service) Record(ctx context.Context, e trail.Entry) error {
	if err := check(e); err != nil {
		return err
	}
	r := Record{ID: s.d.NewID(), At: s.now(), Act: e}
	salts := make([]byte, 32)
	if _, err := io.ReadFull(s.d.Random, salts); err != nil {
		return fmt.Errorf("record %s: %w", e.What, err)
	}
	r.Salt = salts[:16]
	body, err := encodeBody(e, salts[16:])
	if err != nil {
		return fmt.Errorf("record %s: %w", e.What, err)
	}
	r.BodyHash = hash(body)
	if r.Sealed, err = s.seal(ctx, e.Person, body); err != nil {
		return fmt.Errorf("record %s: %w", e.What, err)
	}
	r.Act.Why, r.Act.Detail = "", nil
	leaf := r.Leaf()
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.Add(ctx, r); err != nil {
			return err
		}
		return s.d.Log.Append(ctx, r.ID, leaf)
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", e.What, err)
	}
	return nil
}

// check returns an error for an act that no module should hand over.
func check(e trail.Entry) error {
	if e.What == "" || e.Actor == "" || e.Channel == "" || e.Role == "" {
		return fmt.Errorf("record %q: an act needs what, actor, role and channel", e.What)
	}
	for _, s := range []string{e.Person, e.Org, e.Subject, e.Actor, e.Role, e.Channel, e.What, e.Grant, e.Case} {
		if !utf8.ValidString(s) || len(s) > 200 {
			return fmt.Errorf("record %q: a name is not UTF-8 or is too long", e.What)
		}
	}
	return nil
}

// now is the clock as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }

func (s *Service) seal(ctx context.Context, person string, body []byte) ([]byte, error) {
	if person == "" {
		return s.d.Sealer.SealShared(sealLabel, body)
	}
	return s.d.Sealer.Seal(ctx, person, sealLabel, body)
}

func (s *Service) open(ctx context.Context, person string, sealed []byte) ([]byte, error) {
	if person == "" {
		return s.d.Sealer.OpenShared(sealLabel, sealed)
	}
	return s.d.Sealer.Open(ctx, person, sealLabel, sealed)
}
