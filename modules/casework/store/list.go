package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"causeway/modules/casework"
	"causeway/modules/identity"
	"causeway/platform/day"
)

// cases runs a query whose columns are those of scan.
func (s *Store) cases(ctx context.Context, what, q string, args ...any) ([]casework.Case, error) {
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	var cs []casework.Case
	for rows.Next() {
		c, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		cs = append(cs, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return cs, nil
}

const casesOfPerson = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged
FROM casework_cases
WHERE person_id = $1 AND ($2 = '' OR id < $2)
ORDER BY id DESC
LIMIT $3`

// OfPerson returns person's cases, the newest first.
func (s *Store) OfPerson(ctx context.Context, person identity.PersonID, before casework.ID, limit int) ([]casework.Case, error) {
	return s.cases(ctx, "cases of a person", casesOfPerson, string(person), string(before), limit)
}

const draftOf = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged
FROM casework_cases
WHERE person_id = $1 AND state = 'draft' AND service = $2 AND version = $3
ORDER BY id DESC
LIMIT 1`

// DraftOf returns person's newest draft for a version of a service.
func (s *Store) DraftOf(ctx context.Context, person identity.PersonID, service string, version int) (casework.Case, error) {
	c, err := scan(s.db.QueryRow(ctx, draftOf, string(person), service, version))
	if err != nil {
		return c, fmt.Errorf("draft: %w", err)
	}
	return c, nil
}

const queue = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged
FROM casework_cases
WHERE department = $1 AND state = $2 AND (waiting = 1 OR state <> 'deciding')
	AND ($3 = '' OR $3 LIKE '%,' || role || ',%') AND ($4 = '' OR service = $4) AND ($5 = 0 OR late = 1) AND ($6 = '' OR claimed_by = $6)
	AND (due > $7 OR due = $7 AND id > $8)
ORDER BY due, id
LIMIT $9`

// Queue returns what q asks for.
func (s *Store) Queue(ctx context.Context, q casework.Queue) ([]casework.Case, error) {
	roles := "" // as ",one,two,"; a slug holds nothing that LIKE takes for a pattern
	if len(q.Roles) > 0 {
		roles = "," + strings.Join(q.Roles, ",") + ","
	}
	return s.cases(ctx, "queue", queue, string(q.Department), string(q.State), roles, q.Service, bit(q.Late), string(q.Claimed),
		q.AfterDue, string(q.After), q.Limit)
}

const overdue = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged
FROM casework_cases
WHERE state = 'deciding' AND late = 0 AND waiting = 1 AND due < $1
ORDER BY due, id
LIMIT $2`

// Overdue returns cases whose step should have ended before today.
func (s *Store) Overdue(ctx context.Context, today day.Date, limit int) ([]casework.Case, error) {
	return s.cases(ctx, "overdue cases", overdue, today.String(), limit)
}

const idle = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged
FROM casework_cases
WHERE state = $1 AND changed_us < $2
ORDER BY changed_us, id
LIMIT $3`

// Idle returns cases in state st that have not changed since before.
func (s *Store) Idle(ctx context.Context, st casework.State, before time.Time, limit int) ([]casework.Case, error) {
	return s.cases(ctx, "idle cases", idle, string(st), before.UnixMicro(), limit)
}

const spent = `
SELECT person_id, id, reference, service, version, state, rev, grant_id, asking_us, today, currency, fee, order_id, paid,
	step, step_name, department, role, due, days_left, late, waiting, claimed_by, claimed_us, reason,
	opened_us, changed_us, submitted_us, ended_us, keep_us, purged
FROM casework_cases
WHERE purged = 0 AND keep_us > 0 AND keep_us <= $1
ORDER BY keep_us, id
LIMIT $2`

// Spent returns ended cases whose file was to be kept until now at most.
func (s *Store) Spent(ctx context.Context, now time.Time, limit int) ([]casework.Case, error) {
	return s.cases(ctx, "spent cases", spent, now.UnixMicro(), limit)
}
