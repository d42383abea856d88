// Package store keeps writes and reports in SQL.
package store

import (
	"embed"
	"time"

	"causeway/modules/exchange"
	"causeway/platform/db"
)

// Migrations are the tables of this module.
//
//go:embed migrations
var Migrations embed.FS

// Store implements exchange.Store.
type Store struct{ db *db.DB }

var _ exchange.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

// micros writes an instant, 0 for the zero time.
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

// flag writes a bool.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
