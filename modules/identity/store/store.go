// Package store keeps identity data in SQL.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/platform/db"
	"causeway/platform/lang"
)

// Migrations are the tables of identity.
//
//go:embed migrations
var Migrations embed.FS

// Store implements identity.Store.
type Store struct{ db *db.DB }

var _ identity.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

// rowsAtOnce is how many rows one statement inserts: SQLite takes parameters for
// names, and finds each by looking through those before it.
const rowsAtOnce = 25

const insertPeople = `
INSERT INTO identity_people (person_id, number_mac, number_sealed, contact_sealed, lang, assurance, actor, channel, created_us)
VALUES `

const insertNumbers = `
INSERT INTO identity_numbers (number_mac, person_id)
VALUES `

// AddPeople adds all of them.
func (s *Store) AddPeople(ctx context.Context, all []identity.PersonRecord) error {
	return s.db.Do(ctx, func(ctx context.Context) error {
		for rest := all; len(rest) > 0; {
			n := min(rowsAtOnce, len(rest))
			if err := s.addPeople(ctx, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
}

func (s *Store) addPeople(ctx context.Context, all []identity.PersonRecord) error {
	people, numbers := make([]any, 0, 9*len(all)), make([]any, 0, 2*len(all))
	for _, p := range all {
		people = append(people, string(p.ID), p.NumberMAC, p.NumberSealed, p.ContactSealed, string(p.Lang), int64(p.Assurance), p.Actor, p.Channel, p.Created.UnixMicro())
		numbers = append(numbers, p.NumberMAC, string(p.ID))
	}
	res, err := s.db.Exec(ctx, insertNumbers+rows(len(all), 2)+` ON CONFLICT (number_mac) DO NOTHING`, numbers...)
	if err != nil {
		return fmt.Errorf("insert numbers: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != int64(len(all)) {
		return errors.Join(identity.ErrNumberTaken, err)
	}
	if _, err := s.db.Exec(ctx, insertPeople+rows(len(all), 9), people...); err != nil {
		return fmt.Errorf("insert people: %w", err)
	}
	return nil
}

// rows writes the placeholders of n rows of width columns.
func rows(n, width int) string {
	var b strings.Builder
	for i := range n * width {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}

const person = `
SELECT number_mac, number_sealed, contact_sealed, lang, assurance, actor, channel, created_us
FROM identity_people
WHERE person_id = $1`

// Person returns the person with id.
func (s *Store) Person(ctx context.Context, id identity.PersonID) (identity.PersonRecord, error) {
	p := identity.PersonRecord{Person: identity.Person{ID: id}}
	var tag string
	var us int64
	err := s.db.QueryRow(ctx, person, string(id)).Scan(&p.NumberMAC, &p.NumberSealed, &p.ContactSealed, &tag, &p.Assurance, &p.Actor, &p.Channel, &us)
	if errors.Is(err, sql.ErrNoRows) {
		return p, identity.ErrNoPerson
	}
	if err != nil {
		return p, fmt.Errorf("person %s: %w", id, err)
	}
	p.Lang, p.Created = lang.Tag(tag), at(us)
	return p, nil
}

const personByNumber = `
SELECT person_id
FROM identity_numbers
WHERE number_mac = $1`

// PersonByNumber returns who has the number with that keyed hash.
func (s *Store) PersonByNumber(ctx context.Context, mac []byte) (identity.PersonID, error) {
	var id string
	err := s.db.QueryRow(ctx, personByNumber, mac).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", identity.ErrNoPerson
	}
	if err != nil {
		return "", fmt.Errorf("person by number: %w", err)
	}
	return identity.PersonID(id), nil
}

const updatePerson = `
UPDATE identity_people
SET contact_sealed = $2, lang = $3, assurance = $4
WHERE person_id = $1`

// UpdatePerson changes the sealed contact, the language and the assurance.
func (s *Store) UpdatePerson(ctx context.Context, p identity.PersonRecord) error {
	if _, err := s.db.Exec(ctx, updatePerson, string(p.ID), p.ContactSealed, string(p.Lang), int64(p.Assurance)); err != nil {
		return fmt.Errorf("update person %s: %w", p.ID, err)
	}
	return nil
}

// at returns the instant that was stored as us.
func at(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// micro is how t is stored; the zero time is 0.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// flag is how b is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// touched reports whether a statement changed a row.
func touched(res sql.Result, err error, what string) (bool, error) {
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
