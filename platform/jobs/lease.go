package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A lease is short, so that the jobs of a replica that died are taken over within
// seconds, and long beside the pause between renewals, so that a slow commit or
// two, or clocks that differ by a second or two, cost nobody a job.
const (
	lease   = 8 * time.Second
	renewal = 2 * time.Second
	longest = time.Minute // that a handler may take for one try
)

// held is the jobs that this queue runs now.
type held struct {
	mu   sync.Mutex // guards jobs
	jobs map[*claimed]struct{}
}

// add notes that c runs, and returns how to note that it does no more. Stop ends
// the handler when the lease is lost.
func (h *held) add(c *claimed, stop context.CancelFunc) (release func()) {
	c.stop = stop
	h.mu.Lock()
	h.jobs[c] = struct{}{}
	h.mu.Unlock()
	return func() {
		h.mu.Lock()
		delete(h.jobs, c)
		h.mu.Unlock()
	}
}

// due returns the jobs whose lease lasts no longer than left from now.
func (h *held) due(now time.Time, left time.Duration) []*claimed {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*claimed
	for c := range h.jobs {
		if c.till.Sub(now) <= left {
			all = append(all, c)
		}
	}
	return all
}

const renew = `
UPDATE jobs_queue
SET run_us = $5
WHERE kind = $1 AND key = $2 AND holder = $3 AND attempts = $4`

// keep renews the leases of the jobs that run, until stop is closed.
func (q *Queue) keep(ctx context.Context, stop <-chan struct{}) {
	tick := time.NewTicker(q.renewal / 2)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		var all sync.WaitGroup
		for _, c := range q.held.due(q.now(), q.lease-q.renewal) {
			all.Go(func() { q.renew(ctx, c) })
		}
		all.Wait()
	}
}

// renew makes c ours for another lease. If somebody else has it, its handler is
// told to stop; so it is when the lease could not be renewed until it ended.
func (q *Queue) renew(ctx context.Context, c *claimed) {
	till := q.now().Add(q.lease)
	ctx, cancel := context.WithTimeout(ctx, q.renewal)
	defer cancel()
	res, err := q.db.ExecAlone(ctx, renew, c.kind, c.key, q.holder, c.attempts, till.UnixMicro())
	var n int64
	if err == nil {
		n, err = res.RowsAffected()
	}
	switch {
	case err == nil && n == 1:
		c.till = till
	case err == nil: // taken, or ended at this moment
		c.stop()
	case !q.now().Before(c.till):
		slog.WarnContext(ctx, "jobs: a lease ended and could not be renewed", "kind", c.kind, "err", err)
		c.stop()
	}
}
