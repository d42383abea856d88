package guard_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/exchange/guard"
)

type source func(ctx context.Context) ([]map[string]any, error)

func (s source) Fetch(ctx context.Context, _ exchange.Lookup) ([]map[string]any, error) {
	return s(ctx)
}

func (s source) Write(ctx context.Context, _ exchange.WriteCall) error {
	_, err := s(ctx)
	return err
}

func record(context.Context) ([]map[string]any, error) { return []map[string]any{{"a": "b"}}, nil }

func ask(ctx context.Context, g *guard.Guard) *exchange.SourceError {
	_, err := g.Fetch(ctx, exchange.Lookup{})
	return exchange.Blame(err)
}

// TestCircuit: failures open it, calls are then turned away at once with a time
// to try again, a few probe, and success closes it.
func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var broken atomic.Bool
		broken.Store(true)
		g := guard.New("s", source(func(ctx context.Context) ([]map[string]any, error) {
			calls.Add(1)
			if broken.Load() {
				return nil, errors.New("connection refused")
			}
			return record(ctx)
		}), nil, guard.Limits{Failures: 3, OpenFor: 5 * time.Second, Probes: 2, Now: time.Now})
		for range 3 {
			if e := ask(t.Context(), g); e == nil || e.Outcome != exchange.Down || e.Reason != "unreachable" {
				t.Fatalf("%v", e)
			}
		}
		opened := time.Now()
		h := g.Health()
		if h.Circuit != exchange.Open || !h.Until.Equal(opened.Add(5*time.Second)) {
			t.Fatalf("%+v", h)
		}
		for range 5 {
			e := ask(t.Context(), g)
			if e == nil || e.Outcome != exchange.Down || e.Reason != "circuit-open" || !e.Retry.Equal(h.Until) {
				t.Fatalf("%+v", e)
			}
		}
		if calls.Load() != 3 {
			t.Fatalf("%d calls reached a source whose circuit is open", calls.Load())
		}
		time.Sleep(5*time.Second + time.Millisecond)
		if c := g.Health().Circuit; c != exchange.HalfOpen {
			t.Fatalf("circuit %s", c)
		}
		if e := ask(t.Context(), g); e == nil || calls.Load() != 4 { // the probe fails: open again
			t.Fatalf("%v, %d calls", e, calls.Load())
		}
		if c := g.Health().Circuit; c != exchange.Open {
			t.Fatalf("circuit %s after a failed probe", c)
		}
		time.Sleep(5*time.Second + time.Millisecond)
		broken.Store(false)
		for range 2 {
			if e := ask(t.Context(), g); e != nil {
				t.Fatal(e)
			}
		}
		h = g.Health()
		if h.Circuit != exchange.Closed || h.Calls[exchange.Found] != 2 || h.Calls[exchange.Down] != 9 || h.Reasons["circuit-open"] != 5 {
			t.Fatalf("%+v", h)
		}
	})
}

// TestShare: a source that fails half of the time opens the circuit too.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		g := guard.New("s", source(func(ctx context.Context) ([]map[string]any, error) {
			if n++; n%2 == 0 {
				return nil, &exchange.SourceError{Outcome: exchange.Invalid, Reason: "json"}
			}
			return record(ctx)
		}), nil, guard.Limits{Failures: 5, MinCalls: 10, Share: 0.5, Now: time.Now})
		for range 10 {
			ask(t.Context(), g)
		}
		if c := g.Health().Circuit; c != exchange.Open {
			t.Fatalf("circuit %s", c)
		}
	})
}

// TestHealthy: refusals, and callers who leave, say nothing against a source.
func TestHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard.New("s", source(func(ctx context.Context) ([]map[string]any, error) {
			if ctx.Value(leaving{}) != nil {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return nil, &exchange.SourceError{Outcome: exchange.Refused, Reason: "status-403"}
		}), nil, guard.Limits{Failures: 2, MinCalls: 2, Deadline: time.Hour, Now: time.Now})
		for range 5 {
			if e := ask(t.Context(), g); e.Outcome != exchange.Refused {
				t.Fatal(e)
			}
			ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), leaving{}, true), time.Second)
			ask(ctx, g)
			cancel()
		}
		if c := g.Health().Circuit; c != exchange.Closed {
			t.Fatalf("circuit %s", c)
		}
	})
}

type leaving struct{}

// TestParallel: at most so many calls are under way; others wait their turn for
// a moment, and are then late without having reached the source.
func TestParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy, most, total atomic.Int32
		g := guard.New("s", source(func(ctx context.Context) ([]map[string]any, error) {
			total.Add(1)
			if n := busy.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer busy.Add(-1)
			time.Sleep(200 * time.Millisecond)
			return record(ctx)
		}), nil, guard.Limits{Parallel: 4, Queue: 250 * time.Millisecond, Failures: 100, MinCalls: 100, Now: time.Now})
		var wg sync.WaitGroup
		var late atomic.Int32
		for range 12 {
			wg.Go(func() {
				if e := ask(t.Context(), g); e != nil && e.Outcome == exchange.Late && e.Reason == "too-many-calls" && !e.Retry.IsZero() {
					late.Add(1)
				}
			})
		}
		synctest.Wait()
		if h := g.Health(); h.Busy != 4 || h.Limit != 4 {
			t.Errorf("%+v", h)
		}
		wg.Wait()
		if most.Load() != 4 || total.Load() != 8 || late.Load() != 4 {
			t.Errorf("at most %d at once, %d in all, %d late", most.Load(), total.Load(), late.Load())
		}
	})
}

// TestDeadline: a source that never answers is late, whatever its error says,
// and one that takes no writes refuses them.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := source(func(ctx context.Context) ([]map[string]any, error) {
			<-ctx.Done()
			return nil, errors.New("use of closed network connection")
		})
		g := guard.New("s", never, never, guard.Limits{Deadline: time.Second, WriteWait: 3 * time.Second, Now: time.Now})
		began := time.Now()
		if e := ask(t.Context(), g); e.Outcome != exchange.Late || time.Since(began) != time.Second {
			t.Errorf("%v after %v", e, time.Since(began))
		}
		began = time.Now()
		if e := exchange.Blame(g.Write(t.Context(), exchange.WriteCall{})); e.Outcome != exchange.Late || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", e, time.Since(began))
		}
		g = guard.New("s", never, nil, guard.Limits{Now: time.Now})
		if e := exchange.Blame(g.Write(t.Context(), exchange.WriteCall{})); e.Outcome != exchange.Refused {
			t.Errorf("%v", e)
		}
	})
}
