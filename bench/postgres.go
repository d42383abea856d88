package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
)

// freshDatabase makes an empty database on the server of dsn and returns its
// URL.
func freshDatabase(ctx context.Context, dsn, name string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", fmt.Errorf("TEST_POSTGRES: %w", err)
	}
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		return "", fmt.Errorf("postgres: %w", err)
	}
	defer admin.Close()                                                                                          //nolint:errcheck // nothing is left to say
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} { // names of our own
		if _, err := admin.ExecContext(ctx, q); err != nil {
			return "", fmt.Errorf("postgres: %w", err)
		}
	}
	u.Path = "/" + name
	return u.String(), nil
}

// durable reports whether the server waits for its disk.
func durable(ctx context.Context, dsn string) (bool, error) {
	d, err := sql.Open("pgx", dsn)
	if err != nil {
		return false, fmt.Errorf("postgres: %w", err)
	}
	defer d.Close() //nolint:errcheck // nothing is left to say
	var fsync, commit string
	if err := d.QueryRowContext(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_commit')").Scan(&fsync, &commit); err != nil {
		return false, fmt.Errorf("postgres: %w", err)
	}
	return fsync == "on" && commit != "off", nil
}

// serverProcess returns the server's own process, of which those that serve
// connections are children. It runs on this machine.
func serverProcess(ctx context.Context, dsn string) (int, error) {
	d, err := sql.Open("pgx", dsn)
	if err != nil {
		return 0, fmt.Errorf("postgres: %w", err)
	}
	defer d.Close() //nolint:errcheck // nothing is left to say
	var pid int
	if err := d.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		return 0, fmt.Errorf("postgres: %w", err)
	}
	return processes()[pid].parent, nil
}
