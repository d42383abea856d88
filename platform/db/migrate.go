package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Migrate brings the tables of module up to date. files holds
// migrations/<engine>/NNNN_name.sql in goose's format; what was applied is kept
// in the table <module>_migrations. Only one process migrates at a time.
func Migrate(ctx context.Context, d *DB, module string, files fs.FS) error {
	sub, err := fs.Sub(files, "migrations/"+string(d.Engine))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", module, err)
	}
	dialect := goose.DialectSQLite3
	if d.Engine == Postgres {
		dialect = goose.DialectPostgres
		unlock, err := d.lockMigrations(ctx)
		if err != nil {
			return fmt.Errorf("migrate %s: %w", module, err)
		}
		defer unlock()
	}
	p, err := goose.NewProvider(dialect, d.write, sub, goose.WithTableName(module+"_migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", module, err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", module, err)
	}
	return nil
}

// migrationLock is the advisory lock that replicas take in turn.
const migrationLock = 0x6361757365776179

func (d *DB) lockMigrations(ctx context.Context) (unlock func(), err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock)) // closing the session frees it as well
		_ = conn.Close()
	}, nil
}
