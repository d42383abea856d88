package app

import (
	"context"
	"net/url"
	"time"

	"causeway/platform/jobs"
)

// logOrigin names the log of the program at origin, without its port, so that a
// demo on another port goes on with its log.
func logOrigin(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return "causeway"
	}
	return u.Hostname() + "/tlog"
}

// queue lets modules enqueue jobs.
type queue struct{ jobs *jobs.Queue }

func (q queue) Enqueue(ctx context.Context, kind, key string, payload []byte, at time.Time) error {
	return q.jobs.Enqueue(ctx, jobs.Job{Kind: kind, Key: key, Payload: payload, RunAt: at})
}
