package casework

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
)

// askFor bounds how long the registries of one case are asked. A case that has
// been asking for longer was asked by a process that is gone.
const askFor = 30 * time.Second

// ask fetches what a case lacks, in the background, and returns when that has
// ended or patience has run out.
func (s *Service) ask(ctx context.Context, by identity.Caller, id ID) {
	done := make(chan struct{})
	s.mu.Lock()
	if before, ok := s.asking[id]; ok {
		s.mu.Unlock()
		s.patient(ctx, before)
		return
	}
	s.asking[id] = done
	s.mu.Unlock()
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	s.running.Go(func() {
		defer func() {
			cancel()
			s.mu.Lock()
			delete(s.asking, id)
			s.mu.Unlock()
			close(done)
		}()
		if err := s.fetch(back, by, id); err != nil {
			slog.ErrorContext(back, "facts were not kept", "case", string(id), "err", err)
		}
	})
	s.patient(ctx, done)
}

// patient waits for done, but not longer than a page should take.
func (s *Service) patient(ctx context.Context, done <-chan struct{}) {
	late := time.NewTimer(s.d.Patience)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	case <-ctx.Done():
	}
}

// isAsking reports whether this process asks the registries for a case.
func (s *Service) isAsking(id ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.asking[id]
	return ok
}

// waitsFor reports whether the registries may still answer for c.
func (s *Service) waitsFor(c Case) bool {
	return !c.Asking.IsZero() && s.now().Before(c.Asking.Add(askFor))
}

// queries returns what a case lacks of its evidence, and the names of it.
func queries(c Case, def *service.Definition, f *File) (qs []exchange.Query, names []string) {
	for _, e := range def.Evidence {
		if x := f.Facts[e.Name]; x.Record() != nil || x.Outcome == exchange.Several {
			continue
		}
		qs, names = append(qs, query(c, def, e)), append(names, e.Name)
	}
	return qs, names
}

func query(c Case, def *service.Definition, e service.Evidence) exchange.Query {
	q := exchange.Query{Person: c.Person, Grant: c.Grant, Class: e.Class, Recipient: org.ID(def.Owner), Case: string(c.ID)}
	for _, f := range e.Fields {
		q.Fields = append(q.Fields, f.Name)
	}
	return q
}

// fetch asks the registries for what a case lacks and keeps what they said.
func (s *Service) fetch(ctx context.Context, by identity.Caller, id ID) error {
	t, err := s.mine(ctx, by, id)
	if err != nil {
		return err
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return err
	}
	qs, names := queries(t.c, def, t.file)
	var answers []exchange.Answer
	if len(qs) > 0 {
		answers, err = s.d.Gateway.FetchAll(ctx, qs)
		switch {
		case errors.Is(err, consent.ErrNotActive):
			return s.unagreed(ctx, by, id)
		case err != nil:
			slog.ErrorContext(ctx, "fetch failed", "case", string(id), "err", err)
			answers = make([]exchange.Answer, len(qs))
			for i := range answers {
				answers[i] = exchange.Answer{Outcome: exchange.Down, At: s.now(), Reason: "internal"}
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	return again(func() error {
		t, err := s.mine(ctx, by, id)
		if err != nil {
			return err
		}
		outcomes := map[string]string{}
		for i, a := range answers {
			outcomes[names[i]] = string(a.Outcome)
			if t.file.Facts[names[i]].Typed == nil {
				t.file.Facts[names[i]] = fact(qs[i].Class, a)
			}
		}
		t.dirty = true
		if err := t.add(self(by), WasFetched, Detail{Outcomes: outcomes}, nil); err != nil {
			return err
		}
		if err := s.reassess(t, def, self(by)); err != nil { // what came is kept all the same
			slog.ErrorContext(ctx, "rules could not be evaluated", "case", string(id), "err", err)
		}
		return s.commit(ctx, t)
	})
}

func fact(class string, a exchange.Answer) Fact {
	return Fact{Class: class, Outcome: a.Outcome, Records: a.Records, Source: a.Source, At: a.At.UTC(), Retry: a.Retry, Reason: a.Reason}
}

// reassess ends the application of t when its rules say so by now.
func (s *Service) reassess(t *turn, def *service.Definition, by actor) error {
	out, err := s.assess(def, t.file, today(t.c, def, t.at))
	if err != nil {
		return err
	}
	if out.Status != service.Ineligible || t.c.State != Draft {
		return nil
	}
	return t.add(by, WasIneligible, Detail{Reason: out.Reason, Keep: keep(def, t.at)}, nil)
}

// unagreed takes what was fetched out of a draft whose consent has ended.
func (s *Service) unagreed(ctx context.Context, by identity.Caller, id ID) error {
	return again(func() error {
		t, err := s.mine(ctx, by, id)
		if err != nil {
			return err
		}
		if !t.c.Can(WasConsentWithdrawn) || t.c.Grant == "" {
			return nil
		}
		if err := t.unagree(self(by)); err != nil {
			return err
		}
		return s.commit(ctx, t)
	})
}

// unagree removes everything that was fetched under a consent.
func (t *turn) unagree(by actor) error {
	for name, f := range t.file.Facts {
		if f.Typed == nil {
			delete(t.file.Facts, name)
			continue
		}
		t.file.Facts[name] = Fact{Class: f.Class, Typed: f.Typed, At: f.At}
	}
	t.dirty = true
	return t.add(by, WasConsentWithdrawn, Detail{Grant: t.c.Grant}, nil)
}
