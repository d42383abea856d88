package faults_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/platform/db"
	"causeway/tests/harness"
)

// An audit looks into the database of a running program, from outside.
type audit struct {
	p    *harness.Place
	d    *db.DB
	slow []string // what took long to come to rest
}

// look opens the database of p for reading.
func look(t *testing.T, p *harness.Place) *audit {
	t.Helper()
	a, err := openAudit(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.d.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func openAudit(ctx context.Context, p *harness.Place) (*audit, error) {
	var d *db.DB
	var err error
	if p.DB != "" {
		d, err = db.OpenPostgres(ctx, p.DB, 2)
	} else {
		d, err = db.OpenReadOnly(ctx, filepath.Join(p.Data, "causeway.db"))
	}
	return &audit{p: p, d: d}, err
}

// rows returns what q finds, each row as its columns joined by spaces.
func (a *audit) rows(ctx context.Context, q string, args ...any) ([]string, error) {
	rows, err := a.d.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q, err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []string
	for rows.Next() {
		cells, into := make([]any, len(cols)), make([]any, len(cols))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		words := make([]string, len(cells))
		for i, c := range cells {
			if b, ok := c.([]byte); ok {
				c = string(b)
			}
			words[i] = fmt.Sprint(c)
		}
		all = append(all, strings.Join(words, " "))
	}
	return all, rows.Err()
}

// never are rows that must not exist, whatever happened and whenever one looks.
var never = map[string]string{
	"decided twice":          `SELECT case_id, count(*) FROM casework_events WHERE what IN ('approved', 'refused') GROUP BY case_id HAVING count(*) > 1`,
	"submitted twice":        `SELECT case_id, count(*) FROM casework_events WHERE what = 'submitted' GROUP BY case_id HAVING count(*) > 1`,
	"paid twice to the case": `SELECT case_id, count(*) FROM casework_events WHERE what = 'paid' GROUP BY case_id HAVING count(*) > 1`,
	"a history with a gap":   `SELECT case_id, count(*), max(seq) FROM casework_events GROUP BY case_id HAVING count(*) <> max(seq)`,
	"a case that is not its history": `SELECT c.id, c.rev, max(e.seq) FROM casework_cases c LEFT JOIN casework_events e
		ON e.person_id = c.person_id AND e.case_id = c.id GROUP BY c.id, c.rev HAVING c.rev <> COALESCE(max(e.seq), 0)`,
	"two licences of one case": `SELECT case_id, count(*) FROM credential_licences GROUP BY case_id HAVING count(*) > 1`,
	"a licence without a case that was approved": `SELECT l.case_id FROM credential_licences l WHERE NOT EXISTS
		(SELECT 1 FROM casework_events e WHERE e.case_id = l.case_id AND e.what = 'approved')`,
	"two orders of one case":      `SELECT reference, count(*) FROM payment_orders GROUP BY reference HAVING count(*) > 1`,
	"a ledger that is not zero":   `SELECT sum(minor) FROM payment_postings GROUP BY currency HAVING sum(minor) <> 0`,
	"a movement that is not zero": `SELECT order_id, transaction_id FROM payment_postings GROUP BY order_id, transaction_id HAVING sum(minor) <> 0`,
	"a paid order whose money did not arrive": `SELECT o.id, o.state FROM payment_orders o WHERE o.paid_by <> 0 AND NOT EXISTS
		(SELECT 1 FROM payment_postings p WHERE p.person_id = o.person_id AND p.order_id = o.id AND p.account LIKE 'clearing/%' AND p.minor = o.minor)`,
	"an order paid, its case not": `SELECT o.id FROM payment_orders o JOIN casework_cases c ON c.person_id = o.person_id AND c.id = o.reference
		WHERE (o.paid_by <> 0) <> (c.paid <> 0)`,
}

// settled are rows that may exist for a moment only.
var settled = map[string]string{
	"work to do":            `SELECT kind, attempts FROM jobs_queue WHERE holder <> '' OR attempts > 0 OR run_us <= $1`,
	"leaves to sequence":    `SELECT count(*) FROM tlog_pending WHERE CAST($1 AS BIGINT) > 0 HAVING count(*) > 0`,
	"cases on their way":    `SELECT id, state FROM casework_cases WHERE CAST($1 AS BIGINT) > 0 AND (state IN ('approved', 'refusing', 'withdrawing') OR (state = 'deciding' AND waiting = 0))`,
	"money on its way back": `SELECT order_id FROM payment_attempts WHERE CAST($1 AS BIGINT) > 0 AND progress = 'giving-back'`,
	"records to be written": `SELECT key FROM exchange_writes WHERE CAST($1 AS BIGINT) > 0 AND state = 'pending'`,
	"decided without a licence": `SELECT c.id FROM casework_cases c WHERE CAST($1 AS BIGINT) > 0 AND c.service = 'driving-licence-renewal' AND c.state = 'done'
		AND NOT EXISTS (SELECT 1 FROM credential_licences l WHERE l.person_id = c.person_id AND l.case_id = c.id)`,
	"paid and neither decided nor given back": `SELECT c.id, c.state FROM casework_cases c JOIN payment_orders o ON o.person_id = c.person_id AND o.id = c.order_id
		WHERE CAST($1 AS BIGINT) > 0 AND c.waiting = 0 AND o.paid_by <> 0 AND c.service = 'driving-licence-renewal' AND NOT (c.state = 'done' AND o.state = 'paid') AND NOT (c.state IN ('withdrawn', 'refused') AND o.state = 'refunded')`,
}

// check returns everything that must never be.
func (a *audit) check(ctx context.Context) error {
	var all error
	for name, q := range never {
		rows, err := a.rows(ctx, q)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			all = errors.Join(all, fmt.Errorf("%s: %d: %v", name, len(rows), rows[:min(len(rows), 5)]))
		}
	}
	return all
}

// unsettled returns what has not come to rest.
func (a *audit) unsettled(ctx context.Context) error {
	var all error
	for name, q := range settled {
		rows, err := a.rows(ctx, q, time.Now().UnixMicro())
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			all = errors.Join(all, fmt.Errorf("%s: %d: %v", name, len(rows), rows[:min(len(rows), 5)]))
		}
	}
	return errors.Join(all, a.compare(ctx))
}

// rest waits until the program has nothing left to do.
func (a *audit) rest(ctx context.Context, patience time.Duration) error {
	var err error
	begun := time.Now()
	for time.Since(begun) < patience {
		next := a.unsettled(ctx)
		if next == nil {
			if took := time.Since(begun); took > 3*time.Second {
				a.slow = append(a.slow, fmt.Sprintf("%v: %v", took.Round(time.Millisecond), err))
			}
			return nil
		}
		err = next
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("after %v there is still: %w", patience, err)
}

// session is what the payment provider's journal says of one visit.
type session struct {
	ID      string `json:"id"`
	Key     string `json:"key"`
	Status  string `json:"status"`
	Refunds map[string]struct {
		Confirmed bool `json:"confirmed"`
	} `json:"refunds"`
}

// journal reads what the payment provider did.
func (a *audit) journal() (map[string]session, error) {
	f, err := os.Open(filepath.Join(a.p.Data, "pay", "journal.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	all := map[string]session{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Session *session `json:"session"`
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		if e.Session != nil {
			all[e.Session.Key] = *e.Session
		}
	}
	return all, lines.Err()
}

// compare holds the program's orders to the provider's journal: money that the
// provider took is on one order, and what it gave back is one refund.
func (a *audit) compare(ctx context.Context) error {
	sessions, err := a.journal()
	if err != nil {
		return err
	}
	const q = `SELECT a.order_id, a.n, a.session, a.progress, o.paid_by, o.state FROM payment_attempts a
		JOIN payment_orders o ON o.person_id = a.person_id AND o.id = a.order_id ORDER BY a.order_id, a.n`
	rows, err := a.rows(ctx, q)
	if err != nil {
		return err
	}
	var all error
	taken := map[string]bool{}
	for _, r := range rows {
		w := strings.Fields(r)
		key := w[0] + "/" + w[1]
		s, ok := sessions[key]
		took, gave := s.Status == "succeeded", 0
		for _, f := range s.Refunds {
			if f.Confirmed {
				gave++
			}
		}
		n, err := strconv.Atoi(w[1])
		if err != nil {
			return err
		}
		captured := w[3] == "captured" || w[3] == "giving-back" || w[3] == "given-back"
		taken[key] = captured
		switch {
		case !ok || s.ID != w[2]:
			all = errors.Join(all, fmt.Errorf("attempt %s is not the provider's", key))
		case took != captured:
			all = errors.Join(all, fmt.Errorf("attempt %s is %s, for the provider it is %s", key, w[3], s.Status))
		case (gave == 1) != (w[3] == "given-back") || gave > 1 || len(s.Refunds) > 1:
			all = errors.Join(all, fmt.Errorf("attempt %s is %s, the provider gave back %d times of %d", key, w[3], gave, len(s.Refunds)))
		case w[3] == "captured" && w[4] != strconv.Itoa(n):
			all = errors.Join(all, fmt.Errorf("attempt %s was captured and order is paid by %s", key, w[4]))
		}
	}
	for key, s := range sessions {
		if s.Status == "succeeded" && !taken[key] {
			all = errors.Join(all, fmt.Errorf("the provider took money for %s and nobody knows", key))
		}
	}
	return all
}

// verified checks the log as an auditor does.
func verified(p *harness.Place) error {
	args := []string{"log", "verify", "--data", p.Data}
	if p.DB != "" {
		args = append(args, "--db", p.DB)
	}
	code, out, err := p.Run(args...)
	if err == nil && code != 0 {
		err = fmt.Errorf("log verify: exit %d\n%s", code, out)
	}
	return err
}
