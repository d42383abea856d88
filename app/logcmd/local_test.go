package logcmd_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"causeway/app/logcmd"
)

// TestLocalGood: what the program did itself is found good, while it runs, with
// entries pending, erased and sealed under a key that is gone, and with a
// rotated signing key.
func TestLocalGood(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.sequence(t)
		want(t, r.opts, logcmd.Good, "0 leaves", "ok")
		r.record(t, 600)
		r.sequence(t)
		if _, err := r.Erase(t.Context(), "p1"); err != nil {
			t.Fatal(err)
		}
		if err := r.ring.Forget(t.Context(), "p2"); err != nil {
			t.Fatal(err)
		}
		r.record(t, 1)
		if n, err := r.log.Sequence(t.Context()); err != nil || n != 2 {
			t.Fatal(n, err)
		}
		r.recordFor(t, "p3", 3)
		want(t, r.opts, logcmd.Good, "602 leaves, 3 pending", "454 entries", "1 tombstones for 150 erased entries", "ok")
		o := r.opts
		o.Key = r.log.VerifierKey()
		o.Since = filepath.Join(r.dir, "seen")
		want(t, o, logcmd.Good, "ok")
		want(t, o, logcmd.Good, "ok")
		if r.opts.DB != "" {
			want(t, logcmd.Options{DB: r.opts.DB}, logcmd.Good, "without the master file", "ok")
		}
	})
}

// TestLocalNames: whatever is changed, dropped or added behind the program's
// back is named.
func TestLocalNames(t *testing.T) {
	const position = 202
	for name, test := range map[string]struct {
		spoil func(t *testing.T, r *rig, id string)
		says  func(id string) []string
	}{
		"entry changed": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "UPDATE activity_entries SET actor = 'nobody' WHERE id = $1", id)
			},
			func(id string) []string { return []string{"changed: entry " + id + " at position 202"} },
		},
		"entry's time changed": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "UPDATE activity_entries SET at_us = at_us + 1 WHERE id = $1", id)
			},
			func(id string) []string { return []string{"changed: entry " + id + " at position 202"} },
		},
		"sealed body changed": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "UPDATE activity_entries SET sealed = $2 WHERE id = $1", id, []byte("x"))
			},
			func(id string) []string { return []string{"changed: entry " + id + " at position 202"} },
		},
		"given to another person": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "UPDATE activity_entries SET person_id = 'p9' WHERE id = $1", id)
			},
			func(id string) []string { return []string{"changed: entry " + id + " at position 202"} },
		},
		"entry dropped": {
			func(t *testing.T, r *rig, id string) { r.exec(t, "DELETE FROM activity_entries WHERE id = $1", id) },
			func(id string) []string { return []string{"missing: entry " + id + " at position 202"} },
		},
		"entry added": {
			func(t *testing.T, r *rig, id string) {
				r.copyEntry(t, id, "0000-added")
			},
			func(string) []string { return []string{"added: entry 0000-added without a position"} },
		},
		"entry copied to another person": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, `INSERT INTO activity_entries (person_id, id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash)
					SELECT 'zz', id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash FROM activity_entries WHERE id = $1`, id)
			},
			func(id string) []string { return []string{"added: entry " + id + " at position 202"} },
		},
		"id changed": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "UPDATE activity_entries SET id = '0000-other' WHERE id = $1", id)
			},
			func(id string) []string {
				return []string{"added: entry 0000-other without a position", "missing: entry " + id + " at position 202"}
			},
		},
		"entries swapped": {
			func(t *testing.T, r *rig, id string) {
				other := r.ids[position+4] // of the same person
				r.exec(t, "UPDATE activity_entries SET id = 'tmp' WHERE id = $1", id)
				r.exec(t, "UPDATE activity_entries SET id = $1 WHERE id = $2", id, other)
				r.exec(t, "UPDATE activity_entries SET id = $1 WHERE id = 'tmp'", other)
			},
			func(id string) []string {
				return []string{"changed: entry " + id + " at position 202", "at position 206"}
			},
		},
		"dropped as if erased": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "INSERT INTO activity_erased (tombstone_id, id) SELECT id, $1 FROM activity_tombstones", id)
				r.exec(t, "DELETE FROM activity_entries WHERE id = $1", id)
			},
			func(id string) []string {
				return []string{"missing: entry " + id + " at position 202", "changed: tombstone"}
			},
		},
		"tombstone added": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "INSERT INTO activity_tombstones (id, at_us, salt, entries, ids_hash) VALUES ('ff-tomb', 1, $1, 1, $1)", []byte("x"))
				r.exec(t, "INSERT INTO activity_erased (tombstone_id, id) VALUES ('ff-tomb', $1)", id)
				r.exec(t, "DELETE FROM activity_entries WHERE id = $1", id)
			},
			func(id string) []string {
				return []string{"missing: entry " + id + " at position 202", "added: tombstone ff-tomb"}
			},
		},
		"tombstone dropped": {
			func(t *testing.T, r *rig, _ string) { r.exec(t, "DELETE FROM activity_tombstones") },
			func(string) []string { return []string{"missing: entry"} },
		},
		"leaf changed": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "UPDATE tlog_leaves SET leaf = $2 WHERE id = $1", id, []byte("y"))
			},
			func(id string) []string {
				return []string{"changed: entry " + id + " at position 202", "positions 0 to 299 was changed", "hash of the positions 0 to 255"}
			},
		},
		"leaf and entry changed together": {
			func(t *testing.T, r *rig, id string) { r.rewrite(t, id) },
			func(string) []string {
				return []string{"the leaves do not give the root that was signed", "hash of the positions 0 to 255"}
			},
		},
		"leaves swapped": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "UPDATE tlog_leaves SET idx = 100000 WHERE idx = 250")
				r.exec(t, "UPDATE tlog_leaves SET idx = 250 WHERE idx = 251")
				r.exec(t, "UPDATE tlog_leaves SET idx = 251 WHERE idx = 100000")
			},
			func(string) []string { return []string{"the leaves do not give the root that was signed"} },
		},
		"leaf dropped": {
			func(t *testing.T, r *rig, id string) { r.exec(t, "DELETE FROM tlog_leaves WHERE id = $1", id) },
			func(id string) []string {
				return []string{"leaf at position 202: it is missing", "added: entry " + id}
			},
		},
		"leaf and entry added": {
			func(t *testing.T, r *rig, id string) {
				r.copyEntry(t, id, "0000-added")
				r.exec(t, "INSERT INTO tlog_leaves (idx, id, leaf) VALUES (301, '0000-added', $1)", []byte("z"))
			},
			func(string) []string {
				return []string{"leaf 0000-added at position 301: it was added", "changed: entry 0000-added"}
			},
		},
		"hash changed": {
			func(t *testing.T, r *rig, _ string) {
				r.exec(t, "UPDATE tlog_hashes SET hash = $1 WHERE idx = 0", make([]byte, 32))
			},
			func(string) []string { return []string{"the stored hash of the positions 0 to 255 is not theirs"} },
		},
		"hash dropped": {
			func(t *testing.T, r *rig, _ string) { r.exec(t, "DELETE FROM tlog_hashes WHERE idx = 0") },
			func(string) []string { return []string{"the stored hash of the positions 0 to 255 is not theirs"} },
		},
		"hash added": {
			func(t *testing.T, r *rig, _ string) {
				r.exec(t, "INSERT INTO tlog_hashes (level, idx, hash) VALUES (1, 1, $1)", make([]byte, 32))
			},
			func(string) []string { return []string{"there is a hash 1 of level 1"} },
		},
		"log truncated": {
			func(t *testing.T, r *rig, _ string) { r.exec(t, "DELETE FROM tlog_leaves WHERE idx >= 290") },
			func(string) []string {
				return []string{"leaf at position 290: the leaves from here to 300 are missing", "added: entry"}
			},
		},
		"log and checkpoint rolled back": {
			func(t *testing.T, r *rig, _ string) {
				r.exec(t, "DELETE FROM tlog_leaves WHERE idx >= 300")
				r.exec(t, "DELETE FROM tlog_checkpoints WHERE size > 300")
			},
			func(string) []string { return []string{"added: tombstone"} },
		},
		"checkpoint dropped": {
			func(t *testing.T, r *rig, _ string) { r.exec(t, "DELETE FROM tlog_checkpoints WHERE size = 301") },
			func(string) []string { return []string{"at position 300: it was added: no signed checkpoint"} },
		},
		"checkpoint replaced by an older one": {
			func(t *testing.T, r *rig, _ string) {
				r.exec(t, "UPDATE tlog_checkpoints SET note = (SELECT c.note FROM tlog_checkpoints c WHERE c.size = 0) WHERE size = 301")
			},
			func(string) []string {
				return []string{"checkpoint of size 301: what is stored in its place is the checkpoint of size 0"}
			},
		},
		"checkpoint not signed": {
			func(t *testing.T, r *rig, _ string) {
				r.exec(t, "UPDATE tlog_checkpoints SET note = replace(note, '301', '302') WHERE size = 301")
			},
			func(string) []string { return []string{"checkpoint of size 301: it is not signed by a known key"} },
		},
		"pending forged": {
			func(t *testing.T, r *rig, id string) {
				r.copyEntry(t, id, "0000-forged")
				r.exec(t, "INSERT INTO tlog_pending (id, leaf, mac) VALUES ('0000-forged', $1, $2)", []byte("leaf"), make([]byte, 32))
			},
			func(string) []string {
				return []string{"pending 0000-forged: it was forged", "changed: entry 0000-forged"}
			},
		},
		"pending replayed": {
			func(t *testing.T, r *rig, id string) {
				r.exec(t, "INSERT INTO tlog_pending (id, leaf, mac) SELECT id, leaf, $2 FROM tlog_leaves WHERE id = $1", id, r.pendingMAC(t, id))
			},
			func(id string) []string { return []string{"pending " + id + ": it was added again"} },
		},
		"pending dropped": {
			func(t *testing.T, r *rig, _ string) {
				r.recordFor(t, "p3", 1)
				r.exec(t, "DELETE FROM tlog_pending")
			},
			func(string) []string { return []string{"added: entry"} },
		},
		"pending's entry dropped": {
			func(t *testing.T, r *rig, _ string) {
				r.recordFor(t, "p3", 1)
				r.exec(t, "DELETE FROM activity_entries WHERE id = $1", r.ids[len(r.ids)-1])
			},
			func(string) []string { return []string{"missing: entry"} },
		},
		"another signing key": {
			func(t *testing.T, r *rig, _ string) {
				r.exec(t, "UPDATE keys_signers SET wrapped = $1", []byte("\x011xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
			},
			func(string) []string { return []string{"the stored signing key is not one that the master file opens"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) {
				r.sequence(t)
				r.record(t, 300)
				r.sequence(t)
				r.tombstone(t)
				r.sequence(t)
				want(t, r.opts, logcmd.Good, "ok")
				id := r.ids[position]
				test.spoil(t, r, id)
				want(t, r.opts, logcmd.Bad, append(test.says(id), "BAD: ")...)
			})
		})
	}
}

// TestLocalSince: a log that was rolled back as a whole, entries and all, is found
// out by who has seen a later checkpoint.
func TestLocalSince(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.record(t, 10)
		r.sequence(t)
		o := r.opts
		o.Since = filepath.Join(r.dir, "seen")
		r.record(t, 10)
		r.sequence(t)
		want(t, o, logcmd.Good)
		r.exec(t, "DELETE FROM tlog_leaves WHERE idx >= 10")
		r.exec(t, "DELETE FROM tlog_checkpoints WHERE size > 10")
		r.exec(t, "DELETE FROM activity_entries WHERE id >= $1", r.ids[10])
		want(t, r.opts, logcmd.Good)
		want(t, o, logcmd.Bad, "checkpoint of size 20: it was seen before")
	})
}

func TestLocalUsage(t *testing.T) {
	dir := t.TempDir()
	for i, o := range []logcmd.Options{
		{},
		{URL: "http://x", Data: dir, Key: "k"},
		{URL: "http://127.0.0.1:1"},
		{Data: dir},
		{Data: filepath.Join(dir, "none")},
		{DB: "mysql://x"},
		{DB: "postgres://127.0.0.1:1/none?connect_timeout=1"},
		{Data: dir, Key: "no key"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			want(t, o, logcmd.Failed, "log verify: ")
		})
	}
}
