// Package db is the unit of work over SQLite and PostgreSQL.
//
// A use case calls Do; whatever runs with the context it hands on (stores, the
// log, the job queue) joins the same transaction. Units are serializable on both
// engines, so that they mean the same on both: a failed statement ends its unit
// (say ON CONFLICT where a conflict is no failure), and an inner unit that
// failed fails the outer one. A unit does no network I/O: on SQLite everybody
// else's writes wait for it.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

// Engine names a database engine.
type Engine string

// Supported engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// retryFor bounds how long Do runs a unit again that lost to others.
const retryFor = 5 * time.Second

// ErrBusy reports a unit that lost to others until retryFor had passed.
var ErrBusy = errors.New("db: busy")

// DB is one database. SQLite has a single writing connection beside a pool of
// readers; on PostgreSQL both are the same pool.
type DB struct {
	Engine Engine
	write  *sql.DB
	read   *sql.DB
	group  *group   // SQLite alone
	gate   *gate    // PostgreSQL alone
	held   *os.File // SQLite alone: the lock that keeps a second process out
}

// unit is what a context carries inside Do.
type unit struct {
	db     *DB
	tx     *sql.Tx
	doomed error    // the first failure inside; it is the unit's, whatever f returns
	after  []func() // to run once the unit is durable
}

type unitKey struct{}

// Do runs f as one transaction: all of it happens, durably, or none. If ctx is
// already inside a unit of d, f joins that one. f may run several times, so it
// must change nothing but the database, and it passes its own ctx on.
func (d *DB) Do(ctx context.Context, f func(ctx context.Context) error) error {
	if u := d.unit(ctx); u != nil {
		return u.note(f(ctx))
	}
	start := time.Now() //nolint:forbidigo // a duration, not a date
	for try := 1; ; try++ {
		u := &unit{db: d}
		var err error
		if d.group != nil {
			err = d.group.do(ctx, u, f, try > 1)
		} else {
			err = d.once(ctx, u, f)
		}
		if err == nil {
			for _, after := range u.after {
				after()
			}
			return nil
		}
		if !retryable(err) {
			return err
		}
		if time.Since(start) > retryFor {
			return fmt.Errorf("%w: %w", ErrBusy, err)
		}
		pause := time.Duration(rand.Int64N(int64(min(try, 20)) * int64(5*time.Millisecond))) //nolint:gosec // jitter, not a secret
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

// once runs f in a transaction of its own.
func (d *DB) once(ctx context.Context, u *unit, f func(ctx context.Context) error) (err error) {
	if err := d.gate.enter(ctx); err != nil {
		return err
	}
	defer func() { d.gate.exit(err != nil && retryable(err)) }()
	tx, err := d.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // no-op after Commit
	if err := u.call(ctx, tx, f); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// call runs f inside tx and returns the first failure, even one that f hid.
func (u *unit) call(ctx context.Context, tx *sql.Tx, f func(ctx context.Context) error) error {
	u.tx = tx
	if err := f(context.WithValue(ctx, unitKey{}, u)); err != nil {
		return err
	}
	return u.doomed
}

// note remembers err as the reason why u cannot commit.
func (u *unit) note(err error) error {
	if err != nil && u.doomed == nil {
		u.doomed = err
	}
	return err
}

// unit returns the unit that ctx carries for d, or nil.
func (d *DB) unit(ctx context.Context) *unit {
	if u, ok := ctx.Value(unitKey{}).(*unit); ok && u.db == d {
		return u
	}
	return nil
}

// After has f run once the unit of ctx is durable, or at once outside of one. It
// is for waking what waits for new rows; f must be quick, and may never run if
// the process ends.
func (d *DB) After(ctx context.Context, f func()) {
	if u := d.unit(ctx); u != nil {
		u.after = append(u.after, f)
		return
	}
	f()
}

// Tx returns the transaction that ctx carries. What takes a *sql.Tx, as the job
// queue does, joins a unit through it. It panics outside of Do.
func (d *DB) Tx(ctx context.Context) *sql.Tx {
	u := d.unit(ctx)
	if u == nil {
		panic("db: Tx outside of Do")
	}
	return u.tx
}

// Exec runs a statement in the unit of ctx, or as a unit of its own.
func (d *DB) Exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	var res sql.Result
	err := d.Do(ctx, func(ctx context.Context) error {
		var err error
		res, err = d.Tx(ctx).ExecContext(ctx, q, args...)
		return err
	})
	return res, err
}

// Write runs a statement whose result nobody reads, in the unit of ctx, or as a
// unit of its own. On PostgreSQL it is sent with the unit's next statement or its
// commit, so that many writes wait for the server once. If it fails then, that
// statement or the commit returns the error, and the unit has failed as ever. args
// must stay as they are until the unit ends.
func (d *DB) Write(ctx context.Context, q string, args ...any) error {
	return d.Do(ctx, func(ctx context.Context) error {
		_, err := d.Tx(ctx).ExecContext(context.WithValue(ctx, later{}, true), q, args...)
		return err
	})
}

// QueryRow reads one row in the unit of ctx, or alone.
func (d *DB) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	if u := d.unit(ctx); u != nil {
		return u.tx.QueryRowContext(ctx, q, args...)
	}
	return d.read.QueryRowContext(ctx, q, args...)
}

// Query reads rows in the unit of ctx, or alone. The caller closes them.
func (d *DB) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	if u := d.unit(ctx); u != nil {
		rows, err := u.tx.QueryContext(ctx, q, args...)
		return rows, u.note(err)
	}
	return d.read.QueryContext(ctx, q, args...)
}

// Claim runs one writing statement with RETURNING as a unit of its own and hands
// its rows to scan. On PostgreSQL it runs at read committed, so that FOR UPDATE
// SKIP LOCKED lets replicas share a queue without losing units to each other.
// scan runs again if the statement does.
func (d *DB) Claim(ctx context.Context, scan func(*sql.Rows) error, q string, args ...any) error {
	if d.group == nil {
		rows, err := d.write.QueryContext(ctx, q, args...)
		if err != nil {
			return err
		}
		return each(rows, scan)
	}
	return d.Do(ctx, func(ctx context.Context) error {
		rows, err := d.Tx(ctx).QueryContext(ctx, q, args...)
		if err != nil {
			return err
		}
		return each(rows, scan)
	})
}

// ExecAlone runs one statement in the unit of ctx, or as a unit of its own. On
// PostgreSQL the latter runs at read committed: it neither loses to serializable
// units nor makes them lose. It is for statements that touch one row by its whole
// key, which nobody else's decisions hang on: a queue's rows, a nonce.
func (d *DB) ExecAlone(ctx context.Context, q string, args ...any) (sql.Result, error) {
	if d.group == nil && d.unit(ctx) == nil {
		return d.write.ExecContext(ctx, q, args...)
	}
	return d.Exec(ctx, q, args...)
}

func each(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Ping reports whether the database answers a read.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// Close waits for running units and closes the database.
func (d *DB) Close() error {
	if d.group == nil {
		return d.write.Close()
	}
	d.group.close()
	return errors.Join(d.read.Close(), d.write.Close(), d.held.Close())
}
