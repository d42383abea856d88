package exchange

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"causeway/modules/org"
)

// Steward is the role of an officer who answers for a department's data.
const Steward = "data-steward"

// Inbox returns the reports to the officer's department: those that wait,
// oldest first, or with done those that are settled, newest first. It opens
// none. It returns ErrNotSteward for an officer of another role.
func (s *Service) Inbox(ctx context.Context, by org.Officer, done bool) ([]Report, error) {
	if !by.Has(Steward) {
		return nil, fmt.Errorf("reports: %w", ErrNotSteward)
	}
	reports, err := s.d.Store.ReportsTo(ctx, by.Department, done, reportsPage)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	return reports, nil
}

// ReadReport opens one report to the officer's department, which the person can
// see in their record. It returns ErrNoReport for one to another department.
func (s *Service) ReadReport(ctx context.Context, by org.Officer, id string) (Report, error) {
	if !by.Has(Steward) {
		return Report{}, fmt.Errorf("report: %w", ErrNotSteward)
	}
	var r Report
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		var err error
		if r, err = s.d.Store.ReportTo(ctx, by.Department, id); err != nil {
			return err
		}
		if err := s.open(ctx, &r); err != nil {
			return err
		}
		number, err := s.d.Numbers.Number(ctx, r.Person)
		if err != nil {
			return err
		}
		r.Hint = number.Hint()
		return s.recordReport(ctx, by, r, "exchange.report-read")
	})
	if err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	return r, nil
}

// AnswerReport settles a report that waits: corrected or kept, with a sentence
// for the person, who is told. It returns ErrReportState if it has been
// settled, and ErrReportText.
func (s *Service) AnswerReport(ctx context.Context, by org.Officer, id string, state ReportState, text string) error {
	if !by.Has(Steward) {
		return fmt.Errorf("answer report: %w", ErrNotSteward)
	}
	text, err := sentence(text)
	if err != nil {
		return fmt.Errorf("answer report: %w", err)
	}
	if state != Corrected && state != Kept {
		return fmt.Errorf("answer report: %w", ErrReportState)
	}
	err = s.change(ctx, by, id, Reported, "exchange.report-answered", func(ctx context.Context, r *Report) error {
		if err := s.open(ctx, r); err != nil {
			return err
		}
		r.State, r.Answer, r.By, r.Answered = state, text, string(by.Person), s.now()
		if err := s.seal(ctx, r); err != nil {
			return err
		}
		return s.d.Notices.Tell(ctx, r.Person, "exchange.notice."+string(state), nil, "/reports/"+r.ID)
	})
	if err != nil {
		return fmt.Errorf("answer report: %w", err)
	}
	return nil
}

// CloseReport takes an answered report out of the way.
func (s *Service) CloseReport(ctx context.Context, by org.Officer, id string) error {
	if !by.Has(Steward) {
		return fmt.Errorf("close report: %w", ErrNotSteward)
	}
	err := s.change(ctx, by, id, "", "exchange.report-closed", func(_ context.Context, r *Report) error {
		if r.State != Corrected && r.State != Kept {
			return ErrReportState
		}
		r.State, r.Closed = Finished, s.now()
		return nil
	})
	if err != nil {
		return fmt.Errorf("close report: %w", err)
	}
	return nil
}

// change moves a report on from state from, "" for any.
func (s *Service) change(ctx context.Context, by org.Officer, id string, from ReportState, what string, f func(context.Context, *Report) error) error {
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		r, err := s.d.Store.ReportTo(ctx, by.Department, id)
		if err != nil {
			return err
		}
		if from != "" && r.State != from {
			return ErrReportState
		}
		before := r.State
		if err := f(ctx, &r); err != nil {
			return err
		}
		if err := s.d.Store.ChangeReport(ctx, r, before); err != nil {
			return err
		}
		return s.recordReport(ctx, by, r, what)
	})
}

func (s *Service) recordReport(ctx context.Context, by org.Officer, r Report, what string) error {
	e := s.about(org.WithOfficer(ctx, by), r.Person, r.Department)
	e.What, e.Why, e.Case = what, "wrong-fact", r.Case
	e.Detail = map[string]string{"class": r.Class, "fields": r.Field, "registry": string(r.Department)}
	return s.d.Trail.Record(ctx, e)
}

// A SourceStatus is one source of a department and how it has been doing.
type SourceStatus struct {
	Source  Source
	Classes []Class
	Health  Health
	Waiting int // writes that the source has not confirmed
}

// SourcesOf returns the sources of the officer's department, by name.
func (s *Service) SourcesOf(ctx context.Context, by org.Officer) ([]SourceStatus, error) {
	if !by.Has(Steward) {
		return nil, fmt.Errorf("sources: %w", ErrNotSteward)
	}
	var out []SourceStatus
	for _, src := range s.d.Sources {
		if src.Registry != by.Department {
			continue
		}
		st := SourceStatus{Source: src}
		if src.Watch != nil {
			st.Health = src.Watch.Health()
		}
		for _, c := range s.d.Classes.All() {
			if c.Source != src.Name {
				continue
			}
			st.Classes = append(st.Classes, c)
			n, err := s.d.Store.PendingWrites(ctx, c.ID)
			if err != nil {
				return nil, fmt.Errorf("sources: %w", err)
			}
			st.Waiting += n
		}
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b SourceStatus) int { return strings.Compare(a.Source.Name, b.Source.Name) })
	return out, nil
}
