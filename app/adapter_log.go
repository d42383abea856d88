package app

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"time"

	"causeway/modules/activity"
	"causeway/platform/jobs"
	"causeway/platform/tlog"
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

// logAdapter lets activity use the transparency log.
type logAdapter struct{ log *tlog.Log }

func (a logAdapter) Append(ctx context.Context, id string, leaf []byte) error {
	return a.log.Append(ctx, id, leaf)
}

func (a logAdapter) Positions(ctx context.Context, ids []string) (map[string]int64, error) {
	return a.log.Positions(ctx, ids)
}

func (a logAdapter) Prove(ctx context.Context, id string) (activity.Proof, error) {
	p, err := a.log.Prove(ctx, id)
	if errors.Is(err, tlog.ErrPending) {
		return activity.Proof{}, activity.ErrPending
	}
	if err != nil {
		return activity.Proof{}, err
	}
	text := func(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
	path := make([]string, len(p.Path))
	for i, h := range p.Path {
		path[i] = text(h)
	}
	return activity.Proof{
		Index: p.Index, Size: p.Checkpoint.Size, Leaf: p.Leaf, LeafHash: text(p.LeafHash()), Path: path,
		Root: text(p.Checkpoint.Root), Checkpoint: p.Checkpoint.Note, Key: a.log.VerifierKey(),
	}, nil
}

// queue lets modules enqueue jobs.
type queue struct{ jobs *jobs.Queue }

func (q queue) Enqueue(ctx context.Context, kind, key string, payload []byte, at time.Time) error {
	return q.jobs.Enqueue(ctx, jobs.Job{Kind: kind, Key: key, Payload: payload, RunAt: at})
}
