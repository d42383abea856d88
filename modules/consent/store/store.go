// Package store keeps consent records in SQL. A record is inserted and read;
// there is no statement here that changes or removes one.
package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/db"
)

// Migrations are the tables of this module.
//
//go:embed migrations
var Migrations embed.FS

// Store implements consent.Store.
type Store struct{ db *db.DB }

var _ consent.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

// An item is consent.Item as stored.
type item struct {
	Class     string   `json:"class"`
	Fields    []string `json:"fields"`
	Source    org.ID   `json:"source"`
	Purpose   string   `json:"purpose"`
	Otherwise string   `json:"otherwise"`
}

const insertRecord = `
INSERT INTO consent_records (person_id, id, kind, recipient, service, case_id, items, keep, at_us, until_us, previous, subject, actor, channel, jws)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (person_id, previous) DO NOTHING`

// Add keeps r.
func (s *Store) Add(ctx context.Context, r consent.Record) error {
	items := make([]item, len(r.Items))
	for i, it := range r.Items {
		items[i] = item(it)
	}
	text, err := json.Marshal(items)
	if err != nil {
		return fmt.Errorf("encode items: %w", err)
	}
	previous := sql.NullString{String: string(r.Previous), Valid: r.Previous != ""}
	var until int64
	if !r.Until.IsZero() {
		until = r.Until.UnixMicro()
	}
	res, err := s.db.Exec(ctx, insertRecord, string(r.Person), r.ID, string(r.Kind), string(r.Recipient), r.Service, r.Case, string(text), r.Keep,
		r.At.UnixMicro(), until, previous, r.Subject, r.Actor, r.Channel, r.JWS)
	if err != nil {
		return fmt.Errorf("insert consent record: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("insert consent record: %w", err)
	}
	if n == 0 {
		return consent.ErrEnded
	}
	return nil
}

const selectActive = `
SELECT g.person_id, g.id, g.recipient, g.service, g.case_id, g.items, g.keep, g.at_us, g.until_us, g.previous, g.jws, '', 0
FROM consent_records g
WHERE g.person_id = $1 AND g.id = $2 AND g.kind = 'given' AND g.until_us > $3
	AND NOT EXISTS (SELECT 1 FROM consent_records e WHERE e.person_id = $1 AND e.previous = $2)`

// Active returns a grant that nothing ended.
func (s *Store) Active(ctx context.Context, p identity.PersonID, id consent.GrantID, now time.Time) (consent.Grant, error) {
	if !text(id) {
		return consent.Grant{}, consent.ErrNotActive
	}
	g, err := scan(s.db.QueryRow(ctx, selectActive, string(p), string(id), now.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return g, consent.ErrNotActive
	}
	return g, err
}

const selectHold = `
SELECT 1
FROM consent_records g
WHERE g.person_id = $1 AND g.id = $2 AND g.kind = 'given' AND g.until_us > $3
	AND NOT EXISTS (SELECT 1 FROM consent_records e WHERE e.person_id = $1 AND e.previous = $2)`

const selectAllHold = `
SELECT n.at
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (person_id, id, at)
JOIN consent_records g ON g.person_id = n.person_id AND g.id = n.id
WHERE g.kind = 'given' AND g.until_us > $3
	AND NOT EXISTS (SELECT 1 FROM consent_records e WHERE e.person_id = n.person_id AND e.previous = n.id)`

// Hold tells of each grant whether it is active: one statement on PostgreSQL.
func (s *Store) Hold(ctx context.Context, grants []consent.Ref, now time.Time) ([]bool, error) {
	hold := make([]bool, len(grants))
	if s.db.Engine == db.SQLite {
		for i, g := range grants {
			var one int
			err := s.db.QueryRow(ctx, selectHold, string(g.Person), string(g.Grant), now.UnixMicro()).Scan(&one)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, fmt.Errorf("grants: %w", err)
			}
			hold[i] = err == nil
		}
		return hold, nil
	}
	persons, ids := make([]string, len(grants)), make([]string, len(grants))
	for i, g := range grants {
		persons[i], ids[i] = string(g.Person), string(g.Grant)
	}
	rows, err := s.db.Query(ctx, selectAllHold, persons, ids, now.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var at int
		if err := rows.Scan(&at); err != nil {
			return nil, fmt.Errorf("grants: %w", err)
		}
		hold[at-1] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	return hold, nil
}

const selectGrant = `
SELECT g.person_id, g.id, g.recipient, g.service, g.case_id, g.items, g.keep, g.at_us, g.until_us, g.previous, g.jws,
	coalesce(e.kind, ''), coalesce(e.at_us, 0)
FROM consent_records g LEFT JOIN consent_records e ON e.person_id = g.person_id AND e.previous = g.id
WHERE g.person_id = $1 AND g.id = $2 AND g.kind = 'given'`

// Grant returns a grant as it stands.
func (s *Store) Grant(ctx context.Context, p identity.PersonID, id consent.GrantID) (consent.Grant, error) {
	if !text(id) {
		return consent.Grant{}, consent.ErrNoGrant
	}
	g, err := scan(s.db.QueryRow(ctx, selectGrant, string(p), string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return g, consent.ErrNoGrant
	}
	return g, err
}

const selectGrants = `
SELECT g.person_id, g.id, g.recipient, g.service, g.case_id, g.items, g.keep, g.at_us, g.until_us, g.previous, g.jws,
	coalesce(e.kind, ''), coalesce(e.at_us, 0)
FROM consent_records g LEFT JOIN consent_records e ON e.person_id = g.person_id AND e.previous = g.id
WHERE g.person_id = $1 AND g.kind = 'given'
ORDER BY g.at_us DESC, g.id DESC
LIMIT $2`

// List returns grants as they stand.
func (s *Store) List(ctx context.Context, p identity.PersonID, most int) ([]consent.Grant, error) {
	rows, err := s.db.Query(ctx, selectGrants, string(p), most)
	if err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	defer rows.Close()
	var all []consent.Grant
	for rows.Next() {
		g, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, rows.Err()
}

func scan(row interface{ Scan(dest ...any) error }) (consent.Grant, error) {
	var g consent.Grant
	var text []byte
	var given, until, ended int64
	var previous sql.NullString
	var how consent.Kind
	if err := row.Scan(&g.Person, &g.ID, &g.Recipient, &g.Service, &g.Case, &text, &g.Keep, &given, &until, &previous, &g.Receipt, &how, &ended); err != nil {
		return g, fmt.Errorf("grant: %w", err)
	}
	g.Given, g.Until, g.Previous = time.UnixMicro(given).UTC(), time.UnixMicro(until).UTC(), consent.GrantID(previous.String)
	switch at := time.UnixMicro(ended).UTC(); how {
	case consent.TakenBack:
		g.Withdrawn = at
	case consent.UsedUp:
		g.Used = at
	case consent.Given: // another grant names this one
		g.Replaced = at
	}
	var items []item
	if err := json.Unmarshal(text, &items); err != nil {
		return g, fmt.Errorf("items of grant %s: %w", g.ID, err)
	}
	for _, it := range items {
		g.Items = append(g.Items, consent.Item(it))
	}
	return g, nil
}

// text reports whether id is text to both engines: no id is anything else.
func text(id consent.GrantID) bool {
	return utf8.ValidString(string(id)) && strings.IndexByte(string(id), 0) < 0
}
