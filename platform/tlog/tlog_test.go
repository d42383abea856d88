package tlog_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/testkit"
	"causeway/platform/tlog"
)

const origin = "log.example/causeway"

func migrations() testkit.M { return testkit.M{Module: "tlog", Files: tlog.Migrations} }

// mac stands for the keyed hash whose key is in no database.
func mac(label string, data []byte) []byte {
	h := hmac.New(sha256.New, []byte("secret "+label))
	h.Write(data)
	return h.Sum(nil)
}

func newKey(t testing.TB) *keys.Signer {
	t.Helper()
	k, err := keys.NewSigner(keys.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

// now moves on with each look, as a clock does.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Microsecond)
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newLog(t testing.TB, d *db.DB, k *keys.Signer, now func() time.Time) *tlog.Log {
	t.Helper()
	l, err := tlog.New(tlog.Options{DB: d, Origin: origin, Key: k, MAC: mac, Now: now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func known(t testing.TB, key string) note.Verifiers {
	t.Helper()
	v, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	return note.VerifierList(v)
}

func leafID(i int) string { return fmt.Sprintf("id-%09d", i) }

func leafOf(i int) []byte {
	h := sha256.Sum256(fmt.Appendf(nil, "leaf %d", i))
	return h[:]
}

// appendN appends leaves [from, to) in units of many.
func appendN(t testing.TB, d *db.DB, l *tlog.Log, from, to int) {
	t.Helper()
	for from < to {
		end := min(from+1000, to)
		err := d.Do(t.Context(), func(ctx context.Context) error {
			for i := from; i < end; i++ {
				if err := l.Append(ctx, leafID(i), leafOf(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		from = end
	}
}

// drain sequences until nothing is pending.
func drain(t testing.TB, l *tlog.Log) {
	t.Helper()
	for {
		n, err := l.Sequence(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// reference returns the root of the leaves [0, n) as golang.org/x/mod computes it.
func reference(t testing.TB, n int) merkle.Hash {
	t.Helper()
	var hashes []merkle.Hash
	read := merkle.HashReaderFunc(func(idx []int64) ([]merkle.Hash, error) {
		out := make([]merkle.Hash, len(idx))
		for i, x := range idx {
			out[i] = hashes[x]
		}
		return out, nil
	})
	for i := range n {
		more, err := merkle.StoredHashes(int64(i), leafOf(i), read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	h, err := merkle.TreeHash(int64(n), read)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSequence(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d, newKey(t), newClock().now)
		vs := known(t, l.VerifierKey())
		drain(t, l)
		total := 0
		for _, n := range []int{0, 1, 2, 255, 256, 257, 512, 700, 1500, 1536} {
			appendN(t, d, l, total, n)
			total = n
			drain(t, l)
			c, err := l.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.Size != int64(n) || c.Root != reference(t, n) || c.Origin != origin {
				t.Fatalf("checkpoint after %d leaves: size %d, root %v, want %v", n, c.Size, c.Root, reference(t, n))
			}
			if _, err := tlog.ParseCheckpoint(c.Note, vs); err != nil {
				t.Fatal(err)
			}
			for _, i := range []int{0, 1, n / 2, n - 1} {
				if i < 0 || i >= n {
					continue
				}
				p, err := l.Prove(t.Context(), leafID(i))
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Check(vs); err != nil || p.Index != int64(i) {
					t.Errorf("proof of leaf %d: index %d, %v", i, p.Index, err)
				}
				p.Leaf = leafOf(i + 1)
				if p.Check(vs) == nil {
					t.Errorf("a proof of leaf %d holds for another leaf", i)
				}
			}
			for _, from := range []int{1, n / 3, n - 1, n} {
				if from < 1 || from > n {
					continue
				}
				path, c, err := l.Consistency(t.Context(), int64(from))
				if err != nil {
					t.Fatal(err)
				}
				if err := merkle.CheckTree(path, c.Size, c.Root, int64(from), reference(t, from)); err != nil {
					t.Errorf("consistency of %d with %d: %v", from, n, err)
				}
			}
		}
	}, migrations())
}
