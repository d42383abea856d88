package store

import (
	"context"
	"encoding/json"
	"fmt"

	"causeway/modules/org"
	"causeway/platform/lang"
)

const insertDepartment = `
INSERT INTO org_departments (id, name, email, phone, address, created_us)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING`

// AddDepartment adds d.
func (s *Store) AddDepartment(ctx context.Context, d org.Department) error {
	name, address, err := texts(d)
	if err != nil {
		return err
	}
	res, err := s.db.Exec(ctx, insertDepartment, string(d.ID), name, d.Email, d.Phone, address, micros(d.Created))
	return changed(res, err, "insert department", org.ErrDepartmentTaken)
}

const updateDepartment = `
UPDATE org_departments
SET name = $2, email = $3, phone = $4, address = $5
WHERE id = $1`

// UpdateDepartment changes what is said of d.
func (s *Store) UpdateDepartment(ctx context.Context, d org.Department) error {
	name, address, err := texts(d)
	if err != nil {
		return err
	}
	res, err := s.db.Exec(ctx, updateDepartment, string(d.ID), name, d.Email, d.Phone, address)
	return changed(res, err, "update department", org.ErrNoDepartment)
}

func texts(d org.Department) (name, address string, err error) {
	n, err := json.Marshal(d.Name)
	if err != nil {
		return "", "", fmt.Errorf("encode name: %w", err)
	}
	a, err := json.Marshal(d.Address)
	if err != nil {
		return "", "", fmt.Errorf("encode address: %w", err)
	}
	return string(n), string(a), nil
}

const selectDepartments = `
SELECT id, name, email, phone, address, created_us
FROM org_departments
ORDER BY id`

// Departments returns all departments.
func (s *Store) Departments(ctx context.Context) ([]org.Department, error) {
	rows, err := s.db.Query(ctx, selectDepartments)
	if err != nil {
		return nil, fmt.Errorf("departments: %w", err)
	}
	defer rows.Close()
	var all []org.Department
	for rows.Next() {
		var d org.Department
		var name, address []byte
		var created int64
		if err := rows.Scan(&d.ID, &name, &d.Email, &d.Phone, &address, &created); err != nil {
			return nil, fmt.Errorf("departments: %w", err)
		}
		d.Created = instant(created)
		for src, to := range map[*[]byte]*lang.Text{&name: &d.Name, &address: &d.Address} {
			if err := json.Unmarshal(*src, to); err != nil {
				return nil, fmt.Errorf("department %s: %w", d.ID, err)
			}
		}
		all = append(all, d)
	}
	return all, rows.Err()
}
