package org

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// An OfficerRecord is an officer as stored.
type OfficerRecord struct {
	Person     identity.PersonID
	Department ID
	Roles      []string
	NameSealed []byte
	Subject    string // how the department knows the officer as a person
	Added      time.Time
	Actor      string // who made the person an officer
	Channel    string
}

// Officers keeps officers.
type Officers interface {
	// AddOfficer returns ErrOfficerTaken if the person is one of the department's.
	AddOfficer(ctx context.Context, o OfficerRecord) error
	// Officer returns ErrNotOfficer if there is none.
	Officer(ctx context.Context, p identity.PersonID, d ID) (OfficerRecord, error)
	// OfficesOf returns what the person is, in the order of departments.
	OfficesOf(ctx context.Context, p identity.PersonID) ([]OfficerRecord, error)
	// OfficersOf returns a department's officers, those who came first at first.
	OfficersOf(ctx context.Context, d ID) ([]OfficerRecord, error)
	// SetRoles returns ErrNotOfficer if there is none.
	SetRoles(ctx context.Context, p identity.PersonID, d ID, roles []string) error
	// RemoveOfficer returns ErrNotOfficer if there is none.
	RemoveOfficer(ctx context.Context, p identity.PersonID, d ID) error
}

// Officer returns what the person is in the department now, or ErrNotOfficer.
func (s *Service) Officer(ctx context.Context, p identity.PersonID, d ID) (Officer, error) {
	if p == "" {
		return Officer{}, ErrNotOfficer
	}
	r, err := s.d.Store.Officer(ctx, p, d)
	if err != nil {
		return Officer{}, err
	}
	return s.officer(r)
}

// Offices returns what the caller is, in every department of which they are an
// officer.
func (s *Service) Offices(ctx context.Context, by identity.Caller) ([]Officer, error) {
	if !by.Known() {
		return nil, identity.ErrSignIn
	}
	rs, err := s.d.Store.OfficesOf(ctx, by.Person)
	if err != nil {
		return nil, err
	}
	return s.officers(rs)
}

// Officers returns the officers of the department that by administers, or
// ErrRole.
func (s *Service) Officers(ctx context.Context, by Officer) ([]Officer, error) {
	if err := by.Require(DepartmentAdmin); err != nil {
		return nil, err
	}
	rs, err := s.d.Store.OfficersOf(ctx, by.Department)
	if err != nil {
		return nil, err
	}
	return s.officers(rs)
}

// Require returns ErrRole if o lacks role, and ErrNotOfficer if o is nobody.
func (o Officer) Require(role string) error {
	switch {
	case !o.Known():
		return ErrNotOfficer
	case !o.Has(role):
		return ErrRole
	}
	return nil
}

func (s *Service) officer(r OfficerRecord) (Officer, error) {
	name, err := s.d.Keys.OpenShared(labelName, r.NameSealed)
	if err != nil {
		return Officer{}, fmt.Errorf("name of officer %s: %w", r.Person, err)
	}
	return Officer{Person: r.Person, Department: r.Department, Roles: r.Roles, Name: string(name)}, nil
}

func (s *Service) officers(rs []OfficerRecord) ([]Officer, error) {
	all := make([]Officer, 0, len(rs))
	for _, r := range rs {
		o, err := s.officer(r)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// AddOfficer makes the person whose identity number is n an officer of by's
// department. It returns ErrRole, ErrRoles, ErrNobody if nobody known to
// Causeway has the number, or ErrOfficerTaken.
func (s *Service) AddOfficer(ctx context.Context, by Officer, n identity.HKID, roles []string) (Officer, error) {
	if err := by.Require(DepartmentAdmin); err != nil {
		return Officer{}, err
	}
	p, err := s.d.People.Find(ctx, n)
	if errors.Is(err, identity.ErrNoPerson) || errors.Is(err, identity.ErrNumber) {
		return Officer{}, ErrNobody
	}
	if err != nil {
		return Officer{}, err
	}
	return s.appoint(ctx, by.Department, p, roles, by.entry())
}

// Appoint makes a person an officer on the program's own account: the first
// administrator of a department, and the officers of the demo.
func (s *Service) Appoint(ctx context.Context, d ID, p identity.PersonID, roles ...string) (Officer, error) {
	return s.appoint(ctx, d, p, roles, trail.Entry{Org: string(d), Actor: trail.System, Role: trail.System, Channel: trail.System})
}

func (s *Service) appoint(ctx context.Context, d ID, p identity.PersonID, roles []string, e trail.Entry) (Officer, error) {
	roles, err := checkRoles(roles)
	if err != nil {
		return Officer{}, err
	}
	if _, err := s.Department(ctx, d); err != nil {
		return Officer{}, err
	}
	c, err := s.d.People.Contact(ctx, p)
	if err != nil {
		return Officer{}, err
	}
	sealed, err := s.d.Keys.SealShared(labelName, []byte(c.Name))
	if err != nil {
		return Officer{}, fmt.Errorf("seal name: %w", err)
	}
	e.Person, e.Subject, e.What = string(p), s.Subject(ctx, d, p), "org.officer-added"
	e.Detail = map[string]string{"department": string(d), "roles": strings.Join(roles, " ")}
	r := OfficerRecord{
		Person: p, Department: d, Roles: roles, NameSealed: sealed, Subject: e.Subject,
		Added: s.now(), Actor: e.Actor, Channel: e.Channel,
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddOfficer(ctx, r); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return Officer{}, fmt.Errorf("add officer: %w", err)
	}
	return Officer{Person: p, Department: d, Roles: roles, Name: c.Name}, nil
}

// SetRoles changes what a colleague may do. It returns ErrRole, ErrRoles,
// ErrNotOfficer, or ErrLastAdmin if nobody would be left to administer the
// department.
func (s *Service) SetRoles(ctx context.Context, by Officer, p identity.PersonID, roles []string) error {
	roles, err := checkRoles(roles)
	if err != nil {
		return err
	}
	stays := slices.Contains(roles, DepartmentAdmin)
	return s.administer(ctx, by, p, stays, "org.roles-changed", roles, func(ctx context.Context) error {
		return s.d.Store.SetRoles(ctx, p, by.Department, roles)
	})
}

// RemoveOfficer ends a colleague's office at once. It returns ErrRole,
// ErrNotOfficer or ErrLastAdmin.
func (s *Service) RemoveOfficer(ctx context.Context, by Officer, p identity.PersonID) error {
	return s.administer(ctx, by, p, false, "org.officer-removed", nil, func(ctx context.Context) error {
		return s.d.Store.RemoveOfficer(ctx, p, by.Department)
	})
}

// administer has f change officer p, unless p is the last administrator and does
// not stay one.
func (s *Service) administer(ctx context.Context, by Officer, p identity.PersonID, stays bool, what string, roles []string, f func(context.Context) error) error {
	if err := by.Require(DepartmentAdmin); err != nil {
		return err
	}
	e := by.entry()
	e.Person, e.Subject, e.What = string(p), s.Subject(ctx, by.Department, p), what
	e.Detail = map[string]string{"department": string(by.Department), "roles": strings.Join(roles, " ")}
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		all, err := s.d.Store.OfficersOf(ctx, by.Department)
		if err != nil {
			return err
		}
		others := slices.ContainsFunc(all, func(o OfficerRecord) bool {
			return o.Person != p && slices.Contains(o.Roles, DepartmentAdmin)
		})
		if !slices.ContainsFunc(all, func(o OfficerRecord) bool { return o.Person == p }) {
			return ErrNotOfficer
		}
		if !stays && !others {
			return ErrLastAdmin
		}
		if err := f(ctx); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// entry is what o's administrative acts have in common.
func (o Officer) entry() trail.Entry {
	return trail.Entry{Org: string(o.Department), Actor: string(o.Person), Role: DepartmentAdmin, Channel: trail.Online}
}

// checkRoles returns roles in order, each once; ErrRoles if there is none, or
// one that is no slug.
func checkRoles(roles []string) ([]string, error) {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	if len(roles) == 0 || len(roles) > 20 || slices.ContainsFunc(roles, func(r string) bool { return !slug(r) }) {
		return nil, ErrRoles
	}
	return roles, nil
}
