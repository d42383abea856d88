package catalogue

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"causeway/modules/org"
	"causeway/modules/service"
)

// refusal turns what service.Parse says into a Refusal.
func refusal(err error) error {
	if errs, ok := errors.AsType[service.Errors](err); ok {
		r := &Refusal{}
		for _, e := range errs {
			r.Reasons = append(r.Reasons, e.Error())
		}
		return r
	}
	return &Refusal{[]string{err.Error()}}
}

// check holds def against what exists: departments, data classes, purposes, its
// calendar, and its table of cases.
func (s *Service) check(ctx context.Context, def *service.Definition, sh *shelf, u Upload) error {
	r := &Refusal{}
	fail := func(format string, args ...any) {
		r.Reasons = append(r.Reasons, fmt.Sprintf(u.File+": "+format, args...))
	}
	for _, id := range departments(def) {
		_, err := s.d.Departments.Department(ctx, org.ID(id))
		switch {
		case errors.Is(err, org.ErrNoDepartment):
			fail("there is no department %s", id)
		case err != nil:
			return fmt.Errorf("department %s: %w", id, err)
		}
	}
	for _, ev := range def.Evidence {
		s.checkEvidence(ev, fail)
	}
	for _, e := range def.Effects {
		s.checkEffect(def, e, fail)
	}
	for _, x := range def.Shown {
		if class, ok := s.d.Classes.Class(x.Class); ok && class.coded(x.Field) {
			fail("a sentence shows {%s.%s}, which is a code: give its values words, under fields", x.Evidence, x.Field)
		}
	}
	cal, ok := sh.calendars[def.Calendar]
	if def.Calendar != "" && !ok {
		fail("the calendar %s is not published", def.Calendar)
	}
	if len(r.Reasons) == 0 {
		for _, table := range u.Cases {
			r.Reasons = append(r.Reasons, failures(def, cal.Calendar, table)...)
		}
	}
	if len(r.Reasons) > 0 {
		return r
	}
	return nil
}

// failures returns what a table of cases says against def.
func failures(def *service.Definition, cal *service.Calendar, table Table) []string {
	cases, err := service.ParseCases(table.File, table.Source)
	if err != nil {
		return []string{err.Error()}
	}
	var lines []string
	for _, c := range cases {
		if r := c.Run(def, cal); !r.Passed() {
			lines = append(lines, table.File+": "+r.Line(c))
		}
	}
	return lines
}

// departments returns those that def names, each once.
func departments(def *service.Definition) []string {
	ids := []string{def.Owner}
	if def.Fee != nil {
		ids = append(ids, def.Fee.Payee)
	}
	for _, step := range def.Steps {
		ids = append(ids, step.By)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (s *Service) checkEvidence(ev service.Evidence, fail func(string, ...any)) {
	if _, ok := s.d.Purposes.Purpose(ev.Purpose); !ok {
		fail("%s: there is no purpose %s", ev.Name, ev.Purpose)
	}
	class, ok := s.d.Classes.Class(ev.Class)
	if !ok {
		fail("%s: there is no data class %s", ev.Name, ev.Class)
		return
	}
	for _, f := range ev.Fields {
		switch t, ok := class.typeOf(f.Name); {
		case !ok:
			fail("%s: the class %s has no field %s", ev.Name, ev.Class, f.Name)
		case t != f.Type.String():
			fail("%s: the field %s of %s is %s, not %s", ev.Name, f.Name, ev.Class, t, f.Type)
		}
	}
}

// coded reports whether a field holds codes, which people do not read as they are.
func (c Class) coded(field string) bool {
	for _, f := range c.Fields {
		if f.Name == field {
			return f.Coded
		}
	}
	return false
}

// typeOf returns the type of a field.
func (c Class) typeOf(field string) (string, bool) {
	for _, f := range c.Fields {
		if f.Name == field {
			return f.Type, true
		}
	}
	return "", false
}

func (s *Service) checkEffect(def *service.Definition, e service.Effect, fail func(string, ...any)) {
	if e.Kind != service.Write {
		return
	}
	class, ok := s.d.Classes.Class(e.Type)
	switch {
	case !ok:
		fail("there is no data class %s to write to", e.Type)
		return
	case !slices.Contains(class.Writers, org.ID(def.Owner)):
		fail("%s may not write to %s", def.Owner, e.Type)
	}
	for _, f := range e.Fields() {
		switch t, ok := class.typeOf(f.Name); {
		case !ok:
			fail("the class %s has no field %s to write to", e.Type, f.Name)
		case t != f.Type.String():
			fail("the field %s of %s is %s, not %s", f.Name, e.Type, t, f.Type)
		}
	}
}
