package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway/platform/lang"
	"causeway/platform/trail"
)

// A Clerk is the officer at the counter.
type Clerk struct {
	Person         PersonID
	Department     string    // its id
	DepartmentName lang.Text // as the letter names it
	Role           string
}

// Desk knows who is at the counter.
type Desk interface {
	// Clerk returns the officer who asks in ctx, for the department that the
	// request names; ok is false unless the officer may issue codes there.
	Clerk(ctx context.Context) (c Clerk, ok bool)
}

// An Application for a code is what a clerk types, with the document in hand.
// Email may be empty: that of somebody who is known stays as it is.
type Application struct {
	Number   HKID
	Name     string // as the document has it
	Email    string
	Lang     lang.Tag
	Document Document
}

// A Letter is what the clerk prints and hands over. It does not tell whether the
// person had been activated before.
type Letter struct {
	ID         string
	Code       Code
	Name       string
	Lang       lang.Tag // of the person
	Department lang.Text
	Until      time.Time // the code's last instant
}

// CodeState says what has become of a code.
type CodeState string

// The states of a code.
const (
	CodeOpen     CodeState = "open"
	CodeUsed     CodeState = "used"
	CodeBlocked  CodeState = "blocked"  // too many wrong identity numbers
	CodeReplaced CodeState = "replaced" // by a newer one
)

// A CodeRecord is a code as stored.
type CodeRecord struct {
	Person     PersonID
	ID         string
	MAC        []byte // finds the code
	State      CodeState
	Attempts   int // wrong identity numbers so far
	Document   Document
	Department string
	Subject    string // how Department knows the person
	Actor      PersonID
	Channel    string
	Created    time.Time
	Until      time.Time
	Letter     []byte // the code, sealed, while it may be printed again
}

// Codes keeps activation codes.
type Codes interface {
	AddCode(ctx context.Context, c CodeRecord) error
	// CodeByMAC returns ErrCode if there is none.
	CodeByMAC(ctx context.Context, mac []byte) (CodeRecord, error)
	// Code returns ErrCode if the person has none with the id.
	Code(ctx context.Context, p PersonID, id string) (CodeRecord, error)
	// OpenCodes returns a person's codes that are CodeOpen and not expired at now.
	OpenCodes(ctx context.Context, p PersonID, now time.Time) ([]CodeRecord, error)
	// UpdateCode changes the state, the attempts and the letter of c, if its state
	// is still was; it reports whether it did.
	UpdateCode(ctx context.Context, c CodeRecord, was CodeState) (bool, error)
	// CodeOfActor returns the code that the officer issued, or ErrNoLetter.
	CodeOfActor(ctx context.Context, id string, actor PersonID) (CodeRecord, error)
	// ForgetLetters erases the printable codes issued before t.
	ForgetLetters(ctx context.Context, t time.Time) error
}

// Issue makes a code for the person whom an application names, adding the person
// if nobody has the number, and records both acts. The clerk is told nothing of
// what is known already. Older codes of the person end. It returns the letter's
// id, and ErrNotClerk, ErrOwnCode, ErrDocument or what NewPerson's fields can
// have wrong.
func (s *Service) Issue(ctx context.Context, a Application) (string, error) {
	clerk, ok := s.d.Desk.Clerk(ctx)
	if !ok {
		return "", ErrNotClerk
	}
	if err := (NewPerson{Number: a.Number, Name: a.Name, Email: a.Email, Lang: a.Lang}).check(); err != nil {
		return "", err
	}
	if _, ok := a.Document.Assurance(); !ok {
		return "", ErrDocument
	}
	code, err := newCode(s.d.Random)
	if err != nil {
		return "", err
	}
	id := s.d.NewID()
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		p, err := s.applicant(ctx, clerk, a)
		if err != nil {
			return err
		}
		if p.ID == clerk.Person {
			return ErrOwnCode
		}
		return s.issue(ctx, clerk, a.Document, p.ID, id, code)
	})
	if err != nil {
		return "", fmt.Errorf("issue code: %w", err)
	}
	return id, nil
}

// applicant finds or adds the person in the unit of ctx. The document decides
// how a person who is known is called from now on. Another e-mail address than
// before is told to the one of before.
func (s *Service) applicant(ctx context.Context, clerk Clerk, a Application) (Person, error) {
	id, err := s.Find(ctx, a.Number)
	if errors.Is(err, ErrNoPerson) {
		r, err := s.create(ctx, NewPerson{Number: a.Number, Name: a.Name, Email: a.Email, Lang: a.Lang}, string(clerk.Person), trail.Counter)
		if err != nil {
			return Person{}, err
		}
		return r.Person, s.atCounter(ctx, clerk, r.ID, "identity.registered", nil)
	}
	if err != nil {
		return Person{}, err
	}
	r, err := s.d.Store.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	c, err := s.contact(ctx, r)
	if err != nil {
		return Person{}, err
	}
	want := sealedContact{a.Name, a.Email}
	if want.Email == "" {
		want.Email = c.Email
	}
	if c == want && r.Lang == a.Lang {
		return r.Person, nil
	}
	r.Lang = a.Lang
	if r.ContactSealed, err = s.sealContact(ctx, id, want); err != nil {
		return Person{}, err
	}
	if err := s.d.Store.UpdatePerson(ctx, r); err != nil {
		return Person{}, err
	}
	if c.Email != "" && c.Email != want.Email { // whoever reads the old address learns of it
		if err := s.d.Tell(ctx, id, "identity.notice.email-changed", c.Email); err != nil {
			return Person{}, err
		}
	}
	return r.Person, s.atCounter(ctx, clerk, id, "identity.contact-changed", nil)
}

// issue stores code for p in the unit of ctx.
func (s *Service) issue(ctx context.Context, clerk Clerk, d Document, p PersonID, id string, code Code) error {
	now := s.now()
	open, err := s.d.Store.OpenCodes(ctx, p, now)
	if err != nil {
		return err
	}
	for _, old := range open {
		old.State, old.Letter = CodeReplaced, nil
		if _, err := s.d.Store.UpdateCode(ctx, old, CodeOpen); err != nil {
			return err
		}
	}
	letter, err := s.d.Keys.Seal(ctx, string(p), labelLetter, code.letters())
	if err != nil {
		return fmt.Errorf("seal letter: %w", err)
	}
	err = s.d.Store.AddCode(ctx, CodeRecord{
		Person: p, ID: id, MAC: s.d.Keys.MAC(labelCode, code.letters()), State: CodeOpen, Document: d,
		Department: clerk.Department, Subject: s.d.Subject(ctx, clerk.Department, p), Actor: clerk.Person,
		Channel: trail.Counter, Created: now, Until: now.Add(codeFor), Letter: letter,
	})
	if err != nil {
		return err
	}
	if err := s.atCounter(ctx, clerk, p, "identity.code-issued", map[string]string{"document": string(d)}); err != nil {
		return err
	}
	had, err := s.d.Store.PasskeysOf(ctx, p)
	if err != nil || len(had) == 0 { // nobody reads messages who never signed in
		return err
	}
	return s.d.Tell(ctx, p, "identity.notice.code-issued", "")
}

// atCounter records what clerk did for p.
func (s *Service) atCounter(ctx context.Context, clerk Clerk, p PersonID, what string, detail map[string]string) error {
	return s.d.Trail.Record(ctx, trail.Entry{
		Person: string(p), Org: clerk.Department, Subject: s.d.Subject(ctx, clerk.Department, p),
		Actor: string(clerk.Person), Role: clerk.Role, Channel: trail.Counter, What: what, Detail: detail,
	})
}

// Letter returns a letter to the clerk who issued it, for ten minutes and until
// its code is used; ErrNoLetter otherwise.
func (s *Service) Letter(ctx context.Context, id string) (Letter, error) {
	clerk, ok := s.d.Desk.Clerk(ctx)
	if !ok {
		return Letter{}, ErrNotClerk
	}
	if !named(id) {
		return Letter{}, ErrNoLetter
	}
	c, err := s.d.Store.CodeOfActor(ctx, id, clerk.Person)
	if err != nil {
		return Letter{}, err
	}
	if c.Department != clerk.Department || c.State != CodeOpen || len(c.Letter) == 0 || !s.now().Before(c.Created.Add(letterFor)) {
		return Letter{}, ErrNoLetter
	}
	b, err := s.d.Keys.Open(ctx, string(c.Person), labelLetter, c.Letter)
	if err != nil {
		return Letter{}, fmt.Errorf("open letter: %w", err)
	}
	code, err := ParseCode(string(b))
	if err != nil {
		return Letter{}, fmt.Errorf("letter %s: %w", id, err)
	}
	to, err := s.Contact(ctx, c.Person)
	if err != nil {
		return Letter{}, err
	}
	return Letter{ID: c.ID, Code: code, Name: to.Name, Lang: to.Lang, Department: clerk.DepartmentName, Until: c.Until}, nil
}

// AtCounter returns ErrNotClerk unless who asks in ctx may issue codes.
func (s *Service) AtCounter(ctx context.Context) error {
	if _, ok := s.d.Desk.Clerk(ctx); !ok {
		return ErrNotClerk
	}
	return nil
}
