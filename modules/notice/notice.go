// Package notice owns what Causeway tells people: the inbox, the e-mails that
// say there is something in it, and who wants them. They are written in the
// language that identity knows the person to read.
//
// An e-mail holds a greeting and a link, never what the message says: mail is
// read by more people than the one it is for. The one that goes to an address that
// a person no longer has says it, since they may be unable to sign in.
package notice

import (
	"context"
	"maps"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/platform/fault"
	"causeway/platform/lang"
)

// A Message is something to tell a person. Kind is the prefix of its texts,
// <kind>.subject and <kind>.body; a blank line in the body begins a paragraph.
// Args fill them: a string, int, bool, lang.Text, day.Date, money.Amount or
// time.Time each, written in the language in which the message is read.
type Message struct {
	Person identity.PersonID
	Kind   string
	Args   map[string]any
	Link   string // a path of ours where the person goes on, or ""
	// Former is the e-mail address that was the person's until now, or "". The
	// e-mail goes there, without a name, and holds what the message says.
	Former string
}

// A Received is a message in somebody's inbox.
type Received struct {
	ID     string
	Person identity.PersonID
	Kind   string
	Args   map[string]any
	Link   string
	Sent   time.Time
	Read   time.Time // zero: not yet
}

// Unread reports whether r has not been opened.
func (r Received) Unread() bool { return r.Read.IsZero() }

// Preferences are how a person wants to be told.
type Preferences struct {
	Mail bool // by e-mail too
}

// A Page is a part of an inbox, newest first.
type Page struct {
	Messages []Received
	Next     string // where the next page begins; "" on the last
}

// Failures that a caller can act on.
var (
	ErrSignIn    = fault.New(fault.Unauthenticated, "notice.sign-in")
	ErrNoMessage = fault.New(fault.NotFound, "notice.no-message")
	ErrMessage   = fault.New(fault.Invalid, "notice.message")
)

// PageSize is how many messages a page of the inbox holds.
const PageSize = 20

// MailJob is the kind of job that sends the e-mail about a message.
const MailJob = "notice.mail"

// Units runs f as one unit of work: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Sealer encrypts what concerns a person.
type Sealer interface {
	Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error)
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
}

// Jobs does durable work later, enqueued in the unit of ctx. At zero: at once.
type Jobs interface {
	Enqueue(ctx context.Context, kind, key string, payload []byte, at time.Time) error
}

// People knows how to address a person. It returns identity.ErrNoPerson for one
// who is gone.
type People interface {
	Contact(ctx context.Context, id identity.PersonID) (identity.Contact, error)
}

// Texts are the texts of all modules.
type Texts interface {
	Text(t lang.Tag, key string, args map[string]any) string
}

// Deps is what the use cases need; app fills it.
type Deps struct {
	Units  Units
	Store  Store
	Sealer Sealer
	Jobs   Jobs
	People People
	Texts  Texts
	Mailer Mailer
	Now    func() time.Time
	NewID  func() string
	Origin string // ours, such as "https://city.example": links in e-mails begin with it
}

// Service is the use cases of notice. It may be used by many goroutines.
type Service struct{ d Deps }

// New returns the use cases over d.
func New(d Deps) *Service { return &Service{d} }

const (
	label     = "notice.args"
	formerArg = " former" // no placeholder has such a name
)

// Tell puts m into the person's inbox and has an e-mail follow, in the unit of
// ctx. It returns ErrMessage if m lacks a person or kind, names an address that
// is not ours, or holds an argument that cannot be kept.
func (s *Service) Tell(ctx context.Context, m Message) error {
	if m.Person == "" || m.Kind == "" || m.Link != "" && !ours(m.Link) {
		return ErrMessage
	}
	all := m.Args
	if m.Former != "" {
		all = maps.Clone(m.Args)
		if all == nil {
			all = map[string]any{}
		}
		all[formerArg] = m.Former
	}
	args, err := encode(all)
	if err != nil {
		return err
	}
	sealed, err := s.d.Sealer.Seal(ctx, string(m.Person), label, args)
	if err != nil {
		return err
	}
	r := Record{ID: s.d.NewID(), Person: m.Person, Kind: m.Kind, Args: sealed, Link: m.Link, Sent: s.d.Now()}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.Add(ctx, r); err != nil {
			return err
		}
		return s.d.Jobs.Enqueue(ctx, MailJob, r.ID, payload(r), time.Time{})
	})
}

// ours reports whether link is a path on this site.
func ours(link string) bool {
	return strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") && !strings.ContainsAny(link, "\\\r\n\t ")
}
