// Package store keeps published services and calendars in SQL.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"causeway/modules/catalogue"
	"causeway/platform/day"
	"causeway/platform/db"
)

// Migrations makes the tables.
//
//go:embed migrations
var Migrations embed.FS

// Store implements catalogue.Store.
type Store struct{ db *db.DB }

var _ catalogue.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

const insertVersion = `
INSERT INTO catalogue_versions (service, version, from_day, hash, source, actor, published_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (service, version) DO NOTHING`

// Add keeps r, or returns catalogue.ErrVersionTaken.
func (s *Store) Add(ctx context.Context, r catalogue.Record) error {
	res, err := s.db.Exec(ctx, insertVersion, r.Service, r.Version, r.From.String(), r.Hash, r.Source, r.Actor, r.At.UnixMicro())
	if err != nil {
		return fmt.Errorf("insert version %d of %s: %w", r.Version, r.Service, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("insert version %d of %s: %w", r.Version, r.Service, err)
	}
	if n == 0 {
		return catalogue.ErrVersionTaken
	}
	return nil
}

const versionHeads = `
SELECT service, version, from_day, hash, actor, published_us
FROM catalogue_versions
ORDER BY service, version`

// Heads returns every version without its source.
func (s *Store) Heads(ctx context.Context) ([]catalogue.Record, error) {
	rows, err := s.db.Query(ctx, versionHeads)
	if err != nil {
		return nil, fmt.Errorf("versions: %w", err)
	}
	defer rows.Close()
	var all []catalogue.Record
	for rows.Next() {
		var r catalogue.Record
		var from string
		var us int64
		if err := rows.Scan(&r.Service, &r.Version, &from, &r.Hash, &r.Actor, &us); err != nil {
			return nil, fmt.Errorf("versions: %w", err)
		}
		if r.From, err = day.Parse(from); err != nil {
			return nil, fmt.Errorf("version %d of %s: %w", r.Version, r.Service, err)
		}
		r.At = time.UnixMicro(us).UTC()
		all = append(all, r)
	}
	return all, rows.Err()
}

const versionSource = `
SELECT source
FROM catalogue_versions
WHERE service = $1 AND version = $2`

// Source returns the file of one version, or catalogue.ErrNoService.
func (s *Store) Source(ctx context.Context, service string, version int) ([]byte, error) {
	var src []byte
	err := s.db.QueryRow(ctx, versionSource, service, version).Scan(&src)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, catalogue.ErrNoService
	}
	if err != nil {
		return nil, fmt.Errorf("source of version %d of %s: %w", version, service, err)
	}
	return src, nil
}

const insertCalendar = `
INSERT INTO catalogue_calendars (name, seq, hash, source, actor, published_us)
SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5
FROM catalogue_calendars
WHERE name = $6`

// AddCalendar keeps r as the newest of its name.
func (s *Store) AddCalendar(ctx context.Context, r catalogue.CalendarRecord) error {
	if _, err := s.db.Exec(ctx, insertCalendar, r.Name, r.Hash, r.Source, r.Actor, r.At.UnixMicro(), r.Name); err != nil {
		return fmt.Errorf("insert calendar %s: %w", r.Name, err)
	}
	return nil
}

const newestCalendars = `
SELECT c.name, c.hash, c.source, c.actor, c.published_us
FROM catalogue_calendars c
WHERE c.seq = (SELECT MAX(n.seq) FROM catalogue_calendars n WHERE n.name = c.name)
ORDER BY c.name`

// Calendars returns the newest calendar of each name.
func (s *Store) Calendars(ctx context.Context) ([]catalogue.CalendarRecord, error) {
	rows, err := s.db.Query(ctx, newestCalendars)
	if err != nil {
		return nil, fmt.Errorf("calendars: %w", err)
	}
	defer rows.Close()
	var all []catalogue.CalendarRecord
	for rows.Next() {
		var r catalogue.CalendarRecord
		var us int64
		if err := rows.Scan(&r.Name, &r.Hash, &r.Source, &r.Actor, &us); err != nil {
			return nil, fmt.Errorf("calendars: %w", err)
		}
		r.At = time.UnixMicro(us).UTC()
		all = append(all, r)
	}
	return all, rows.Err()
}
