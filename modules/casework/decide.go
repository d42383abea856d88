package casework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/day"
)

// DecideJob is the kind of job whose handler is RunDecide.
const DecideJob = "casework.decide"

// retryDecision is for how long a decision whose facts have to be fetched again
// waits for a registry that does not answer, before an officer gets it.
const retryDecision = time.Hour

// caseRef names a case in a job.
type caseRef struct {
	Person identity.PersonID `json:"person"`
	Case   ID                `json:"case"`
}

// decideSoon returns what has the rules decide c once the unit is durable.
func (s *Service) decideSoon(c Case) func(context.Context) error {
	return func(ctx context.Context) error {
		payload, err := json.Marshal(caseRef{c.Person, c.ID})
		if err != nil {
			return err
		}
		return s.d.Jobs.Enqueue(ctx, DecideJob, string(c.ID), payload, time.Time{})
	}
}

// RunDecide decides a case that no officer has seen yet, or gives it to one: the
// handler of DecideJob. Running twice decides once.
func (s *Service) RunDecide(ctx context.Context, payload []byte) error {
	var ref caseRef
	if err := json.Unmarshal(payload, &ref); err != nil {
		return fmt.Errorf("decide job: %w", err)
	}
	err := again(func() error { return s.decide(ctx, ref) })
	if err != nil && !errors.Is(err, errStop) {
		return fmt.Errorf("decide case %s: %w", ref.Case, err)
	}
	return nil
}

func (s *Service) decide(ctx context.Context, ref caseRef) error {
	c, sealed, err := s.d.Store.Case(ctx, ref.Person, ref.Case)
	if err != nil {
		return err
	}
	if c.State != Deciding || c.Waiting {
		return errStop
	}
	t, err := s.open(ctx, c, sealed)
	if err != nil {
		return err
	}
	def, err := s.definition(ctx, c)
	if err != nil {
		return err
	}
	renewed, err := s.renew(ctx, t, def)
	if err != nil {
		if s.now().Before(c.Changed.Add(retryDecision)) {
			return err
		}
		slog.WarnContext(ctx, "facts could not be fetched again; an officer decides", "case", string(c.ID), "err", err)
	}
	out, assessErr := s.assess(def, t.file, c.Today)
	if assessErr != nil {
		slog.ErrorContext(ctx, "rules could not be evaluated; an officer decides", "case", string(c.ID), "err", assessErr)
	}
	if err == nil && assessErr == nil && out.Automatic && !renewed && agrees(c, out) {
		return s.approve(ctx, t, def, out, system(), nil)
	}
	steps := out.Steps
	if len(steps) == 0 { // the rules have no result by now: who decides last does it all
		steps = []string{def.Steps[len(def.Steps)-1].Name}
	}
	if err := s.step(t, def, steps[0]); err != nil {
		return err
	}
	return s.commit(ctx, t)
}

// agrees reports whether out is what c was submitted with.
func agrees(c Case, out service.Outcome) bool {
	if out.Status != service.Eligible || !out.Ready {
		return false
	}
	if out.Fee == nil {
		return c.Fee.Minor == 0
	}
	return out.Fee.Amount.Minor == c.Fee.Minor
}

// step puts t at the named step of def, for an officer.
func (s *Service) step(t *turn, def *service.Definition, name string) error {
	i := slices.IndexFunc(def.Steps, func(x service.Step) bool { return x.Name == name })
	st := def.Steps[i]
	d := Detail{Step: i, Name: st.Name, Department: org.ID(st.By), Needs: st.Role}
	if !st.Within.IsZero() {
		cal, err := s.d.Definitions.Calendar(def.Calendar)
		if err != nil {
			return err
		}
		if d.Due, err = def.Workdays(cal).After(day.In(t.at, def.Zone), st.Within); err != nil {
			return fmt.Errorf("deadline of step %s: %w", name, err)
		}
	}
	return t.add(system(), WasAtStep, d, nil)
}

// freshFor returns how long a fetched fact may be relied on.
func (s *Service) stale(e service.Evidence, f Fact, def *service.Definition, at time.Time) bool {
	if !f.fetched() || f.Record() == nil {
		return false
	}
	if !e.Fresh.IsZero() {
		return day.In(at, def.Zone).After(e.Fresh.After(day.In(f.At, def.Zone)))
	}
	class, ok := s.d.Gateway.Class(e.Class)
	return ok && class.FreshFor > 0 && at.Sub(f.At) > class.FreshFor
}

// renew fetches again the facts of t that have grown stale, and reports whether
// the rules see others now than before. It returns an error when a registry did
// not answer, or the consent has ended; then t is as it was.
func (s *Service) renew(ctx context.Context, t *turn, def *service.Definition) (changed bool, err error) {
	var qs []exchange.Query
	var names []string
	for _, e := range def.Evidence {
		if s.stale(e, t.file.Facts[e.Name], def, t.at) {
			qs, names = append(qs, query(t.c, def, e)), append(names, e.Name)
		}
	}
	if len(qs) == 0 {
		return false, nil
	}
	answers, err := s.d.Gateway.FetchAll(ctx, qs)
	if err != nil {
		return false, err
	}
	facts, outcomes := maps.Clone(t.file.Facts), map[string]string{}
	for i, a := range answers {
		switch a.Outcome {
		case exchange.Late, exchange.Down, exchange.Invalid, exchange.Refused:
			return false, fmt.Errorf("%s: %s: %w", qs[i].Class, a.Outcome, errUnanswered)
		case exchange.Found, exchange.None, exchange.Several:
		}
		old, f := facts[names[i]], fact(qs[i].Class, a)
		f.Chosen = same(f.Records, old.Record())
		if f.Outcome == exchange.Found {
			f.Chosen = 0
		}
		outcomes[names[i]] = string(a.Outcome)
		if same([]map[string]any{f.Record()}, old.Record()) == 0 {
			changed = true
			t.file.Renewed = append(t.file.Renewed, names[i])
		}
		facts[names[i]] = f
	}
	t.file.Facts, t.dirty = facts, true
	return changed, t.add(system(), WasRenewed, Detail{Outcomes: outcomes}, nil)
}

// errUnanswered reports a registry that gave no answer to rely on.
var errUnanswered = errors.New("casework: a registry did not answer")

// same returns the place, from 1, of the record that is equal to r, or 0.
func same(records []map[string]any, r map[string]any) int {
	want, err := json.Marshal(r)
	if err != nil {
		return 0
	}
	for i, x := range records {
		if got, err := json.Marshal(x); err == nil && string(got) == string(want) {
			return i + 1
		}
	}
	return 0
}

// approve grants the application of t: it starts the effects, ends the consent
// and tells the applicant, in one unit.
func (s *Service) approve(ctx context.Context, t *turn, def *service.Definition, out service.Outcome, by actor, note []byte) error {
	dept := decider(def, t.c)
	d := Detail{Step: len(def.Steps) - 1, Name: service.Decide, Department: dept, Automatic: by == system()}
	if err := t.add(by, WasStepPassed, d, note); err != nil {
		return err
	}
	if err := t.add(by, WasApproved, Detail{Department: dept, Automatic: by == system()}, nil); err != nil {
		return err
	}
	remind, err := s.remindLater(ctx, t, def, out.Reminder)
	if err != nil {
		return err
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		next := *t
		next.events = slices.Clone(t.events)
		rows, args, err := s.start(ctx, next.c, out)
		if err != nil {
			return err
		}
		if done(rows) {
			if err := next.add(system(), WasDone, Detail{Keep: keep(def, t.at)}, nil); err != nil {
				return err
			}
		}
		more := []func(context.Context) error{
			func(ctx context.Context) error { return s.putAll(ctx, next.c, rows) },
			s.record(next.c, by, "casework.approved", "decide-application", nil),
			s.tell(next.c, def, "approved", args),
			s.useUp(next.c), remind,
		}
		return s.commit(ctx, &next, more...)
	})
}

// decider is the department that decides c.
func decider(def *service.Definition, c Case) org.ID {
	if c.Waiting || len(def.Steps) == 0 {
		return c.Department
	}
	return org.ID(def.Steps[len(def.Steps)-1].By)
}

// useUp returns what ends the consent of c, which has served its purpose.
func (s *Service) useUp(c Case) func(context.Context) error {
	return func(ctx context.Context) error {
		if c.Grant == "" {
			return nil
		}
		if err := s.d.Consents.UseUp(ctx, c.Person, c.Grant); err != nil && !errors.Is(err, consent.ErrNoGrant) {
			return fmt.Errorf("end consent: %w", err)
		}
		return nil
	}
}
