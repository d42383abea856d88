// Package store keeps licences in SQL.
package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"causeway/modules/credential"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/db"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// Migrations are the tables of this module.
//
//go:embed migrations
var Migrations embed.FS

// Sealer encrypts the reasons that officers state.
type Sealer interface {
	SealShared(label string, plain []byte) ([]byte, error)
	OpenShared(label string, sealed []byte) ([]byte, error)
}

// Store implements credential.Store.
type Store struct {
	db     *db.DB
	sealer Sealer
}

var _ credential.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB, s Sealer) *Store { return &Store{d, s} }

// words are what a licence and its claims are called: nothing personal.
type words struct {
	Label lang.Text            `json:"label"`
	Names map[string]lang.Text `json:"names,omitempty"`
}

const insertLicence = `
INSERT INTO credential_licences (person_id, id, type, department_id, subject, actor, channel, case_id, effect_key,
	print_code, number_mac, number, label, from_day, until_day, issued_us, revoked_us, status_list, status_index, body)
VALUES ($1, $2, $3, $4, '', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $17, $18)
ON CONFLICT (status_list, status_index) DO NOTHING`

// Insert adds l.
func (s *Store) Insert(ctx context.Context, l credential.Licence, sealed credential.Sealed) (bool, error) {
	label, err := json.Marshal(words{l.Label, l.Names})
	if err != nil {
		return false, fmt.Errorf("insert licence: %w", err)
	}
	res, err := s.db.Exec(ctx, insertLicence, string(l.Person), l.ID, l.Type, string(l.Department), trail.System, trail.System, l.Case, l.Key,
		l.PrintCode, sealed.NumberMAC, sealed.Number, string(label), l.From.String(), l.Until.String(), l.Issued.UnixMicro(), l.StatusList, l.StatusIndex, sealed.Body)
	if err != nil {
		return false, fmt.Errorf("insert licence: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

const columns = `
SELECT person_id, id, type, department_id, case_id, effect_key, print_code, number_mac, number, label, from_day, until_day,
	issued_us, revoked_us, status_list, status_index, body
FROM credential_licences
`

const (
	byKey       = columns + `WHERE effect_key = $1`
	byKeyApart  = columns + `WHERE reverse(effect_key) = reverse($1)` // for PostgreSQL, whose index has them so
	byID        = columns + `WHERE person_id = $1 AND id = $2`
	byPerson    = columns + `WHERE person_id = $1 ORDER BY id DESC`
	byNumber    = columns + `WHERE department_id = $1 AND number_mac = $2 ORDER BY id DESC`
	byPrintCode = columns + `WHERE print_code = $1`
	byStatus    = columns + `WHERE status_list = $1 AND status_index = $2`
)

type scanner interface{ Scan(dest ...any) error }

func scan(row scanner) (l credential.Licence, s credential.Sealed, err error) {
	var label, from, until string
	var issued, revoked int64
	err = row.Scan(&l.Person, &l.ID, &l.Type, &l.Department, &l.Case, &l.Key, &l.PrintCode, &s.NumberMAC, &s.Number, &label, &from, &until,
		&issued, &revoked, &l.StatusList, &l.StatusIndex, &s.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return l, s, credential.ErrNoLicence
	}
	if err != nil {
		return l, s, fmt.Errorf("read licence: %w", err)
	}
	var x words
	if err := json.Unmarshal([]byte(label), &x); err != nil {
		return l, s, fmt.Errorf("read licence: %w", err)
	}
	l.Label, l.Names = x.Label, x.Names
	if l.From, err = day.Parse(from); err != nil {
		return l, s, fmt.Errorf("read licence: %w", err)
	}
	if l.Until, err = day.Parse(until); err != nil {
		return l, s, fmt.Errorf("read licence: %w", err)
	}
	l.Issued = time.UnixMicro(issued).UTC()
	if revoked > 0 {
		l.Revoked = time.UnixMicro(revoked).UTC()
	}
	return l, s, nil
}

// ByKey returns the licence that the effect key issued.
func (s *Store) ByKey(ctx context.Context, key string) (credential.Licence, credential.Sealed, error) {
	q := byKey
	if s.db.Engine == db.Postgres {
		q = byKeyApart
	}
	return scan(s.db.QueryRow(ctx, q, key))
}

// ByID returns one licence of person.
func (s *Store) ByID(ctx context.Context, person identity.PersonID, id string) (credential.Licence, credential.Sealed, error) {
	return scan(s.db.QueryRow(ctx, byID, string(person), id))
}

// ByPrintCode returns the licence that a printed code names.
func (s *Store) ByPrintCode(ctx context.Context, code string) (credential.Licence, credential.Sealed, error) {
	return scan(s.db.QueryRow(ctx, byPrintCode, code))
}

// ByStatus returns the licence at an index of a status list.
func (s *Store) ByStatus(ctx context.Context, list, index int) (credential.Licence, error) {
	l, _, err := scan(s.db.QueryRow(ctx, byStatus, list, index))
	return l, err
}

// ByPerson returns the licences of person, newest first.
func (s *Store) ByPerson(ctx context.Context, person identity.PersonID) ([]credential.Licence, error) {
	return s.all(ctx, byPerson, string(person))
}

// ByNumber returns the licences of department with a number, newest first.
func (s *Store) ByNumber(ctx context.Context, department org.ID, mac []byte) ([]credential.Licence, error) {
	return s.all(ctx, byNumber, string(department), mac)
}

func (s *Store) all(ctx context.Context, q string, args ...any) ([]credential.Licence, error) {
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("read licences: %w", err)
	}
	defer rows.Close()
	var all []credential.Licence
	for rows.Next() {
		l, _, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

const currentList = `
SELECT max(id)
FROM credential_lists`

// CurrentList returns the newest status list.
func (s *Store) CurrentList(ctx context.Context) (int, error) {
	var n int
	if err := s.db.QueryRow(ctx, currentList).Scan(&n); err != nil {
		return 0, fmt.Errorf("current status list: %w", err)
	}
	return n, nil
}

const nextList = `
INSERT INTO credential_lists (id, opened_us)
VALUES ($1, 0)
ON CONFLICT (id) DO NOTHING`

// NextList opens the status list after one.
func (s *Store) NextList(ctx context.Context, after int) error {
	if err := s.db.Write(ctx, nextList, after+1); err != nil {
		return fmt.Errorf("open status list: %w", err)
	}
	return nil
}

const revoke = `
UPDATE credential_licences
SET revoked_us = $3
WHERE person_id = $1 AND id = $2 AND revoked_us = 0`

// Revoke marks l.
func (s *Store) Revoke(ctx context.Context, l credential.Licence, at time.Time) error {
	if err := s.db.Write(ctx, revoke, string(l.Person), l.ID, at.UnixMicro()); err != nil {
		return fmt.Errorf("revoke licence: %w", err)
	}
	return nil
}

const revokedIn = `
SELECT status_index
FROM credential_licences
WHERE status_list = $1 AND revoked_us > 0
ORDER BY status_index`

// RevokedIn returns the revoked indexes of a list.
func (s *Store) RevokedIn(ctx context.Context, list int) ([]int, error) {
	rows, err := s.db.Query(ctx, revokedIn, list)
	if err != nil {
		return nil, fmt.Errorf("read status list: %w", err)
	}
	defer rows.Close()
	var all []int
	for rows.Next() {
		var i int
		if err := rows.Scan(&i); err != nil {
			return nil, fmt.Errorf("read status list: %w", err)
		}
		all = append(all, i)
	}
	return all, rows.Err()
}
