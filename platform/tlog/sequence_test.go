package tlog_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/platform/db"
	"causeway/platform/testkit"
	"causeway/platform/tlog"
)

func count(t testing.TB, d *db.DB, q string) int {
	t.Helper()
	var n int
	if err := d.QueryRow(context.WithoutCancel(t.Context()), q).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func exec(t testing.TB, d *db.DB, q string, args ...any) {
	t.Helper()
	if _, err := d.Exec(t.Context(), q, args...); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

func size(t testing.TB, l *tlog.Log) int64 {
	t.Helper()
	c, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Size
}

// sound checks the stored log from end to end.
func sound(t testing.TB, d *db.DB, l *tlog.Log) {
	t.Helper()
	err := tlog.Snapshot(t.Context(), d, func(ctx context.Context) error {
		a := tlog.NewAudit(d, known(t, l.VerifierKey()), mac, func(p tlog.Problem) { t.Errorf("%+v", p) })
		_, err := a.Check(ctx)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestRefuse: a row that somebody else wrote, changed or wrote again gets no
// index, and holds up nobody.
func TestRefuse(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d, newKey(t), newClock().now)
		appendN(t, d, l, 0, 1)
		exec(t, d, "INSERT INTO tlog_pending (id, leaf, mac) SELECT 'copy', leaf, mac FROM tlog_pending")
		drain(t, l)
		var leaf, old []byte
		if err := d.QueryRow(t.Context(), "SELECT leaf, mac FROM tlog_refused WHERE id = 'copy' AND why = 'mac'").Scan(&leaf, &old); err != nil {
			t.Fatal(err)
		}
		appendN(t, d, l, 1, 4)
		exec(t, d, "INSERT INTO tlog_pending (id, leaf, mac) VALUES ('forged', $1, $2)", []byte("leaf"), make([]byte, 32))
		exec(t, d, "UPDATE tlog_pending SET leaf = $1 WHERE id = $2", []byte("other"), leafID(2))
		exec(t, d, "INSERT INTO tlog_pending (id, leaf, mac) VALUES ($1, $2, $3)", leafID(0), leaf, old) // what was sequenced, again
		drain(t, l)
		for id, want := range map[string]bool{leafID(0): true, leafID(1): true, leafID(3): true, leafID(2): false, "forged": false, "copy": false} {
			at, err := l.Positions(t.Context(), []string{id})
			if _, ok := at[id]; err != nil || ok != want {
				t.Errorf("%s has a position: %v, %v; want %v", id, ok, err, want)
			}
		}
		if n := count(t, d, "SELECT count(*) FROM tlog_refused"); n != 4 {
			t.Errorf("%d refused, want 4", n)
		}
		if n := count(t, d, "SELECT count(*) FROM tlog_refused WHERE why = 'replay'"); n != 1 {
			t.Errorf("%d refused as replays, want 1", n)
		}
		if n := count(t, d, "SELECT count(*) FROM tlog_pending"); n != 0 {
			t.Errorf("%d pending, want 0", n)
		}
		if n := size(t, l); n != 3 {
			t.Errorf("size %d, want 3", n)
		}
		sound(t, d, l)
	}, migrations())
}

func TestAppendJoinsItsUnit(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d, newKey(t), newClock().now)
		stop := errors.New("stop")
		err := d.Do(t.Context(), func(ctx context.Context) error {
			if err := l.Append(ctx, "a", []byte("a")); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		drain(t, l)
		if n := size(t, l); n != 0 {
			t.Errorf("size %d, want 0", n)
		}
		for _, leaf := range [][]byte{nil, make([]byte, tlog.MaxLeaf+1)} {
			if l.Append(t.Context(), "b", leaf) == nil {
				t.Errorf("a leaf of %d bytes was taken", len(leaf))
			}
		}
		if _, err := l.Prove(t.Context(), "a"); !errors.Is(err, tlog.ErrUnknown) {
			t.Errorf("proof of what was undone: %v", err)
		}
		appendN(t, d, l, 0, 1)
		if _, err := l.Prove(t.Context(), leafID(0)); !errors.Is(err, tlog.ErrPending) {
			t.Errorf("proof of what is pending: %v", err)
		}
	}, migrations())
}

// TestKilled: a sequencer that dies at any step leaves what was there before,
// and the next one goes on from it.
func TestKilled(t *testing.T) {
	for _, step := range []string{"DELETE ON tlog_pending", "INSERT ON tlog_leaves", "INSERT ON tlog_hashes", "INSERT ON tlog_checkpoints", "UPDATE ON tlog_lease"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			testkit.EachDB(t, func(t *testing.T, d *db.DB) {
				k, c := newKey(t), newClock()
				l := newLog(t, d, k, c.now)
				appendN(t, d, l, 0, 200)
				drain(t, l)
				appendN(t, d, l, 200, 600)
				fail := "CREATE TRIGGER die BEFORE " + step + " BEGIN SELECT RAISE(ABORT, 'killed'); END"
				mend := "DROP TRIGGER die"
				if d.Engine == db.Postgres {
					exec(t, d, "CREATE FUNCTION die() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$ LANGUAGE plpgsql")
					fail = "CREATE TRIGGER die BEFORE " + step + " FOR EACH ROW EXECUTE FUNCTION die()"
					_, table, _ := strings.Cut(step, " ON ")
					mend = "DROP TRIGGER die ON " + table
				}
				exec(t, d, fail)
				for range 3 {
					if n, err := l.Sequence(t.Context()); err == nil {
						t.Fatalf("sequenced %d in spite of a failing step", n)
					}
				}
				if n := size(t, l); n != 200 {
					t.Errorf("size %d after the failure, want 200", n)
				}
				if n := count(t, d, "SELECT count(*) FROM tlog_leaves") + count(t, d, "SELECT count(*) FROM tlog_pending"); n != 600 {
					t.Errorf("%d leaves and pending rows, want 600", n)
				}
				exec(t, d, mend)
				next := newLog(t, d, k, c.now)
				c.add(2 * time.Second)
				drain(t, next)
				if n := size(t, next); n != 600 {
					t.Errorf("size %d, want 600", n)
				}
				sound(t, d, next)
			}, migrations())
		})
	}
}

// TestReplicas: several sequencers on one database neither lose a leaf nor give
// it twice, while others append.
func TestReplicas(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		k := newKey(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		const writers, each = 4, 150
		var run, write sync.WaitGroup
		logs := make([]*tlog.Log, 3)
		for i := range logs {
			logs[i] = newLog(t, d, k, time.Now)
			run.Go(func() { logs[i].Run(ctx) })
		}
		for w := range writers {
			write.Go(func() {
				for i := range each {
					if err := logs[w%3].Append(ctx, leafID(w*each+i), leafOf(w*each+i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		write.Wait()
		last := time.Now()
		for size(t, logs[0]) != writers*each {
			if time.Since(last) > 5*time.Second {
				t.Fatalf("size %d after 5 s, want %d", size(t, logs[0]), writers*each)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(last); took > 2*time.Second {
			t.Errorf("the last leaf waited %v for its checkpoint, want 2 s at most", took)
		}
		cancel()
		run.Wait()
		if n := count(t, d, "SELECT count(DISTINCT id) FROM tlog_leaves"); n != writers*each {
			t.Errorf("%d different leaves, want %d", n, writers*each)
		}
		if n := count(t, d, "SELECT count(*) FROM tlog_refused"); n != 0 {
			t.Errorf("%d were refused", n)
		}
		sound(t, d, logs[0])
	}, migrations())
}

// TestTakeover: a replica waits for the lease of another, and takes over when it
// has run out.
func TestTakeover(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		k, c := newKey(t), newClock()
		a, b := newLog(t, d, k, c.now), newLog(t, d, k, c.now)
		appendN(t, d, a, 0, 10)
		drain(t, a)
		appendN(t, d, b, 10, 20)
		if n, err := b.Sequence(t.Context()); n != 0 || err != nil {
			t.Errorf("a second sequencer took %d, %v", n, err)
		}
		c.add(2 * time.Second)
		drain(t, b)
		appendN(t, d, a, 20, 30)
		c.add(2 * time.Second)
		drain(t, a) // it has not seen what b did
		if n := size(t, a); n != 30 {
			t.Errorf("size %d, want 30", n)
		}
		sound(t, d, a)
	}, migrations())
}

// TestCorrupt: nothing is signed on top of a history that was changed.
func TestCorrupt(t *testing.T) {
	for name, spoil := range map[string][]string{
		"leaf of the open tile changed":   {"UPDATE tlog_leaves SET leaf = (SELECT o.leaf FROM tlog_leaves o WHERE o.idx = 1) WHERE idx = 299"},
		"leaf of the open tile dropped":   {"DELETE FROM tlog_leaves WHERE idx = 299"},
		"hash changed":                    {"UPDATE tlog_hashes SET hash = (SELECT leaf FROM tlog_leaves WHERE idx = 1)"},
		"hash dropped":                    {"DELETE FROM tlog_hashes"},
		"checkpoint changed":              {"UPDATE tlog_checkpoints SET note = replace(note, '300', '301') WHERE size = 300"},
		"checkpoint replaced":             {"UPDATE tlog_checkpoints SET note = (SELECT c.note FROM tlog_checkpoints c WHERE c.size = 10) WHERE size = 300"},
		"leaf added":                      {"INSERT INTO tlog_leaves (idx, id, leaf) SELECT 300, 'added', leaf FROM tlog_leaves WHERE idx = 0"},
		"rolled back under its feet":      {"DELETE FROM tlog_leaves WHERE idx >= 10", "DELETE FROM tlog_hashes", "DELETE FROM tlog_checkpoints WHERE size > 10"},
		"checkpoints gone under its feet": {"DELETE FROM tlog_leaves", "DELETE FROM tlog_hashes", "DELETE FROM tlog_checkpoints"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testkit.EachDB(t, func(t *testing.T, d *db.DB) {
				k, c := newKey(t), newClock()
				l := newLog(t, d, k, c.now)
				appendN(t, d, l, 0, 10)
				drain(t, l)
				appendN(t, d, l, 10, 300)
				drain(t, l)
				for _, q := range spoil {
					exec(t, d, q)
				}
				if !strings.HasSuffix(name, "under its feet") {
					l = newLog(t, d, k, c.now) // a running one still has the edge that it signed
				}
				before := count(t, d, "SELECT count(*) FROM tlog_checkpoints")
				appendN(t, d, l, 300, 301)
				c.add(2 * time.Second)
				if n, err := l.Sequence(t.Context()); !errors.Is(err, tlog.ErrCorrupt) {
					t.Errorf("sequenced %d on a changed history: %v", n, err)
				}
				if n := count(t, d, "SELECT count(*) FROM tlog_checkpoints"); n != before {
					t.Errorf("%d checkpoints, were %d", n, before)
				}
			}, migrations())
		})
	}
}

// TestPrompt: what is appended has its signed checkpoint well within two seconds,
// by the nudge, and what another process appended by the poll.
func TestPrompt(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		k := newKey(t)
		l, other := newLog(t, d, k, time.Now), newLog(t, d, k, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { l.Run(ctx); close(done) }()
		for i, from := range []*tlog.Log{l, other, l} {
			start := time.Now()
			appendN(t, d, from, i, i+1)
			for size(t, l) != int64(i+1) {
				if time.Since(start) > 2*time.Second {
					t.Fatal("no checkpoint after two seconds")
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
		cancel()
		<-done
	}, migrations())
}

// TestKeys: what a retired key signed is still trusted, what a stranger's signed
// is not.
func TestKeys(t *testing.T) {
	d := testkit.SQLite(t, migrations())
	old, c := newKey(t), newClock()
	l := newLog(t, d, old, c.now)
	appendN(t, d, l, 0, 5)
	drain(t, l)
	c.add(2 * time.Second)
	appendN(t, d, l, 5, 6)
	next := newLog(t, d, newKey(t), c.now)
	if _, err := next.Sequence(t.Context()); !errors.Is(err, tlog.ErrCorrupt) {
		t.Errorf("sequenced on a stranger's checkpoint: %v", err)
	}
	public, ok := old.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no Ed25519 key")
	}
	rotated, err := tlog.New(tlog.Options{DB: d, Origin: origin, Key: newKey(t), Retired: []ed25519.PublicKey{public}, MAC: mac, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	drain(t, rotated)
	if n := size(t, rotated); n != 6 {
		t.Errorf("size %d under the new key, want 6", n)
	}
	for _, origin := range []string{"", "a b", "a+b", "a\nb"} {
		if _, err := tlog.New(tlog.Options{DB: d, Origin: origin, Key: old, MAC: mac, Now: c.now}); err == nil {
			t.Errorf("origin %q was taken", origin)
		}
	}
}

func BenchmarkSequence(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			var d *db.DB
			if engine == "sqlite" {
				d = testkit.SQLite(b, migrations())
			} else {
				d = testkit.Postgres(b, migrations())
			}
			l := newLog(b, d, newKey(b), newClock().now)
			total := 0
			for b.Loop() {
				b.StopTimer()
				appendN(b, d, l, total, total+10*1024)
				total += 10 * 1024
				b.StartTimer()
				drain(b, l)
			}
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "leaves/s")
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	d := testkit.SQLite(b, migrations())
	l := newLog(b, d, newKey(b), newClock().now)
	i := 0
	for b.Loop() {
		b.StopTimer()
		from := i
		i += 1000
		b.StartTimer()
		appendN(b, d, l, from, i)
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "leaves/s")
}
