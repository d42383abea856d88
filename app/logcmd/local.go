package logcmd

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"causeway/modules/activity"
	"causeway/modules/activity/merkle"
	activitystore "causeway/modules/activity/store"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/tlog"
)

// SignerName is the name in the ring of the key that signs checkpoints.
const SignerName = "tlog"

// DatabaseFile and MasterFile are where a data folder has its database and its
// master secret.
const (
	DatabaseFile = "causeway.db"
	MasterFile   = "keys/master"
)

// local checks the log in a database, and the entries beside it.
func local(ctx context.Context, o Options, known note.Verifiers, p *printer) (err error) {
	d, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	master, err := openMaster(o, p)
	if err != nil {
		return err
	}
	a := localAudit{o: o, db: d, master: master, known: known, p: p}
	if a.known == nil {
		if a.known, err = a.stored(ctx); err != nil {
			return err
		}
	}
	if master != nil {
		ring := keys.New(d, master, time.Now) //nolint:forbidigo // for the ring's cache
		if err := ring.LoadShared(ctx, false); err != nil {
			return err
		}
		a.opener = outside{ring, ctx}
	}
	return tlog.Snapshot(ctx, d, a.run)
}

func open(ctx context.Context, o Options) (*db.DB, error) {
	if o.DB == "" {
		return db.OpenReadOnly(ctx, filepath.Join(o.Data, DatabaseFile))
	}
	if !strings.HasPrefix(o.DB, "postgres://") && !strings.HasPrefix(o.DB, "postgresql://") {
		return nil, errors.New("--db takes the address of a PostgreSQL database, postgres://…; --data takes a folder")
	}
	return db.OpenPostgres(ctx, o.DB, 2)
}

// openMaster returns nil if there is no master file at hand.
func openMaster(o Options, p *printer) (*keys.Master, error) {
	if o.Data != "" {
		m, err := keys.LoadMaster(filepath.Join(o.Data, MasterFile))
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return m, err
		}
	}
	p.line("note: without the master file (--data DIR) the MACs of pending leaves and what is sealed are not opened; entries are held to their leaves all the same")
	return nil, nil //nolint:nilnil // documented
}

type localAudit struct {
	o      Options
	db     *db.DB
	master *keys.Master
	known  note.Verifiers
	opener activity.Opener // nil: nothing is opened
	p      *printer
}

// outside opens bodies outside of the audit's unit, where the ring may remember
// the keys of persons.
type outside struct {
	ring *keys.Ring
	ctx  context.Context //nolint:containedctx // lives as long as the command
}

// Open implements activity.Opener.
func (o outside) Open(_ context.Context, person, label string, sealed []byte) ([]byte, error) {
	return o.ring.Open(o.ctx, person, label, sealed)
}

// OpenShared implements activity.Opener.
func (o outside) OpenShared(label string, sealed []byte) ([]byte, error) {
	return o.ring.OpenShared(label, sealed)
}

func (a localAudit) run(ctx context.Context) error {
	since, err := readSince(a.o.Since, a.known)
	if err != nil {
		return err
	}
	var mac func(string, []byte) []byte
	if a.master != nil {
		mac = a.master.MAC
	}
	audit := tlog.NewAudit(a.db, a.known, mac, a.log)
	if since.Note != "" {
		audit.Expect(since)
	}
	sum, err := audit.Check(ctx)
	if err != nil {
		return err
	}
	entries, err := activity.Audit(ctx, activitystore.New(a.db), merkle.NewLeaves(audit), a.opener, a.entry)
	if err != nil {
		return err
	}
	err = audit.Unclaimed(ctx, func(id string, position int64) {
		a.entry(activity.Finding{Verdict: activity.Missing, Kind: "entry", ID: id, Position: position, Why: "its leaf is there, and neither it nor a tombstone"})
	})
	if err != nil {
		return err
	}
	for _, id := range sum.Refused {
		a.p.line("note: the sequencer refused a pending leaf that it did not make: %q", id)
	}
	a.p.line("log %s: %d leaves, %d pending, %d checkpoints, the newest of %d leaves", sum.Checkpoint.Origin, sum.Leaves, sum.Pending, sum.Checkpoints, sum.Checkpoint.Size)
	a.p.line("activity: %d entries (%d opened), %d tombstones for %d erased entries", entries.Entries, entries.Opened, entries.Tombstones, entries.Erased)
	if a.p.problems > 0 {
		return nil
	}
	return a.keep(ctx)
}

// keep writes the newest checkpoint to the file that --since names.
func (a localAudit) keep(ctx context.Context) error {
	if a.o.Since == "" {
		return nil
	}
	c, err := tlog.Stored(ctx, a.db, a.known)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return writeSince(a.o.Since, c)
}

// stored returns the verifiers of the keys that the database has, whose private
// half only the master file opens.
func (a localAudit) stored(ctx context.Context) (note.Verifiers, error) {
	ring := keys.New(a.db, a.master, time.Now) //nolint:forbidigo // for the ring's cache
	publics, err := ring.Verifiers(ctx, SignerName)
	if err != nil {
		return nil, err
	}
	origin, err := tlog.StoredOrigin(ctx, a.db)
	if err != nil {
		return nil, err
	}
	if len(publics) == 0 || origin == "" {
		return nil, errors.New("this database has no log yet, or its key and checkpoints are gone; --key says whose log it should be")
	}
	active := slices.ContainsFunc(publics, func(k keys.Public) bool { return !k.Retired })
	if a.master != nil && active { // without an active key Signer would make one
		if s, err := ring.Signer(ctx, SignerName, keys.Ed25519); err != nil || !holds(publics, s) {
			a.p.problem("key: the stored signing key is not one that the master file opens")
		}
	}
	var all []note.Verifier
	for _, public := range publics {
		k, ok := public.Key.(ed25519.PublicKey)
		if !ok {
			continue
		}
		v, text, err := tlog.Verifier(origin, k)
		if err != nil {
			return nil, err
		}
		if !public.Retired {
			a.p.line("key %s (as the database has it; give the one you trust with --key)", text)
		}
		all = append(all, v)
	}
	return note.VerifierList(all...), nil
}

// holds reports whether s's public half is the one that publics has for it.
func holds(publics []keys.Public, s *keys.Signer) bool {
	return slices.ContainsFunc(publics, func(k keys.Public) bool {
		public, ok := k.Key.(ed25519.PublicKey)
		return ok && !k.Retired && public.Equal(s.Public())
	})
}

// log prints a problem of the log itself.
func (a localAudit) log(f tlog.Problem) {
	switch {
	case f.Kind == "hash":
		a.p.problem("hash: %s", f.Why)
	case f.Kind == "checkpoint":
		a.p.problem("checkpoint of size %d: %s", f.Position, f.Why)
	case f.ID == "":
		a.p.problem("%s at position %d: %s", f.Kind, f.Position, f.Why)
	case f.Position < 0:
		a.p.problem("%s %s: %s", f.Kind, quoted(f.ID), f.Why)
	default:
		a.p.problem("%s %s at position %d: %s", f.Kind, quoted(f.ID), f.Position, f.Why)
	}
}

// entry prints what is wrong with an entry.
func (a localAudit) entry(f activity.Finding) {
	where := "without a position"
	if f.Position >= 0 {
		where = fmt.Sprintf("at position %d", f.Position)
	}
	a.p.problem("%s: %s %s %s: %s", f.Verdict, f.Kind, quoted(f.ID), where, f.Why)
}

// quoted returns id as it is if it is plain, as ids that we made are.
func quoted(id string) string {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' {
			return fmt.Sprintf("%q", id)
		}
	}
	if id == "" {
		return `""`
	}
	return id
}
