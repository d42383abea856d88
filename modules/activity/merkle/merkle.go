// Package merkle keeps the leaves of activity in the transparency log.
package merkle

import (
	"context"
	"errors"

	"causeway/modules/activity"
	"causeway/platform/tlog"
)

// Log implements activity.Log on a transparency log.
type Log struct{ log *tlog.Log }

var _ activity.Log = (*Log)(nil)

// New returns the Log on l.
func New(l *tlog.Log) *Log { return &Log{l} }

// Append implements activity.Log.
func (l *Log) Append(ctx context.Context, id string, leaf []byte) error {
	return l.log.Append(ctx, id, leaf)
}

// Positions implements activity.Log.
func (l *Log) Positions(ctx context.Context, ids []string) (map[string]int64, error) {
	return l.log.Positions(ctx, ids)
}

// Prove implements activity.Log.
func (l *Log) Prove(ctx context.Context, id string) (activity.Proof, error) {
	p, err := l.log.Prove(ctx, id)
	if errors.Is(err, tlog.ErrPending) {
		return activity.Proof{}, activity.ErrPending
	}
	if err != nil {
		return activity.Proof{}, err
	}
	out := activity.Proof{
		Index: p.Index, Size: p.Checkpoint.Size, Leaf: p.Leaf, LeafHash: p.LeafHash().String(),
		Path: make([]string, len(p.Path)), Root: p.Checkpoint.Root.String(),
		Checkpoint: p.Checkpoint.Note, Key: l.log.KeyOf(p.Checkpoint),
	}
	for i, h := range p.Path {
		out.Path[i] = h.String()
	}
	return out, nil
}

// Leaves implements activity.Leaves on an audit of a stored log.
type Leaves struct{ audit *tlog.Audit }

var _ activity.Leaves = (*Leaves)(nil)

// NewLeaves returns the Leaves of a.
func NewLeaves(a *tlog.Audit) *Leaves { return &Leaves{a} }

// Leaves implements activity.Leaves.
func (l *Leaves) Leaves(ctx context.Context, ids []string) (map[string]activity.Leaf, error) {
	found, err := l.audit.Leaves(ctx, ids)
	out := make(map[string]activity.Leaf, len(found))
	for id, leaf := range found {
		out[id] = activity.Leaf{Index: leaf.Index, Pending: leaf.Index < 0, Bytes: leaf.Bytes}
	}
	return out, err
}

// Claim implements activity.Leaves.
func (l *Leaves) Claim(leaf activity.Leaf, id string) bool {
	return l.audit.Claim(tlog.Leaf{Index: leaf.Index, Bytes: leaf.Bytes}, id)
}
