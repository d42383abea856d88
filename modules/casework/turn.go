package casework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// An actor is who does something to a case, as what, and through which channel.
type actor struct{ id, role, channel string }

// self is the applicant.
func self(by identity.Caller) actor {
	a := actor{string(by.Person), trail.Self, by.Channel}
	if a.channel == "" {
		a.channel = trail.Online
	}
	return a
}

// system is the program itself.
func system() actor { return actor{trail.System, trail.System, trail.System} }

// A turn is one command on a case: the case as it will be, and the events that
// lead there from the one that was read.
type turn struct {
	c      Case
	was    int64 // the Rev that was read; 0 for a new case
	file   *File
	sealed []byte // the file as it was read
	dirty  bool   // file is to be written
	wipe   bool   // file is to be removed
	events []Event
	at     time.Time
}

// add lets what happen to the case of t. It returns ErrNotNow when it cannot.
func (t *turn) add(by actor, what What, d Detail, note []byte) error {
	e := Event{Seq: t.c.Rev + 1, At: t.at, What: what, Actor: by.id, Role: by.role, Channel: by.channel, Detail: d, Note: note}
	next, err := t.c.After(e)
	if err != nil {
		return err
	}
	t.c, t.events = next, append(t.events, e)
	return nil
}

// labels under which a person's key seals what is kept.
const (
	fileLabel = "casework.file"
	noteLabel = "casework.note"
)

// open begins a turn on a case that was read, whose file it opens.
func (s *Service) open(ctx context.Context, c Case, sealed []byte) (*turn, error) {
	t := &turn{c: c, was: c.Rev, sealed: sealed, file: newFile(), at: s.now()}
	if len(sealed) == 0 {
		return t, nil
	}
	plain, err := s.d.Sealer.Open(ctx, string(c.Person), fileLabel, sealed)
	if err != nil {
		return nil, fmt.Errorf("open file of case %s: %w", c.ID, err)
	}
	if err := readFile(plain, t.file); err != nil {
		return nil, fmt.Errorf("read file of case %s: %w", c.ID, err)
	}
	return t, nil
}

// mine begins a turn on a case of the caller's. It returns ErrNoCase alike if
// there is none and if it is somebody else's.
func (s *Service) mine(ctx context.Context, by identity.Caller, id ID) (*turn, error) {
	if by.Person == "" {
		return nil, ErrNoCase
	}
	c, sealed, err := s.d.Store.Case(ctx, by.Person, id)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, c, sealed)
}

// seal returns the file of t as it is to be kept, nil if it has not changed.
func (s *Service) seal(ctx context.Context, t *turn) ([]byte, error) {
	if !t.dirty || t.wipe {
		return nil, nil
	}
	plain, err := json.Marshal(t.file)
	if err != nil {
		return nil, fmt.Errorf("write file of case %s: %w", t.c.ID, err)
	}
	return s.d.Sealer.Seal(ctx, string(t.c.Person), fileLabel, plain)
}

// commit writes t as one unit, with what more adds to it. It returns ErrChanged
// if the case has changed since t read it; then nothing has happened.
func (s *Service) commit(ctx context.Context, t *turn, more ...func(ctx context.Context) error) error {
	sealed, err := s.seal(ctx, t)
	if err != nil {
		return err
	}
	if n := len(t.events); n > 0 && t.events[n-1].What == WasIneligible {
		last := t.events[n-1]
		by := actor{last.Actor, last.Role, last.Channel}
		more = append(more, s.record(t.c, by, "casework.ineligible", "decide-application", map[string]string{"reason": t.c.Reason}), s.useUp(t.c))
	}
	for i := range t.events {
		t.events[i].Subject = s.d.Departments.Subject(ctx, t.c.Department, t.c.Person)
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		if t.was == 0 {
			err = s.d.Store.Insert(ctx, t.c, sealed)
		} else {
			err = s.d.Store.Save(ctx, t.c, t.was, sealed)
		}
		if err != nil {
			return err
		}
		if err := s.d.Store.Append(ctx, t.c, t.events); err != nil {
			return err
		}
		if t.wipe {
			if err := s.wipe(ctx, t.c); err != nil {
				return err
			}
		}
		for _, f := range more {
			if err := f(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// wipe removes everything that the applicant or a registry said in c.
func (s *Service) wipe(ctx context.Context, c Case) error {
	if err := s.d.Documents.Remove(ctx, c.Person, string(c.ID)); err != nil {
		return fmt.Errorf("remove uploads of case %s: %w", c.ID, err)
	}
	return s.d.Store.Forget(ctx, c)
}

// retries is how often a command that does not depend on what its sender saw
// is done again when it loses against another one.
const retries = 4

// again runs f, which reads a case and commits a turn on it, until it does not
// lose against another command.
func again(f func() error) error {
	for i := 0; ; i++ {
		err := f()
		if i+1 >= retries || !errors.Is(err, ErrChanged) {
			return err
		}
	}
}

// entry is an entry of the activity record about t's case.
func (s *Service) entry(ctx context.Context, c Case, by actor, what, why string, detail map[string]string) trail.Entry {
	return trail.Entry{
		Person: string(c.Person), Org: string(c.Department), Subject: s.d.Departments.Subject(ctx, c.Department, c.Person),
		Actor: by.id, Role: by.role, Channel: by.channel, What: what, Why: why,
		Grant: string(c.Grant), Case: string(c.ID), Detail: detail,
	}
}

// record leaves an entry in the unit of ctx.
func (s *Service) record(c Case, by actor, what, why string, detail map[string]string) func(context.Context) error {
	return func(ctx context.Context) error {
		if detail == nil {
			detail = map[string]string{}
		}
		detail["reference"] = c.Reference
		detail["service"] = c.Service
		return s.d.Trail.Record(ctx, s.entry(ctx, c, by, what, why, detail))
	}
}
