package exchange

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
)

// Store keeps writes and reports. What it is asked for and does not have is
// ErrNoWrite or ErrNoReport.
type Store interface {
	AddWrite(ctx context.Context, w StoredWrite) error
	Write(ctx context.Context, person identity.PersonID, key string, undo bool) (StoredWrite, error)
	// SettleWrite ends a pending write; first is false if it was settled before.
	SettleWrite(ctx context.Context, person identity.PersonID, key string, undo bool, state WriteState, reason string, at time.Time) (first bool, err error)
	// EmptyWrites takes the records out of writes settled before t.
	EmptyWrites(ctx context.Context, t time.Time) error
	PendingWrites(ctx context.Context, class string) (int, error)

	AddReport(ctx context.Context, r Report) error
	Report(ctx context.Context, person identity.PersonID, id string) (Report, error)
	ReportsOf(ctx context.Context, person identity.PersonID, limit int) ([]Report, error)
	OpenReports(ctx context.Context, person identity.PersonID) (int, error)
	ReportTo(ctx context.Context, department org.ID, id string) (Report, error)
	ReportsTo(ctx context.Context, department org.ID, done bool, limit int) ([]Report, error)
	// ChangeReport keeps r's state, words and times; ErrReportState if its state
	// is no longer before.
	ChangeReport(ctx context.Context, r Report, before ReportState) error
}
