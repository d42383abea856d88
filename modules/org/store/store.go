// Package store keeps departments, their officers, software and nonces in SQL.
package store

import (
	"database/sql"
	"embed"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"causeway/modules/org"
	"causeway/platform/batch"
	"causeway/platform/db"
)

// Migrations are the tables of this module.
//
//go:embed migrations
var Migrations embed.FS

// Store implements org.Store.
type Store struct {
	db     *db.DB
	nonces *batch.Batch[nonce, bool]
}

var _ org.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store {
	s := &Store{db: d}
	s.nonces = batch.New(noncesMost, noncesSide, s.addNonces)
	return s
}

// micros writes t for a column; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant reads what micros wrote.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// changed returns absent if res changed no row.
func changed(res sql.Result, err error, what string, absent error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n == 0 {
		return absent
	}
	return nil
}

// text reports whether all of ids are text to both engines: no id is anything
// else.
func text(ids ...string) bool {
	for _, id := range ids {
		if !utf8.ValidString(id) || strings.IndexByte(id, 0) >= 0 {
			return false
		}
	}
	return true
}
