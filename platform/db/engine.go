package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// pragmas go in the DSN: an Exec would reach one pooled connection only.
// busy_timeout comes first, since the others may meet a lock.
var pragmas = []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"} //nolint:gochecknoglobals // never changed

// OpenSQLite opens the database file at path. One process may hold it; another
// one gets an error.
func OpenSQLite(ctx context.Context, path string) (*DB, error) {
	held, err := lock(path + ".lock")
	if err != nil {
		return nil, err
	}
	write, err := openSQLite(ctx, path, url.Values{"_txlock": {"immediate"}})
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	write.SetMaxOpenConns(1)
	read, err := openSQLite(ctx, path, url.Values{"_pragma": {"query_only(1)"}})
	if err != nil {
		return nil, errors.Join(err, write.Close(), held.Close())
	}
	read.SetMaxOpenConns(2 * runtime.NumCPU())
	read.SetMaxIdleConns(2 * runtime.NumCPU())
	d := &DB{Engine: SQLite, write: write, read: read, held: held}
	d.group = newGroup(d) //nolint:contextcheck // the group outlives ctx
	return d, nil
}

// openSQLite opens one pool and checks that its promises hold.
func openSQLite(ctx context.Context, path string, q url.Values) (*sql.DB, error) {
	q["_pragma"] = append(append([]string(nil), pragmas...), q["_pragma"]...)
	dsn := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}
	conns, err := newFiles(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool := sql.OpenDB(conns)
	var mode string
	var sync int
	if err := pool.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), pool.Close())
	}
	if err := pool.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), pool.Close())
	}
	if mode != "wal" || sync < 2 {
		return nil, errors.Join(fmt.Errorf("open %s: journal_mode %s, synchronous %d: not durable", path, mode, sync), pool.Close())
	}
	return pool, nil
}

// lock keeps a second process out until the file that it returns is closed.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: another process holds the database: %w", path, err), f.Close())
	}
	return f, nil
}

// OpenPostgres opens the database that dsn names, with at most conns connections.
func OpenPostgres(ctx context.Context, dsn string, conns int) (*DB, error) {
	pipes, err := newPipes(dsn)
	if err != nil {
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	pool := sql.OpenDB(pipes)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	var durable string
	if err := pool.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&durable); err != nil {
		return nil, errors.Join(fmt.Errorf("open postgres: %w", err), pool.Close())
	}
	if durable == "off" || durable == "local" {
		return nil, errors.Join(fmt.Errorf("open postgres: synchronous_commit is %s: not durable", durable), pool.Close())
	}
	return &DB{Engine: Postgres, write: pool, read: pool, gate: newGate(conns)}, nil
}

// IsUnique reports whether err is a violated unique constraint: of the statement
// that returned it, or of a Write before it in the same unit.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// retryable reports whether a unit that failed with err may succeed if it runs
// again: a serialization failure, a deadlock, a busy file, a lost group.
func retryable(err error) bool {
	if errors.Is(err, errGroupLost) {
		return true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "40001" || e.Code == "40P01"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}
