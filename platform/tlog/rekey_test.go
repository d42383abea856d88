package tlog_test

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/testkit"
	"causeway/platform/tlog"
)

func public(t *testing.T, k *keys.Signer) ed25519.PublicKey {
	t.Helper()
	p, ok := k.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatalf("a %T", k.Public())
	}
	return p
}

// TestRekey: two replicas change over to a new key one after the other, and each
// takes the other's checkpoints all the while; one that does not know the new key
// takes none, and signs nothing.
func TestRekey(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, clock, old, next := t.Context(), newClock(), newKey(t), newKey(t)
		a, b, late := newLog(t, d, old, clock.now), newLog(t, d, old, clock.now), newLog(t, d, old, clock.now)
		was := a.VerifierKey()
		step := func(l *tlog.Log, i int) tlog.Checkpoint {
			t.Helper()
			clock.add(10e9) // past the other's lease
			appendN(t, d, l, i, i+1)
			drain(t, l)
			for _, r := range []*tlog.Log{a, b} {
				c, err := r.Checkpoint(ctx)
				if err != nil || c.Size != int64(i+1) {
					t.Fatalf("a replica at %d leaves: %+v, %v", i+1, c, err)
				}
			}
			c, err := l.Checkpoint(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		step(a, 0)
		for _, l := range []*tlog.Log{a, b} { // both are told of the new key before it signs
			if err := l.Rekey(old, []ed25519.PublicKey{public(t, next)}); err != nil {
				t.Fatal(err)
			}
		}
		if c := step(b, 1); b.KeyOf(c) != was {
			t.Errorf("signed by %q, want the old key", b.KeyOf(c))
		}
		if err := a.Rekey(next, []ed25519.PublicKey{public(t, old)}); err != nil {
			t.Fatal(err)
		}
		now := a.VerifierKey()
		if c, err := a.Checkpoint(ctx); err != nil || a.KeyOf(c) != was || now == was {
			t.Errorf("a checkpoint from before is of %q (now %q), %v", a.KeyOf(c), now, err)
		}
		if c := step(a, 2); a.KeyOf(c) != now || b.KeyOf(c) != now {
			t.Errorf("signed by %q and %q, want the new key", a.KeyOf(c), b.KeyOf(c))
		}
		if c := step(b, 3); a.KeyOf(c) != was { // it changes over later
			t.Errorf("signed by %q, want the old key", a.KeyOf(c))
		}
		if err := b.Rekey(next, []ed25519.PublicKey{public(t, old)}); err != nil {
			t.Fatal(err)
		}
		c := step(b, 4)
		if c.Note == "" || b.KeyOf(c) != now {
			t.Errorf("signed by %q, want the new key", b.KeyOf(c))
		}
		if _, err := late.Checkpoint(ctx); !errors.Is(err, tlog.ErrCheckpoint) {
			t.Errorf("whoever does not know the key: %v", err)
		}
		if _, err := tlog.ParseCheckpoint(c.Note, known(t, now)); err != nil {
			t.Error(err)
		}
		if _, err := tlog.ParseCheckpoint(c.Note, note.VerifierList()); !errors.Is(err, tlog.ErrCheckpoint) {
			t.Errorf("with no key: %v", err)
		}
		es, err := keys.NewSigner(keys.ES256)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Rekey(es, nil); err == nil || a.VerifierKey() != now {
			t.Errorf("a key of another kind: %v", err)
		}
	}, migrations())
}
