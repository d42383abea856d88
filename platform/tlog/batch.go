package tlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/db"
)

// A batch is what one unit of the sequencer stores.
type batch struct {
	next       *edge
	leaves     []any // rows of tlog_leaves
	hashes     []any // rows of tlog_hashes
	taken      []any // ids that leave tlog_pending
	refused    []refusal
	checkpoint Checkpoint // without a note if nothing was added
	now        int64
}

type refusal struct {
	pendingRow
	why string
}

func (b *batch) add(p pendingRow) {
	b.leaves = append(b.leaves, b.next.size, p.id, p.leaf)
	b.taken = append(b.taken, p.id)
	b.next.add(merkle.RecordHash(p.leaf), func(s stored) {
		b.hashes = append(b.hashes, s.level, s.idx, s.hash[:])
	})
}

func (b *batch) refuse(p pendingRow, why string) {
	b.taken = append(b.taken, p.id)
	b.refused = append(b.refused, refusal{p, why})
}

// setReadCommitted keeps the sequencer out of PostgreSQL's bookkeeping for
// serializable units, in which it would make those that append fail for nothing:
// the lease's row lock is all the order that it needs.
const setReadCommitted = `SET TRANSACTION ISOLATION LEVEL READ COMMITTED`

const takeLease = `
UPDATE tlog_lease
SET holder = $1, until_us = $2
WHERE id = 1 AND (holder = $1 OR until_us < $3)`

const latestSize = `
SELECT size
FROM tlog_checkpoints
ORDER BY size DESC
LIMIT 1`

const insertCheckpoint = `
INSERT INTO tlog_checkpoints (size, note, at_us)
VALUES ($1, $2, $3)`

const (
	insertLeaves  = `INSERT INTO tlog_leaves (idx, id, leaf) VALUES`
	insertHashes  = `INSERT INTO tlog_hashes (level, idx, hash) VALUES`
	deletePending = `DELETE FROM tlog_pending WHERE id IN`
)

const insertRefused = `
INSERT INTO tlog_refused (id, leaf, mac, why, at_us)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id, at_us) DO NOTHING`

// store writes b in the unit of ctx, if the newest checkpoint is still of size
// base; it returns errLost if it is not, or if another replica holds the lease.
func (l *Log) store(ctx context.Context, base int64, b batch) error {
	if l.db.Engine == db.Postgres {
		if err := l.db.Write(ctx, setReadCommitted); err != nil {
			return fmt.Errorf("sequence: %w", err)
		}
	}
	res, err := l.db.Exec(ctx, takeLease, l.holder, b.now+leaseFor.Microseconds(), b.now)
	if err != nil {
		return fmt.Errorf("sequence: lease: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errLost, err)
	}
	var size int64
	err = l.db.QueryRow(ctx, latestSize).Scan(&size)
	switch {
	case errors.Is(err, sql.ErrNoRows) && base == 0:
	case errors.Is(err, sql.ErrNoRows), err == nil && size != base:
		return errLost
	case err != nil:
		return fmt.Errorf("sequence: %w", err)
	}
	if err := l.take(ctx, b); err != nil {
		return err
	}
	if err := insertRows(ctx, l.db, insertLeaves, 3, b.leaves); err != nil {
		return fmt.Errorf("sequence: leaves: %w", err)
	}
	if err := insertRows(ctx, l.db, insertHashes, 3, b.hashes); err != nil {
		return fmt.Errorf("sequence: hashes: %w", err)
	}
	if b.checkpoint.Note == "" {
		return nil
	}
	if err := l.db.Write(ctx, insertCheckpoint, b.checkpoint.Size, b.checkpoint.Note, b.now); err != nil {
		return fmt.Errorf("sequence: checkpoint: %w", err)
	}
	return nil
}

// take removes b's rows from what is pending and keeps those that are refused.
func (l *Log) take(ctx context.Context, b batch) error {
	gone, err := deleteRows(ctx, l.db, deletePending, b.taken)
	if err != nil {
		return fmt.Errorf("sequence: pending: %w", err)
	}
	if gone != len(b.taken) {
		return errLost
	}
	for _, p := range b.refused {
		if err := l.db.Write(ctx, insertRefused, p.id, p.leaf, p.mac, p.why, b.now); err != nil {
			return fmt.Errorf("sequence: refuse: %w", err)
		}
	}
	return nil
}

const readLease = `
SELECT holder, until_us
FROM tlog_lease
WHERE id = 1`

// free reports whether this process may sequence: no other holds the lease.
func (l *Log) free(ctx context.Context) (bool, error) {
	var holder string
	var until int64
	if err := l.db.QueryRow(ctx, readLease).Scan(&holder, &until); err != nil {
		return false, fmt.Errorf("sequence: lease: %w", err)
	}
	return holder == l.holder || until < l.now().UnixMicro(), nil
}
