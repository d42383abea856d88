package tlog_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	merkle "golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"causeway/platform/testkit"
	"causeway/platform/tlog"
)

// model is a log as golang.org/x/mod keeps one.
type model struct {
	hashes []merkle.Hash
	ids    []string
	roots  map[int64]merkle.Hash
}

func (m *model) ReadHashes(idx []int64) ([]merkle.Hash, error) {
	out := make([]merkle.Hash, len(idx))
	for i, x := range idx {
		out[i] = m.hashes[x]
	}
	return out, nil
}

func (m *model) add(t *rapid.T, id string, leaf []byte) {
	more, err := merkle.StoredHashes(int64(len(m.ids)), leaf, m)
	if err != nil {
		t.Fatal(err)
	}
	m.hashes = append(m.hashes, more...)
	m.ids = append(m.ids, id)
}

// TestModel: whatever is appended by whom, sequenced by whom, interrupted and
// restarted, roots, proofs and positions are those of the reference.
func TestModel(t *testing.T) {
	k := newKey(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := testkit.SQLite(t, migrations())
		c := newClock()
		logs := []*tlog.Log{newLog(t, d, k, c.now), newLog(t, d, k, c.now)}
		vs := known(t, logs[0].VerifierKey())
		m := &model{roots: map[int64]merkle.Hash{}}
		var pending []int // numbers of leaves
		next := 0
		ctx := context.WithoutCancel(t.Context())
		pick := func(rt *rapid.T) *tlog.Log { return logs[rapid.IntRange(0, 1).Draw(rt, "replica")] }
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				l, n := pick(rt), rapid.SampledFrom([]int{1, 2, 3, 60, 256}).Draw(rt, "n")
				err := d.Do(ctx, func(ctx context.Context) error {
					for i := range n {
						if err := l.Append(ctx, leafID(next+i), leafOf(next+i)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					rt.Fatal(err)
				}
				for range n {
					pending = append(pending, next)
					next++
				}
			},
			"sequence": func(rt *rapid.T) {
				c.add(2 * time.Second)
				n, err := pick(rt).Sequence(ctx)
				if err != nil {
					rt.Fatal(err)
				}
				for _, id := range pending[:n] {
					m.add(rt, leafID(id), leafOf(id))
				}
				pending = pending[n:]
			},
			"restart": func(rt *rapid.T) {
				logs[rapid.IntRange(0, 1).Draw(rt, "replica")] = newLog(t, d, k, c.now)
			},
			"": func(rt *rapid.T) {
				l := pick(rt)
				got, err := l.Checkpoint(ctx)
				if err != nil {
					rt.Fatal(err)
				}
				want, err := merkle.TreeHash(int64(len(m.ids)), m)
				if err != nil || got.Size != int64(len(m.ids)) || got.Root != want {
					rt.Fatalf("size %d root %v, want %d %v, %v", got.Size, got.Root, len(m.ids), want, err)
				}
				if m.roots[got.Size] == got.Root {
					return
				}
				m.roots[got.Size] = got.Root
				if got.Size == 0 {
					return
				}
				i := rapid.IntRange(0, len(m.ids)-1).Draw(rt, "leaf")
				p, err := l.Prove(ctx, m.ids[i])
				if err != nil || p.Index != int64(i) || p.Check(vs) != nil {
					rt.Fatalf("proof of leaf %d: index %d, %v", i, p.Index, err)
				}
				ref, err := merkle.ProveRecord(got.Size, int64(i), m)
				if err != nil || !slices.Equal(ref, p.Path) {
					rt.Fatalf("proof of leaf %d is not the reference's: %v", i, err)
				}
				from := rapid.SampledFrom(slices.Sorted(maps.Keys(m.roots))).Draw(rt, "from")
				if from == 0 {
					return
				}
				path, c, err := l.Consistency(ctx, from)
				if err != nil || merkle.CheckTree(path, c.Size, c.Root, from, m.roots[from]) != nil {
					rt.Fatalf("consistency with %d: %v", from, err)
				}
			},
		})
		sound(t, d, logs[0])
	})
}
