package casework

import (
	"context"
	"slices"

	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/modules/service"
)

// A Rejection is something that follows from an approved case and that a registry
// refused to take.
type Rejection struct {
	Row      EffectRow
	Class    exchange.Class
	Registry org.Department
	Record   map[string]any // what it did not take
}

// A Proposal is an officer's word that what a registry refused was done by hand.
// It waits for a second officer.
type Proposal struct {
	Line
}

// rejections returns what registries refused of an approved case, in order.
func (s *Service) rejections(ctx context.Context, out service.Outcome, rows []EffectRow) ([]Rejection, error) {
	var rs []Rejection
	for _, row := range rows {
		if row.State != EffectFailed || row.Ordinal < 1 || row.Ordinal > len(out.Effects) {
			continue
		}
		due := out.Effects[row.Ordinal-1]
		r := Rejection{Row: row, Record: due.Record()}
		class, ok := s.d.Gateway.Class(due.Type)
		if ok {
			dep, err := s.d.Departments.Department(ctx, class.Registry)
			if err != nil {
				return nil, err
			}
			r.Class, r.Registry = class, dep
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// Rejections returns what registries refused of the applicant's own case v.
func (s *Service) Rejections(ctx context.Context, v View) ([]Rejection, error) {
	if v.Case.State != Approved {
		return nil, nil
	}
	rows, err := s.d.Store.Effects(ctx, v.Case)
	if err != nil {
		return nil, err
	}
	return s.rejections(ctx, v.Outcome, rows)
}

// proposal returns the last proposal of a history that nobody has answered yet.
func proposal(lines []Line) (p Proposal, ok bool) {
	for _, l := range lines {
		switch l.What { //nolint:exhaustive // nothing else has to do with it
		case WasHandAsked:
			p, ok = Proposal{l}, true
		case WasHandRejected, WasRetried, WasByHand:
			p, ok = Proposal{}, false
		}
	}
	return p, ok
}

// completes begins the turn of an officer who completes an approved case, which
// they saw at rev. It returns the rows of its effects too. Whoever may decide
// the case may complete it.
func (s *Service) completes(ctx context.Context, o org.Officer, id ID, rev int64) (*turn, *service.Definition, []EffectRow, error) {
	t, err := s.theirs(ctx, o, id)
	if err != nil {
		return nil, nil, nil, err
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return nil, nil, nil, err
	}
	last := def.Steps[len(def.Steps)-1]
	switch {
	case t.c.Person == o.Person:
		return nil, nil, nil, ErrOwnCase
	case t.c.State != Approved:
		return nil, nil, nil, ErrNotNow
	case t.c.Rev != rev:
		return nil, nil, nil, ErrChanged
	case last.Role != "" && !o.Has(last.Role) && !o.Has(org.DepartmentAdmin) && (last.Escalate == "" || !o.Has(last.Escalate)):
		return nil, nil, nil, ErrRole
	}
	rows, err := s.d.Store.Effects(ctx, t.c)
	if err != nil {
		return nil, nil, nil, err
	}
	if !slices.ContainsFunc(rows, func(r EffectRow) bool { return r.State == EffectFailed }) {
		return nil, nil, nil, ErrNotNow
	}
	return t, def, rows, nil
}

// ProposeByHand keeps that o, who saw a case at rev, has done by hand what its
// registry refused, and why. It counts once a second officer has confirmed it.
// It returns ErrReason without a reason, and ErrNotNow if nothing was refused.
func (s *Service) ProposeByHand(ctx context.Context, o org.Officer, id ID, rev int64, why string) error {
	t, _, _, err := s.completes(ctx, o, id, rev)
	if err != nil {
		return err
	}
	if why, err = note(why); err != nil {
		return err
	}
	sealed, err := s.sealNote(ctx, t, why)
	if err != nil {
		return err
	}
	by := officer(o, t.c)
	if err := t.add(by, WasHandAsked, Detail{Department: o.Department}, sealed); err != nil {
		return err
	}
	return s.commit(ctx, t, s.record(t.c, by, "casework.hand-asked", why, nil))
}

// AnswerByHand confirms, or rejects, what another officer says was done by hand.
// Confirmed, it counts as done, and the applicant is told. It returns
// ErrSameOfficer to the officer who said it, and ErrNotNow if nobody has.
func (s *Service) AnswerByHand(ctx context.Context, o org.Officer, id ID, rev int64, confirm bool) error {
	t, def, rows, err := s.completes(ctx, o, id, rev)
	if err != nil {
		return err
	}
	lines, err := s.lines(ctx, t.c)
	if err != nil {
		return err
	}
	p, ok := proposal(lines)
	switch {
	case !ok:
		return ErrNotNow
	case p.Actor == string(o.Person):
		return ErrSameOfficer
	}
	by := officer(o, t.c)
	if !confirm {
		if err := t.add(by, WasHandRejected, Detail{Department: o.Department}, nil); err != nil {
			return err
		}
		return s.commit(ctx, t, s.record(t.c, by, "casework.hand-rejected", "", nil))
	}
	if err := t.add(by, WasByHand, Detail{Department: o.Department}, nil); err != nil {
		return err
	}
	var put []EffectRow
	for i, r := range rows {
		if r.State == EffectFailed {
			rows[i].State, rows[i].Changed = EffectByHand, t.at
			put = append(put, rows[i])
		}
	}
	if done(rows) {
		if err := t.add(system(), WasDone, Detail{Keep: keep(def, t.at)}, nil); err != nil {
			return err
		}
	}
	return s.commit(ctx, t, s.record(t.c, by, "casework.completed-by-hand", p.Text, nil), s.tell(t.c, def, "by-hand", nil),
		func(ctx context.Context) error { return s.putAll(ctx, t.c, put) })
}
