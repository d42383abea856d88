package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// readConns bounds what is read at once.
const readConns = 8

// OpenReadOnly opens the database file at path to read it, also while another
// process holds it. Units are plain transactions that see one moment; what
// writes fails.
func OpenReadOnly(ctx context.Context, path string) (*DB, error) {
	d, err := openReadOnly(ctx, path, url.Values{"mode": {"ro"}})
	if err == nil {
		return d, nil
	}
	// Without its -shm file a database is opened by making one. Where the folder
	// cannot be written to, nobody else writes either: if there is no -wal file,
	// the database file is all there is, and it stands still.
	if info, stat := os.Stat(path + "-wal"); stat == nil && info.Size() > 0 {
		return nil, err
	}
	d, again := openReadOnly(ctx, path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if again != nil {
		return nil, err
	}
	return d, nil
}

func openReadOnly(ctx context.Context, path string, q url.Values) (*DB, error) {
	q["_pragma"] = []string{"busy_timeout(5000)", "query_only(1)"}
	dsn := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}
	conns, err := newFiles(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool := sql.OpenDB(conns)
	var tables int
	if err := pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), pool.Close())
	}
	return &DB{Engine: SQLite, write: pool, read: pool, gate: newGate(readConns)}, nil
}
