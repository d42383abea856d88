package activity

import (
	"bytes"
	"context"
	"fmt"
)

// Archive is every entry and tombstone, for an audit.
type Archive interface {
	// Entries returns at most limit entries after the one named, by person and id.
	Entries(ctx context.Context, afterPerson, afterID string, limit int) ([]Record, error)
	// Tombstones returns at most limit tombstones after the one named, by id.
	Tombstones(ctx context.Context, after string, limit int) ([]Tombstone, error)
	// Erased returns the ids that a tombstone stands for, sorted.
	Erased(ctx context.Context, tombstone string) ([]string, error)
}

// A Leaf is what the log holds under an id.
type Leaf struct {
	Index   int64 // meaningless while pending
	Pending bool
	Bytes   []byte
}

// Leaves is the log, for an audit.
type Leaves interface {
	// Leaves returns what the log holds of ids; an id without a leaf is absent.
	Leaves(ctx context.Context, ids []string) (map[string]Leaf, error)
	// Claim notes that the leaf of id has its entry or tombstone. It reports false
	// if it was noted before.
	Claim(l Leaf, id string) bool
}

// A Verdict says what is wrong with an entry.
type Verdict string

// The verdicts.
const (
	Changed Verdict = "changed" // it is not what its leaf commits to
	Added   Verdict = "added"   // no leaf, and no pending one, commits to it
	Missing Verdict = "missing" // its leaf has no entry and no tombstone
)

// A Finding is one thing that is wrong.
type Finding struct {
	Verdict  Verdict
	Kind     string // "entry", "tombstone"
	ID       string
	Position int64 // of the leaf in the log; -1 if it has none yet
	Why      string
}

// Opener opens a sealed body.
type Opener interface {
	Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error)
	OpenShared(label string, sealed []byte) ([]byte, error)
}

// A Summary is what an audit went through.
type Summary struct {
	Entries    int
	Tombstones int
	Erased     int
	Pending    int // entries and tombstones whose leaf is pending
	Opened     int // entries whose body was opened and compared too
}

const auditPage = 256

// Audit compares every entry and tombstone of a with the leaf that it has in
// leaves, and calls report for each that is changed or added. With a non-nil
// opener it also opens the bodies that can be opened. What leaves has and nobody
// claims is missing; its caller says so.
func Audit(ctx context.Context, a Archive, leaves Leaves, opener Opener, report func(Finding)) (Summary, error) {
	au := audit{a: a, leaves: leaves, opener: opener, report: report}
	if err := au.entries(ctx); err != nil {
		return au.sum, err
	}
	return au.sum, au.tombstones(ctx)
}

type audit struct {
	a      Archive
	leaves Leaves
	opener Opener
	report func(Finding)
	sum    Summary
}

func (au *audit) entries(ctx context.Context) error {
	person, id := "", ""
	for {
		rs, err := au.a.Entries(ctx, person, id, auditPage)
		if err != nil {
			return fmt.Errorf("audit entries: %w", err)
		}
		if len(rs) == 0 {
			return nil
		}
		ids := make([]string, len(rs))
		for i, r := range rs {
			ids[i] = r.ID
		}
		found, err := au.leaves.Leaves(ctx, ids)
		if err != nil {
			return fmt.Errorf("audit entries: %w", err)
		}
		for _, r := range rs {
			au.sum.Entries++
			if au.match("entry", r.ID, r.Leaf(), found) {
				au.body(ctx, r, found[r.ID])
			}
		}
		last := rs[len(rs)-1]
		person, id = last.Act.Person, last.ID
	}
}

// match compares one commitment with its leaf and reports what is wrong.
func (au *audit) match(kind, id string, want []byte, found map[string]Leaf) bool {
	l, ok := found[id]
	f := Finding{Kind: kind, ID: id, Position: l.Index}
	if l.Pending {
		au.sum.Pending++
		f.Position = -1
	}
	switch {
	case !ok:
		f.Verdict, f.Position, f.Why = Added, -1, "the log has no leaf of it"
	case !au.leaves.Claim(l, id):
		f.Verdict, f.Why = Added, "another one has its leaf"
	case !bytes.Equal(want, l.Bytes):
		f.Verdict, f.Why = Changed, "it is not what its leaf commits to"
	default:
		return true
	}
	au.report(f)
	return false
}

// body opens an entry's body, if it can be opened, and compares it.
func (au *audit) body(ctx context.Context, r Record, l Leaf) {
	if au.opener == nil {
		return
	}
	s := Service{d: Deps{Sealer: sealOnly{au.opener}}}
	body, err := s.open(ctx, r.Act.Person, r.Sealed)
	if err != nil {
		return // the key was forgotten; the leaf has vouched for the sealed bytes
	}
	au.sum.Opened++
	if bytes.Equal(hash(body), r.BodyHash) {
		return
	}
	f := Finding{Verdict: Changed, Kind: "entry", ID: r.ID, Position: l.Index, Why: "its sealed body is not the one that was recorded"}
	if l.Pending {
		f.Position = -1
	}
	au.report(f)
}

func (au *audit) tombstones(ctx context.Context) error {
	after := ""
	for {
		ts, err := au.a.Tombstones(ctx, after, auditPage)
		if err != nil {
			return fmt.Errorf("audit tombstones: %w", err)
		}
		if len(ts) == 0 {
			return nil
		}
		for _, t := range ts {
			if err := au.tombstone(ctx, t); err != nil {
				return fmt.Errorf("audit tombstones: %w", err)
			}
		}
		after = ts[len(ts)-1].ID
	}
}

// tombstone checks t, and that it stands for the entries that it names.
func (au *audit) tombstone(ctx context.Context, t Tombstone) error {
	au.sum.Tombstones++
	found, err := au.leaves.Leaves(ctx, []string{t.ID})
	if err != nil {
		return err
	}
	if !au.match("tombstone", t.ID, t.Leaf(), found) {
		return nil
	}
	ids, err := au.a.Erased(ctx, t.ID)
	if err != nil {
		return err
	}
	if len(ids) != t.Count || !bytes.Equal(HashIDs(ids), t.IDs) {
		au.report(Finding{Verdict: Changed, Kind: "tombstone", ID: t.ID, Position: position(found[t.ID]), Why: "the entries that it stands for are not those that were erased"})
		return nil
	}
	au.sum.Erased += len(ids)
	for len(ids) > 0 {
		n := min(len(ids), auditPage)
		found, err := au.leaves.Leaves(ctx, ids[:n])
		if err != nil {
			return err
		}
		for _, id := range ids[:n] {
			l, ok := found[id]
			switch {
			case !ok:
				au.report(Finding{Verdict: Missing, Kind: "leaf", ID: id, Position: -1, Why: "the log has no leaf of this erased entry"})
			case !au.leaves.Claim(l, id):
				au.report(Finding{Verdict: Added, Kind: "entry", ID: id, Position: position(l), Why: "it was erased, yet there is an entry of this id"})
			}
		}
		ids = ids[n:]
	}
	return nil
}

func position(l Leaf) int64 {
	if l.Pending {
		return -1
	}
	return l.Index
}

// sealOnly lets an Opener stand where nothing is sealed.
type sealOnly struct{ Opener }

func (sealOnly) Seal(context.Context, string, string, []byte) ([]byte, error) {
	return nil, ErrNoEntry
}
func (sealOnly) SealShared(string, []byte) ([]byte, error) { return nil, ErrNoEntry }
