package store

import (
	"context"
	"database/sql"
	"time"

	"causeway/modules/activity"
)

const entriesAfter = `
SELECT person_id, id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash
FROM activity_entries
WHERE (person_id, id) > ($1, $2)
ORDER BY person_id, id
LIMIT $3`

// Entries implements activity.Archive.
func (s *Store) Entries(ctx context.Context, afterPerson, afterID string, limit int) ([]activity.Record, error) {
	return s.records(ctx, entriesAfter, afterPerson, afterID, limit)
}

const tombstonesAfter = `
SELECT id, at_us, salt, entries, ids_hash
FROM activity_tombstones
WHERE id > $1
ORDER BY id
LIMIT $2`

// Tombstones implements activity.Archive.
func (s *Store) Tombstones(ctx context.Context, after string, limit int) ([]activity.Tombstone, error) {
	var all []activity.Tombstone
	err := s.each(ctx, func(rows *sql.Rows) error {
		var t activity.Tombstone
		var us int64
		err := rows.Scan(&t.ID, &us, &t.Salt, &t.Count, &t.IDs)
		t.At = time.UnixMicro(us).UTC()
		all = append(all, t)
		return err
	}, tombstonesAfter, after, limit)
	return all, err
}

const erasedBy = `
SELECT id
FROM activity_erased
WHERE tombstone_id = $1
ORDER BY id`

// Erased implements activity.Archive.
func (s *Store) Erased(ctx context.Context, tombstone string) ([]string, error) {
	return s.strings(ctx, erasedBy, tombstone)
}
