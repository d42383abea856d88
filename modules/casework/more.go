package casework

import (
	"context"
	"strings"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/day"
)

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
	if name != "" || len(content) > 0 {
		doc, err := s.d.Documents.Put(ctx, by, string(id), name, content)
		if err != nil {
			return err
		}
		t.file.Extra, t.dirty = append(t.file.Extra, Upload{doc, cleanName(name)}), true
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
