package exchange

import (
	"context"
	"crypto/subtle"
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

// Ask fetches facts for a department's system. The grant must have been given
// to that department by the person whom it knows as a.Subject: otherwise it
// returns ErrSubject, which tells nothing about what exists.
func (s *Service) Ask(ctx context.Context, by org.Client, a Ask) (Answer, error) {
	person, err := s.d.Holders.Holder(ctx, by.Department, a.Grant)
	if err != nil {
		return Answer{}, fmt.Errorf("ask: %w: %w", ErrSubject, err)
	}
	want := s.d.Subjects.Subject(ctx, by.Department, person)
	if subtle.ConstantTimeCompare([]byte(want), []byte(a.Subject)) != 1 {
		return Answer{}, fmt.Errorf("ask: %w", ErrSubject)
	}
	return s.Fetch(org.WithClient(ctx, by), Query{
		Person: person, Grant: a.Grant, Class: a.Class, Fields: a.Fields, Recipient: by.Department, Case: a.Case,
	})
}
