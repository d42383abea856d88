// Package store keeps what is known of uploads in SQL.
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

	"causeway/modules/document"
	"causeway/modules/identity"
	"causeway/platform/db"
)

// Migrations holds the tables, per engine.
//
//go:embed migrations
var Migrations embed.FS

// Store implements document.Store.
type Store struct{ db *db.DB }

var _ document.Store = (*Store)(nil)

// New returns a Store on d.
func New(d *db.DB) *Store { return &Store{d} }

const countOfCase = `
SELECT COUNT(*)
FROM document_files
WHERE person_id = $1 AND case_id = $2`

const insertFile = `
INSERT INTO document_files (person_id, id, case_id, question, sealed_name, kind, size, blob, uploaded_us, actor, role, channel)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

// Insert adds f unless its case has limit files already.
func (s *Store) Insert(ctx context.Context, f document.File, limit int) (bool, error) {
	ok := false
	err := s.db.Do(ctx, func(ctx context.Context) error {
		var n int
		if err := s.db.QueryRow(ctx, countOfCase, string(f.Person), f.Case).Scan(&n); err != nil {
			return err
		}
		if ok = n < limit; !ok {
			return nil
		}
		_, err := s.db.Exec(ctx, insertFile, string(f.Person), string(f.ID), f.Case, f.Question, []byte(f.Name), string(f.Kind),
			f.Size, f.Blob, f.Uploaded.UnixMicro(), f.Actor, f.Role, f.Channel)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("insert file %s: %w", f.ID, err)
	}
	return ok, nil
}

const fileByID = `
SELECT person_id, id, case_id, question, sealed_name, kind, size, blob, uploaded_us, actor, role, channel
FROM document_files
WHERE id = $1`

// File returns the file with id.
func (s *Store) File(ctx context.Context, id document.ID) (document.File, error) {
	if !text(id) {
		return document.File{}, document.ErrNoFile
	}
	return one(s.db.QueryRow(ctx, fileByID, string(id)), id)
}

const fileOfPerson = `
SELECT person_id, id, case_id, question, sealed_name, kind, size, blob, uploaded_us, actor, role, channel
FROM document_files
WHERE person_id = $1 AND id = $2`

// FileOf returns the person's file with id.
func (s *Store) FileOf(ctx context.Context, person identity.PersonID, id document.ID) (document.File, error) {
	if !text(id) {
		return document.File{}, document.ErrNoFile
	}
	return one(s.db.QueryRow(ctx, fileOfPerson, string(person), string(id)), id)
}

const filesOfPersonsCase = `
SELECT person_id, id, case_id, question, sealed_name, kind, size, blob, uploaded_us, actor, role, channel
FROM document_files
WHERE person_id = $1 AND case_id = $2
ORDER BY id`

// ByCase lists the files of a person's case.
func (s *Store) ByCase(ctx context.Context, person identity.PersonID, caseID string) ([]document.File, error) {
	return s.files(ctx, filesOfPersonsCase, string(person), caseID)
}

const filesOfCase = `
SELECT person_id, id, case_id, question, sealed_name, kind, size, blob, uploaded_us, actor, role, channel
FROM document_files
WHERE case_id = $1
ORDER BY id`

// OfCase lists the files of a case.
func (s *Store) OfCase(ctx context.Context, caseID string) ([]document.File, error) {
	return s.files(ctx, filesOfCase, caseID)
}

func (s *Store) files(ctx context.Context, q string, args ...any) ([]document.File, error) {
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	defer rows.Close()
	var files []document.File
	for rows.Next() {
		f, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("files: %w", err)
		}
		files = append(files, f)
	}
	return files, rows.Err()
}

// text reports whether id is text to both engines: no id is anything else.
func text(id document.ID) bool {
	return utf8.ValidString(string(id)) && strings.IndexByte(string(id), 0) < 0
}

func one(r *sql.Row, id document.ID) (document.File, error) {
	f, err := scan(r)
	if errors.Is(err, sql.ErrNoRows) {
		err = document.ErrNoFile
	}
	if err != nil {
		return document.File{}, fmt.Errorf("file %q: %w", string(id), err)
	}
	return f, nil
}

func scan(r interface{ Scan(dest ...any) error }) (document.File, error) {
	var f document.File
	var name []byte
	var us int64
	err := r.Scan(&f.Person, &f.ID, &f.Case, &f.Question, &name, &f.Kind, &f.Size, &f.Blob, &us, &f.Actor, &f.Role, &f.Channel)
	if err != nil {
		return document.File{}, err
	}
	f.Name, f.Uploaded = string(name), time.UnixMicro(us).UTC()
	return f, nil
}

const deleteFile = `
DELETE FROM document_files
WHERE person_id = $1 AND id = $2`

const insertRemoval = `
INSERT INTO document_removals (person_id, blob)
VALUES ($1, $2)
ON CONFLICT (person_id, blob) DO NOTHING`

// Remove forgets f and remembers that its blob is to go.
func (s *Store) Remove(ctx context.Context, f document.File) error {
	err := s.db.Do(ctx, func(ctx context.Context) error {
		if _, err := s.db.Exec(ctx, deleteFile, string(f.Person), string(f.ID)); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, insertRemoval, string(f.Person), f.Blob)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove file %s: %w", f.ID, err)
	}
	return nil
}

const listRemovals = `
SELECT blob
FROM document_removals
ORDER BY blob
LIMIT $1`

// Removals lists blobs that are to go.
func (s *Store) Removals(ctx context.Context, limit int) ([]string, error) {
	return s.blobs(ctx, listRemovals, limit)
}

const deleteRemoval = `
DELETE FROM document_removals
WHERE blob = $1`

// Removed forgets removals that are done.
func (s *Store) Removed(ctx context.Context, blobs []string) error {
	err := s.db.Do(ctx, func(ctx context.Context) error {
		for _, b := range blobs {
			if _, err := s.db.Exec(ctx, deleteRemoval, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("removals: %w", err)
	}
	return nil
}

const knownSQLite = `
SELECT blob
FROM document_files
WHERE blob IN (SELECT value FROM json_each($1))
ORDER BY blob`

const knownPostgres = `
SELECT blob
FROM document_files
WHERE blob IN (SELECT jsonb_array_elements_text($1::jsonb))
ORDER BY blob`

// Known returns those of blobs that a file has.
func (s *Store) Known(ctx context.Context, blobs []string) (map[string]bool, error) {
	list, err := json.Marshal(blobs)
	if err != nil {
		return nil, fmt.Errorf("known blobs: %w", err)
	}
	q := knownSQLite
	if s.db.Engine == db.Postgres {
		q = knownPostgres
	}
	got, err := s.blobs(ctx, q, string(list))
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(got))
	for _, b := range got {
		known[b] = true
	}
	return known, nil
}

func (s *Store) blobs(ctx context.Context, q string, args ...any) ([]string, error) {
	rows, err := s.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	defer rows.Close()
	var blobs []string
	for rows.Next() {
		var b string
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("blobs: %w", err)
		}
		blobs = append(blobs, b)
	}
	return blobs, rows.Err()
}
