package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/credential"
	"causeway/modules/org"
)

const reasonLabel = "credential.reason"

const insertRequest = `
INSERT INTO credential_requests (department_id, id, person_id, licence_id, reason, actor, asked_us, state, decided_by, decided_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0)`

// AddRequest keeps r.
func (s *Store) AddRequest(ctx context.Context, r credential.Request) error {
	reason, err := s.sealer.SealShared(reasonLabel, []byte(r.Reason))
	if err != nil {
		return fmt.Errorf("insert request: %w", err)
	}
	if err := s.db.Write(ctx, insertRequest, string(r.Department), r.ID, string(r.Person), r.Licence, reason, string(r.AskedBy), r.Asked.UnixMicro(), string(r.State)); err != nil {
		return fmt.Errorf("insert request: %w", err)
	}
	return nil
}

const requestColumns = `
SELECT department_id, id, person_id, licence_id, reason, actor, asked_us, state, decided_by, decided_us
FROM credential_requests
`

const (
	requestByID = requestColumns + `WHERE department_id = $1 AND id = $2`
	requestsOf  = requestColumns + `WHERE department_id = $1 ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, id DESC LIMIT 200`
)

func (s *Store) request(row scanner) (r credential.Request, err error) {
	var reason []byte
	var asked, decided int64
	err = row.Scan(&r.Department, &r.ID, &r.Person, &r.Licence, &reason, &r.AskedBy, &asked, &r.State, &r.DecidedBy, &decided)
	if errors.Is(err, sql.ErrNoRows) {
		return r, credential.ErrNoRequest
	}
	if err != nil {
		return r, fmt.Errorf("read request: %w", err)
	}
	plain, err := s.sealer.OpenShared(reasonLabel, reason)
	if err != nil {
		return r, fmt.Errorf("read request: %w", err)
	}
	r.Reason, r.Asked = string(plain), time.UnixMicro(asked).UTC()
	if decided > 0 {
		r.Decided = time.UnixMicro(decided).UTC()
	}
	return r, nil
}

// Request returns one request of department.
func (s *Store) Request(ctx context.Context, department org.ID, id string) (credential.Request, error) {
	return s.request(s.db.QueryRow(ctx, requestByID, string(department), id))
}

// Requests returns those of department, open ones first.
func (s *Store) Requests(ctx context.Context, department org.ID) ([]credential.Request, error) {
	rows, err := s.db.Query(ctx, requestsOf, string(department))
	if err != nil {
		return nil, fmt.Errorf("read requests: %w", err)
	}
	defer rows.Close()
	var all []credential.Request
	for rows.Next() {
		r, err := s.request(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

const decide = `
UPDATE credential_requests
SET state = $3, decided_by = $4, decided_us = $5
WHERE department_id = $1 AND id = $2 AND state = 'open'`

// Decide ends an open request.
func (s *Store) Decide(ctx context.Context, r credential.Request) error {
	res, err := s.db.Exec(ctx, decide, string(r.Department), r.ID, string(r.State), string(r.DecidedBy), r.Decided.UnixMicro())
	if err != nil {
		return fmt.Errorf("decide request: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, credential.ErrDecided)
	}
	return nil
}
