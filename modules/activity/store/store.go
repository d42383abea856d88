// Package store keeps activity in SQL.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"causeway/modules/activity"
	"causeway/platform/db"
)

// Migrations are the tables of this module.
//
//go:embed migrations
var Migrations embed.FS

// Store implements activity.Store and activity.Archive.
type Store struct{ db *db.DB }

var (
	_ activity.Store   = (*Store)(nil)
	_ activity.Archive = (*Store)(nil)
)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

const insertEntry = `
INSERT INTO activity_entries (person_id, id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

// Add implements activity.Store.
func (s *Store) Add(ctx context.Context, r activity.Record) error {
	a := r.Act
	err := s.db.Write(ctx, insertEntry, a.Person, r.ID, r.At.UnixMicro(), a.Org, a.Subject, a.Actor, a.Role, a.Channel,
		a.What, a.Grant, a.Case, r.Salt, r.Sealed, r.BodyHash)
	if err != nil {
		return fmt.Errorf("insert activity entry %s: %w", r.ID, err)
	}
	return nil
}

const entriesOfPerson = `
SELECT person_id, id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash
FROM activity_entries
WHERE person_id = $1 AND ($2 = '' OR id < $2)
ORDER BY id DESC
LIMIT $3`

// ByPerson implements activity.Store.
func (s *Store) ByPerson(ctx context.Context, person, before string, limit int) ([]activity.Record, error) {
	return s.records(ctx, entriesOfPerson, person, before, limit)
}

const entriesOfOrg = `
SELECT person_id, id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash
FROM activity_entries
WHERE person_id = '' AND org_id = $1 AND ($2 = '' OR id < $2)
ORDER BY id DESC
LIMIT $3`

// ByOrg implements activity.Store.
func (s *Store) ByOrg(ctx context.Context, org, before string, limit int) ([]activity.Record, error) {
	return s.records(ctx, entriesOfOrg, org, before, limit)
}

const oneEntry = `
SELECT person_id, id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash
FROM activity_entries
WHERE person_id = $1 AND id = $2`

// One implements activity.Store.
func (s *Store) One(ctx context.Context, person, id string) (activity.Record, error) {
	r, err := scan(s.db.QueryRow(ctx, oneEntry, person, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, activity.ErrNoEntry
	}
	return r, err
}

const idsOfPerson = `
SELECT id
FROM activity_entries
WHERE person_id = $1
ORDER BY id`

// IDs implements activity.Store.
func (s *Store) IDs(ctx context.Context, person string) ([]string, error) {
	return s.strings(ctx, idsOfPerson, person)
}

const deleteEntries = `
DELETE FROM activity_entries
WHERE person_id = $1`

const insertTombstone = `
INSERT INTO activity_tombstones (id, at_us, salt, entries, ids_hash)
VALUES ($1, $2, $3, $4, $5)`

const insertErased = `
INSERT INTO activity_erased (tombstone_id, id)
SELECT $1, id
FROM activity_entries
WHERE person_id = $2`

// Erase implements activity.Store.
func (s *Store) Erase(ctx context.Context, person string, ids []string, t activity.Tombstone) error {
	return s.db.Do(ctx, func(ctx context.Context) error {
		if err := s.db.Write(ctx, insertErased, t.ID, person); err != nil {
			return fmt.Errorf("erase activity: %w", err)
		}
		if err := s.db.Write(ctx, insertTombstone, t.ID, t.At.UnixMicro(), t.Salt, t.Count, t.IDs); err != nil {
			return fmt.Errorf("insert tombstone %s: %w", t.ID, err)
		}
		res, err := s.db.Exec(ctx, deleteEntries, person)
		if err != nil {
			return fmt.Errorf("erase activity: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != int64(len(ids)) {
			return errors.Join(fmt.Errorf("erase activity: %d entries are gone, not %d", n, len(ids)), err)
		}
		return nil
	})
}

// scan reads one entry.
func scan(row interface{ Scan(...any) error }) (activity.Record, error) {
	var r activity.Record
	var us int64
	a := &r.Act
	err := row.Scan(&a.Person, &r.ID, &us, &a.Org, &a.Subject, &a.Actor, &a.Role, &a.Channel,
		&a.What, &a.Grant, &a.Case, &r.Salt, &r.Sealed, &r.BodyHash)
	if err != nil {
		return r, fmt.Errorf("activity entry: %w", err)
	}
	r.At = time.UnixMicro(us).UTC()
	return r, nil
}

func (s *Store) records(ctx context.Context, q string, args ...any) ([]activity.Record, error) {
	var all []activity.Record
	err := s.each(ctx, func(rows *sql.Rows) error {
		r, err := scan(rows)
		all = append(all, r)
		return err
	}, q, args...)
	return all, err
}

func (s *Store) strings(ctx context.Context, q string, args ...any) ([]string, error) {
	var all []string
	err := s.each(ctx, func(rows *sql.Rows) error {
		var v string
		err := rows.Scan(&v)
		all = append(all, v)
		return err
	}, q, args...)
	return all, err
}

// each calls f for every row of q.
func (s *Store) each(ctx context.Context, f func(*sql.Rows) error, q string, args ...any) error {
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return fmt.Errorf("read activity: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read activity: %w", err)
	}
	return nil
}
