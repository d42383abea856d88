package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/trail"
)

// A Request asks for a licence to be revoked; a second officer decides it.
type Request struct {
	ID         string
	Department org.ID
	Person     identity.PersonID
	Licence    string
	Reason     string
	AskedBy    identity.PersonID
	Asked      time.Time
	State      RequestState
	DecidedBy  identity.PersonID
	Decided    time.Time
}

// RequestState is how far a Request has come.
type RequestState string

// The states.
const (
	Open      RequestState = "open"
	Confirmed RequestState = "confirmed"
	Rejected  RequestState = "rejected"
)

// reasonOf returns a stated reason as it is kept, or ErrReason.
func reasonOf(s string) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n < 10 || n > 500 || !utf8.ValidString(s) {
		return "", ErrReason
	}
	return s, nil
}

// AtDesk returns ErrNotOfficer unless o may see requests for revocation.
func (s *Service) AtDesk(o org.Officer) error {
	if !o.Has(RoleOfficer) && !o.Has(RoleRevoker) {
		return ErrNotOfficer
	}
	return nil
}

// entry begins the trail of what o does as role.
func entry(o org.Officer, role, what, why string) trail.Entry {
	return trail.Entry{Org: string(o.Department), Actor: string(o.Person), Role: role, Channel: trail.Online, What: what, Why: why}
}

// Find looks a licence of o's department up by its number, for a stated reason,
// which its holder will read. It returns ErrNoLicence if there is none.
func (s *Service) Find(ctx context.Context, o org.Officer, number, reason string) (Licence, error) {
	if !o.Has(RoleOfficer) {
		return Licence{}, ErrNotOfficer
	}
	reason, err := reasonOf(reason)
	if err != nil {
		return Licence{}, err
	}
	var found Licence
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		all, err := s.d.Store.ByNumber(ctx, o.Department, s.numberMAC(number))
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return ErrNoLicence
		}
		found = all[0]
		e := entry(o, RoleOfficer, "credential.looked-up", reason)
		e.Person, e.Case, e.Subject = string(found.Person), found.Case, s.d.Subjects.Subject(ctx, o.Department, found.Person)
		e.Detail = map[string]string{"type": found.Type}
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return Licence{}, fmt.Errorf("find licence: %w", err)
	}
	return found, nil
}

// AskRevocation asks for the licence with number to be revoked. Another officer
// decides: see Decide. An officer's own licence is ErrOwnLicence.
func (s *Service) AskRevocation(ctx context.Context, o org.Officer, number, reason string) (Request, error) {
	l, err := s.Find(ctx, o, number, reason)
	if err != nil {
		return Request{}, err
	}
	switch {
	case l.Person == o.Person:
		return Request{}, ErrOwnLicence
	case !l.Revoked.IsZero():
		return Request{}, ErrDecided
	}
	reason, err = reasonOf(reason)
	if err != nil {
		return Request{}, err
	}
	r := Request{
		ID: s.d.NewID(), Department: o.Department, Person: l.Person, Licence: l.ID, Reason: reason,
		AskedBy: o.Person, Asked: s.d.Now().UTC(), State: Open,
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddRequest(ctx, r); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, s.about(ctx, entry(o, RoleOfficer, "credential.revocation-asked", reason), l))
	})
	if err != nil {
		return Request{}, fmt.Errorf("ask for revocation: %w", err)
	}
	return r, nil
}

func (s *Service) about(ctx context.Context, e trail.Entry, l Licence) trail.Entry {
	e.Person, e.Case, e.Subject = string(l.Person), l.Case, s.d.Subjects.Subject(ctx, l.Department, l.Person)
	e.Detail = map[string]string{"type": l.Type}
	return e
}

// Requests returns the requests of o's department, open ones first.
func (s *Service) Requests(ctx context.Context, o org.Officer) ([]Request, error) {
	if err := s.AtDesk(o); err != nil {
		return nil, err
	}
	return s.d.Store.Requests(ctx, o.Department)
}

// Request returns one request of o's department with its licence, whose number
// is opened, and records that o looked.
func (s *Service) Request(ctx context.Context, o org.Officer, id string) (r Request, l Licence, err error) {
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if r, l, err = s.request(ctx, o, id); err != nil {
			return err
		}
		role := RoleOfficer
		if !o.Has(role) {
			role = RoleRevoker
		}
		return s.d.Trail.Record(ctx, s.about(ctx, entry(o, role, "credential.looked-up", r.Reason), l))
	})
	return r, l, err
}

func (s *Service) request(ctx context.Context, o org.Officer, id string) (Request, Licence, error) {
	if err := s.AtDesk(o); err != nil {
		return Request{}, Licence{}, err
	}
	r, err := s.d.Store.Request(ctx, o.Department, id)
	if err != nil {
		return Request{}, Licence{}, fmt.Errorf("request: %w", err)
	}
	l, sealed, err := s.d.Store.ByID(ctx, r.Person, r.Licence)
	if err != nil {
		return Request{}, Licence{}, fmt.Errorf("request: %w", err)
	}
	number, err := s.d.Sealer.OpenShared(numLabel, sealed.Number)
	if err != nil {
		return Request{}, Licence{}, err
	}
	l.Number = string(number)
	return r, l, nil
}

// Decide confirms or rejects an open request. To confirm it takes RoleRevoker
// (ErrNotRevoker), and another officer than the one who asked (ErrSameOfficer), who
// may reject it. A confirmed one revokes at once. It returns ErrDecided if somebody
// was faster.
func (s *Service) Decide(ctx context.Context, o org.Officer, id string, confirm bool) error {
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		r, l, err := s.request(ctx, o, id)
		if err != nil {
			return err
		}
		switch {
		case r.State != Open:
			return ErrDecided
		case confirm && r.AskedBy == o.Person:
			return ErrSameOfficer
		case confirm && l.Person == o.Person:
			return ErrOwnLicence
		case confirm && !o.Has(RoleRevoker):
			return ErrNotRevoker
		}
		r.State, r.DecidedBy, r.Decided = Rejected, o.Person, s.d.Now().UTC()
		if confirm {
			r.State = Confirmed
		}
		if err := s.d.Store.Decide(ctx, r); err != nil {
			return err
		}
		if !confirm {
			role := RoleRevoker
			if r.AskedBy == o.Person || !o.Has(role) {
				role = RoleOfficer
			}
			return s.d.Trail.Record(ctx, s.about(ctx, entry(o, role, "credential.revocation-rejected", r.Reason), l))
		}
		return s.revoke(ctx, l, entry(o, RoleRevoker, "", r.Reason))
	})
	if err != nil && !errors.Is(err, ErrDecided) {
		return fmt.Errorf("decide request: %w", err)
	}
	return err
}
