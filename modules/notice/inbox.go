package notice

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/platform/lang"
)

// List returns the caller's messages older than before ("" for the newest).
func (s *Service) List(ctx context.Context, c identity.Caller, before string) (Page, error) {
	if !c.Known() {
		return Page{}, ErrSignIn
	}
	records, err := s.d.Store.List(ctx, c.Person, before, PageSize+1)
	if err != nil {
		return Page{}, err
	}
	var p Page
	if len(records) > PageSize {
		records = records[:PageSize]
		p.Next = records[PageSize-1].ID
	}
	p.Messages, err = s.open(ctx, records)
	return p, err
}

// Latest returns the newest n messages of the caller.
func (s *Service) Latest(ctx context.Context, c identity.Caller, n int) ([]Received, error) {
	if !c.Known() {
		return nil, ErrSignIn
	}
	records, err := s.d.Store.List(ctx, c.Person, "", n)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, records)
}

// Open returns a message of the caller and marks it as read. It returns
// ErrNoMessage if there is none, or it is another's.
func (s *Service) Open(ctx context.Context, c identity.Caller, id string) (Received, error) {
	if !c.Known() {
		return Received{}, ErrSignIn
	}
	r, err := s.d.Store.Get(ctx, c.Person, id)
	if err != nil {
		return Received{}, err
	}
	if r.Read.IsZero() {
		r.Read = s.d.Now()
		err = s.d.Units.Do(ctx, func(ctx context.Context) error { return s.d.Store.SetRead(ctx, r.Person, r.ID, r.Read) })
		if err != nil {
			return Received{}, err
		}
	}
	return s.received(ctx, r)
}

// Unread counts the messages that a person has not opened.
func (s *Service) Unread(ctx context.Context, p identity.PersonID) (int, error) {
	return s.d.Store.Unread(ctx, p)
}

// Preferences returns how the caller wants to be told: by e-mail too, if nothing
// else was said.
func (s *Service) Preferences(ctx context.Context, c identity.Caller) (Preferences, error) {
	if !c.Known() {
		return Preferences{}, ErrSignIn
	}
	p, ok, err := s.d.Store.Preferences(ctx, c.Person)
	if err == nil && !ok {
		p.Mail = true
	}
	return p, err
}

// SetPreferences keeps how the caller wants to be told.
func (s *Service) SetPreferences(ctx context.Context, c identity.Caller, p Preferences) error {
	if !c.Known() {
		return ErrSignIn
	}
	now := s.d.Now()
	return s.d.Units.Do(ctx, func(ctx context.Context) error { return s.d.Store.SetPreferences(ctx, c.Person, p, now) })
}

func (s *Service) open(ctx context.Context, records []Record) ([]Received, error) {
	all := make([]Received, 0, len(records))
	for _, r := range records {
		m, err := s.received(ctx, r)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (s *Service) received(ctx context.Context, r Record) (Received, error) {
	_, m, err := s.opened(ctx, r)
	return m, err
}

// opened returns the message that r keeps, and the address that it was for.
func (s *Service) opened(ctx context.Context, r Record) (former string, m Received, err error) {
	m = Received{ID: r.ID, Person: r.Person, Kind: r.Kind, Link: r.Link, Sent: r.Sent, Read: r.Read}
	plain, err := s.d.Sealer.Open(ctx, string(r.Person), label, r.Args)
	if err != nil {
		return "", m, err
	}
	if m.Args, err = decode(plain); err != nil {
		return "", m, err
	}
	former, _ = m.Args[formerArg].(string)
	delete(m.Args, formerArg)
	return former, m, nil
}

// Subject returns what m is about, in t.
func (s *Service) Subject(t lang.Tag, m Received) string {
	return s.d.Texts.Text(t, m.Kind+".subject", m.Args)
}

// Body returns what m says, in t.
func (s *Service) Body(t lang.Tag, m Received) string {
	return s.d.Texts.Text(t, m.Kind+".body", m.Args)
}

// giveUp is how long an e-mail is tried.
const giveUp = 72 * time.Hour
