package logcmd_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/app/logcmd"
	"causeway/modules/activity"
	"causeway/modules/activity/merkle"
	activitystore "causeway/modules/activity/store"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/testkit"
	"causeway/platform/tlog"
	"causeway/platform/trail"
)

// A rig is a running log with entries, in a data folder.
type rig struct {
	*activity.Service
	db   *db.DB
	log  *tlog.Log
	ring *keys.Ring
	dir  string
	opts logcmd.Options
	tick atomic.Int64
	ids  []string // of the entries, in order of their making
}

func each(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		d, err := db.OpenSQLite(t.Context(), filepath.Join(dir, logcmd.DatabaseFile))
		f(t, newRig(t, d, err, dir, logcmd.Options{Data: dir}))
	})
	t.Run("postgres", func(t *testing.T) {
		dir, url := t.TempDir(), testkit.PostgresURL(t)
		d, err := db.OpenPostgres(t.Context(), url, 8)
		f(t, newRig(t, d, err, dir, logcmd.Options{Data: dir, DB: url}))
	})
}

func newRigSQLite(t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	d, err := db.OpenSQLite(t.Context(), filepath.Join(dir, logcmd.DatabaseFile))
	return newRig(t, d, err, dir, logcmd.Options{Data: dir})
}

func newRig(t *testing.T, d *db.DB, err error, dir string, o logcmd.Options) *rig {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, m := range []testkit.M{{Module: "keys", Files: keys.Migrations}, {Module: "tlog", Files: tlog.Migrations}, {Module: "activity", Files: activitystore.Migrations}} {
		if err := db.Migrate(t.Context(), d, m.Module, m.Files); err != nil {
			t.Fatal(err)
		}
	}
	master, err := keys.CreateMaster(filepath.Join(dir, logcmd.MasterFile))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{db: d, dir: dir, opts: o}
	r.ring = keys.New(d, master, r.now)
	r.restart(t)
	return r
}

// now is a clock that moves on with each look, across restarts.
func (r *rig) now() time.Time {
	return time.Date(2026, 11, 23, 1, 2, 3, 456789, time.UTC).Add(time.Duration(r.tick.Add(1)) * time.Millisecond)
}

// restart begins anew on what the database holds, as a new process does.
func (r *rig) restart(t testing.TB) {
	t.Helper()
	key, err := r.ring.Signer(t.Context(), logcmd.SignerName, keys.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	r.tick.Add(10_000) // past the lease of the one before
	r.log, err = tlog.New(tlog.Options{DB: r.db, Origin: "log.example", Key: key, MAC: r.ring.MAC, Now: r.now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r.Service = activity.New(activity.Deps{
		Units: r.db, Store: activitystore.New(r.db), Log: merkle.New(r.log), Sealer: r.ring, Now: r.now,
		NewID: func() string {
			id := uuid.Must(uuid.NewV7()).String()
			r.ids = append(r.ids, id)
			return id
		},
	})
}

// secret is a reason that no output may show.
const secret = "chan tai man 1999"

// record makes n entries, of three persons and of none in turn.
func (r *rig) record(t testing.TB, n int) {
	t.Helper()
	err := r.db.Do(t.Context(), func(ctx context.Context) error {
		for i := range n {
			e := trail.Entry{
				Person: []string{"p1", "p2", "p3", ""}[i%4], Org: "transport-department", Actor: "officer", Role: "licence-officer",
				Channel: trail.Online, What: "casework.looked", Why: secret, Detail: map[string]string{"n": fmt.Sprint(i)},
			}
			if err := r.Record(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) sequence(t testing.TB) {
	t.Helper()
	for {
		n, err := r.log.Sequence(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// exec changes the database behind the program's back.
func (r *rig) exec(t testing.TB, q string, args ...any) {
	t.Helper()
	if _, err := r.db.Exec(t.Context(), q, args...); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// verify runs the command and returns its code and all that it wrote.
func verify(t testing.TB, o logcmd.Options) (int, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := logcmd.Verify(t.Context(), o, &out, &errs)
	all := out.String() + errs.String()
	if strings.Contains(all, secret) {
		t.Error("personal data was printed")
	}
	return code, all
}

// want checks that the command ends with code and says all of says.
func want(t testing.TB, o logcmd.Options, code int, says ...string) {
	t.Helper()
	got, out := verify(t, o)
	if got != code {
		t.Errorf("code %d, want %d:\n%s", got, code, out)
	}
	for _, s := range says {
		if !strings.Contains(out, s) {
			t.Errorf("does not say %q:\n%s", s, out)
		}
	}
}

// serve serves the log, through change if it is not nil.
func (r *rig) serve(t testing.TB, change func(http.Handler) http.Handler) string {
	t.Helper()
	m := http.NewServeMux()
	m.HandleFunc("GET /tlog/checkpoint", r.log.ServeCheckpoint)
	m.HandleFunc("GET /tlog/tile/{tile...}", r.log.ServeTile)
	var h http.Handler = m
	if change != nil {
		h = change(m)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// recordFor makes n entries about person.
func (r *rig) recordFor(t testing.TB, person string, n int) {
	t.Helper()
	for range n {
		err := r.Record(t.Context(), trail.Entry{Person: person, Actor: "system", Role: trail.System, Channel: trail.System, What: "casework.expired", Why: secret})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tombstone records one entry for somebody and erases it, both unsequenced.
func (r *rig) tombstone(t testing.TB) {
	t.Helper()
	if _, err := r.Erase(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
}

// copyEntry adds an entry like that of id.
func (r *rig) copyEntry(t testing.TB, id, as string) {
	t.Helper()
	r.exec(t, `INSERT INTO activity_entries (person_id, id, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash)
		SELECT person_id, $2, at_us, org_id, subject, actor, role, channel, what, grant_id, case_id, salt, sealed, body_hash FROM activity_entries WHERE id = $1`, id, as)
}

// rewrite changes an entry and has its leaf follow, as who knows the source would.
func (r *rig) rewrite(t testing.TB, id string) {
	t.Helper()
	r.exec(t, "UPDATE activity_entries SET actor = 'nobody' WHERE id = $1", id)
	rs, err := activitystore.New(r.db).Entries(t.Context(), "", "", 10000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rs {
		if e.ID == id {
			r.exec(t, "UPDATE tlog_leaves SET leaf = $2 WHERE id = $1", id, e.Leaf())
			return
		}
	}
	t.Fatal("no entry", id)
}

// pendingMAC returns the MAC that id's pending row had.
func (r *rig) pendingMAC(t testing.TB, id string) []byte {
	t.Helper()
	var leaf []byte
	if err := r.db.QueryRow(t.Context(), "SELECT leaf FROM tlog_leaves WHERE id = $1", id).Scan(&leaf); err != nil {
		t.Fatal(err)
	}
	return r.ring.MAC("tlog.pending", append([]byte(id+"\x00"), leaf...))
}
