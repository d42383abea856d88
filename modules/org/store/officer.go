package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"causeway/modules/identity"
	"causeway/modules/org"
)

const insertOfficer = `
INSERT INTO org_officers (person_id, department_id, roles, name_sealed, subject, actor, channel, added_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (person_id, department_id) DO NOTHING`

// AddOfficer adds o.
func (s *Store) AddOfficer(ctx context.Context, o org.OfficerRecord) error {
	roles, err := json.Marshal(o.Roles)
	if err != nil {
		return fmt.Errorf("encode roles: %w", err)
	}
	res, err := s.db.Exec(ctx, insertOfficer, string(o.Person), string(o.Department), string(roles), o.NameSealed, o.Subject, o.Actor, o.Channel, micros(o.Added))
	return changed(res, err, "insert officer", org.ErrOfficerTaken)
}

const selectOfficer = `
SELECT person_id, department_id, roles, name_sealed, subject, actor, channel, added_us
FROM org_officers
WHERE person_id = $1 AND department_id = $2`

// Officer returns what p is in d.
func (s *Store) Officer(ctx context.Context, p identity.PersonID, d org.ID) (org.OfficerRecord, error) {
	if !text(string(d)) {
		return org.OfficerRecord{}, org.ErrNotOfficer
	}
	o, err := scanOfficer(s.db.QueryRow(ctx, selectOfficer, string(p), string(d)))
	if errors.Is(err, sql.ErrNoRows) {
		return o, org.ErrNotOfficer
	}
	return o, err
}

const selectOffices = `
SELECT person_id, department_id, roles, name_sealed, subject, actor, channel, added_us
FROM org_officers
WHERE person_id = $1
ORDER BY department_id`

// OfficesOf returns what p is.
func (s *Store) OfficesOf(ctx context.Context, p identity.PersonID) ([]org.OfficerRecord, error) {
	return s.officers(ctx, selectOffices, string(p))
}

const selectOfficers = `
SELECT person_id, department_id, roles, name_sealed, subject, actor, channel, added_us
FROM org_officers
WHERE department_id = $1
ORDER BY added_us, person_id`

// OfficersOf returns d's officers.
func (s *Store) OfficersOf(ctx context.Context, d org.ID) ([]org.OfficerRecord, error) {
	return s.officers(ctx, selectOfficers, string(d))
}

func (s *Store) officers(ctx context.Context, q, arg string) ([]org.OfficerRecord, error) {
	rows, err := s.db.Query(ctx, q, arg)
	if err != nil {
		return nil, fmt.Errorf("officers: %w", err)
	}
	defer rows.Close()
	var all []org.OfficerRecord
	for rows.Next() {
		o, err := scanOfficer(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

type scanner interface{ Scan(dest ...any) error }

func scanOfficer(row scanner) (org.OfficerRecord, error) {
	var o org.OfficerRecord
	var roles []byte
	var added int64
	if err := row.Scan(&o.Person, &o.Department, &roles, &o.NameSealed, &o.Subject, &o.Actor, &o.Channel, &added); err != nil {
		return o, fmt.Errorf("officer: %w", err)
	}
	o.Added = instant(added)
	if err := json.Unmarshal(roles, &o.Roles); err != nil {
		return o, fmt.Errorf("roles of officer %s: %w", o.Person, err)
	}
	return o, nil
}

const updateRoles = `
UPDATE org_officers
SET roles = $3
WHERE person_id = $1 AND department_id = $2`

// SetRoles changes what p may do in d.
func (s *Store) SetRoles(ctx context.Context, p identity.PersonID, d org.ID, roles []string) error {
	text, err := json.Marshal(roles)
	if err != nil {
		return fmt.Errorf("encode roles: %w", err)
	}
	res, err := s.db.Exec(ctx, updateRoles, string(p), string(d), string(text))
	return changed(res, err, "update roles", org.ErrNotOfficer)
}

const deleteOfficer = `
DELETE FROM org_officers
WHERE person_id = $1 AND department_id = $2`

// RemoveOfficer ends p's office in d.
func (s *Store) RemoveOfficer(ctx context.Context, p identity.PersonID, d org.ID) error {
	res, err := s.db.Exec(ctx, deleteOfficer, string(p), string(d))
	return changed(res, err, "remove officer", org.ErrNotOfficer)
}
