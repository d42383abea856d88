package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"causeway/platform/lang"
	"causeway/platform/trail"
)

// A Person is somebody whom government knows. What says who they are is sealed,
// and read with Contact and Number.
type Person struct {
	ID        PersonID
	Lang      lang.Tag
	Assurance Assurance // the surest check that was made
	Created   time.Time
}

// NewPerson is somebody to be added. Email may be empty.
type NewPerson struct {
	Number    HKID
	Name      string
	Email     string
	Lang      lang.Tag
	Assurance Assurance
}

// Contact is how to address a person.
type Contact struct {
	Name  string
	Email string // "" if none is known
	Lang  lang.Tag
}

// String keeps a person's name and address out of logs.
func (c Contact) String() string { return "[contact]" }

// A PersonRecord is a person as stored.
type PersonRecord struct {
	Person
	NumberMAC     []byte // finds the person by identity number
	NumberSealed  []byte
	ContactSealed []byte
	Actor         string // who added the person
	Channel       string
}

// People keeps people.
type People interface {
	// AddPeople adds all of them, or returns ErrNumberTaken if one's number is
	// another's.
	AddPeople(ctx context.Context, p []PersonRecord) error
	// Person returns ErrNoPerson if there is none.
	Person(ctx context.Context, id PersonID) (PersonRecord, error)
	// PersonByNumber returns ErrNoPerson if there is none.
	PersonByNumber(ctx context.Context, mac []byte) (PersonID, error)
	// UpdatePerson changes the sealed contact, the language and the assurance.
	UpdatePerson(ctx context.Context, p PersonRecord) error
}

// sealedContact is what lies under labelContact.
type sealedContact struct {
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}

// Create adds a person and records that it did. It returns ErrNumberTaken if
// somebody has the number, ErrNumber, ErrName, ErrEmail or ErrLang.
func (s *Service) Create(ctx context.Context, n NewPerson) (Person, error) {
	if err := n.check(); err != nil {
		return Person{}, err
	}
	var p Person
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		r, err := s.create(ctx, n, trail.System, trail.System)
		if err != nil {
			return err
		}
		p = r.Person
		return s.d.Trail.Record(ctx, trail.Entry{
			Person: string(p.ID), Actor: trail.System, Role: trail.System, Channel: trail.System, What: "identity.registered",
		})
	})
	if err != nil {
		return Person{}, fmt.Errorf("create person: %w", err)
	}
	return p, nil
}

// create adds a person in the unit of ctx.
func (s *Service) create(ctx context.Context, n NewPerson, actor, channel string) (PersonRecord, error) {
	r, err := s.record(ctx, PersonID(s.d.NewID()), n, actor, channel)
	if err != nil {
		return PersonRecord{}, err
	}
	return r, s.d.Store.AddPeople(ctx, []PersonRecord{r})
}

// CreateMany adds people, as from a register, in one unit and in order: all of
// them or none. It records the act once, with their number.
func (s *Service) CreateMany(ctx context.Context, all []NewPerson) ([]Person, error) {
	for i, n := range all {
		if err := n.check(); err != nil {
			return nil, fmt.Errorf("person %d: %w", i, err)
		}
	}
	ids := make([]string, len(all))
	for i := range ids {
		ids[i] = s.d.NewID()
	}
	if err := s.d.Keys.Prepare(ctx, ids); err != nil { // a key of nobody does no harm, should the unit fail
		return nil, fmt.Errorf("create people: %w", err)
	}
	people, records := make([]Person, len(all)), make([]PersonRecord, len(all))
	for i, n := range all {
		r, err := s.record(ctx, PersonID(ids[i]), n, trail.System, trail.System)
		if err != nil {
			return nil, fmt.Errorf("create people: %w", err)
		}
		records[i], people[i] = r, r.Person
	}
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddPeople(ctx, records); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, trail.Entry{
			Actor: trail.System, Role: trail.System, Channel: trail.System, What: "identity.imported",
			Detail: map[string]string{"people": strconv.Itoa(len(all))},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("create people: %w", err)
	}
	return people, nil
}

// record makes n's row.
func (s *Service) record(ctx context.Context, id PersonID, n NewPerson, actor, channel string) (PersonRecord, error) {
	r := PersonRecord{
		Person:    Person{ID: id, Lang: n.Lang, Assurance: n.Assurance, Created: s.now()},
		NumberMAC: s.numberMAC(n.Number), Actor: actor, Channel: channel,
	}
	var err error
	if r.NumberSealed, err = s.d.Keys.Seal(ctx, string(r.ID), labelNumber, []byte(n.Number.Reveal())); err != nil {
		return r, fmt.Errorf("seal number: %w", err)
	}
	r.ContactSealed, err = s.sealContact(ctx, r.ID, sealedContact{n.Name, n.Email})
	return r, err
}

func (s *Service) sealContact(ctx context.Context, id PersonID, c sealedContact) ([]byte, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode contact: %w", err)
	}
	sealed, err := s.d.Keys.Seal(ctx, string(id), labelContact, b)
	if err != nil {
		return nil, fmt.Errorf("seal contact: %w", err)
	}
	return sealed, nil
}

func (s *Service) numberMAC(n HKID) []byte { return s.d.Keys.MAC(labelNumber, []byte(n.Reveal())) }

// check returns what is wrong with n.
func (n NewPerson) check() error {
	switch {
	case n.Number.IsZero():
		return ErrNumber
	case !plainText(n.Name, 200):
		return ErrName
	case n.Email != "" && !email(n.Email):
		return ErrEmail
	}
	if _, ok := lang.Parse(string(n.Lang)); !ok {
		return ErrLang
	}
	return nil
}

// plainText reports whether s is one line of at most so many characters, with
// something to see and nothing that hides.
func plainText(s string, most int) bool {
	if n := utf8.RuneCountInString(s); !utf8.ValidString(s) || n < 1 || n > most || strings.TrimSpace(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || unicode.In(r, unicode.Cf) })
}

// email reports whether s can be the address of a mailbox.
func email(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 || local == "" || !strings.Contains(domain, ".") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"(),:;<>[\]`, r) }) &&
		!strings.Contains(domain, "@") && !strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.Contains(s, "..")
}

// Person returns ErrNoPerson if nobody has the id.
func (s *Service) Person(ctx context.Context, id PersonID) (Person, error) {
	r, err := s.d.Store.Person(ctx, id)
	return r.Person, err
}

// Contact returns how to address a person, or ErrNoPerson.
func (s *Service) Contact(ctx context.Context, id PersonID) (Contact, error) {
	r, err := s.d.Store.Person(ctx, id)
	if err != nil {
		return Contact{}, err
	}
	c, err := s.contact(ctx, r)
	return Contact{c.Name, c.Email, r.Lang}, err
}

func (s *Service) contact(ctx context.Context, r PersonRecord) (sealedContact, error) {
	var c sealedContact
	b, err := s.d.Keys.Open(ctx, string(r.ID), labelContact, r.ContactSealed)
	if err != nil {
		return c, fmt.Errorf("open contact of %s: %w", r.ID, err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("decode contact of %s", r.ID) // the cause may quote a name
	}
	return c, nil
}

// Number returns a person's identity number, or ErrNoPerson. It is for the
// gateway, which asks a registry by it.
func (s *Service) Number(ctx context.Context, id PersonID) (HKID, error) {
	r, err := s.d.Store.Person(ctx, id)
	if err != nil {
		return HKID{}, err
	}
	return s.openNumber(ctx, r)
}

func (s *Service) openNumber(ctx context.Context, r PersonRecord) (HKID, error) {
	b, err := s.d.Keys.Open(ctx, string(r.ID), labelNumber, r.NumberSealed)
	if err != nil {
		return HKID{}, fmt.Errorf("open number of %s: %w", r.ID, err)
	}
	return ParseHKID(string(b))
}

// Find returns who has the number, or ErrNoPerson.
func (s *Service) Find(ctx context.Context, n HKID) (PersonID, error) {
	if n.IsZero() {
		return "", ErrNumber
	}
	return s.d.Store.PersonByNumber(ctx, s.numberMAC(n))
}

// SetLang changes the language in which the caller is written to.
func (s *Service) SetLang(ctx context.Context, by Caller, t lang.Tag) error {
	if !by.Known() {
		return ErrSignIn
	}
	if _, ok := lang.Parse(string(t)); !ok {
		return ErrLang
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		r, err := s.d.Store.Person(ctx, by.Person)
		if err != nil {
			return err
		}
		r.Lang = t
		return s.d.Store.UpdatePerson(ctx, r)
	})
}

// A Profile is what the caller's own page says of them.
type Profile struct {
	Contact
	Hint      string // of the identity number
	Assurance Assurance
}

// OwnProfile returns what is known of the caller, or ErrSignIn.
func (s *Service) OwnProfile(ctx context.Context, by Caller) (Profile, error) {
	if !by.Known() {
		return Profile{}, ErrSignIn
	}
	r, err := s.d.Store.Person(ctx, by.Person)
	if err != nil {
		return Profile{}, err
	}
	c, err := s.contact(ctx, r)
	if err != nil {
		return Profile{}, err
	}
	n, err := s.openNumber(ctx, r)
	return Profile{Contact{c.Name, c.Email, r.Lang}, n.Hint(), r.Assurance}, err
}
