package openid

import (
	"context"
	"sync"
)

// Bounds of batches: how many items one statement carries, and how many
// statements run side by side. While they run, what comes waits and goes along
// with the next, so that under load many requests share one commit.
const (
	batchMost = 128
	batchSide = 2
)

// A batch hands items to flush together. Each caller waits for the outcome of its
// own: an error is everybody's of that flush.
type batch[T, R any] struct {
	flush      func(ctx context.Context, items []T) ([]R, error)
	most, side int

	mu      sync.Mutex // guards what follows
	waiting []waiter[T, R]
	running int
}

type waiter[T, R any] struct {
	items []T
	done  chan outcome[R]
}

type outcome[R any] struct {
	results []R
	err     error
}

func newBatch[T, R any](most, side int, flush func(ctx context.Context, items []T) ([]R, error)) *batch[T, R] {
	return &batch[T, R]{flush: flush, most: most, side: side}
}

// do returns what became of items, in their order. A caller that leaves gets the
// error of its context; what it handed in may yet happen.
func (b *batch[T, R]) do(ctx context.Context, items ...T) ([]R, error) {
	w := waiter[T, R]{items, make(chan outcome[R], 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	if b.running < b.side {
		b.running++
		go b.run(context.WithoutCancel(ctx))
	}
	b.mu.Unlock()
	select {
	case o := <-w.done:
		return o.results, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run flushes until nothing waits.
func (b *batch[T, R]) run(ctx context.Context) {
	for {
		b.mu.Lock()
		var some []waiter[T, R]
		n := 0
		for len(b.waiting) > 0 && (n == 0 || n+len(b.waiting[0].items) <= b.most) {
			n += len(b.waiting[0].items)
			some = append(some, b.waiting[0])
			b.waiting = b.waiting[1:]
		}
		if len(some) == 0 {
			b.running--
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		items := make([]T, 0, n)
		for _, w := range some {
			items = append(items, w.items...)
		}
		results, err := b.flush(ctx, items)
		for _, w := range some {
			if err != nil {
				w.done <- outcome[R]{err: err}
				continue
			}
			w.done <- outcome[R]{results: results[:len(w.items)]}
			results = results[len(w.items):]
		}
	}
}
