package casework

import (
	"context"
	"errors"
	"fmt"

	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/service"
	"causeway/platform/day"
)

// A Typed is what a form sent for the fields of a fact, or for a question. It
// goes back to the person with what is wrong.
type Typed struct {
	Values   map[string]string // by field
	Problems map[string]error  // by field: an error of package service
}

// ErrTyped reports something typed that cannot be taken; Typed says what.
var ErrTyped = errors.New("casework: what was typed cannot be taken")

// edit changes the file of a draft, as the newest version of it allows, and
// ends the application if its rules say so then.
func (s *Service) edit(ctx context.Context, by identity.Caller, id ID, f func(t *turn, def *service.Definition) error) error {
	err := again(func() error {
		t, err := s.mine(ctx, by, id)
		if err != nil {
			return err
		}
		if t.c.State != Draft {
			return ErrNotNow
		}
		def, err := s.definition(ctx, t.c)
		if err != nil {
			return err
		}
		if err := f(t, def); err != nil {
			return err
		}
		t.dirty = true
		if err := s.reassess(t, def, self(by)); err != nil {
			return err
		}
		return s.commit(ctx, t)
	})
	if err != nil {
		return fmt.Errorf("case %s: %w", id, err)
	}
	return nil
}

// Choose takes record n, from 1, of several that a registry has. It returns
// ErrNoEvidence if there is no such choice.
func (s *Service) Choose(ctx context.Context, by identity.Caller, id ID, evidence string, n int) error {
	return s.edit(ctx, by, id, func(t *turn, def *service.Definition) error {
		e, ok := def.EvidenceNamed(evidence)
		x := t.file.Facts[evidence]
		if !ok || e.Many != service.ManyChoose || x.Outcome != exchange.Several || n < 1 || n > len(x.Records) {
			return ErrNoEvidence
		}
		x.Chosen = n
		t.file.Facts[evidence] = x
		return t.add(self(by), WasChosen, Detail{Evidence: evidence}, nil)
	})
}

// Type takes facts that the applicant types because no registry gave them. It
// returns ErrNoEvidence where the service does not allow it or a registry has
// the facts, and ErrTyped with what is wrong in Typed.
func (s *Service) Type(ctx context.Context, by identity.Caller, id ID, evidence string, values map[string]string) (Typed, error) {
	var typed Typed
	err := s.edit(ctx, by, id, func(t *turn, def *service.Definition) error {
		e, ok := def.EvidenceNamed(evidence)
		x := t.file.Facts[evidence]
		if !ok || !typeable(e, x, t.c) {
			return ErrNoEvidence
		}
		record := map[string]any{}
		typed = Typed{values, map[string]error{}}
		for _, f := range e.Fields {
			v, err := s.read(e, f, values[f.Name], day.In(t.at, def.Zone))
			if err != nil {
				typed.Problems[f.Name] = err
				continue
			}
			record[f.Name] = v
		}
		if len(typed.Problems) > 0 {
			return ErrTyped
		}
		x.Class, x.Typed = e.Class, record
		if x.Outcome == "" {
			x.At = t.at
		}
		t.file.Facts[evidence] = x
		return t.add(self(by), WasTyped, Detail{Evidence: evidence}, nil)
	})
	return typed, err
}

// read takes what a form sent for a fact: a code must be one that the definition
// or the class has words for.
func (s *Service) read(e service.Evidence, f service.Field, typed string, on day.Date) (any, error) {
	v, err := f.Read(typed, on)
	if err != nil {
		return nil, err
	}
	class, _ := s.d.Gateway.Class(e.Class)
	field, _ := class.Field(f.Name)
	if code, ok := v.(string); ok && len(f.Values) == 0 && !field.Takes(code) {
		return nil, service.ErrNotOption
	}
	return v, nil
}

// typeable reports whether the applicant may type e: the service allows it and
// no registry gave it, or the applicant does not agree to its being asked.
func typeable(e service.Evidence, x Fact, c Case) bool {
	return e.Otherwise == service.OtherwiseAsk && (x.ByHand() || c.Grant == "" || x.Outcome != "" && x.Record() == nil && x.Outcome != exchange.Several)
}

// Answer takes what a form sent for a question. It returns ErrNoEvidence for a
// question that is not asked now, and ErrTyped with what is wrong in Typed.
func (s *Service) Answer(ctx context.Context, by identity.Caller, id ID, question, value string) (Typed, error) {
	var typed Typed
	err := s.edit(ctx, by, id, func(t *turn, def *service.Definition) error {
		q, err := s.asked(t, def, question)
		if err != nil || q.Type == service.FileQuestion {
			return errors.Join(err, ErrNoEvidence)
		}
		a, err := q.Read(value, day.In(t.at, def.Zone))
		if err != nil {
			typed = Typed{map[string]string{question: value}, map[string]error{question: err}}
			return ErrTyped
		}
		t.file.Answers[question] = Answer{State: a.State, Value: a.Value}
		return t.add(self(by), WasAnswered, Detail{Question: question}, nil)
	})
	return typed, err
}

// Attach takes a file as the answer to a question, or, with no name and no
// content, that the applicant gives none where that is allowed. Besides what Answer returns,
// it returns what Documents say of a file that is not to be had.
func (s *Service) Attach(ctx context.Context, by identity.Caller, id ID, question, name string, content []byte) (Typed, error) {
	t, err := s.mine(ctx, by, id)
	if err != nil {
		return Typed{}, err
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return Typed{}, err
	}
	q, err := s.asked(t, def, question)
	if err != nil || q.Type != service.FileQuestion {
		return Typed{}, errors.Join(err, ErrNoEvidence)
	}
	answer := Answer{State: service.Declined}
	switch {
	case name != "" || len(content) > 0: // an empty file is refused, and is not none
		doc, err := s.d.Documents.Put(ctx, by, string(id), name, content)
		if err != nil {
			return Typed{}, err
		}
		answer = Answer{State: service.Answered, Value: true, Upload: Upload{doc, cleanName(name)}}
	case t.file.Answers[question].State == service.Answered:
		return Typed{}, nil // the file that was given stays
	case !q.Optional:
		return Typed{Problems: map[string]error{question: service.ErrEmpty}}, ErrTyped
	}
	return Typed{}, s.edit(ctx, by, id, func(t *turn, def *service.Definition) error {
		if _, err := s.asked(t, def, question); err != nil {
			return err
		}
		t.file.Answers[question] = answer
		return t.add(self(by), WasAnswered, Detail{Question: question}, nil)
	})
}

// asked returns a question that is, or was, shown in the case of t.
func (s *Service) asked(t *turn, def *service.Definition, name string) (service.Question, error) {
	q, ok := def.Question(name)
	if !ok {
		return q, ErrNoEvidence
	}
	out, err := s.assess(def, t.file, today(t.c, def, t.at))
	if err != nil {
		return q, err
	}
	for _, list := range [][]string{out.Next, out.Asked} {
		for _, n := range list {
			if n == name {
				return q, nil
			}
		}
	}
	return q, ErrNoEvidence
}
