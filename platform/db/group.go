package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	groupMax = 256              // units that one commit carries at most
	unitMax  = 10 * time.Second // a unit that takes longer is undone
)

var (
	// errGroupLost fails the units that shared a transaction with one that took
	// it down (disk full, a deferred constraint). Do runs them again, alone.
	errGroupLost = errors.New("db: another unit of the same commit failed")
	errAborted   = errors.New("db: unit left by panic or exit")

	// ErrSlow reports a unit that took longer than unitMax, most likely because
	// it waits for a unit of another context, which waits for it.
	ErrSlow = errors.New("db: unit took too long and was undone")
)

// A group commits SQLite units together. One goroutine owns the writing
// connection, lets every unit that waits run inside a savepoint of one
// transaction, and pays one fsync for all of them, so writers never race for the
// file's lock. Each unit runs in its caller's goroutine, in turn.
type group struct {
	db    *DB
	queue chan *work
	ended chan struct{}
	held  *work // the commit goroutine's: the next to run, alone

	mu     sync.RWMutex // guards closed; held for reading while queueing
	closed bool
}

// work is one unit on its way through a group.
type work struct {
	alone   bool
	claimed atomic.Bool  // by the group, to run it; or by the caller, to leave
	turn    chan *sql.Tx // the group: run now, in this transaction
	back    chan error   // the caller: I ran, with this outcome
	done    chan error   // the group: durable (nil) or undone
	outcome error        // what came back; the commit goroutine's
}

func newGroup(d *DB) *group {
	g := &group{db: d, queue: make(chan *work, groupMax), ended: make(chan struct{})}
	go g.run()
	return g
}

// do waits for a turn, runs f in it, and waits until it is durable or undone.
func (g *group) do(ctx context.Context, u *unit, f func(ctx context.Context) error, alone bool) error {
	w := &work{alone: alone, turn: make(chan *sql.Tx, 1), back: make(chan error, 1), done: make(chan error, 1)}
	if err := g.enqueue(ctx, w); err != nil {
		return err
	}
	var tx *sql.Tx
	select {
	case tx = <-w.turn:
	case err := <-w.done: // there was no transaction to run in
		return err
	case <-ctx.Done():
		if w.claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		select {
		case tx = <-w.turn:
		case err := <-w.done:
			return err
		}
	}
	outcome := errAborted
	defer func() {
		if errors.Is(outcome, errAborted) { // f panicked or left the goroutine
			w.back <- outcome
		}
	}()
	if outcome = ctx.Err(); outcome == nil {
		outcome = errAborted
		// An interrupted statement would roll back everybody's work, so a
		// caller that leaves does not interrupt the unit that runs.
		outcome = u.call(context.WithoutCancel(ctx), tx, f)
	}
	w.back <- outcome
	return <-w.done
}

func (g *group) enqueue(ctx context.Context, w *work) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return sql.ErrConnDone
	}
	select {
	case g.queue <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close lets what is queued finish and ends the goroutine.
func (g *group) close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	<-g.ended
}

func (g *group) run() {
	defer close(g.ended)
	for {
		w := g.held
		g.held = nil
		if w == nil {
			var open bool
			if w, open = <-g.queue; !open {
				return
			}
			if !w.claimed.CompareAndSwap(false, true) {
				continue
			}
		}
		g.commit(w)
	}
}

// commit runs first and whatever waits behind it in one transaction.
func (g *group) commit(first *work) {
	tx, err := g.db.write.BeginTx(context.Background(), nil)
	if err != nil {
		first.done <- fmt.Errorf("begin: %w", err)
		return
	}
	var batch []*work
	alive := true
	for w := first; w != nil; w = g.waiting(first, len(batch)) {
		batch = append(batch, w)
		if alive = g.savepoint(tx, w); !alive {
			break
		}
	}
	if alive {
		err = tx.Commit()
	} else {
		err = errors.Join(errGroupLost, tx.Rollback())
	}
	if err != nil && len(batch) > 1 {
		err = errors.Join(errGroupLost, err)
	}
	for _, w := range batch {
		if w.outcome == nil && err != nil {
			w.outcome = fmt.Errorf("commit: %w", err)
		}
		w.done <- w.outcome
	}
}

// waiting returns the next unit for the commit that first began and that has n
// already, or nil.
func (g *group) waiting(first *work, n int) *work {
	for n < groupMax && !first.alone {
		select {
		case w := <-g.queue: // nil once the queue is closed
			if w != nil && !w.claimed.CompareAndSwap(false, true) {
				continue // its caller has left
			}
			if w != nil && w.alone {
				g.held = w
				return nil
			}
			return w
		default:
			return nil
		}
	}
	return nil
}

// savepoint gives w its turn inside tx and undoes it alone if it fails. It
// reports whether the transaction is still there.
func (g *group) savepoint(tx *sql.Tx, w *work) bool {
	ctx := context.Background()
	if _, err := tx.ExecContext(ctx, "SAVEPOINT unit"); err != nil {
		w.outcome = fmt.Errorf("begin: %w", err)
		return false
	}
	w.turn <- tx
	late := time.NewTimer(unitMax)
	defer late.Stop()
	select {
	case w.outcome = <-w.back:
	case <-late.C:
		w.outcome = ErrSlow
		return false
	}
	if w.outcome != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO unit"); err != nil {
			return false
		}
	}
	if _, err := tx.ExecContext(ctx, "RELEASE unit"); err != nil {
		w.outcome = errors.Join(w.outcome, fmt.Errorf("commit: %w", err))
		return false
	}
	return true
}
