package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
)

const insertReport = `
INSERT INTO exchange_reports (person_id, id, department, party, subject, actor, channel, class, field, case_id, state, sealed, answered_by, created_us, answered_us, closed_us)
VALUES ($1, $2, $3, $1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

// AddReport adds r.
func (s *Store) AddReport(ctx context.Context, r exchange.Report) error {
	err := s.db.Write(ctx, insertReport, string(r.Person), r.ID, string(r.Department), r.Subject, r.Actor, r.Channel,
		r.Class, r.Field, r.Case, string(r.State), r.Sealed, r.By, micros(r.Created), micros(r.Answered), micros(r.Closed))
	if err != nil {
		return fmt.Errorf("insert report: %w", err)
	}
	return nil
}

const reportByPerson = `
SELECT person_id, id, department, subject, actor, channel, class, field, case_id, state, sealed, answered_by, created_us, answered_us, closed_us
FROM exchange_reports
WHERE person_id = $1 AND id = $2`

// Report returns person's report named id, or exchange.ErrNoReport.
func (s *Store) Report(ctx context.Context, person identity.PersonID, id string) (exchange.Report, error) {
	return report(s.db.QueryRow(ctx, reportByPerson, string(person), id))
}

const reportByDepartment = `
SELECT person_id, id, department, subject, actor, channel, class, field, case_id, state, sealed, answered_by, created_us, answered_us, closed_us
FROM exchange_reports
WHERE id = $1 AND department = $2`

// ReportTo returns the report named id to department, or exchange.ErrNoReport.
func (s *Store) ReportTo(ctx context.Context, department org.ID, id string) (exchange.Report, error) {
	return report(s.db.QueryRow(ctx, reportByDepartment, id, string(department)))
}

const reportsOf = `
SELECT person_id, id, department, subject, actor, channel, class, field, case_id, state, sealed, answered_by, created_us, answered_us, closed_us
FROM exchange_reports
WHERE person_id = $1
ORDER BY id DESC
LIMIT $2`

// ReportsOf returns person's last reports, newest first.
func (s *Store) ReportsOf(ctx context.Context, person identity.PersonID, limit int) ([]exchange.Report, error) {
	return s.reports(ctx, reportsOf, string(person), limit)
}

const reportsOpen = `
SELECT person_id, id, department, subject, actor, channel, class, field, case_id, state, sealed, answered_by, created_us, answered_us, closed_us
FROM exchange_reports
WHERE department = $1 AND state = 'open'
ORDER BY created_us, id
LIMIT $2`

const reportsDone = `
SELECT person_id, id, department, subject, actor, channel, class, field, case_id, state, sealed, answered_by, created_us, answered_us, closed_us
FROM exchange_reports
WHERE department = $1 AND state <> 'open'
ORDER BY created_us DESC, id DESC
LIMIT $2`

// ReportsTo returns the reports to department: those that wait, oldest first, or
// those that are settled, newest first.
func (s *Store) ReportsTo(ctx context.Context, department org.ID, done bool, limit int) ([]exchange.Report, error) {
	if done {
		return s.reports(ctx, reportsDone, string(department), limit)
	}
	return s.reports(ctx, reportsOpen, string(department), limit)
}

const openReports = `
SELECT COUNT(id)
FROM exchange_reports
WHERE person_id = $1 AND state = 'open'`

// OpenReports counts person's reports that wait.
func (s *Store) OpenReports(ctx context.Context, person identity.PersonID) (int, error) {
	var n int
	if err := s.db.QueryRow(ctx, openReports, string(person)).Scan(&n); err != nil {
		return 0, fmt.Errorf("open reports: %w", err)
	}
	return n, nil
}

const changeReport = `
UPDATE exchange_reports
SET state = $4, sealed = $5, answered_by = $6, answered_us = $7, closed_us = $8
WHERE person_id = $1 AND id = $2 AND state = $3`

// ChangeReport keeps what has become of r; exchange.ErrReportState if its state
// is no longer before.
func (s *Store) ChangeReport(ctx context.Context, r exchange.Report, before exchange.ReportState) error {
	res, err := s.db.Exec(ctx, changeReport, string(r.Person), r.ID, string(before),
		string(r.State), r.Sealed, r.By, micros(r.Answered), micros(r.Closed))
	if err != nil {
		return fmt.Errorf("change report: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("change report: %w", err)
	}
	if n == 0 {
		return exchange.ErrReportState
	}
	return nil
}

func (s *Store) reports(ctx context.Context, q, whose string, limit int) (all []exchange.Report, err error) {
	rows, err := s.db.Query(ctx, q, whose, limit)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := report(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	return all, nil
}

// report reads one row.
func report(row interface{ Scan(into ...any) error }) (exchange.Report, error) {
	var r exchange.Report
	var created, answered, closed int64
	err := row.Scan(&r.Person, &r.ID, &r.Department, &r.Subject, &r.Actor, &r.Channel, &r.Class, &r.Field, &r.Case,
		&r.State, &r.Sealed, &r.By, &created, &answered, &closed)
	if errors.Is(err, sql.ErrNoRows) {
		return exchange.Report{}, fmt.Errorf("report: %w", exchange.ErrNoReport)
	}
	if err != nil {
		return exchange.Report{}, fmt.Errorf("report: %w", err)
	}
	r.Created, r.Answered, r.Closed = instant(created), instant(answered), instant(closed)
	return r, nil
}
