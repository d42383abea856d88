package casework

import (
	"context"
	"errors"
	"fmt"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/fault"
	"causeway/platform/lang"
)

// A View is a case as its applicant or an officer sees it.
type View struct {
	Case       Case
	Definition *service.Definition
	Owner      org.Department // who runs the service
	With       org.Department // who has the case, or decided it
	Stages     []Stage        // whose turn it is, was and will be
	File       *File          // empty once it has been removed
	Outcome    service.Outcome
	Wanted     []Wanted
	Waiting    bool // the registries are being asked
}

// Case returns the caller's case. It returns ErrNoCase alike if there is none
// and if it is somebody else's.
func (s *Service) Case(ctx context.Context, by identity.Caller, id ID) (View, error) {
	t, err := s.mine(ctx, by, id)
	if err != nil {
		return View{}, err
	}
	if t.c.State == Draft && t.c.Grant != "" && len(t.file.Facts) > 0 {
		if err := s.holds(ctx, by, t); err != nil {
			return View{}, err
		}
	}
	return s.view(ctx, t)
}

// holds takes what was fetched out of t if its consent has ended since.
func (s *Service) holds(ctx context.Context, by identity.Caller, t *turn) error {
	_, err := s.d.Consents.Active(ctx, t.c.Person, t.c.Grant)
	if err == nil || !errors.Is(err, consent.ErrNotActive) {
		return err
	}
	if err := s.unagreed(ctx, by, t.c.ID); err != nil {
		return err
	}
	fresh, err := s.mine(ctx, by, t.c.ID)
	if err != nil {
		return err
	}
	*t = *fresh
	return nil
}

func (s *Service) view(ctx context.Context, t *turn) (View, error) {
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return View{}, err
	}
	v := View{Case: t.c, Definition: def, File: t.file, Waiting: s.waitsFor(t.c)}
	if v.Owner, err = s.d.Departments.Department(ctx, org.ID(def.Owner)); err != nil {
		return View{}, fmt.Errorf("owner of %s: %w", def.ID, err)
	}
	if v.With, err = s.d.Departments.Department(ctx, t.c.Department); err != nil {
		return View{}, fmt.Errorf("department of case %s: %w", t.c.ID, err)
	}
	if v.Wanted, err = s.wanted(ctx, def); err != nil {
		return View{}, err
	}
	if t.c.Purged || t.c.State == Withdrawn && t.c.Submitted.IsZero() || t.c.State == Expired {
		return v, nil
	}
	if v.Outcome, err = s.assess(def, t.file, today(t.c, def, t.at)); err != nil {
		return v, err
	}
	if v.Stages, err = s.stages(ctx, def, t.c, v.Outcome); err != nil {
		return v, err
	}
	if v.Outcome.Instead != "" {
		_, err := s.d.Definitions.Current(ctx, v.Outcome.Instead)
		if fault.KindOf(err) == fault.NotFound { // a definition may name a service that this city does not offer
			v.Outcome.Instead = ""
		} else if err != nil {
			return v, fmt.Errorf("the service instead of %s: %w", def.ID, err)
		}
	}
	return v, nil
}

// A Listed is a case in a list.
type Listed struct {
	Case
	Title lang.Text // of its service
	Label lang.Text // of its step, as the definition calls it; may be empty
	Post  lang.Text // what the definition calls the role; may be empty
	With  lang.Text // the department that has it
}

// List returns the caller's cases, the newest first, and whether there are
// more; before is the last id of the page before, or "".
func (s *Service) List(ctx context.Context, by identity.Caller, before ID) (list []Listed, more bool, err error) {
	if !by.Known() {
		return nil, false, identity.ErrSignIn
	}
	cs, err := s.d.Store.OfPerson(ctx, by.Person, before, pageSize+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(cs) > pageSize; more {
		cs = cs[:pageSize]
	}
	list, err = s.listed(ctx, cs)
	return list, more, err
}

// recent is how many cases Recent returns.
const recent = 20

// Recent returns the caller's newest cases.
func (s *Service) Recent(ctx context.Context, by identity.Caller) ([]Listed, error) {
	if !by.Known() {
		return nil, identity.ErrSignIn
	}
	cs, err := s.d.Store.OfPerson(ctx, by.Person, "", recent)
	if err != nil {
		return nil, err
	}
	return s.listed(ctx, cs)
}

func (s *Service) listed(ctx context.Context, cs []Case) ([]Listed, error) {
	list := make([]Listed, 0, len(cs))
	for _, c := range cs {
		def, err := s.definition(ctx, c)
		if err != nil {
			return nil, err
		}
		step, _ := def.Step(c.StepName)
		post, _ := def.RoleLabel(c.Role)
		dep, err := s.d.Departments.Department(ctx, c.Department)
		if err != nil {
			return nil, fmt.Errorf("department of case %s: %w", c.ID, err)
		}
		list = append(list, Listed{c, def.Title, step.Label, post, dep.Name})
	}
	return list, nil
}

// A Line is one event of a history as it is shown.
type Line struct {
	Event
	Text       string // its note, opened
	Department org.Department
}

// History returns what happened to the caller's case, the oldest first.
func (s *Service) History(ctx context.Context, by identity.Caller, id ID) (View, []Line, error) {
	v, err := s.Case(ctx, by, id)
	if err != nil {
		return v, nil, err
	}
	lines, err := s.lines(ctx, v.Case)
	return v, lines, err
}

func (s *Service) lines(ctx context.Context, c Case) ([]Line, error) {
	es, err := s.d.Store.Events(ctx, c)
	if err != nil {
		return nil, err
	}
	lines := make([]Line, 0, len(es))
	for _, e := range es {
		l := Line{Event: e}
		if len(e.Note) > 0 {
			plain, err := s.d.Sealer.Open(ctx, string(c.Person), noteLabel, e.Note)
			if err != nil {
				return nil, fmt.Errorf("note %d of case %s: %w", e.Seq, c.ID, err)
			}
			l.Text = string(plain)
		}
		if e.Detail.Department != "" {
			if l.Department, err = s.d.Departments.Department(ctx, e.Detail.Department); err != nil {
				return nil, err
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// Shown returns the value of a fact as the caller's case shows it, "" if it
// shows none, and ErrNoCase for a case that is not theirs.
func (s *Service) Shown(ctx context.Context, by identity.Caller, caseID, class, field string) (string, error) {
	t, err := s.mine(ctx, by, ID(caseID))
	if err != nil {
		return "", err
	}
	for _, f := range t.file.Facts {
		if f.Class != class || !f.fetched() {
			continue
		}
		if v, ok := f.Record()[field]; ok {
			return fmt.Sprint(v), nil
		}
	}
	return "", nil
}

// ByReference returns the state of a case to the software of the department
// that it is with, and nothing else of it.
func (s *Service) ByReference(ctx context.Context, client org.Client, reference string) (Case, error) {
	ref, ok := ParseReference(reference)
	if !ok || !client.Known() {
		return Case{}, ErrNoCase
	}
	c, err := s.d.Store.ByReference(ctx, ref)
	if err != nil {
		return Case{}, err
	}
	if c.Department != client.Department || c.Submitted.IsZero() {
		return Case{}, ErrNoCase
	}
	return c, nil
}

var _ exchange.Facts = (*Service)(nil)
