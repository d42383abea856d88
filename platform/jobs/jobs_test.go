package jobs_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/platform/db"
	"causeway/platform/jobs"
	"causeway/platform/testkit"
)

func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	testkit.EachDB(t, f, testkit.M{Module: "jobs", Files: jobs.Migrations})
}

func start(t *testing.T, q *jobs.Queue) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("it did not come to be")
}

// TestEveryJobRuns with two replicas on one database: none is lost, none runs twice.
func TestEveryJobRuns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		ran := map[string]int{}
		h := func(_ context.Context, p []byte) error {
			mu.Lock()
			defer mu.Unlock()
			ran[string(p)]++
			return nil
		}
		a, b := jobs.New(d, time.Now), jobs.New(d, time.Now)
		a.Handle("k", h)
		b.Handle("k", h)
		start(t, a)
		start(t, b)
		for i := range 300 {
			s := strconv.Itoa(i)
			if err := a.Enqueue(t.Context(), jobs.Job{Kind: "k", Key: s, Payload: []byte(s)}); err != nil {
				t.Fatal(err)
			}
		}
		until(t, func() bool { _, all, err := a.Depth(t.Context()); return err == nil && all == 0 })
		mu.Lock()
		defer mu.Unlock()
		for i := range 300 {
			if n := ran[strconv.Itoa(i)]; n != 1 {
				t.Errorf("job %d ran %d times", i, n)
			}
		}
	})
}

func TestUndoneUnitsEnqueueNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		q, stop := jobs.New(d, time.Now), errors.New("stop")
		q.Handle("k", func(context.Context, []byte) error { return nil })
		err := d.Do(t.Context(), func(ctx context.Context) error {
			if err := q.Enqueue(ctx, jobs.Job{Kind: "k", Key: "1"}); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if _, all, err := q.Depth(t.Context()); err != nil || all != 0 {
			t.Errorf("jobs = %d, %v; want 0", all, err)
		}
		if err := q.Enqueue(t.Context(), jobs.Job{Kind: "other"}); !errors.Is(err, jobs.ErrUnknownKind) {
			t.Errorf("Enqueue of another kind = %v, want ErrUnknownKind", err)
		}
	})
}

func TestFailedAndAbandonedJobsRunAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		var skew atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
		dead := jobs.New(d, time.Now)
		hang := make(chan struct{})
		dead.Handle("k", func(context.Context, []byte) error { <-hang; return errors.New("died") })
		if err := dead.Enqueue(t.Context(), jobs.Job{Kind: "k", Key: "1"}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() { defer close(gone); dead.Run(ctx) }()
		until(t, func() bool {
			waiting, all, err := dead.Depth(t.Context())
			return err == nil && waiting == 0 && all == 1
		})
		skew.Store(int64(2 * time.Minute)) // the lease ends
		var tries atomic.Int32
		alive := jobs.New(d, now)
		alive.Handle("k", func(context.Context, []byte) error {
			switch tries.Add(1) {
			case 1:
				panic("first")
			case 2:
				return errors.New("second")
			}
			return nil
		})
		start(t, alive)
		until(t, func() bool { return tries.Load() == 1 })
		for range 2 {
			time.Sleep(20 * time.Millisecond)
			skew.Add(int64(time.Minute))
		}
		until(t, func() bool { _, all, err := alive.Depth(t.Context()); return err == nil && all == 0 })
		if tries.Load() != 3 {
			t.Errorf("tries = %d, want 3", tries.Load())
		}
		close(hang)
		cancel()
		<-gone
	})
}

func TestDelayedAndRegularWork(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		q := jobs.New(d, time.Now)
		var early, often atomic.Int32
		q.Handle("later", func(context.Context, []byte) error { early.Add(1); return nil })
		q.Every("often", 5*time.Millisecond, func(context.Context) error { often.Add(1); return nil })
		for range 2 { // the second is dropped
			if err := q.Enqueue(t.Context(), jobs.Job{Kind: "later", Key: "1", RunAt: time.Now().Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		start(t, q)
		until(t, func() bool { return often.Load() > 3 })
		if _, all, err := q.Depth(t.Context()); err != nil || all != 1 || early.Load() != 0 {
			t.Errorf("jobs = %d (%v), ran early %d; want 1 and 0", all, err, early.Load())
		}
	})
}
