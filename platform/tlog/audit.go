package tlog

import (
	"cmp"
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/db"
)

// A Problem is one thing that is wrong with a stored log.
type Problem struct {
	Kind     string // "leaf", "hash", "checkpoint", "pending"
	ID       string // of the leaf, where it has one
	Position int64  // of the leaf, or the size of the checkpoint; -1 if there is none
	Why      string
}

// A Summary is what an audit went through.
type Summary struct {
	Checkpoint  Checkpoint // the newest that is signed
	Checkpoints int
	Leaves      int64
	Pending     int
	Refused     []string // ids of rows that the sequencer refused: somebody wrote them by another way
}

// An Audit checks a stored log against its checkpoints, and lets the owner of
// the entries say of which leaf each is. It belongs in one unit, so that all of
// it sees the same moment: see Snapshot.
type Audit struct {
	r     reader
	known note.Verifiers
	mac   func(label string, data []byte) []byte // nil: pending rows are not held to theirs

	seen    []Checkpoint // elsewhere, before
	tree    edge
	claimed []uint64        // a bit for each leaf of the newest checkpoint
	pending map[string]bool // id to whether it is claimed
	sum     Summary
	report  func(Problem)
}

// Snapshot runs f in one unit that reads a single moment of d and holds up nobody.
func Snapshot(ctx context.Context, d *db.DB, f func(ctx context.Context) error) error {
	return d.Do(ctx, func(ctx context.Context) error {
		if d.Engine == db.Postgres {
			if _, err := d.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`); err != nil {
				return fmt.Errorf("snapshot: %w", err)
			}
		}
		return f(ctx)
	})
}

// NewAudit returns an audit of the log in d, whose checkpoints known verifies and
// whose pending rows mac made, if it is not nil. It calls report for each problem.
func NewAudit(d *db.DB, known note.Verifiers, mac func(label string, data []byte) []byte, report func(Problem)) *Audit {
	return &Audit{r: reader{d}, known: known, mac: mac, report: report, pending: map[string]bool{}}
}

// Expect has Check also hold the log to c, a checkpoint that was seen before.
func (a *Audit) Expect(c Checkpoint) { a.seen = append(a.seen, c) }

// Check goes through the checkpoints, leaves, hashes and pending rows.
func (a *Audit) Check(ctx context.Context) (Summary, error) {
	points, err := a.checkpoints(ctx)
	if err != nil {
		return a.sum, err
	}
	if n := len(points); n > 0 {
		a.sum.Checkpoint = points[n-1]
	}
	a.claimed = make([]uint64, a.sum.Checkpoint.Size/64+1)
	for _, c := range a.seen {
		if c.Size > a.sum.Checkpoint.Size {
			a.report(Problem{"checkpoint", "", c.Size, "it was seen before, and the log has grown shorter than that"})
			continue
		}
		points = append(points, c)
	}
	slices.SortStableFunc(points, func(x, y Checkpoint) int { return cmp.Compare(x.Size, y.Size) })
	if err := a.leaves(ctx, points); err != nil {
		return a.sum, err
	}
	if err := a.waiting(ctx); err != nil {
		return a.sum, err
	}
	return a.sum, a.refused(ctx)
}

const allCheckpoints = `
SELECT size, note
FROM tlog_checkpoints
ORDER BY size`

// checkpoints returns those that are signed, by size.
func (a *Audit) checkpoints(ctx context.Context) ([]Checkpoint, error) {
	var all []Checkpoint
	err := a.r.each(ctx, func(rows *sql.Rows) error {
		var size int64
		var text string
		if err := rows.Scan(&size, &text); err != nil {
			return err
		}
		a.sum.Checkpoints++
		c, err := ParseCheckpoint(text, a.known)
		switch {
		case err != nil:
			a.report(Problem{"checkpoint", "", size, "it is not signed by a known key"})
		case c.Size != size:
			a.report(Problem{"checkpoint", "", size, fmt.Sprintf("what is stored in its place is the checkpoint of size %d", c.Size)})
		default:
			c.Note = "" // there may be many
			if len(all) == 0 || c.Size > all[len(all)-1].Size {
				all = append(all, c)
			}
		}
		return nil
	}, allCheckpoints)
	return all, err
}

const leavesFrom = `
SELECT idx, id, leaf
FROM tlog_leaves
WHERE idx > $1
ORDER BY idx
LIMIT $2`

const auditPage = 2048

// leaves computes the tree and holds it to points and to the stored hashes.
func (a *Audit) leaves(ctx context.Context, points []Checkpoint) error {
	size := a.sum.Checkpoint.Size
	h := hashAudit{Audit: a}
	bad := false
	good := int64(0)
	reached := func() {
		for len(points) > 0 && points[0].Size == a.tree.size {
			switch {
			case bad:
			case a.tree.root() == points[0].Root:
				good = a.tree.size
			default:
				bad = true
				a.report(Problem{"checkpoint", "", a.tree.size, fmt.Sprintf("the leaves do not give the root that was signed: one of the positions %d to %d was changed", good, a.tree.size-1)})
			}
			points = points[1:]
		}
	}
	add := func(leaf Hash) {
		a.tree.add(leaf, h.full)
		reached()
	}
	reached()
	after := int64(math.MinInt64)
	for {
		n := 0
		err := a.r.each(ctx, func(rows *sql.Rows) error {
			var idx int64
			var id string
			var leaf []byte
			if err := rows.Scan(&idx, &id, &leaf); err != nil {
				return err
			}
			n++
			after = idx
			if idx < 0 || idx >= size {
				a.report(Problem{"leaf", id, idx, "it was added: no signed checkpoint covers this position"})
				return nil
			}
			for a.tree.size < idx {
				a.report(Problem{"leaf", "", a.tree.size, "it is missing"})
				add(Hash{})
			}
			a.sum.Leaves++
			add(merkle.RecordHash(leaf))
			return nil
		}, leavesFrom, after, auditPage)
		if err != nil {
			return err
		}
		if err := h.compare(ctx, false); err != nil {
			return err
		}
		if n < auditPage {
			break
		}
	}
	if a.tree.size < size {
		a.report(Problem{"leaf", "", a.tree.size, fmt.Sprintf("the leaves from here to %d are missing: a checkpoint of size %d was signed", size-1, size)})
	}
	return h.compare(ctx, true)
}

// hashAudit holds the hashes of full tiles to those that are stored.
type hashAudit struct {
	*Audit
	levels [][]stored // computed and not yet compared, from level 1
	next   []int64    // by level, the index after the last one compared
}

func (h *hashAudit) full(s stored) {
	for len(h.levels) < s.level {
		h.levels = append(h.levels, nil)
		h.next = append(h.next, 0)
	}
	h.levels[s.level-1] = append(h.levels[s.level-1], s)
}

const strayHashes = `
SELECT level, idx
FROM tlog_hashes
WHERE level = $1 AND idx >= $2 OR level > $3 OR level < 1
ORDER BY level, idx
LIMIT 100`

const storedHashes = `
SELECT idx, hash
FROM tlog_hashes
WHERE level = $1 AND idx >= $2 AND idx < $3
ORDER BY idx`

func (h *hashAudit) compare(ctx context.Context, end bool) error {
	for i, computed := range h.levels {
		if len(computed) == 0 {
			continue
		}
		from := computed[0].idx
		found := map[int64]Hash{}
		err := h.r.each(ctx, func(rows *sql.Rows) error {
			var idx int64
			var hash []byte
			if err := rows.Scan(&idx, &hash); err != nil {
				return err
			}
			if len(hash) == merkle.HashSize {
				found[idx] = Hash(hash)
			}
			return nil
		}, storedHashes, i+1, from, from+int64(len(computed)))
		if err != nil {
			return err
		}
		for _, s := range computed {
			if found[s.idx] != s.hash {
				width := int64(1) << (tileHeight * s.level)
				h.report(Problem{"hash", "", -1, fmt.Sprintf("the stored hash of the positions %d to %d is not theirs", s.idx*width, (s.idx+1)*width-1)})
			}
		}
		h.next[i] = from + int64(len(computed))
		h.levels[i] = computed[:0]
	}
	if !end {
		return nil
	}
	for i := range max(len(h.levels), 1) {
		next := int64(0)
		if i < len(h.next) {
			next = h.next[i]
		}
		err := h.r.each(ctx, func(rows *sql.Rows) error {
			var level, idx int64
			if err := rows.Scan(&level, &idx); err != nil {
				return err
			}
			h.report(Problem{"hash", "", -1, fmt.Sprintf("there is a hash %d of level %d, which the tree does not have", idx, level)})
			return nil
		}, strayHashes, i+1, next, max(len(h.levels), 1))
		if err != nil {
			return err
		}
	}
	return nil
}

const allPending = `
SELECT p.id, p.leaf, p.mac, CASE WHEN l.id IS NULL THEN 0 ELSE 1 END
FROM tlog_pending p
LEFT JOIN tlog_leaves l ON l.id = p.id
ORDER BY p.id`

// waiting checks the pending rows.
func (a *Audit) waiting(ctx context.Context) error {
	return a.r.each(ctx, func(rows *sql.Rows) error {
		var id string
		var leaf, mac []byte
		var replayed int
		if err := rows.Scan(&id, &leaf, &mac, &replayed); err != nil {
			return err
		}
		a.sum.Pending++
		switch {
		case a.mac != nil && !hmac.Equal(mac, a.mac(macLabel, macInput(id, leaf))):
			a.report(Problem{"pending", id, -1, "it was forged: its MAC is not this program's"})
		case replayed == 1:
			a.report(Problem{"pending", id, -1, "it was added again: the log has this leaf already"})
		default:
			a.pending[id] = false
		}
		return nil
	}, allPending)
}

const allRefused = `
SELECT id
FROM tlog_refused
ORDER BY at_us, id
LIMIT 1000`

func (a *Audit) refused(ctx context.Context) error {
	return a.r.each(ctx, func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		a.sum.Refused = append(a.sum.Refused, id)
		return nil
	}, allRefused)
}

const leavesByID = `
SELECT id, idx, leaf
FROM tlog_leaves
WHERE id IN `

const pendingByID = `
SELECT id, -1, leaf
FROM tlog_pending
WHERE id IN `

// A Leaf is what a stored log holds under an id.
type Leaf struct {
	Index int64 // -1 while pending
	Bytes []byte
}

// Leaves returns what the log holds of ids, pending or not; others are absent.
func (a *Audit) Leaves(ctx context.Context, ids []string) (map[string]Leaf, error) {
	found := make(map[string]Leaf, len(ids))
	for _, q := range []string{pendingByID, leavesByID} {
		for some := range slices.Chunk(ids, chunks()[0]) {
			in, args := padded(some)
			err := a.r.each(ctx, func(rows *sql.Rows) error {
				var id string
				var l Leaf
				if err := rows.Scan(&id, &l.Index, &l.Bytes); err != nil {
					return err
				}
				found[id] = l
				return nil
			}, q+in, args...)
			if err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// Claim notes that l, the leaf of id, has its entry. It reports false if it was
// noted before.
func (a *Audit) Claim(l Leaf, id string) bool {
	if l.Index < 0 {
		before, ok := a.pending[id]
		if ok {
			a.pending[id] = true
		}
		return !before
	}
	if l.Index >= a.sum.Checkpoint.Size {
		return true // reported already
	}
	word, bit := l.Index/64, uint64(1)<<(l.Index%64)
	before := a.claimed[word]&bit != 0
	a.claimed[word] |= bit
	return !before
}

const idAt = `
SELECT id
FROM tlog_leaves
WHERE idx = $1`

// Unclaimed calls f for every leaf that nobody claimed, by position and then
// those that are pending (-1). It comes after Check and all Claims.
func (a *Audit) Unclaimed(ctx context.Context, f func(id string, position int64)) error {
	for word, bits := range a.claimed {
		if bits == math.MaxUint64 {
			continue
		}
		for i := range int64(64) {
			position := int64(word)*64 + i
			if bits&(1<<i) != 0 || position >= a.sum.Checkpoint.Size {
				continue
			}
			var id string
			err := a.r.db.QueryRow(ctx, idAt, position).Scan(&id)
			if errors.Is(err, sql.ErrNoRows) {
				continue // the leaf itself is missing: reported already
			}
			if err != nil {
				return fmt.Errorf("leaf %d: %w", position, err)
			}
			f(id, position)
		}
	}
	ids := make([]string, 0, len(a.pending))
	for id, claimed := range a.pending {
		if !claimed {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		f(id, -1)
	}
	return nil
}
