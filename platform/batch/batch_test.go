package batch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"causeway/platform/batch"
)

// TestTogether: what comes while a flush runs goes along with the next, and each
// caller gets what became of its own.
func TestTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, sizes := make(chan struct{}), []int{}
		b := batch.New(8, 1, func(_ context.Context, items []int) ([]int, error) {
			<-gate
			sizes = append(sizes, len(items))
			out := make([]int, len(items))
			for i, n := range items {
				out[i] = n * n
			}
			return out, nil
		})
		var all sync.WaitGroup
		for n := range 12 {
			all.Go(func() {
				got, err := b.Do(t.Context(), n, n+100)
				if err != nil || len(got) != 2 || got[0] != n*n || got[1] != (n+100)*(n+100) {
					t.Errorf("%d: %v, %v", n, got, err)
				}
			})
			synctest.Wait()
		}
		close(gate)
		all.Wait()
		if want := []int{2, 8, 8, 6}; len(sizes) != len(want) || sizes[0] != 2 || sizes[1] != 8 || sizes[2] != 8 || sizes[3] != 6 {
			t.Errorf("flushes of %v, want %v", sizes, want)
		}
	})
}

// TestFailure: an error is everybody's of that flush, and nobody's of the next.
func TestFailure(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fail := true
	b := batch.New(8, 1, func(_ context.Context, items []int) ([]int, error) {
		if fail {
			return nil, broken
		}
		return items, nil
	})
	if _, err := b.Do(t.Context(), 1); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	fail = false
	if got, err := b.Do(t.Context(), 2); err != nil || got[0] != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestLeave: a caller that leaves ends nobody else's flush.
func TestLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		b := batch.New(8, 1, func(ctx context.Context, items []int) ([]int, error) {
			<-gate
			return items, ctx.Err()
		})
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := b.Do(ctx, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("who left got %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if got, err := b.Do(t.Context(), 2); err != nil || got[0] != 2 {
				t.Errorf("who stayed got %v, %v", got, err)
			}
		})
		leave()
		synctest.Wait()
		close(gate)
		all.Wait()
	})
}
