// Package store keeps inboxes in SQL.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/modules/notice"
	"causeway/platform/db"
)

// Migrations are the tables of this module.
//
//go:embed migrations
var Migrations embed.FS

// Store implements notice.Store.
type Store struct{ db *db.DB }

var _ notice.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

const insert = `
INSERT INTO notice_messages (person_id, id, kind, args, link, sent_us, read_us, mailed_us)
VALUES ($1, $2, $3, $4, $5, $6, 0, 0)`

// Add keeps r.
func (s *Store) Add(ctx context.Context, r notice.Record) error {
	if err := s.db.Write(ctx, insert, string(r.Person), r.ID, r.Kind, r.Args, r.Link, r.Sent.UnixMicro()); err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	return nil
}

const columns = `
SELECT person_id, id, kind, args, link, sent_us, read_us, mailed_us
FROM notice_messages
`

const get = columns + `WHERE person_id = $1 AND id = $2`

// Get returns one message.
func (s *Store) Get(ctx context.Context, person identity.PersonID, id string) (notice.Record, error) {
	r, err := scan(s.db.QueryRow(ctx, get, string(person), id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, notice.ErrNoMessage
	}
	if err != nil {
		return r, fmt.Errorf("read message: %w", err)
	}
	return r, nil
}

const (
	newest = columns + `WHERE person_id = $1 ORDER BY id DESC LIMIT $2`
	older  = columns + `WHERE person_id = $1 AND id < $3 ORDER BY id DESC LIMIT $2`
)

// List returns a page.
func (s *Store) List(ctx context.Context, person identity.PersonID, before string, n int) ([]notice.Record, error) {
	q, args := newest, []any{string(person), n}
	if before != "" {
		q, args = older, append(args, before)
	}
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	defer rows.Close()
	var all []notice.Record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list messages: %w", err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return all, nil
}

const unread = `
SELECT COUNT(id)
FROM notice_messages
WHERE person_id = $1 AND read_us = 0`

// Unread counts.
func (s *Store) Unread(ctx context.Context, person identity.PersonID) (int, error) {
	var n int
	if err := s.db.QueryRow(ctx, unread, string(person)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count unread messages: %w", err)
	}
	return n, nil
}

const setRead = `
UPDATE notice_messages
SET read_us = $3
WHERE person_id = $1 AND id = $2 AND read_us = 0`

// SetRead marks a message as opened.
func (s *Store) SetRead(ctx context.Context, person identity.PersonID, id string, at time.Time) error {
	if err := s.db.Write(ctx, setRead, string(person), id, at.UnixMicro()); err != nil {
		return fmt.Errorf("mark message as read: %w", err)
	}
	return nil
}

const setMailed = `
UPDATE notice_messages
SET mailed_us = $3
WHERE person_id = $1 AND id = $2`

// SetMailed settles an e-mail.
func (s *Store) SetMailed(ctx context.Context, person identity.PersonID, id string, at time.Time) error {
	if err := s.db.Write(ctx, setMailed, string(person), id, at.UnixMicro()); err != nil {
		return fmt.Errorf("settle mail: %w", err)
	}
	return nil
}

const preferences = `
SELECT mail
FROM notice_preferences
WHERE person_id = $1`

// Preferences returns what the person has set.
func (s *Store) Preferences(ctx context.Context, person identity.PersonID) (notice.Preferences, bool, error) {
	var mail int
	err := s.db.QueryRow(ctx, preferences, string(person)).Scan(&mail)
	if errors.Is(err, sql.ErrNoRows) {
		return notice.Preferences{}, false, nil
	}
	if err != nil {
		return notice.Preferences{}, false, fmt.Errorf("read preferences: %w", err)
	}
	return notice.Preferences{Mail: mail == 1}, true, nil
}

const setPreferences = `
INSERT INTO notice_preferences (person_id, mail, changed_us)
VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET mail = excluded.mail, changed_us = excluded.changed_us`

// SetPreferences keeps p.
func (s *Store) SetPreferences(ctx context.Context, person identity.PersonID, p notice.Preferences, at time.Time) error {
	mail := 0
	if p.Mail {
		mail = 1
	}
	if err := s.db.Write(ctx, setPreferences, string(person), mail, at.UnixMicro()); err != nil {
		return fmt.Errorf("keep preferences: %w", err)
	}
	return nil
}

func scan(row interface{ Scan(...any) error }) (notice.Record, error) {
	var r notice.Record
	var sent, read, mailed int64
	if err := row.Scan(&r.Person, &r.ID, &r.Kind, &r.Args, &r.Link, &sent, &read, &mailed); err != nil {
		return notice.Record{}, err
	}
	r.Sent, r.Read, r.Mailed = instant(sent), instant(read), instant(mailed)
	return r, nil
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
