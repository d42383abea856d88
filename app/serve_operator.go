package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/payment"
	"causeway/platform/telemetry"
)

// operate serves what the machine's keepers look at, at an address of its own,
// until stop is called.
func operate(ctx context.Context, addr string, w *world, m *telemetry.Metrics) (at net.Addr, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: operator: %w", errConfig, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler(w.parts.log))
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", func(rw http.ResponseWriter, r *http.Request) {
		if ctx.Err() != nil {
			http.Error(rw, "stopping", http.StatusServiceUnavailable)
			return
		}
		w.readyz(rw, r)
	})
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second,
		ErrorLog: slog.NewLogLogger(w.parts.log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			w.parts.log.ErrorContext(ctx, "operator address failed", "err", err)
		}
	}()
	return l.Addr(), func() {
		if err := srv.Close(); err != nil {
			w.parts.log.DebugContext(ctx, "operator address: close", "err", err)
		}
	}, nil
}

// measure adds the figures of the program's parts to m.
func (w *world) measure(m *telemetry.Metrics, sources map[string]exchange.Source) {
	m.Gauge("causeway_jobs", "Unfinished background jobs: those that wait to run now, and all.", []string{"state"}, func(ctx context.Context) ([]telemetry.Reading, error) {
		waiting, all, err := w.jobs.Depth(ctx)
		return []telemetry.Reading{{Labels: []string{"waiting"}, Value: float64(waiting)}, {Labels: []string{"all"}, Value: float64(all)}}, err
	})
	m.Gauge("causeway_log_pending", "Leaves of the transparency log without an index.", nil, func(ctx context.Context) ([]telemetry.Reading, error) {
		n, err := w.log.Pending(ctx)
		return telemetry.One(float64(n)), err
	})
	m.Gauge("causeway_log_leaves", "Leaves of the transparency log under its newest checkpoint.", nil, func(ctx context.Context) ([]telemetry.Reading, error) {
		c, err := w.log.Checkpoint(ctx)
		return telemetry.One(float64(c.Size)), err
	})
	books := &ledger{w: w}
	m.Gauge("causeway_ledger_balance_minor", "Balances of the ledger, in minor units, as of the last minute.", []string{"account", "currency"}, books.balances)
	m.Gauge("causeway_ledger_balanced", "1 while the ledger's sum is zero, as of the last minute.", nil, books.balanced)
	m.Gauge("causeway_source_circuit", "Registries: 0 closed, 1 half open, 2 open.", []string{"source"}, func(context.Context) ([]telemetry.Reading, error) {
		var all []telemetry.Reading
		for name, s := range sources {
			all = append(all, telemetry.Reading{Labels: []string{name}, Value: circuit(s.Watch.Health().Circuit)})
		}
		return all, nil
	})
	m.Gauge("causeway_database_connections", "Connections to the database.", []string{"pool", "state"}, func(context.Context) ([]telemetry.Reading, error) {
		var all []telemetry.Reading
		for pool, s := range w.db.Stats() {
			all = append(all, telemetry.Reading{Labels: []string{pool, "used"}, Value: float64(s.InUse)}, telemetry.Reading{Labels: []string{pool, "idle"}, Value: float64(s.Idle)})
		}
		return all, nil
	})
	m.Gauge("causeway_calendar_ending", "Calendars of services that end within half a year, by their last day as Unix time.", []string{"calendar"}, func(ctx context.Context) ([]telemetry.Reading, error) {
		endings, err := w.catalogue.Endings(ctx)
		var all []telemetry.Reading
		for _, e := range endings {
			all = append(all, telemetry.Reading{Labels: []string{e.Calendar}, Value: float64(e.Last.Start(w.zone).Unix())})
		}
		return all, err
	})
}

func circuit(state string) float64 {
	switch state {
	case exchange.HalfOpen:
		return 1
	case exchange.Open:
		return 2
	}
	return 0
}

// booksFor is how long a reading of the ledger is good for: it sums all of it.
const booksFor = time.Minute

// ledger reads the balances of all accounts, seldom.
type ledger struct {
	w *world

	mu       sync.Mutex // guards what follows
	at       time.Time
	accounts []payment.AccountBalance
	ok       bool
}

func (l *ledger) read(ctx context.Context) ([]payment.AccountBalance, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.w.now(); now.Sub(l.at) >= booksFor {
		accounts, err := l.w.payment.Balance(ctx)
		if err != nil && !errors.Is(err, payment.ErrUnbalanced) {
			return nil, false, err
		}
		l.at, l.accounts, l.ok = now, accounts, err == nil
	}
	return l.accounts, l.ok, nil
}

func (l *ledger) balances(ctx context.Context) ([]telemetry.Reading, error) {
	accounts, _, err := l.read(ctx)
	var all []telemetry.Reading
	for _, b := range accounts {
		all = append(all, telemetry.Reading{Labels: []string{string(b.Account), b.Amount.Currency}, Value: float64(b.Amount.Minor)})
	}
	return all, err
}

func (l *ledger) balanced(ctx context.Context) ([]telemetry.Reading, error) {
	_, ok, err := l.read(ctx)
	if ok {
		return telemetry.One(1), err
	}
	return telemetry.One(0), err
}
