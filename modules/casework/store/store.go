// Package store keeps cases in SQL.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"causeway/modules/casework"
	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/db"
)

// Migrations are the tables of this module.
//
//go:embed migrations
var Migrations embed.FS

// Store implements casework.Store.
type Store struct{ db *db.DB }

var _ casework.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

// micros writes t for a column; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant reads what micros wrote.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

const insertCase = `
INSERT INTO casework_cases (person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged, file)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)
ON CONFLICT DO NOTHING`

// Insert adds c.
func (s *Store) Insert(ctx context.Context, c casework.Case, file []byte) error {
	res, err := s.db.Exec(ctx, insertCase, string(c.Person), string(c.ID), c.Reference, c.Service, c.Version, string(c.State), c.Rev,
		string(c.Grant), micros(c.Asking), c.Today.String(), c.Fee.Currency, c.Fee.Minor, c.Order, bit(c.Paid),
		c.Step, c.StepName, string(c.Department), c.Role, casework.SortDay(c.Due), c.Left, bit(c.Late), bit(c.Waiting), string(c.Claimed), micros(c.ClaimedAt), c.Reason,
		micros(c.Opened), micros(c.Changed), micros(c.Submitted), micros(c.Ended), micros(c.KeepUntil), bit(c.Purged), file)
	return one(res, err, "insert case "+string(c.ID), casework.ErrReferenceTaken)
}

const updateCase = `
UPDATE casework_cases
SET state = $4, rev = $5, grant_id = $6, asking_us = $7, today = $8, currency = $9, fee = $10, order_id = $11, paid = $12,
	step = $13, step_name = $14, department = $15, role = $16, due = $17, days_left = $18, late = $19, waiting = $20, claimed_by = $21, claimed_us = $22,
	reason = $23, changed_us = $24, submitted_us = $25, ended_us = $26, keep_us = $27, purged = $28, file = coalesce($29, file)
WHERE person_id = $1 AND id = $2 AND rev = $3`

// Save writes c over the case whose Rev is was.
func (s *Store) Save(ctx context.Context, c casework.Case, was int64, file []byte) error {
	res, err := s.db.Exec(ctx, updateCase, string(c.Person), string(c.ID), was, string(c.State), c.Rev,
		string(c.Grant), micros(c.Asking), c.Today.String(), c.Fee.Currency, c.Fee.Minor, c.Order, bit(c.Paid),
		c.Step, c.StepName, string(c.Department), c.Role, casework.SortDay(c.Due), c.Left, bit(c.Late), bit(c.Waiting), string(c.Claimed), micros(c.ClaimedAt), c.Reason,
		micros(c.Changed), micros(c.Submitted), micros(c.Ended), micros(c.KeepUntil), bit(c.Purged), file)
	return one(res, err, "save case "+string(c.ID), casework.ErrChanged)
}

// one returns none if a statement changed no row.
func one(res sql.Result, err error, what string, none error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n != 1 {
		return fmt.Errorf("%s: %w", what, none)
	}
	return nil
}

// row is how a case is read; a list leaves file out.
type row interface{ Scan(dest ...any) error }

func scan(r row, more ...any) (casework.Case, error) {
	var c casework.Case
	var asking, claimed, opened, changed, submitted, ended, keep int64
	var today, due, person, id, state, grant, department, by string
	err := r.Scan(append([]any{&person, &id, &c.Reference, &c.Service, &c.Version, &state, &c.Rev, &grant, &asking, &today,
		&c.Fee.Currency, &c.Fee.Minor, &c.Order, &c.Paid, &c.Step, &c.StepName, &department, &c.Role, &due, &c.Left, &c.Late, &c.Waiting,
		&by, &claimed, &c.Reason, &opened, &changed, &submitted, &ended, &keep, &c.Purged}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return c, casework.ErrNoCase
	}
	if err != nil {
		return c, err
	}
	c.Person, c.ID, c.State, c.Grant = identity.PersonID(person), casework.ID(id), casework.State(state), consent.GrantID(grant)
	c.Department, c.Claimed = org.ID(department), identity.PersonID(by)
	c.Asking, c.ClaimedAt, c.Opened, c.Changed = instant(asking), instant(claimed), instant(opened), instant(changed)
	c.Submitted, c.Ended, c.KeepUntil = instant(submitted), instant(ended), instant(keep)
	if err := c.Today.UnmarshalText([]byte(today)); err != nil {
		return c, fmt.Errorf("today of %s: %w", id, err)
	}
	if err := c.Due.UnmarshalText([]byte(strings.TrimSuffix(due, casework.Never))); err != nil {
		return c, fmt.Errorf("due of %s: %w", id, err)
	}
	return c, nil
}

const caseOfPerson = caseColumns + `
WHERE person_id = $1 AND id = $2`

// Case returns person's case with id, and its file.
func (s *Store) Case(ctx context.Context, person identity.PersonID, id casework.ID) (casework.Case, []byte, error) {
	var file []byte
	c, err := scan(s.db.QueryRow(ctx, caseOfPerson, string(person), string(id)), &file)
	if err != nil {
		return c, nil, fmt.Errorf("case %s: %w", id, err)
	}
	return c, file, nil
}

const caseColumns = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged, file
FROM casework_cases`

const caseByID = caseColumns + `
WHERE id = $1`

// On PostgreSQL the index is on ids reversed, which lie apart.
const caseByIDReversed = caseColumns + `
WHERE reverse(id) = reverse($1)`

// ByID returns the case with id, and its file.
func (s *Store) ByID(ctx context.Context, id casework.ID) (casework.Case, []byte, error) {
	var file []byte
	q := caseByID
	if s.db.Engine == db.Postgres {
		q = caseByIDReversed
	}
	c, err := scan(s.db.QueryRow(ctx, q, string(id)), &file)
	if err != nil {
		return c, nil, fmt.Errorf("case %s: %w", id, err)
	}
	return c, file, nil
}

const caseByReference = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged
FROM casework_cases
WHERE reference = $1`

// ByReference returns the case with this reference.
func (s *Store) ByReference(ctx context.Context, reference string) (casework.Case, error) {
	c, err := scan(s.db.QueryRow(ctx, caseByReference, reference))
	if err != nil {
		return c, fmt.Errorf("case by reference: %w", err)
	}
	return c, nil
}
