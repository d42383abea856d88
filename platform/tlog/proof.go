package tlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"
)

// A Proof shows that a checkpoint's tree holds a leaf at an index (RFC 6962,
// section 2.1.1).
type Proof struct {
	Index      int64
	Leaf       []byte
	Path       []Hash // from the leaf's sibling upwards
	Checkpoint Checkpoint
}

// LeafHash returns the hash of p's leaf in the tree.
func (p Proof) LeafHash() Hash { return merkle.RecordHash(p.Leaf) }

// Check reports whether p holds, with its checkpoint signed by one of known.
func (p Proof) Check(known note.Verifiers) error {
	c, err := ParseCheckpoint(p.Checkpoint.Note, known)
	if err != nil {
		return err
	}
	if err := merkle.CheckRecord(p.Path, c.Size, c.Root, p.Index, p.LeafHash()); err != nil {
		return fmt.Errorf("check inclusion of leaf %d: %w", p.Index, err)
	}
	return nil
}

const leafByID = `
SELECT idx, leaf
FROM tlog_leaves
WHERE id = $1`

const isPending = `
SELECT count(*)
FROM tlog_pending
WHERE id = $1`

// Prove returns the proof that the newest checkpoint covers the leaf of id, after
// checking it. It returns ErrPending if none covers it yet, ErrUnknown if there
// is no such leaf, ErrCorrupt if the stored tree does not prove it.
func (l *Log) Prove(ctx context.Context, id string) (Proof, error) {
	var p Proof
	err := l.db.QueryRow(ctx, leafByID, id).Scan(&p.Index, &p.Leaf)
	if errors.Is(err, sql.ErrNoRows) {
		var n int
		if err := l.db.QueryRow(ctx, isPending, id).Scan(&n); err != nil {
			return p, fmt.Errorf("prove leaf %s: %w", id, err)
		}
		if n > 0 {
			return p, ErrPending
		}
		return p, ErrUnknown
	}
	if err != nil {
		return p, fmt.Errorf("prove leaf %s: %w", id, err)
	}
	if p.Checkpoint, err = l.Checkpoint(ctx); err != nil {
		return p, err
	}
	if p.Path, err = l.inclusion(ctx, p.Index, p.Checkpoint); err != nil {
		return p, err
	}
	if err := p.Check(l.signer.known()); err != nil {
		return p, fmt.Errorf("%w: leaf %d: %w", ErrCorrupt, p.Index, err)
	}
	return p, nil
}

func (l *Log) inclusion(ctx context.Context, index int64, c Checkpoint) ([]Hash, error) {
	if index < 0 || index >= c.Size {
		return nil, ErrOutside
	}
	path, err := merkle.ProveRecord(c.Size, index, reader{l.db}.proven(ctx, c))
	if err != nil {
		return nil, corrupt(err)
	}
	return path, nil
}

// Inclusion returns the proof for the leaf at index in the newest checkpoint's
// tree. It returns ErrOutside if there is no such leaf.
func (l *Log) Inclusion(ctx context.Context, index int64) (Proof, error) {
	c, err := l.Checkpoint(ctx)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Index: index, Checkpoint: c}
	if p.Path, err = l.inclusion(ctx, index, c); err != nil {
		return Proof{}, err
	}
	leaves, err := reader{l.db}.leaves(ctx, index, index+1)
	if err != nil {
		return Proof{}, err
	}
	p.Leaf = leaves[0]
	return p, nil
}

// Consistency returns the proof that the newest checkpoint's tree begins with the
// tree of size from (RFC 6962, section 2.1.2), which is empty when they are the
// same. It returns ErrOutside if from is no size of an earlier tree.
func (l *Log) Consistency(ctx context.Context, from int64) ([]Hash, Checkpoint, error) {
	c, err := l.Checkpoint(ctx)
	if err != nil {
		return nil, c, err
	}
	if from < 1 || from > c.Size {
		return nil, c, ErrOutside
	}
	path, err := merkle.ProveTree(c.Size, from, reader{l.db}.proven(ctx, c))
	if err != nil {
		return nil, c, corrupt(err)
	}
	return path, c, nil
}

// corrupt adds ErrCorrupt to what merkle says of tiles that do not fit.
func corrupt(err error) error {
	if errors.Is(err, errRead) || errors.Is(err, ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
