package jobs_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway/platform/db"
	"causeway/platform/jobs"
	"causeway/platform/testkit"
)

func enqueue(t *testing.T, q *jobs.Queue, key string) {
	t.Helper()
	if err := q.Enqueue(t.Context(), jobs.Job{Kind: "k", Key: key}); err != nil {
		t.Fatal(err)
	}
}

// left is how many jobs there are.
func left(t *testing.T, q *jobs.Queue) int {
	t.Helper()
	_, all, err := q.Depth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRunningJobsAreKept: work that takes many leases is nobody else's meanwhile.
func TestRunningJobsAreKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		var ran atomic.Int32
		long := func(ctx context.Context, _ []byte) error {
			ran.Add(1)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(4 * time.Second):
				return nil
			}
		}
		a, b := jobs.New(d, time.Now), jobs.New(d, time.Now)
		for _, q := range []*jobs.Queue{a, b} {
			q.Shorten(time.Second, 100*time.Millisecond)
			q.Handle("k", long)
			start(t, q)
		}
		enqueue(t, a, "1")
		until(t, func() bool { return left(t, a) == 0 })
		if n := ran.Load(); n != 1 {
			t.Errorf("a job that took four leases ran %d times, want once", n)
		}
	})
}

// TestSlowHoldersEndNothing: whoever was too slow to renew a lease cannot end the
// job that somebody else has taken, and is told to stop.
func TestSlowHoldersEndNothing(t *testing.T) {
	t.Parallel()
	for _, outcome := range []error{nil, context.DeadlineExceeded} {
		each(t, func(t *testing.T, d *db.DB) {
			var skew atomic.Int64
			slow := jobs.New(d, time.Now)
			slow.Shorten(8*time.Second, time.Hour) // as one that was suspended, and renews nothing
			slept, wake, woken := make(chan struct{}), make(chan struct{}), make(chan struct{})
			slow.Handle("k", func(context.Context, []byte) error {
				close(slept)
				<-wake
				defer close(woken)
				return outcome
			})
			enqueue(t, slow, "1")
			start(t, slow)
			<-slept
			quick := jobs.New(d, func() time.Time { return time.Now().Add(time.Duration(skew.Load())) })
			taken, end := make(chan struct{}), make(chan struct{})
			quick.Handle("k", func(context.Context, []byte) error { close(taken); <-end; return nil })
			start(t, quick)
			time.Sleep(20 * time.Millisecond)
			select {
			case <-taken:
				t.Fatal("a job was taken before its lease ended")
			default:
			}
			skew.Store(int64(9 * time.Second))
			<-taken
			close(wake)
			<-woken
			time.Sleep(50 * time.Millisecond) // the slow one settles
			waiting, all, err := quick.Depth(t.Context())
			if err != nil || waiting != 0 || all != 1 {
				t.Errorf("after a slow holder ended with %v: %d waiting of %d, %v; want 0 of 1: it is another's", outcome, waiting, all, err)
			}
			close(end)
			until(t, func() bool { return left(t, quick) == 0 })
		})
	}
}

// TestTakenJobsStop: a holder that finds its job taken tells the handler to stop.
func TestTakenJobsStop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		a := jobs.New(d, time.Now)
		a.Shorten(8*time.Second, 50*time.Millisecond)
		began, stopped := make(chan struct{}), make(chan struct{})
		a.Handle("k", func(ctx context.Context, _ []byte) error {
			close(began)
			<-ctx.Done()
			close(stopped)
			return ctx.Err()
		})
		enqueue(t, a, "1")
		start(t, a)
		<-began
		b := jobs.New(d, func() time.Time { return time.Now().Add(time.Minute) })
		end := make(chan struct{})
		b.Handle("k", func(context.Context, []byte) error { <-end; return nil })
		start(t, b)
		select {
		case <-stopped:
		case <-time.After(10 * time.Second):
			t.Error("a handler whose job was taken still runs")
		}
		close(end)
		until(t, func() bool { return left(t, b) == 0 })
	})
}

const (
	childDSN = "CAUSEWAY_JOBS_CHILD_DSN"
	held     = 12 // jobs that the child dies with
)

// TestKilledReplica: what a replica held when it was killed, another does within
// seconds.
func TestKilledReplica(t *testing.T) {
	if dsn := os.Getenv(childDSN); dsn != "" {
		holdForever(t, dsn)
		return
	}
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	d, err := db.OpenPostgres(t.Context(), dsn, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // nothing is left to lose
	if err := db.Migrate(t.Context(), d, "jobs", jobs.Migrations); err != nil {
		t.Fatal(err)
	}
	q := jobs.New(d, time.Now)
	var ran atomic.Int32
	q.Handle("k", func(context.Context, []byte) error { ran.Add(1); return nil })
	for i := range held {
		enqueue(t, q, strconv.Itoa(i))
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledReplica$")
	child.Env = append(os.Environ(), childDSN+"="+dsn)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for in, n := bufio.NewScanner(out), 0; n < held; {
		if !in.Scan() {
			t.Fatal("the other replica ended by itself")
		}
		if strings.Contains(in.Text(), "holding") {
			n++
		}
	}
	start(t, q)
	time.Sleep(3 * time.Second) // it renews its leases
	if n := ran.Load(); n != 0 {
		t.Fatalf("%d jobs ran here while another replica held them", n)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_ = child.Wait() // it was killed
	until(t, func() bool { return left(t, q) == 0 })
	took := time.Since(killed)
	if n := ran.Load(); n != held || took > 12*time.Second {
		t.Errorf("%d of %d jobs ran, the last %v after the kill; want all within 12 s", n, held, took)
	}
	t.Logf("the jobs of a killed replica were done %v after", took.Round(time.Millisecond))
}

// holdForever is the replica that is killed.
func holdForever(t *testing.T, dsn string) {
	d, err := db.OpenPostgres(t.Context(), dsn, 4)
	if err != nil {
		t.Fatal(err)
	}
	q := jobs.New(d, time.Now)
	q.Handle("k", func(context.Context, []byte) error {
		_, _ = os.Stdout.WriteString("holding\n") // whoever reads it is a test
		select {}
	})
	q.Run(t.Context())
}
