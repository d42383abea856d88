package casework

import (
	"context"
	"fmt"
	"slices"

	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/lang"
)

// StageState says how far a case has come with one stage.
type StageState string

// States of a stage.
const (
	StagePassed StageState = "passed"
	StageNow    StageState = "now"   // its department has the case
	StageEnded  StageState = "ended" // the case ended here, without passing it
	StageLater  StageState = "later"
	StageNever  StageState = "never" // the case ended before it
)

// A Stage is one step of a case: whose turn it is, or was.
type Stage struct {
	Name       string
	Label      lang.Text // what the definition calls it; empty: whose check it is
	Department org.Department
	State      StageState
}

// Decides reports whether it is the stage that decides.
func (s Stage) Decides() bool { return s.Name == service.Decide }

// stages returns the steps of c, in turn.
func (s *Service) stages(ctx context.Context, def *service.Definition, c Case, out service.Outcome) ([]Stage, error) {
	at := slices.Index(out.Steps, c.StepName)
	stages := make([]Stage, 0, len(out.Steps))
	for i, name := range out.Steps {
		step, ok := def.Step(name)
		if !ok {
			continue
		}
		dep, err := s.d.Departments.Department(ctx, org.ID(step.By))
		if err != nil {
			return nil, fmt.Errorf("department of step %s: %w", name, err)
		}
		stages = append(stages, Stage{name, step.Label, dep, stageState(c, i, at)})
	}
	return stages, nil
}

// stageState is the state of step i of a case whose step is at, or -1 if it has
// not come to one.
func stageState(c Case, i, at int) StageState {
	switch {
	case c.State == Approved || c.State == Done || i < at:
		return StagePassed
	case i == at && c.State.WithOfficer() && c.Waiting:
		return StageNow
	case c.State.WithOfficer() || c.State == Draft || c.State == ToPay:
		return StageLater
	case i == at:
		return StageEnded
	}
	return StageNever
}
