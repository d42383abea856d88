package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/trail"
)

// lookFor is for how long a stated reason lets an officer look at a case.
const lookFor = 30 * time.Minute

// maxNote bounds what an officer or the applicant writes, in characters.
const maxNote = 2000

// Reasons returns the codes of the reasons for which an officer refuses.
func Reasons() []string {
	return []string{"not-eligible", "facts-wrong", "document", "not-answered", "other"}
}

// officer is o as an actor, in the role that c's step asks for.
func officer(o org.Officer, c Case) actor {
	role := c.Role
	if !o.Has(role) && len(o.Roles) > 0 {
		role = o.Roles[0]
	}
	return actor{string(o.Person), role, trail.Online}
}

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
	switch q.State {
	case Deciding, MoreInformation:
	case Approved:
		q.Roles = nil // a case whose effects failed has left its step
	default:
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
	Open    bool // the officer has taken it, or said why they look at it
	Mine    bool // the officer has taken it
	History []Line
	Effects []EffectRow
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
	d.Effects, err = s.d.Store.Effects(ctx, c)
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

// note returns a text that somebody typed, or ErrReason.
func note(text string) (string, error) {
	text = strings.TrimSpace(text)
	bad := func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxNote || strings.ContainsFunc(text, bad) {
		return "", ErrReason
	}
	return text, nil
}

// Claim has o work on a case, as they saw it at rev. It returns ErrClaimed if
// somebody else does, ErrRole, ErrOwnCase, ErrChanged or ErrNotNow.
func (s *Service) Claim(ctx context.Context, o org.Officer, id ID, rev int64) error {
	t, err := s.theirs(ctx, o, id)
	if err != nil {
		return err
	}
	switch {
	case t.c.Claimed == o.Person:
		return nil
	case t.c.Person == o.Person:
		return ErrOwnCase
	case t.c.Claimed != "":
		return ErrClaimed
	case !t.c.State.WithOfficer() || t.c.State == Deciding && !t.c.Waiting:
		return ErrNotNow
	case !o.Has(t.c.Role):
		return ErrRole
	case t.c.Rev != rev:
		return ErrChanged
	}
	by := officer(o, t.c)
	if err := t.add(by, WasClaimed, Detail{}, nil); err != nil {
		return err
	}
	return s.commit(ctx, t, s.record(t.c, by, "casework.claimed", "decide-application", nil))
}

// Release gives a case that o works on back to the queue.
func (s *Service) Release(ctx context.Context, o org.Officer, id ID) error {
	return again(func() error {
		t, err := s.theirs(ctx, o, id)
		if err != nil {
			return err
		}
		if t.c.Claimed != o.Person {
			return ErrNotClaimed
		}
		if err := t.add(officer(o, t.c), WasReleased, Detail{}, nil); err != nil {
			return err
		}
		return s.commit(ctx, t)
	})
}

// held begins the turn of a decision by o on a case that they have taken, and
// saw at rev.
func (s *Service) held(ctx context.Context, o org.Officer, id ID, rev int64) (*turn, *service.Definition, error) {
	t, err := s.theirs(ctx, o, id)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case t.c.Person == o.Person:
		return nil, nil, ErrOwnCase
	case t.c.State != Deciding || t.c.Rev != rev:
		return nil, nil, ErrChanged
	case t.c.Claimed != o.Person:
		return nil, nil, ErrNotClaimed
	case !o.Has(t.c.Role):
		return nil, nil, ErrRole
	}
	def, err := s.definition(ctx, t.c)
	return t, def, err
}

// Approve passes the step that a case is at, as o saw it at rev: to the next
// department's, or, when it was the last, to what was applied for. Facts that
// have grown stale are fetched again first; it returns ErrFactsChanged if they
// are not what o saw, and ErrNotReady if the rules no longer allow it.
func (s *Service) Approve(ctx context.Context, o org.Officer, id ID, rev int64, text string) error {
	t, def, err := s.held(ctx, o, id, rev)
	if err != nil {
		return err
	}
	by := officer(o, t.c)
	changed, err := s.renew(ctx, t, def)
	switch {
	case err != nil: // o has seen how old the facts are
	case changed:
		if err := s.commit(ctx, t); err != nil {
			return err
		}
		return ErrFactsChanged
	}
	out, err := s.assess(def, t.file, t.c.Today)
	if err != nil {
		return err
	}
	if out.Status != service.Eligible || !out.Ready {
		return ErrNotReady
	}
	sealed, err := s.sealNote(ctx, t, text)
	if err != nil {
		return err
	}
	i := slices.Index(out.Steps, t.c.StepName)
	if i == len(out.Steps)-1 || i < 0 && t.c.StepName == def.Steps[len(def.Steps)-1].Name {
		return s.approve(ctx, t, def, out, by, sealed)
	}
	if err := t.add(by, WasStepPassed, Detail{Step: t.c.Step, Name: t.c.StepName, Department: t.c.Department}, sealed); err != nil {
		return err
	}
	passed := t.c
	if err := s.step(t, def, out.Steps[i+1]); err != nil {
		return err
	}
	return s.commit(ctx, t, s.record(passed, by, "casework.step-passed", "", map[string]string{"step": passed.StepName}))
}

// sealNote seals an optional text, "" as nil.
func (s *Service) sealNote(ctx context.Context, t *turn, text string) ([]byte, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	text, err := note(text)
	if err != nil {
		return nil, err
	}
	return s.d.Sealer.Seal(ctx, string(t.c.Person), noteLabel, []byte(text))
}

// Refuse refuses a case, as o saw it at rev, for one of Reasons and in words
// that the applicant will read. What was paid goes back by itself.
func (s *Service) Refuse(ctx context.Context, o org.Officer, id ID, rev int64, reason, text string) error {
	t, def, err := s.held(ctx, o, id, rev)
	if err != nil {
		return err
	}
	text, err = note(text)
	if err != nil || !slices.Contains(Reasons(), reason) {
		return ErrReason
	}
	sealed, err := s.sealNote(ctx, t, text)
	if err != nil {
		return err
	}
	by := officer(o, t.c)
	if err := t.add(by, WasRefused, Detail{Department: o.Department, Reason: reason, Keep: keep(def, t.at)}, sealed); err != nil {
		return err
	}
	kind := "refused"
	more := []func(context.Context) error{s.record(t.c, by, "casework.refused", reason, nil), s.useUp(t.c)}
	if t.c.Paid {
		kind = "refused-refund"
		row := EffectRow{Key: feeKey(t.c.ID), Kind: PaymentEffect, State: EffectDone, Attempts: 1, Result: t.c.Order}
		more = append(more, s.undo(t.c, row, "refused"))
	}
	more = append(more, s.tell(t.c, def, kind, map[string]any{"amount": t.c.Fee}))
	return s.commit(ctx, t, more...)
}

// AskMore asks the applicant for more, in words that they will read, and stops
// the clock.
func (s *Service) AskMore(ctx context.Context, o org.Officer, id ID, rev int64, text string) error {
	t, def, err := s.held(ctx, o, id, rev)
	if err != nil {
		return err
	}
	if text, err = note(text); err != nil {
		return err
	}
	sealed, err := s.sealNote(ctx, t, text)
	if err != nil {
		return err
	}
	left, err := s.left(t, def)
	if err != nil {
		return err
	}
	by := officer(o, t.c)
	if err := t.add(by, WasAskedMore, Detail{Department: o.Department, Left: left}, sealed); err != nil {
		return err
	}
	return s.commit(ctx, t, s.record(t.c, by, "casework.asked-more", "", nil), s.tell(t.c, def, "more", nil))
}

// left counts the working days from the day of t to the last day of its step.
func (s *Service) left(t *turn, def *service.Definition) (int, error) {
	if t.c.Due.IsZero() {
		return 0, nil
	}
	cal, err := s.d.Definitions.Calendar(def.Calendar)
	if err != nil {
		return 0, err
	}
	n, days := 0, def.Workdays(cal)
	for d := day.In(t.at, def.Zone).AddDays(1); !d.After(t.c.Due); d = d.AddDays(1) {
		ok, err := days.Working(d)
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

// GiveMore answers an officer's question, in words, with a file, or both. The
// clock goes on.
func (s *Service) GiveMore(ctx context.Context, by identity.Caller, id ID, text, name string, content []byte) error {
	t, err := s.mine(ctx, by, id)
	if err != nil {
		return err
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return err
	}
	if t.c.State != MoreInformation {
		return ErrNotNow
	}
	if len(content) == 0 || strings.TrimSpace(text) != "" {
		if text, err = note(text); err != nil {
			return err
		}
	}
	sealed, err := s.sealNote(ctx, t, text)
	if err != nil {
		return err
	}
	if len(content) > 0 {
		doc, err := s.d.Documents.Put(ctx, by, string(id), name, content)
		if err != nil {
			return err
		}
		t.file.Extra, t.dirty = append(t.file.Extra, Upload{doc, name}), true
	}
	d := Detail{}
	if st := def.Steps[t.c.Step]; !st.Within.IsZero() {
		cal, err := s.d.Definitions.Calendar(def.Calendar)
		if err != nil {
			return err
		}
		if d.Due, err = def.Workdays(cal).Add(day.In(t.at, def.Zone), max(t.c.Left, 1)); err != nil {
			return err
		}
	}
	if err := t.add(self(by), WasGivenMore, d, sealed); err != nil {
		return err
	}
	return s.commit(ctx, t)
}
