package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
)

const insertSubject = `
INSERT INTO org_subjects (person_id, department_id, subject, created_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id, department_id) DO NOTHING`

// AddSubject keeps how d knows p.
func (s *Store) AddSubject(ctx context.Context, p identity.PersonID, d org.ID, subject string, at time.Time) error {
	if err := s.db.Write(ctx, insertSubject, string(p), string(d), subject, micros(at)); err != nil {
		return fmt.Errorf("insert subject: %w", err)
	}
	return nil
}

const selectPerson = `
SELECT person_id
FROM org_subjects
WHERE department_id = $1 AND subject = $2`

// PersonOf returns whom d knows as subject.
func (s *Store) PersonOf(ctx context.Context, d org.ID, subject string) (identity.PersonID, error) {
	if !text(subject) {
		return "", org.ErrNoSubject
	}
	var p identity.PersonID
	err := s.db.QueryRow(ctx, selectPerson, string(d), subject).Scan(&p)
	if errors.Is(err, sql.ErrNoRows) {
		return "", org.ErrNoSubject
	}
	if err != nil {
		return "", fmt.Errorf("subject: %w", err)
	}
	return p, nil
}
