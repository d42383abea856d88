package tlog

import (
	"context"
	"fmt"
)

const countPending = `
SELECT count(id)
FROM tlog_pending`

// Pending returns how many leaves have no index yet.
func (l *Log) Pending(ctx context.Context) (int, error) {
	var n int
	if err := l.db.QueryRow(ctx, countPending).Scan(&n); err != nil {
		return 0, fmt.Errorf("count pending leaves: %w", err)
	}
	return n, nil
}
