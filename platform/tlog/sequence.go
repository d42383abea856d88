package tlog

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"time"

	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/db"
)

const (
	batchMax = 1024                   // leaves that one checkpoint adds at most
	gather   = 50 * time.Millisecond  // from the first new leaf to its batch
	poll     = 500 * time.Millisecond // for what other processes appended
	leaseFor = time.Second            // a replica that sequences keeps the others off
)

// errLost reports that another process has moved the log on.
var errLost = errors.New("tlog: another sequencer was faster")

// Run sequences until ctx ends: what is appended in this process shortly after
// its unit commits, what others appended within half a second. Any number of
// replicas may run it; one sequences at a time, and another takes over within
// two seconds of its end. Failures are logged, once as long as they last.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	last := ""
	for {
		n, err := l.Sequence(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			last = ""
		case err.Error() != last:
			last = err.Error()
			l.logger.ErrorContext(ctx, "the log cannot be sequenced", "err", err)
		}
		if err == nil && n == batchMax {
			continue
		}
		nudge := l.nudge
		if err != nil {
			nudge = nil // try again at the next tick, not sooner
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			continue
		case <-nudge:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(gather):
		}
	}
}

// A pendingRow waits for its index.
type pendingRow struct {
	id        string
	leaf, mac []byte
}

const pendingRows = `
SELECT id, leaf, mac
FROM tlog_pending
ORDER BY id
LIMIT $1`

// Sequence takes one batch of pending leaves and signs the checkpoint that covers
// them, all in one unit; it returns how many rows it took. It takes none while
// another replica sequences. It returns ErrCorrupt, and signs nothing, when what
// is stored does not follow from the newest checkpoint.
func (l *Log) Sequence(ctx context.Context) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows, err := l.pending(ctx)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 && l.edge != nil {
		return 0, nil
	}
	if free, err := l.free(ctx); err != nil || !free {
		return 0, err
	}
	for try := 0; ; try++ {
		err := l.batch(ctx, rows)
		if err == nil {
			return len(rows), nil
		}
		l.edge = nil // to be read again
		switch {
		case errors.Is(err, errLost) && try == 0:
		case errors.Is(err, errLost):
			return 0, nil
		case db.IsUnique(err) && try == 0:
			if rows, err = l.unreplayed(ctx, rows); err != nil {
				return 0, err
			}
		default:
			return 0, err
		}
	}
}

func (l *Log) pending(ctx context.Context) ([]pendingRow, error) {
	var all []pendingRow
	err := reader{l.db}.each(ctx, func(rows *sql.Rows) error {
		var p pendingRow
		if err := rows.Scan(&p.id, &p.leaf, &p.mac); err != nil {
			return err
		}
		all = append(all, p)
		return nil
	}, pendingRows, batchMax)
	return all, err
}

// batch gives rows their index. What it computes and signs it does before its
// unit begins.
func (l *Log) batch(ctx context.Context, rows []pendingRow) error {
	first := false
	if l.edge == nil {
		var err error
		if l.edge, first, err = l.load(ctx); err != nil {
			return err
		}
	}
	base := l.edge.size
	next := *l.edge
	b := batch{next: &next, now: l.now().UnixMicro()}
	for _, p := range rows {
		if !l.genuine(p) {
			b.refuse(p, "mac")
			continue
		}
		b.add(p)
	}
	if len(b.leaves) > 0 || first {
		c, err := l.signer.checkpoint(b.next.size, b.next.root())
		if err != nil {
			return err
		}
		b.checkpoint = c
	}
	if len(rows) == 0 && !first {
		return nil
	}
	if err := l.db.Do(ctx, func(ctx context.Context) error { return l.store(ctx, base, b) }); err != nil {
		return err
	}
	l.edge = b.next
	if b.checkpoint.Note != "" {
		l.high = b.checkpoint
		l.saw(b.checkpoint.Size)
	}
	for _, p := range b.refused {
		l.logger.ErrorContext(ctx, "a pending leaf was refused", "id", p.id, "why", p.why)
	}
	return nil
}

// genuine reports whether p was appended by this program.
func (l *Log) genuine(p pendingRow) bool {
	return p.id != "" && len(p.leaf) > 0 && len(p.leaf) <= MaxLeaf && hmac.Equal(p.mac, l.mac(macLabel, macInput(p.id, p.leaf)))
}

// load reads the edge of the newest checkpoint and checks that it reproduces the
// root that was signed, and that this process's own newest checkpoint is among
// its past. first reports a log that has no checkpoint yet.
func (l *Log) load(ctx context.Context) (e *edge, first bool, err error) {
	r := reader{l.db}
	c, err := r.latest(ctx, l.signer.known())
	if errors.Is(err, sql.ErrNoRows) {
		if l.high.Note != "" {
			return nil, false, fmt.Errorf("%w: the checkpoints are gone; the newest was of size %d", ErrCorrupt, l.high.Size)
		}
		return &edge{}, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	if c.Size < l.high.Size {
		return nil, false, fmt.Errorf("%w: the newest checkpoint is of size %d, though one of size %d was signed", ErrCorrupt, c.Size, l.high.Size)
	}
	if e, err = r.edge(ctx, c.Size); err != nil {
		return nil, false, err
	}
	if e.root() != c.Root {
		return nil, false, fmt.Errorf("%w: the last leaves do not give the root that was signed for size %d", ErrCorrupt, c.Size)
	}
	if l.high.Size > 0 {
		past, err := merkle.TreeHash(l.high.Size, r.proven(ctx, c))
		if err != nil {
			return nil, false, corrupt(err)
		}
		if past != l.high.Root {
			return nil, false, fmt.Errorf("%w: the log was forked before size %d", ErrCorrupt, l.high.Size)
		}
	}
	l.high = c
	l.saw(c.Size)
	return e, false, nil
}

// unreplayed takes out of rows what has an index already, and stores that it was
// refused. A row that was sequenced once has a right MAC for ever.
func (l *Log) unreplayed(ctx context.Context, rows []pendingRow) ([]pendingRow, error) {
	ids := make([]string, len(rows))
	for i, p := range rows {
		ids[i] = p.id
	}
	known, err := l.Positions(ctx, ids)
	if err != nil {
		return nil, err
	}
	b := batch{now: l.now().UnixMicro()}
	c, err := l.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	var rest []pendingRow
	for _, p := range rows {
		if i, ok := known[p.id]; ok && i < c.Size {
			b.refuse(p, "replay")
		} else {
			rest = append(rest, p)
		}
	}
	if len(b.refused) == 0 {
		return nil, fmt.Errorf("%w: there are leaves beyond the newest checkpoint", ErrCorrupt)
	}
	if err := l.db.Do(ctx, func(ctx context.Context) error { return l.take(ctx, b) }); err != nil {
		return nil, err
	}
	for _, p := range b.refused {
		l.logger.ErrorContext(ctx, "a pending leaf was refused", "id", p.id, "why", p.why)
	}
	return rest, nil
}
