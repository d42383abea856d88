package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"causeway/app/logcmd"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/tlog"
	"causeway/platform/trail"
)

type keysGroup struct {
	List   keysCommand   `cmd:"" help:"The keys that sign, signed and soon will."`
	Rotate rotateCommand `cmd:"" help:"Make a new key; what the old one signed still verifies."`
	Rewrap keysCommand   `cmd:"" help:"Wrap every stored key under the first wrapping key of the master file."`
}

type rotateCommand struct {
	Name string        `arg:"" help:"What the key is for: see keys list."`
	In   time.Duration `default:"1m" help:"After how long it signs; until then it is only published."`
	keysCommand
}

// keysCommand says whose keys are meant.
type keysCommand struct {
	Config string `help:"The configuration file of the installation." type:"path"`
	Data   string `help:"The data folder of a demo." type:"path"`
	DB     string `name:"db" help:"The URL of the PostgreSQL database of a demo, beside --data."`

	trusting bool // of a test: see serveCommand
}

// open returns a world with keys and a log, and nothing else. On SQLite that
// needs the program to be stopped.
func (k keysCommand) open(ctx context.Context, std Streams, now func() time.Time) (*world, error) {
	w := &world{parts: parts{now: now, log: slog.New(slog.NewTextHandler(std.Err, nil))}}
	var err error
	switch {
	case (k.Config == "") == (k.Data == "") || k.Config != "" && k.DB != "":
		return nil, fmt.Errorf("%w: give --config, or --data with or without --db", ErrUsage)
	case k.Config != "":
		var c config
		if c, err = readConfig(k.Config); err != nil {
			return nil, err
		}
		if w.master, err = keys.LoadMaster(c.MasterKeyFile); err != nil {
			return nil, err
		}
		w.origin = c.Origin
		w.db, err = serveCommand{trusting: k.trusting}.open(ctx, c)
	default:
		if w.master, err = keys.LoadMaster(filepath.Join(k.Data, logcmd.MasterFile)); err != nil {
			return nil, err
		}
		if k.DB != "" {
			w.db, err = db.OpenPostgres(ctx, k.DB, 2)
			break
		}
		file := filepath.Join(k.Data, logcmd.DatabaseFile)
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("--data: %w", err)
		}
		w.db, err = db.OpenSQLite(ctx, file)
	}
	if err != nil {
		return nil, err
	}
	w.ring = keys.New(w.db, w.master, now)
	return w, nil
}

// with runs f in a world that records what is done, and closes it.
func (k keysCommand) with(ctx context.Context, std Streams, now func() time.Time, f func(w *world) error) (err error) {
	w, err := k.open(ctx, std, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	if err := w.ring.LoadShared(ctx, true); err != nil {
		return err
	}
	if err := w.openLog(ctx); err != nil {
		return err
	}
	if err := w.wireActivity(ctx); err != nil {
		return err
	}
	return f(w)
}

// list prints the keys. The private halves are not touched.
func (k keysCommand) list(ctx context.Context, std Streams, now func() time.Time) (err error) {
	w, err := k.open(ctx, std, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	names, err := w.ring.Names(ctx)
	if err != nil {
		return err
	}
	origin, err := tlog.StoredOrigin(ctx, w.db)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "NAME\tKEY\tALGORITHM\tFROM\tSTATE")
	for _, name := range names {
		all, err := w.ring.Verifiers(ctx, name)
		if err != nil {
			return err
		}
		for _, p := range all {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", name, shown(name, origin, p), p.Alg, p.From.Format(time.RFC3339), state(p, now()))
		}
	}
	return out.Flush()
}

// shown is how others name a key: the log's in the form that log verify takes.
func shown(name, origin string, p keys.Public) string {
	key, ok := p.Key.(ed25519.PublicKey)
	if name != logcmd.SignerName || !ok || origin == "" {
		return p.KID
	}
	_, text, err := tlog.Verifier(origin, key)
	if err != nil {
		return p.KID
	}
	return text
}

func state(p keys.Public, now time.Time) string {
	switch {
	case p.Retired:
		return "retired: verifies on"
	case p.From.After(now):
		return "published: signs soon"
	}
	return "signs"
}

// rotate makes a new key and records that it did.
func (k rotateCommand) rotate(ctx context.Context, std Streams, now func() time.Time) error {
	return k.with(ctx, std, now, func(w *world) error {
		var next keys.Public
		err := w.db.Do(ctx, func(ctx context.Context) (err error) {
			if next, err = w.ring.Rotate(ctx, k.Name, k.In); err != nil {
				return err
			}
			return w.activity.Record(ctx, byOperator("keys.rotated", map[string]string{"name": k.Name, "key": next.KID}))
		})
		if err != nil {
			return err
		}
		origin, err := tlog.StoredOrigin(ctx, w.db)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "%s: %s signs from %s\n", k.Name, shown(k.Name, origin, next), next.From.Format(time.RFC3339))
		return nil
	})
}

// rewrap wraps the stored keys anew and records that it did.
func (k keysCommand) rewrap(ctx context.Context, std Streams, now func() time.Time) error {
	return k.with(ctx, std, now, func(w *world) error {
		n, err := w.ring.Rewrap(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			if err := w.activity.Record(ctx, byOperator("keys.rewrapped", map[string]string{"count": strconv.Itoa(n)})); err != nil {
				return err
			}
		}
		fmt.Fprintf(std.Out, "%d keys wrapped anew\n", n)
		return nil
	})
}

// byOperator is the record of what whoever runs the program does.
func byOperator(what string, detail map[string]string) trail.Entry {
	return trail.Entry{Actor: trail.System, Role: trail.System, Channel: trail.System, What: what, Detail: detail}
}
