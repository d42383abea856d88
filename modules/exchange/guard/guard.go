// Package guard puts limits before a connector: a deadline, a bound on the calls
// under way, and a circuit that opens while a source keeps failing. It watches
// how the source does.
package guard

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"

	"causeway/modules/exchange"
)

// Limits of one source. The zero value of each has a default.
type Limits struct {
	Deadline  time.Duration // for one call; 2 s
	WriteWait time.Duration // for one write; 10 s
	Parallel  int           // calls under way; 64
	Queue     time.Duration // how long a call waits for its turn; 250 ms
	Failures  int           // failures in a row that open the circuit; 5
	MinCalls  int           // calls after which the share of failures counts; 20
	Share     float64       // share of failures that opens it; 0.5
	Window    time.Duration // over which calls are counted; 10 s
	OpenFor   time.Duration // before a few calls try again; 5 s
	Probes    int           // calls that try again; 2
	Now       func() time.Time
}

func (l Limits) withDefaults() Limits {
	set(&l.Deadline, 2*time.Second)
	set(&l.WriteWait, 10*time.Second)
	set(&l.Parallel, 64)
	set(&l.Queue, 250*time.Millisecond)
	set(&l.Failures, 5)
	set(&l.MinCalls, 20)
	set(&l.Share, 0.5)
	set(&l.Window, 10*time.Second)
	set(&l.OpenFor, 5*time.Second)
	set(&l.Probes, 2)
	return l
}

func set[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Guard is a connector with limits. It is a Writer if the one inside is.
type Guard struct {
	limits  Limits
	reads   exchange.Connector
	writes  exchange.Writer
	slots   chan struct{}
	breaker *gobreaker.CircuitBreaker[[]map[string]any]
	watch   *watch
}

var (
	_ exchange.Connector = (*Guard)(nil)
	_ exchange.Writer    = (*Guard)(nil)
	_ exchange.Monitored = (*Guard)(nil)
)

// New returns c and w behind l; w may be nil. Limits.Now must be set.
func New(name string, c exchange.Connector, w exchange.Writer, l Limits) *Guard {
	l = l.withDefaults()
	g := &Guard{limits: l, reads: c, writes: w, slots: make(chan struct{}, l.Parallel), watch: newWatch(l.Now)}
	g.breaker = gobreaker.NewCircuitBreaker[[]map[string]any](gobreaker.Settings{
		Name: name, MaxRequests: uint32(l.Probes), Interval: l.Window, BucketPeriod: l.Window / 10, Timeout: l.OpenFor, //nolint:gosec // a small number from configuration
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return int(n.ConsecutiveFailures) >= l.Failures ||
				int(n.Requests) >= l.MinCalls && float64(n.TotalFailures) >= l.Share*float64(n.Requests)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) { g.watch.turned(to, l.OpenFor) },
		IsSuccessful:  healthy,
		IsExcluded:    func(err error) bool { return errors.Is(err, errGone) },
	})
	return g
}

// errGone reports that the caller did not wait for the answer, which says
// nothing about the source.
var errGone = errors.New("guard: the caller has gone")

// healthy reports whether err leaves the source in good health: an answer that
// it would not give is one.
func healthy(err error) bool {
	e := exchange.Blame(err)
	return e == nil || e.Outcome == exchange.Refused
}

// Fetch asks the connector within the limits.
func (g *Guard) Fetch(ctx context.Context, l exchange.Lookup) ([]map[string]any, error) {
	return g.through(ctx, g.limits.Deadline, func(ctx context.Context) ([]map[string]any, error) {
		return g.reads.Fetch(ctx, l)
	})
}

// Write writes within the limits.
func (g *Guard) Write(ctx context.Context, c exchange.WriteCall) error {
	if g.writes == nil {
		return &exchange.SourceError{Outcome: exchange.Refused, Reason: "read-only"}
	}
	_, err := g.through(ctx, g.limits.WriteWait, func(ctx context.Context) ([]map[string]any, error) {
		return nil, g.writes.Write(ctx, c)
	})
	return err
}

func (g *Guard) through(ctx context.Context, within time.Duration, f func(context.Context) ([]map[string]any, error)) ([]map[string]any, error) {
	start := g.limits.Now()
	records, err := g.breaker.Execute(func() ([]map[string]any, error) {
		if err := g.enter(ctx); err != nil {
			return nil, err
		}
		defer func() { <-g.slots }()
		call, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		records, err := f(call)
		if err != nil && ctx.Err() != nil {
			return nil, errors.Join(errGone, err)
		}
		if err != nil && call.Err() != nil && exchange.Blame(err).Outcome == exchange.Down {
			err = &exchange.SourceError{Outcome: exchange.Late, Reason: "timeout", Err: err}
		}
		return records, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = &exchange.SourceError{Outcome: exchange.Down, Reason: "circuit-open", Retry: g.watch.retry(), Err: err}
		g.watch.saw(err, 0, false)
		return nil, err
	}
	g.watch.saw(err, g.limits.Now().Sub(start), len(records) == 0)
	return records, err
}

// enter waits for one of the calls that may be under way.
func (g *Guard) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(g.limits.Queue)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errors.Join(errGone, ctx.Err())
	case <-timer.C:
		return &exchange.SourceError{Outcome: exchange.Late, Reason: "too-many-calls", Retry: g.limits.Now().Add(g.limits.OpenFor)}
	}
}

// Health tells how the source has been doing.
func (g *Guard) Health() exchange.Health {
	h := g.watch.health()
	h.Busy, h.Limit = len(g.slots), cap(g.slots)
	switch g.breaker.State() {
	case gobreaker.StateClosed:
		h.Circuit, h.Until = exchange.Closed, time.Time{}
	case gobreaker.StateHalfOpen:
		h.Circuit, h.Until = exchange.HalfOpen, time.Time{}
	case gobreaker.StateOpen:
		h.Circuit = exchange.Open
	}
	return h
}
