package db

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestGate: it never lets in more than its width, narrows as units lose, opens
// as they succeed, and forgets nobody.
func TestGate(t *testing.T) {
	t.Parallel()
	g := newGate(16)
	for range 100 {
		_ = g.enter(t.Context())
		g.exit(true)
	}
	if g.width != gateLeast {
		t.Errorf("width after losses = %v, want %d", g.width, gateLeast)
	}
	var inside, most atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 4 {
				if err := g.enter(t.Context()); err != nil {
					t.Error(err)
					return
				}
				now := inside.Add(1)
				for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
				}
				time.Sleep(time.Microsecond)
				inside.Add(-1)
				g.exit(false)
			}
		})
	}
	wg.Wait()
	if m := most.Load(); m > 6 || g.inside != 0 || len(g.waiting) != 0 {
		t.Errorf("%d at once, %d still inside, %d waiting", m, g.inside, len(g.waiting))
	}
	for range 2000 {
		_ = g.enter(t.Context())
		g.exit(false)
	}
	if g.width != 16 {
		t.Errorf("width after successes = %v, want 16", g.width)
	}
}

// TestGateGivesUp: who waits leaves with its context, or when it takes too long,
// and takes no place then.
func TestGateGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		for range gateLeast {
			g.width = gateLeast
			if err := g.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("enter = %v, want %v", err, context.DeadlineExceeded)
		}
		if err := g.enter(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("enter = %v, want %v", err, ErrBusy)
		}
		g.exit(false)
		if err := g.enter(t.Context()); err != nil || len(g.waiting) != 0 || g.inside != gateLeast {
			t.Errorf("enter = %v, %d inside, %d waiting", err, g.inside, len(g.waiting))
		}
	})
}
