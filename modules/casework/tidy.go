package casework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// RemindJob is the kind of job whose handler is RunRemind.
const RemindJob = "casework.remind"

// atOnce is how many cases a regular job takes up in one go.
const atOnce = 200

// A reminder is what is said before the end of what a case granted. It is
// sealed in its job, since the case's file may be gone by then.
type reminder struct {
	Service lang.Text `json:"service"`
	Say     lang.Text `json:"say"`
}

// remindRef is the payload of a RemindJob.
type remindRef struct {
	caseRef
	Reference string `json:"reference"`
	Sealed    []byte `json:"sealed"`
}

// remindLater returns what has the applicant of t be reminded, if out says so.
func (s *Service) remindLater(ctx context.Context, t *turn, def *service.Definition, due *service.ReminderDue) (func(context.Context) error, error) {
	if due == nil {
		return func(context.Context) error { return nil }, nil
	}
	plain, err := json.Marshal(reminder{def.Title, due.Say})
	if err != nil {
		return nil, err
	}
	ref := remindRef{caseRef: caseRef{t.c.Person, t.c.ID}, Reference: t.c.Reference}
	if ref.Sealed, err = s.d.Sealer.Seal(ctx, string(t.c.Person), noteLabel, plain); err != nil {
		return nil, err
	}
	payload, err := json.Marshal(ref)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		return s.d.Jobs.Enqueue(ctx, RemindJob, string(t.c.ID), payload, due.On.Start(def.Zone))
	}, nil
}

// RunRemind reminds the holder of what a case granted that it ends: the handler
// of RemindJob.
func (s *Service) RunRemind(ctx context.Context, payload []byte) error {
	var ref remindRef
	if err := json.Unmarshal(payload, &ref); err != nil {
		return fmt.Errorf("remind job: %w", err)
	}
	plain, err := s.d.Sealer.Open(ctx, string(ref.Person), noteLabel, ref.Sealed)
	if err != nil {
		return fmt.Errorf("remind about case %s: %w", ref.Case, err)
	}
	var r reminder
	if err := json.Unmarshal(plain, &r); err != nil {
		return fmt.Errorf("remind about case %s: %w", ref.Case, err)
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		return s.d.Notices.Tell(ctx, Notice{
			Person: ref.Person, Kind: "casework.notice.reminder", Link: "/cases/" + string(ref.Case),
			Args: map[string]any{"service": r.Service, "reference": ref.Reference, "text": r.Say},
		})
	})
}

// Escalate gives cases whose step is late to the role that its definition
// names. It is run regularly, and one run may overlap with another.
func (s *Service) Escalate(ctx context.Context) error {
	// A day is late everywhere once it is over in the last of the zones.
	cs, err := s.d.Store.Overdue(ctx, day.In(s.now(), time.FixedZone("", 14*60*60)), atOnce)
	if err != nil {
		return err
	}
	return s.each(ctx, cs, func(t *turn, def *service.Definition) ([]func(context.Context) error, error) {
		if !t.c.Due.Before(day.In(t.at, def.Zone)) || t.c.Late {
			return nil, errStop
		}
		st, ok := def.Step(t.c.StepName)
		role := t.c.Role
		if ok && st.Escalate != "" {
			role = st.Escalate
		}
		d := Detail{Name: t.c.StepName, Department: t.c.Department, Needs: role}
		return nil, t.add(system(), WasEscalated, d, nil)
	})
}

// Expire ends drafts that nobody has touched for long, and cases whose fee
// nobody has paid. It is run regularly.
func (s *Service) Expire(ctx context.Context) error {
	drafts, err := s.d.Store.Idle(ctx, Draft, s.now().Add(-s.d.DraftFor), atOnce)
	if err != nil {
		return err
	}
	unpaid, err := s.d.Store.Idle(ctx, ToPay, s.now().Add(-s.d.PayWithin), atOnce)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range append(drafts, unpaid...) {
		t := &turn{c: c, was: c.Rev, file: newFile(), at: s.now()}
		if err := s.takeBack(ctx, t, system(), WasExpired, "expired"); err != nil && !errors.Is(err, ErrChanged) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Purge removes the facts, answers and uploads of cases that have been kept for
// as long as their definition says. It is run regularly.
func (s *Service) Purge(ctx context.Context) error {
	cs, err := s.d.Store.Spent(ctx, s.now(), atOnce)
	if err != nil {
		return err
	}
	return s.each(ctx, cs, func(t *turn, _ *service.Definition) ([]func(context.Context) error, error) {
		if !t.c.Can(WasPurged) {
			return nil, errStop
		}
		t.wipe = true
		err := t.add(system(), WasPurged, Detail{}, nil)
		return []func(context.Context) error{s.record(t.c, system(), "casework.purged", "", nil)}, err
	})
}

// each does f on each of cs as a unit of its own. A case that fails does not
// keep the others back.
func (s *Service) each(ctx context.Context, cs []Case, f func(*turn, *service.Definition) ([]func(context.Context) error, error)) error {
	var errs []error
	for _, c := range cs {
		def, err := s.definition(ctx, c)
		if err == nil {
			t := &turn{c: c, was: c.Rev, file: newFile(), at: s.now()}
			var more []func(context.Context) error
			if more, err = f(t, def); err == nil {
				err = s.commit(ctx, t, more...)
			}
		}
		switch {
		case errors.Is(err, errStop), errors.Is(err, ErrChanged): // somebody was faster
		case err != nil:
			slog.WarnContext(ctx, "case was not tidied up", "case", string(c.ID), "err", err)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
