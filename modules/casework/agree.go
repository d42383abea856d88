package casework

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
)

// consentFor is how long facts may be fetched for a case at most; a decision
// ends it earlier.
const consentFor = 90 * 24 * time.Hour

// A Wanted is facts that a service asks to fetch.
type Wanted struct {
	Name     string // of the evidence
	Class    exchange.Class
	Fields   []exchange.Field
	Purpose  string
	ByHand   bool // may be typed instead
	Registry org.Department
}

// Wanted returns what the definition asks to fetch, in its order.
func (s *Service) wanted(ctx context.Context, def *service.Definition) ([]Wanted, error) {
	ws := make([]Wanted, 0, len(def.Evidence))
	for _, e := range def.Evidence {
		class, ok := s.d.Gateway.Class(e.Class)
		if !ok {
			return nil, fmt.Errorf("definition %s: class %s: %w", def.ID, e.Class, exchange.ErrClass)
		}
		dep, err := s.d.Departments.Department(ctx, class.Registry)
		if err != nil {
			return nil, fmt.Errorf("definition %s: registry of %s: %w", def.ID, e.Class, err)
		}
		w := Wanted{Name: e.Name, Class: class, Purpose: e.Purpose, ByHand: e.Otherwise == service.OtherwiseAsk, Registry: dep}
		for _, f := range e.Fields {
			field, ok := class.Field(f.Name)
			if !ok {
				return nil, fmt.Errorf("definition %s: %s.%s: %w", def.ID, e.Class, f.Name, exchange.ErrField)
			}
			if len(f.Values) > 0 { // the definition's words win
				field.Values, field.List = make([]exchange.Word, len(f.Values)), ""
				for i, v := range f.Values {
					field.Values[i] = exchange.Word(v)
				}
			}
			w.Fields = append(w.Fields, field)
		}
		ws = append(ws, w)
	}
	return ws, nil
}

// request is what the applicant is asked to agree to.
func request(c Case, def *service.Definition, ws []Wanted) consent.Request {
	r := consent.Request{
		Person: c.Person, Recipient: org.ID(def.Owner), Service: def.ID, Case: string(c.ID), For: consentFor, Keep: isoPeriod(def.Keep),
	}
	for _, w := range ws {
		it := consent.Item{Class: w.Class.ID, Source: w.Class.Registry, Purpose: w.Purpose, Otherwise: consent.AtCounter}
		if w.ByHand {
			it.Otherwise = consent.ByHand
		}
		for _, f := range w.Fields {
			it.Fields = append(it.Fields, f.Name)
		}
		r.Items = append(r.Items, it)
	}
	return r
}

// isoPeriod writes p as ISO 8601 does, such as P2Y.
func isoPeriod(p service.Period) string {
	if p.IsZero() {
		return ""
	}
	unit := "D"
	if p.Unit == service.Months || p.Unit == service.Years {
		unit = strings.ToUpper(string(p.Unit)[:1])
	}
	return "P" + strconv.Itoa(p.N) + unit
}

// Agree records the applicant's consent to everything that the service asks to
// fetch, asks the registries, and returns when they have answered or patience
// has run out; then they are still being asked. It returns ErrNotNow for a case
// that is no draft, or has a consent already.
func (s *Service) Agree(ctx context.Context, by identity.Caller, id ID) error {
	t, err := s.mine(ctx, by, id)
	if err != nil {
		return err
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return err
	}
	if err := assured(by, def); err != nil {
		return err
	}
	if t.c.Grant != "" || !t.c.Can(WasConsented) || len(def.Evidence) == 0 {
		return fmt.Errorf("agree to case %s: %w", id, ErrNotNow)
	}
	ws, err := s.wanted(ctx, def)
	if err != nil {
		return err
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		g, err := s.d.Consents.Give(ctx, by, request(t.c, def, ws))
		if err != nil {
			return err
		}
		next := *t
		next.events = nil
		if err := next.add(self(by), WasConsented, Detail{Grant: g.ID}, nil); err != nil {
			return err
		}
		if err := next.add(self(by), WasAsked, Detail{}, nil); err != nil {
			return err
		}
		return s.commit(ctx, &next)
	})
	if err != nil {
		return fmt.Errorf("agree to case %s: %w", id, err)
	}
	s.ask(ctx, by, id)
	return nil
}

// AskAgain asks the registries again for what they have not given, as Agree
// does. It returns ErrConsent if no consent holds.
func (s *Service) AskAgain(ctx context.Context, by identity.Caller, id ID) error {
	if s.isAsking(id) {
		return nil
	}
	err := again(func() error {
		t, err := s.mine(ctx, by, id)
		if err != nil {
			return err
		}
		if t.c.State == Draft && t.c.Grant == "" {
			return ErrConsent
		}
		if err := t.add(self(by), WasAsked, Detail{}, nil); err != nil {
			return err
		}
		return s.commit(ctx, t)
	})
	if err != nil {
		return fmt.Errorf("ask again for case %s: %w", id, err)
	}
	s.ask(ctx, by, id)
	return nil
}
