package jobs

import "time"

// Shorten gives q other times than those in production, before Run.
func (q *Queue) Shorten(lease, renewal time.Duration) { q.lease, q.renewal = lease, renewal }
