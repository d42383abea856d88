package exchange

import (
	"context"
	"errors"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
)

// A Source is one system of a department that serves data classes.
type Source struct {
	Name     string
	Registry org.ID
	Kind     string // the connector: "http" or "sql"
	Reads    Connector
	Writes   Writer    // nil if the source takes no writes
	Watch    Monitored // nil if nothing is known about its health
}

// A Lookup asks a source for the records about one person.
type Lookup struct {
	Class     Class
	Number    identity.HKID // the person's identity number
	Fields    []string
	Purpose   string
	Recipient org.ID
	Reference string // names this call in the source's records and in ours
}

// A Connector speaks to a source. Fetch returns the records with at least the
// fields asked for, none if there are none, and a *SourceError when it cannot;
// any other error counts as Down. It honours ctx's deadline.
type Connector interface {
	Fetch(ctx context.Context, l Lookup) ([]map[string]any, error)
}

// A WriteCall writes one record, or takes it back.
type WriteCall struct {
	Key       string // the same key never writes twice
	Undo      bool   // take back what Key wrote
	Class     Class
	Number    identity.HKID
	Record    map[string]any
	Recipient org.ID
	Reference string
}

// A Writer writes to a source. Write returns nil when the source has confirmed,
// a *SourceError with Refused when it never will, and any other error when it
// is worth trying again.
type Writer interface {
	Write(ctx context.Context, c WriteCall) error
}

// A SourceError says why a source did not answer as it should. It holds nothing
// personal.
type SourceError struct {
	Outcome Outcome
	Reason  string    // a slug, such as "timeout", for officers
	Retry   time.Time // when it is worth trying again, if known
	Err     error
}

func (e *SourceError) Error() string {
	if e.Err == nil {
		return "source " + string(e.Outcome) + ": " + e.Reason
	}
	return "source " + string(e.Outcome) + ": " + e.Reason + ": " + e.Err.Error()
}

func (e *SourceError) Unwrap() error { return e.Err }

// Blame turns what a connector returned into a *SourceError; nil stays nil.
func Blame(err error) *SourceError {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*SourceError](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &SourceError{Outcome: Late, Reason: "timeout", Err: err}
	}
	return &SourceError{Outcome: Down, Reason: "unreachable", Err: err}
}

// Monitored tells how a source has been doing.
type Monitored interface{ Health() Health }

// Circuit states.
const (
	Closed   = "closed"    // calls go through
	HalfOpen = "half-open" // a few calls try whether it works again
	Open     = "open"      // no calls until Until
)

// Health is how a source has been doing, as this process saw it.
type Health struct {
	Circuit           string
	Until             time.Time // when an open circuit tries again
	Busy, Limit       int       // calls under way, and how many may be
	Calls             map[Outcome]int
	Reasons           map[string]int // why calls failed
	P50, P95, P99     time.Duration  // of the calls counted
	LastGood, LastBad time.Time
}

// Total returns the number of calls that h counts.
func (h Health) Total() int {
	n := 0
	for _, c := range h.Calls {
		n += c
	}
	return n
}
