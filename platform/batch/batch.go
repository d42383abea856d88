// Package batch lets callers who come at the same time share one statement and one
// commit.
package batch

import (
	"context"
	"sync"
)

// A Batch hands items to flush together. Each caller waits for the outcome of its
// own: an error is everybody's of that flush.
type Batch[T, R any] struct {
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

// New returns a Batch that hands flush at most most items at once, and runs at most
// side flushes beside each other. While they run, what comes waits and goes along
// with the next. flush returns as many results as it was given items, in their order.
func New[T, R any](most, side int, flush func(ctx context.Context, items []T) ([]R, error)) *Batch[T, R] {
	return &Batch[T, R]{flush: flush, most: most, side: side}
}

// Do returns what became of items, in their order. A caller that leaves gets the
// error of its context; what it handed in may yet happen.
func (b *Batch[T, R]) Do(ctx context.Context, items ...T) ([]R, error) {
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
func (b *Batch[T, R]) run(ctx context.Context) {
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
