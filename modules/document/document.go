// Package document owns the files that people hand in: it checks what they are,
// keeps them sealed under the person's key, and lets the right people see them,
// never as a page of ours.
package document

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
	"causeway/platform/trail"
)

// ID names an upload.
type ID string

// Kind is what an upload is, by its content.
type Kind string

// The kinds that are taken.
const (
	PDF  Kind = "pdf"
	PNG  Kind = "png"
	JPEG Kind = "jpeg"
)

// MediaType returns the kind's media type.
func (k Kind) MediaType() string {
	switch k {
	case PDF:
		return "application/pdf"
	case PNG:
		return "image/png"
	case JPEG:
		return "image/jpeg"
	}
	return "application/octet-stream"
}

// Image reports whether k is a picture, which has a preview.
func (k Kind) Image() bool { return k == PNG || k == JPEG }

// Limits of uploads.
const (
	MaxSize = 5 << 20 // bytes of one
	MaxCase = 20      // uploads of one case
)

// Upload is a file as it was handed in.
type Upload struct {
	Case     string
	Question string // which question of the case it answers
	Name     string // as the person's device calls it
	Content  []byte
}

// File is an upload that was taken.
type File struct {
	ID       ID
	Person   identity.PersonID
	Case     string
	Question string
	Name     string // cleaned; ends with the kind's own extension
	Kind     Kind
	Size     int
	Blob     string // where its content lies
	Uploaded time.Time
	Actor    string
	Role     string
	Channel  string
}

// Errors of this module.
var (
	ErrNoFile  = fault.New(fault.NotFound, "document.no-file")
	ErrEmpty   = fault.New(fault.Invalid, "document.empty")
	ErrLarge   = fault.New(fault.Invalid, "document.large")
	ErrKind    = fault.New(fault.Invalid, "document.kind")
	ErrDamaged = fault.New(fault.Invalid, "document.damaged")
	ErrPixels  = fault.New(fault.Invalid, "document.pixels")
	ErrMixed   = fault.New(fault.Invalid, "document.mixed")
	ErrActive  = fault.New(fault.Invalid, "document.active")
	ErrLocked  = fault.New(fault.Invalid, "document.locked")
	ErrMany    = fault.New(fault.Conflict, "document.many")
)

// Units runs f as one transaction: all of it happens, or none.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Sealer encrypts under a person's key.
type Sealer interface {
	Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error)
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
}

// Blobs keeps sealed content by key.
type Blobs interface {
	// Put returns once content is durable.
	Put(ctx context.Context, key string, content []byte) error
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
	// Delete removes content, if there is any.
	Delete(ctx context.Context, key string) error
	// Before lists what begins with prefix and was written before t.
	Before(ctx context.Context, prefix string, t time.Time) ([]string, error)
}

// Access says which uploads an officer may see: those of cases in their work.
type Access interface {
	MaySee(ctx context.Context, officer org.Officer, f File) (bool, error)
}

// Subjects says how a department knows a person.
type Subjects interface {
	Subject(ctx context.Context, d org.ID, person identity.PersonID) string
}

// Store keeps what is known of files. Names are sealed by the use cases: Name
// holds sealed bytes here.
type Store interface {
	// Insert adds f unless its case has max files already; ok says whether it did.
	Insert(ctx context.Context, f File, limit int) (ok bool, err error)
	// File returns ErrNoFile if there is none.
	File(ctx context.Context, id ID) (File, error)
	// FileOf is File for one person: another's is ErrNoFile.
	FileOf(ctx context.Context, person identity.PersonID, id ID) (File, error)
	// ByCase lists a case's, oldest first.
	ByCase(ctx context.Context, person identity.PersonID, caseID string) ([]File, error)
	// Remove forgets f and remembers that its blob is to go.
	Remove(ctx context.Context, f File) error
	// OfCase lists a case's, whoever's it is.
	OfCase(ctx context.Context, caseID string) ([]File, error)
	// Known returns those of blobs that a file has.
	Known(ctx context.Context, blobs []string) (map[string]bool, error)
	// Removals lists blobs that are to go, and Removed that they have.
	Removals(ctx context.Context, limit int) ([]string, error)
	Removed(ctx context.Context, blobs []string) error
}

// Deps is what the use cases of document need; app fills it.
type Deps struct {
	Units    Units
	Store    Store
	Blobs    Blobs
	Sealer   Sealer
	Access   Access
	Subjects Subjects
	Trail    trail.Recorder
	Now      func() time.Time
	NewID    func() string
}

// Service is the use cases of document.
type Service struct {
	d        Deps
	decoding chan struct{} // one picture is decoded at a time: each may take 150 MB
}

// New returns the use cases over d.
func New(d Deps) *Service { return &Service{d: d, decoding: make(chan struct{}, 1)} }
