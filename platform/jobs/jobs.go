// Package jobs runs work in the background that a unit of work asked for: it is
// enqueued with the unit, survives a crash, and is tried again until it succeeds.
//
// A job may run more than once (a crash can come after its work and before its
// end), so handlers are idempotent. A claimed job is leased for seconds, and the
// lease is renewed while it runs: whoever dies loses it soon, and whoever was
// too slow to renew it can no longer end it.
package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"causeway/platform/db"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

const (
	batch    = 64               // jobs claimed at once
	workers  = 16               // jobs run at once
	poll     = time.Second      // how often other replicas' jobs are looked for
	backoff  = time.Second      // after the first failure; doubled each time
	maxPause = 10 * time.Minute // between two tries
)

// A Job is work to do: Kind names its handler. While a job is unfinished,
// another with the same Kind and Key is dropped.
type Job struct {
	Kind    string
	Key     string
	Payload []byte
	RunAt   time.Time // zero: at once
}

// ErrUnknownKind reports a job that no handler takes.
var ErrUnknownKind = errors.New("jobs: no handler of this kind")

// Handler does the work of a job. An error has it tried again, later and later.
type Handler func(ctx context.Context, payload []byte) error

// Queue is the jobs of one database.
type Queue struct {
	db       *db.DB
	now      func() time.Time
	holder   string
	handlers map[string]Handler
	every    []regular
	wake     chan struct{}
	held     held

	lease, renewal time.Duration
}

type regular struct {
	kind  string
	pause time.Duration
	f     func(ctx context.Context) error
}

// New returns the queue of d.
func New(d *db.DB, now func() time.Time) *Queue {
	return &Queue{
		db: d, now: now, holder: rand.Text(), handlers: map[string]Handler{}, wake: make(chan struct{}, 1), held: held{jobs: map[*claimed]struct{}{}},
		lease: lease, renewal: renewal,
	}
}

// Handle has h do the jobs of kind. It is for set-up, before Run.
func (q *Queue) Handle(kind string, h Handler) { q.handlers[kind] = h }

// Every has f run each pause, on every replica: f must not mind company. It is
// for set-up, before Run.
func (q *Queue) Every(kind string, pause time.Duration, f func(ctx context.Context) error) {
	q.every = append(q.every, regular{kind, pause, f})
}

const insert = `
INSERT INTO jobs_queue (kind, key, payload, run_us, attempts, holder, added_us, error)
VALUES ($1, $2, $3, $4, 0, '', $5, '')
ON CONFLICT (kind, key) DO NOTHING`

// Enqueue adds j in the unit of ctx.
func (q *Queue) Enqueue(ctx context.Context, j Job) error {
	if _, ok := q.handlers[j.Kind]; !ok {
		return fmt.Errorf("enqueue %s: %w", j.Kind, ErrUnknownKind)
	}
	now := q.now()
	if j.RunAt.IsZero() {
		j.RunAt = now
	}
	if j.Payload == nil {
		j.Payload = []byte{}
	}
	if _, err := q.db.Exec(ctx, insert, j.Kind, j.Key, j.Payload, j.RunAt.UnixMicro(), now.UnixMicro()); err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	if !j.RunAt.After(now) {
		q.db.After(ctx, q.nudge)
	}
	return nil
}

func (q *Queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run does jobs until ctx ends, and waits for those under way.
func (q *Queue) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, r := range q.every {
		wg.Go(func() { q.regularly(ctx, r) })
	}
	stop := make(chan struct{})
	var beat sync.WaitGroup
	defer beat.Wait()
	defer close(stop)
	beat.Go(func() { q.keep(context.WithoutCancel(ctx), stop) })
	q.work(ctx)
}

// work claims and runs jobs until ctx ends, and waits for those under way.
func (q *Queue) work(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, workers)
	for ctx.Err() == nil {
		free := workers - len(slots)
		var got []*claimed
		if free > 0 {
			var err error
			if got, err = q.claim(ctx, min(batch, free)); err != nil && ctx.Err() == nil {
				slog.ErrorContext(ctx, "jobs: cannot claim", "err", err)
			}
		}
		for _, c := range got {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots; q.nudge() }()
				q.run(ctx, c)
			})
		}
		if len(got) > 0 && len(got) == free {
			continue
		}
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-time.After(poll):
		}
	}
}

type claimed struct {
	kind, key string
	payload   []byte
	attempts  int                // of which this claim is the last: no two claims of a job have as many
	till      time.Time          // the end of our lease; of keep alone, once the job runs
	stop      context.CancelFunc // ends the handler
}

const due = `
SELECT 1
FROM jobs_queue
WHERE run_us <= $1
LIMIT 1`

const claimSQLite = `
UPDATE jobs_queue
SET run_us = $1, holder = $2, attempts = attempts + 1
WHERE (kind, key) IN (SELECT kind, key FROM jobs_queue WHERE run_us <= $3 ORDER BY run_us LIMIT $4)
RETURNING kind, key, payload, attempts`

const claimPostgres = `
UPDATE jobs_queue
SET run_us = $1, holder = $2, attempts = attempts + 1
WHERE (kind, key) IN (SELECT kind, key FROM jobs_queue WHERE run_us <= $3 ORDER BY run_us LIMIT $4 FOR UPDATE SKIP LOCKED)
RETURNING kind, key, payload, attempts`

// claim leases up to n jobs that are due. On SQLite a look comes first, so that
// an idle queue takes no turn from those who write; on PostgreSQL a claim of
// nothing writes nothing.
func (q *Queue) claim(ctx context.Context, n int) ([]*claimed, error) {
	now := q.now()
	stmt := claimPostgres
	if q.db.Engine == db.SQLite {
		stmt = claimSQLite
		var one int
		err := q.db.QueryRow(ctx, due, now.UnixMicro()).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("look for jobs: %w", err)
		}
	}
	var got []*claimed
	err := q.db.Claim(ctx, func(rows *sql.Rows) error {
		c := &claimed{till: now.Add(q.lease)}
		if err := rows.Scan(&c.kind, &c.key, &c.payload, &c.attempts); err != nil {
			return fmt.Errorf("claim: %w", err)
		}
		got = append(got, c)
		return nil
	}, stmt, now.Add(q.lease).UnixMicro(), q.holder, now.UnixMicro(), n)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return got, nil
}

const finish = `
DELETE FROM jobs_queue
WHERE kind = $1 AND key = $2 AND holder = $3 AND attempts = $4`

const postpone = `
UPDATE jobs_queue
SET run_us = $5, holder = '', error = $6
WHERE kind = $1 AND key = $2 AND holder = $3 AND attempts = $4`

// run does c once, and ends it or sets it back. Both happen only while the job
// is ours: once its lease has ended and somebody has taken it, it is theirs.
func (q *Queue) run(ctx context.Context, c *claimed) {
	ours, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	release := q.held.add(c, cancel)
	err := q.call(ours, c)
	release()
	rest := context.WithoutCancel(ctx)
	if err == nil {
		q.settle(rest, c, finish, c.kind, c.key, q.holder, c.attempts)
		return
	}
	pause := min(backoff<<min(c.attempts-1, 20), maxPause)
	if ctx.Err() != nil {
		pause = 0 // we are stopping: somebody else takes it at once
	} else {
		slog.WarnContext(ctx, "jobs: failed, will be tried again", "kind", c.kind, "attempts", c.attempts, "pause", pause, "err", err)
	}
	q.settle(rest, c, postpone, c.kind, c.key, q.holder, c.attempts, q.now().Add(pause).UnixMicro(), "failed")
}

// settle ends or sets back c, unless it is no longer ours.
func (q *Queue) settle(ctx context.Context, c *claimed, stmt string, args ...any) {
	res, err := q.db.ExecAlone(ctx, stmt, args...)
	if err != nil {
		slog.ErrorContext(ctx, "jobs: cannot settle a job; it runs again when its lease ends", "kind", c.kind, "err", err)
		return
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		slog.WarnContext(ctx, "jobs: a job was taken before it ended", "kind", c.kind, "attempts", c.attempts)
	}
}

func (q *Queue) call(ctx context.Context, c *claimed) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("jobs: %s panicked: %v", c.kind, p)
		}
	}()
	h, ok := q.handlers[c.kind]
	if !ok {
		return ErrUnknownKind
	}
	return h(ctx, c.payload)
}

func (q *Queue) regularly(ctx context.Context, r regular) {
	tick := time.NewTicker(r.pause)
	defer tick.Stop()
	for {
		if err := r.f(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "jobs: regular work failed", "kind", r.kind, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Depth returns how many jobs are due and how many are unfinished in all.
func (q *Queue) Depth(ctx context.Context) (waiting, all int, err error) {
	const count = `
SELECT count(CASE WHEN run_us <= $1 THEN 1 END), count(kind)
FROM jobs_queue`
	if err := q.db.QueryRow(ctx, count, q.now().UnixMicro()).Scan(&waiting, &all); err != nil {
		return 0, 0, fmt.Errorf("count jobs: %w", err)
	}
	return waiting, all, nil
}

const release = `
UPDATE jobs_queue
SET run_us = $1, holder = ''
WHERE holder <> ''`

// Recover frees what a process that died held. It is for the start of a program
// that alone holds its database; with replicas, leases end by themselves.
func (q *Queue) Recover(ctx context.Context) error {
	if _, err := q.db.Exec(ctx, release, q.now().UnixMicro()); err != nil {
		return fmt.Errorf("recover jobs: %w", err)
	}
	return nil
}
