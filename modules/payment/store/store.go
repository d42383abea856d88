// Package store keeps payments in SQL.
package store

import (
	"embed"

	"causeway/modules/payment"
	"causeway/platform/db"
)

// Migrations holds the tables, per engine.
//
//go:embed migrations
var Migrations embed.FS

// Store implements payment.Store.
type Store struct{ db *db.DB }

var _ payment.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }
