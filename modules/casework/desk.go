package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"causeway/modules/org"
	"causeway/modules/service"
)

// lookFor is for how long a stated reason lets an officer look at a case.
const lookFor = 30 * time.Minute

// Queue returns what waits for an officer of o's department in one of o's roles
// (or in the one that q names), and whether there is more.
func (s *Service) Queue(ctx context.Context, o org.Officer, q Queue) (list []Listed, more bool, err error) {
	q.Department, q.Limit = o.Department, pageSize+1
	q.Roles = slices.DeleteFunc(slices.Clone(q.Roles), func(r string) bool { return !o.Has(r) })
	if len(q.Roles) == 0 {
		q.Roles = o.Roles
	}
	if len(q.Roles) == 0 {
		return nil, false, nil
	}
	if q.State == Approved {
		q.Roles = nil // a case whose effects failed has left its step
	} else if q.State != MoreInformation {
		q.State = Deciding
	}
	cs, err := s.d.Store.Queue(ctx, q)
	if err != nil {
		return nil, false, err
	}
	if more = len(cs) > pageSize; more {
		cs = cs[:pageSize]
	}
	list, err = s.listed(ctx, cs)
	return list, more, err
}

// A Desk is a case as an officer sees it. Without Open it holds the Case alone,
// and its View's Definition and Owner.
type Desk struct {
	View
	Open       bool // the officer has taken it, or said why they look at it
	Mine       bool // the officer has taken it
	History    []Line
	Effects    []EffectRow
	Rejections []Rejection // what registries did not take
	ByHand     *Proposal   // what waits for a second officer's consent, or nil
}

// Desk returns a case of o's department. What the applicant gave is in it once o
// has taken the case or stated a reason. It returns ErrNoCase for any other
// department's case, and for one that is not submitted.
func (s *Service) Desk(ctx context.Context, o org.Officer, id ID) (Desk, error) {
	t, err := s.theirs(ctx, o, id)
	if err != nil {
		return Desk{}, err
	}
	c := t.c
	mine := c.Claimed == o.Person
	open := mine
	if !open {
		if open, err = s.d.Store.Looked(ctx, c, o.Person, s.now().Add(-lookFor)); err != nil {
			return Desk{}, err
		}
	}
	v, err := s.view(ctx, t)
	if err != nil {
		return Desk{}, err
	}
	d := Desk{View: v, Open: open, Mine: mine}
	if !open {
		d.File, d.Outcome = newFile(), service.Outcome{}
		return d, nil
	}
	if d.History, err = s.lines(ctx, c); err != nil {
		return Desk{}, err
	}
	if d.Effects, err = s.d.Store.Effects(ctx, c); err != nil || c.State != Approved {
		return d, err
	}
	if p, ok := proposal(d.History); ok {
		d.ByHand = &p
	}
	d.Rejections, err = s.rejections(ctx, d.Outcome, d.Effects)
	return d, err
}

// theirs begins a turn on a case of o's department.
func (s *Service) theirs(ctx context.Context, o org.Officer, id ID) (*turn, error) {
	c, sealed, err := s.d.Store.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !o.Known() || c.Department != o.Department || c.Submitted.IsZero() {
		return nil, fmt.Errorf("case %s: %w", id, ErrNoCase)
	}
	return s.open(ctx, c, sealed)
}

// MayRead returns nil if o has taken a case or stated a reason to look at it
// lately, and ErrNoCase otherwise: for what belongs to a case elsewhere.
func (s *Service) MayRead(ctx context.Context, o org.Officer, id ID) error {
	c, _, err := s.d.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	if c.Department != o.Department || c.Submitted.IsZero() {
		return ErrNoCase
	}
	if c.Claimed == o.Person {
		return nil
	}
	ok, err := s.d.Store.Looked(ctx, c, o.Person, s.now().Add(-lookFor))
	if err == nil && !ok {
		err = ErrNoCase
	}
	return err
}

// Look lets o look at a case for half an hour, for a reason that the person whom
// it is about will read. It returns ErrReason without one.
func (s *Service) Look(ctx context.Context, o org.Officer, id ID, reason string) error {
	reason, err := note(reason)
	if err != nil {
		return err
	}
	t, err := s.theirs(ctx, o, id)
	if err != nil {
		return err
	}
	e := s.entry(ctx, t.c, officer(o, t.c), "casework.looked", reason, map[string]string{"reference": t.c.Reference, "service": t.c.Service})
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddLook(ctx, t.c, o.Person, t.at); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, e)
	})
}
