package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"causeway/app/logcmd"
	"causeway/demo/city"
	"causeway/modules/exchange"
	"causeway/modules/exchange/classfile"
	"causeway/platform/db"
	"causeway/platform/httpx"
	"causeway/platform/keys"
)

// Routes returns the table of routes of the demo, which has every route of the
// real program and the demo's own. It uses dir, an empty folder, for scratch.
func Routes(ctx context.Context, dir string, now func() time.Time) (_ []httpx.Route, err error) {
	d, err := db.OpenSQLite(ctx, filepath.Join(dir, logcmd.DatabaseFile))
	if err != nil {
		return nil, err
	}
	master, err := keys.CreateMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	classes, err := classfile.Load(city.Classes())
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	w, err := newWorld(ctx, parts{
		db: d, master: master, origin: "http://localhost", zone: time.UTC, now: now, log: slog.New(slog.DiscardHandler), demo: true,
		uploads: uploadsIn(dir), classes: classes, hood: &neighbourhood{},
		sources: func(*world) (map[string]exchange.Source, error) { return map[string]exchange.Source{}, nil },
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("routes: %w", err), d.Close())
	}
	return w.mux.Routes(), w.close()
}
