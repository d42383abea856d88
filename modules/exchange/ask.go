package exchange

import (
	"context"
	"errors"
	"fmt"

	"causeway/modules/consent"
	"causeway/modules/org"
)

// An Ask is what a department's own system asks the gateway for.
type Ask struct {
	Grant   consent.GrantID
	Subject string // how the department knows the person
	Class   string
	Fields  []string
	Case    string // the case that the grant is for, or ""
}

// Ask fetches facts for a department's system, as Fetch does. It returns
// ErrSubject if the department knows nobody as a.Subject.
func (s *Service) Ask(ctx context.Context, by org.Client, a Ask) (Answer, error) {
	person, err := s.d.Subjects.PersonOf(ctx, by.Department, a.Subject)
	if errors.Is(err, org.ErrNoSubject) {
		return Answer{}, fmt.Errorf("ask: %w", ErrSubject)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("ask: %w", err)
	}
	return s.Fetch(org.WithClient(ctx, by), Query{
		Person: person, Grant: a.Grant, Class: a.Class, Fields: a.Fields, Recipient: by.Department, Case: a.Case,
	})
}
