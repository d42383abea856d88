package consent

import (
	"context"
	"fmt"
	"slices"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// Withdraw ends the caller's grant at once: what is not being fetched at this
// moment is not fetched. What was fetched before stays with the case until its
// retention ends. It returns identity.ErrSignIn, ErrNoGrant or ErrEnded.
func (s *Service) Withdraw(ctx context.Context, by identity.Caller, id GrantID) error {
	if !by.Known() {
		return identity.ErrSignIn
	}
	return s.end(ctx, by, by.Person, id, TakenBack, "consent.withdrawn")
}

// UseUp ends a grant that has served its purpose: its case is decided. One that
// has ended already is left as it is. It returns ErrNoGrant.
func (s *Service) UseUp(ctx context.Context, p identity.PersonID, id GrantID) error {
	g, err := s.d.Store.Grant(ctx, p, id)
	if err != nil {
		return err
	}
	if g.State(s.now()) != Active {
		return nil
	}
	by := identity.Caller{Person: identity.PersonID(trail.System), Role: trail.System, Channel: trail.System}
	return s.end(ctx, by, p, id, UsedUp, "consent.used")
}

// end adds the record that ends a grant. It signs before the unit begins, since
// a unit makes others wait; the grant itself never changes.
func (s *Service) end(ctx context.Context, by identity.Caller, p identity.PersonID, id GrantID, kind Kind, what string) error {
	g, err := s.d.Store.Grant(ctx, p, id)
	if err != nil {
		return err
	}
	if g.State(s.now()) != Active {
		return ErrEnded
	}
	rec := Record{
		Kind: kind, ID: s.d.NewID(), Person: p, Recipient: g.Recipient, Service: g.Service, Case: g.Case,
		At: s.now(), Previous: id, Subject: s.d.Orgs.Subject(ctx, g.Recipient, p), Actor: string(by.Person), Channel: by.Channel,
	}
	if err := s.sign(ctx, &rec); err != nil {
		return err
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.mustBeOpen(ctx, p, id); err != nil {
			return err
		}
		if err := s.d.Store.Add(ctx, rec); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, rec.entry(by, what))
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Active returns the person's grant if it may be fetched under at this moment,
// else ErrNotActive. Whether it stands is asked each time: a withdrawal holds from the instant at
// which its unit is durable, and within a unit that also writes, the answer
// holds until that unit commits. A record that is not the one which was signed is
// an error that is nobody's fault.
func (s *Service) Active(ctx context.Context, p identity.PersonID, id GrantID) (Grant, error) {
	g, err := s.d.Store.Active(ctx, p, id, s.now())
	if err != nil {
		return Grant{}, err
	}
	return g, s.genuine(ctx, g)
}

// Hold tells of each grant whether it is active. It is for those who have read the
// grants, which never change, and ask again whether they have ended.
func (s *Service) Hold(ctx context.Context, grants []Ref) ([]bool, error) {
	return s.d.Store.Hold(ctx, grants, s.now())
}

// maxList bounds what one page shows.
const maxList = 500

// List returns the caller's grants, active ones first, each part newest first.
func (s *Service) List(ctx context.Context, by identity.Caller) ([]Grant, error) {
	if !by.Known() {
		return nil, identity.ErrSignIn
	}
	all, err := s.d.Store.List(ctx, by.Person, maxList)
	if err != nil {
		return nil, err
	}
	now := s.now()
	slices.SortStableFunc(all, func(a, b Grant) int {
		switch x, y := a.State(now) == Active, b.State(now) == Active; {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return 0
	})
	return all, nil
}

// Grant returns the caller's grant, or ErrNoGrant.
func (s *Service) Grant(ctx context.Context, by identity.Caller, id GrantID) (Grant, error) {
	if !by.Known() {
		return Grant{}, identity.ErrSignIn
	}
	return s.d.Store.Grant(ctx, by.Person, id)
}

// State returns how g stands now.
func (s *Service) State(g Grant) State { return g.State(s.now()) }
