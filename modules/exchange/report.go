package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"causeway/modules/identity"
	"causeway/modules/org"
)

// A WrongFact is what a person says is wrong about a fact.
type WrongFact struct {
	Class string
	Field string
	Said  string // in the person's words, up to 2,000 characters
	Case  string // the case that shows the fact, or ""
}

// A ReportState is how far a report has come.
type ReportState string

// Report states.
const (
	Reported  ReportState = "open"
	Corrected ReportState = "corrected" // the registry has put it right
	Kept      ReportState = "kept"      // the registry says that it is right
	Finished  ReportState = "closed"    // nothing more will happen
)

// Limits of reports.
const (
	MaxSaid     = 2000
	maxOpen     = 20 // open reports of one person
	reportsPage = 100
)

// A Report is a report of a wrong fact to the department that holds it.
type Report struct {
	Person     identity.PersonID
	ID         string
	Department org.ID
	Subject    string // how the department knows the person
	Hint       string // of the person's identity number, for the officer who reads it
	Actor      string
	Channel    string
	Class      string
	Field      string
	Case       string
	State      ReportState
	Shown      string // the value as the person saw it, or ""
	Said       string
	Answer     string // the department's words
	By         string // the officer who answered
	Created    time.Time
	Answered   time.Time
	Closed     time.Time
	Sealed     []byte // Shown, Said and Answer, as they are kept
}

// words is what a report keeps sealed.
type words struct {
	Shown  string `json:"shown,omitempty"`
	Said   string `json:"said"`
	Answer string `json:"answer,omitempty"`
}

// Report tells the department that holds a fact that it is wrong, and returns
// the report's id. It returns what Fact does, ErrReportText, or ErrReportMany while too many reports wait.
func (s *Service) Report(ctx context.Context, by identity.Caller, w WrongFact) (string, error) {
	f, err := s.Fact(ctx, by, w.Class, w.Field, w.Case)
	if err != nil {
		return "", err
	}
	said, err := sentence(w.Said)
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	class, shown := f.Class, f.Shown
	id := s.d.NewID()
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		n, err := s.d.Store.OpenReports(ctx, by.Person)
		if err != nil {
			return err
		}
		if n >= maxOpen {
			return ErrReportMany
		}
		r := Report{
			Person: by.Person, ID: id, Department: class.Registry, Class: w.Class, Field: w.Field, Case: w.Case,
			State: Reported, Shown: shown, Said: said, Created: s.now(),
		}
		e := s.about(identity.WithCaller(ctx, by), by.Person, class.Registry)
		r.Subject, r.Actor, r.Channel = e.Subject, e.Actor, e.Channel
		if err := s.seal(ctx, &r); err != nil {
			return err
		}
		if err := s.d.Store.AddReport(ctx, r); err != nil {
			return err
		}
		e.What, e.Case = "exchange.reported", w.Case
		e.Detail = map[string]string{"class": w.Class, "fields": w.Field, "registry": string(class.Registry)}
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return id, nil
}

// A Fact is a fact that somebody is about to report.
type Fact struct {
	Class Class
	Field Field
	Shown string // its value as the caller's case shows it, or ""
}

// Fact returns the fact that the caller is about to report. It returns
// ErrNoFact for what nobody holds, and a NotFound fault for another's case.
func (s *Service) Fact(ctx context.Context, by identity.Caller, class, field, caseID string) (Fact, error) {
	if by.Person == "" {
		return Fact{}, fmt.Errorf("report: %w", ErrSignIn)
	}
	var f Fact
	var ok bool
	if f.Class, ok = s.d.Classes.Class(class); !ok || !f.Class.Readable() {
		return Fact{}, fmt.Errorf("report: %w", ErrNoFact)
	}
	if f.Field, ok = f.Class.Field(field); !ok {
		return Fact{}, fmt.Errorf("report: %w", ErrNoFact)
	}
	if s.d.Facts == nil || caseID == "" {
		return f, nil
	}
	var err error
	if f.Shown, err = s.d.Facts.Shown(ctx, by, caseID, class, field); err != nil {
		return Fact{}, fmt.Errorf("report: %w", err)
	}
	return f, nil
}

// sentence returns a text that somebody typed, or ErrReportText.
func sentence(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxSaid || strings.ContainsRune(text, 0) {
		return "", ErrReportText
	}
	return text, nil
}

// Reports returns the caller's reports, newest first.
func (s *Service) Reports(ctx context.Context, by identity.Caller) ([]Report, error) {
	if by.Person == "" {
		return nil, fmt.Errorf("reports: %w", ErrSignIn)
	}
	reports, err := s.d.Store.ReportsOf(ctx, by.Person, reportsPage)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	for i := range reports {
		if err := s.open(ctx, &reports[i]); err != nil {
			return nil, fmt.Errorf("reports: %w", err)
		}
	}
	return reports, nil
}

// ReportOf returns the caller's report named id, or ErrNoReport.
func (s *Service) ReportOf(ctx context.Context, by identity.Caller, id string) (Report, error) {
	if by.Person == "" {
		return Report{}, fmt.Errorf("report: %w", ErrSignIn)
	}
	r, err := s.d.Store.Report(ctx, by.Person, id)
	if err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	return r, s.open(ctx, &r)
}

// seal fills in r.Sealed from its words.
func (s *Service) seal(ctx context.Context, r *Report) error {
	plain, err := json.Marshal(words{r.Shown, r.Said, r.Answer})
	if err != nil {
		return err
	}
	r.Sealed, err = s.d.Sealer.Seal(ctx, string(r.Person), "exchange.report", plain)
	return err
}

// open fills in r's words from r.Sealed.
func (s *Service) open(ctx context.Context, r *Report) error {
	plain, err := s.d.Sealer.Open(ctx, string(r.Person), "exchange.report", r.Sealed)
	if err != nil {
		return err
	}
	var w words
	if err := json.Unmarshal(plain, &w); err != nil {
		return err
	}
	r.Shown, r.Said, r.Answer = w.Shown, w.Said, w.Answer
	return nil
}
