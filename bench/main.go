// Command bench measures the built program on both engines, each figure beside
// its bar, and beside a floor measured in the same run on the same engine where
// one is meaningful. It prints a table and writes JSON.
//
// Runs of the program and of the floor alternate, and the median of each
// counts, so that whatever else the machine does weighs on both alike.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"causeway/demo/relying"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	binary string
	only   string // which loads, by name; "" for all
	runs   int
	span   time.Duration
}

func run(ctx context.Context) error {
	var o options
	var engines string
	floors := flag.Bool("serve-floor", false, "be the process that serves the floors (for the program itself)")
	out := flag.String("out", "dist/bench.json", "where the figures are written")
	flag.StringVar(&o.binary, "binary", "dist/causeway", "the built program")
	flag.StringVar(&engines, "engines", "sqlite,postgres", "which engines")
	flag.StringVar(&o.only, "only", "", "which loads, such as gateway,journeys; all if empty")
	flag.IntVar(&o.runs, "runs", 3, "runs of each load, of which the median counts")
	flag.DurationVar(&o.span, "span", 4*time.Second, "how long each run lasts")
	flag.Parse()
	if *floors {
		return serveFloor(ctx, os.Stdin, os.Stdout)
	}
	path, err := filepath.Abs(o.binary)
	if err != nil {
		return fmt.Errorf("binary: %w", err)
	}
	o.binary = path
	load := loadNow()
	r := &report{Date: clock().UTC().Format("2006-01-02 15:04 UTC"), Machine: fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}
	for engine := range strings.SplitSeq(engines, ",") {
		dsn := ""
		if engine == "postgres" {
			if dsn = os.Getenv("TEST_POSTGRES"); dsn == "" {
				return errors.New("TEST_POSTGRES names no server; run it by `make bench`")
			}
			if ok, err := durable(ctx, dsn); err != nil || !ok {
				return errors.Join(errors.New("the PostgreSQL server does not wait for its disk: fsync is off"), err)
			}
		}
		if err := o.measure(ctx, r, engine, dsn); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	r.Load = load + " … " + loadNow()
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	return r.write(*out)
}

// loadNow is the machine's load average of the last minute.
func loadNow() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// A bench is what one engine is measured with.
type bench struct {
	options
	engine, dir, url string
	report           *report
	program          *program
	client           *software
	floor            string            // origin
	party            *ecdsa.PrivateKey // signs for clients of the OpenID Provider
	server           int               // the PostgreSQL server's process, or 0
	next             atomic.Int64
}

// measure fills r with the figures of one engine.
func (o options) measure(ctx context.Context, r *report, engine, dsn string) (err error) {
	dir, err := os.MkdirTemp("", "causeway-bench-")
	if err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{options: o, engine: engine, dir: dir, report: r}
	if b.party, err = relying.NewKey(); err != nil {
		return err
	}
	if dsn != "" {
		if b.server, err = serverProcess(ctx, dsn); err != nil {
			return err
		}
	}
	if err := b.starts(ctx, dsn); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.program.stop()) }()
	end, err := b.startFloor(ctx, dsn)
	if err != nil {
		return err
	}
	defer end()
	for _, l := range []struct {
		name string
		run  func(context.Context) error
	}{{"memory", b.memory}, {"home", b.home}, {"gateway", b.gateway}, {"journeys", b.journeys}, {"openid", b.openid}} {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), l.name) {
			continue
		}
		if err := l.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// starts measures the first start on a fresh folder and database, three times,
// and that on one which exists. The last one stays.
func (b *bench) starts(ctx context.Context, dsn string) error {
	var first, again []float64
	for i := range 3 {
		dir, url := filepath.Join(b.dir, fmt.Sprint("data", i)), ""
		var err error
		if dsn != "" {
			if url, err = freshDatabase(ctx, dsn, fmt.Sprint("bench_", i)); err != nil {
				return err
			}
		}
		for _, times := range []*[]float64{&first, &again} {
			if b.program != nil {
				if err := b.program.stop(); err != nil {
					return err
				}
			}
			if b.program, err = start(ctx, b.binary, dir, url); err != nil {
				return err
			}
			*times = append(*times, b.program.Ready.Seconds())
		}
		b.url = url
		var client *software
		if client, _, err = enrolled(dir); err != nil {
			return err
		}
		b.client = client
	}
	b.report.add(figure{Engine: b.engine, What: "ready on a fresh folder, 10,000 residents", Unit: "s", Bar: 5, Most: true, Runs: first})
	b.report.add(figure{Engine: b.engine, What: "ready on a folder that exists", Unit: "s", Bar: 1, Most: true, Runs: again})
	return nil
}

// memory measures the program as it idles.
func (b *bench) memory(context.Context) error {
	time.Sleep(3 * time.Second)
	bytes, err := b.program.resident()
	if err != nil {
		return err
	}
	b.report.add(figure{Engine: b.engine, What: "resident memory when idle", Unit: "MB", Bar: 200, Most: true, Runs: []float64{float64(bytes) / 1e6}})
	return nil
}

// home measures the signed-in front page, then its waits at half the load of
// the bar.
func (b *bench) home(context.Context) error {
	all, err := signedIn(b.program.Origin, 16, &b.next)
	if err != nil {
		return err
	}
	var rates, waits []float64
	for range b.runs {
		r := hammer(len(all), b.span, home(all))
		b.failed("home", r)
		rates = append(rates, r.perSecond())
	}
	for range b.runs {
		r := openLoop(len(all), 750, b.span, home(all))
		b.failed("home, 750/s", r)
		waits = append(waits, r.percentile(99))
	}
	for _, j := range all {
		j.close()
	}
	b.report.add(figure{Engine: b.engine, What: "signed-in home page", Unit: "requests/s", Bar: 1500, Runs: rates})
	b.report.add(figure{Engine: b.engine, What: "home page, p99 at 750 requests/s", Unit: "ms", Bar: 40, Most: true, Runs: waits})
	return nil
}

// gateway measures fetches through the gateway, and their floor.
func (b *bench) gateway(ctx context.Context) error {
	_, master, err := enrolled(filepath.Join(b.dir, "data2"))
	if err != nil {
		return err
	}
	if err := b.client.consented(ctx, b.program.Origin, master, 32, &b.next); err != nil {
		return err
	}
	var rates, floors, shares []float64
	for range b.runs {
		r, err := b.client.fetches(b.program.Origin, b.span)
		if err != nil {
			return err
		}
		b.failed("gateway", r)
		f, err := b.client.fetches(b.floor, b.span)
		if err != nil {
			return err
		}
		b.failed("floor of the gateway", f)
		rates, floors = append(rates, r.perSecond()), append(floors, f.perSecond())
		shares = append(shares, r.perSecond()/f.perSecond())
	}
	b.report.add(figure{Engine: b.engine, What: "gateway fetch, 32 at a time", Unit: "/s", Bar: 1000, Floor: median(floors), Runs: rates})
	b.report.add(figure{Engine: b.engine, What: "gateway fetch, share of its floor", Bar: 0.5, Runs: shares})
	return nil
}

// journeys measures whole journeys, and their floor.
func (b *bench) journeys(context.Context) error {
	var rates, floors, shares, work, least, ours, server []float64
	for range b.runs {
		before, us, they := b.used(), used(b.program.cmd.Process.Pid), used(b.server)
		r, sample, err := journeys(b.program.Origin, b.span, &b.next)
		if err != nil {
			return err
		}
		b.failed("journeys", r)
		between := b.used()
		ours = append(ours, (used(b.program.cmd.Process.Pid)-us).Seconds()*1000/float64(r.Done))
		server = append(server, (used(b.server)-they).Seconds()*1000/float64(r.Done))
		f, err := replay(b.floor, b.span, &sample)
		if err != nil {
			return err
		}
		b.failed("floor of the journeys", f)
		work = append(work, (between-before).Seconds()*1000/float64(r.Done))
		least = append(least, (b.used()-between).Seconds()*1000/float64(f.Done))
		rates, floors = append(rates, r.perSecond()), append(floors, f.perSecond())
		shares = append(shares, r.perSecond()/f.perSecond())
	}
	b.report.add(figure{Engine: b.engine, What: "whole journeys, 16 at a time", Unit: "/s", Bar: 40, Floor: median(floors), Runs: rates})
	b.report.add(figure{Engine: b.engine, What: "whole journeys, share of their floor", Bar: 0.4, Runs: shares})
	b.report.Notes = append(b.report.Notes, fmt.Sprintf("%s: a journey takes %.1f ms of processor time in all processes together, load included; its floor %.1f ms; program and companions %.1f ms, database server %.1f ms", b.engine, median(work), median(least), median(ours), median(server)))
	return nil
}

// used is how long all that takes part had a processor.
func (b *bench) used() time.Duration { return used(b.program.cmd.Process.Pid, os.Getpid(), b.server) }

// failed notes what failed in r.
func (b *bench) failed(what string, r rate) {
	if r.Failed > 0 {
		b.report.Failed = append(b.report.Failed, fmt.Sprintf("%s, %s: %d failed beside %d done: %v", b.engine, what, r.Failed, r.Done, r.First))
	}
}

// startFloor starts the process that serves the floors.
func (b *bench) startFloor(ctx context.Context, dsn string) (end func(), err error) {
	public, ok := b.client.key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("floor: no Ed25519 key")
	}
	party, err := x509.MarshalPKIXPublicKey(b.party.Public())
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	c := floorConfig{Party: party, Binary: b.binary, Dir: filepath.Join(b.dir, "floor"), Client: public}
	if dsn != "" {
		if c.DB, err = freshDatabase(ctx, dsn, "bench_floor"); err != nil {
			return nil, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-serve-floor") //nolint:gosec // ourselves
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	end = func() {
		_ = in.Close() // it ends with that
		_ = cmd.Wait()
	}
	if err := json.NewEncoder(in).Encode(c); err != nil {
		end()
		return nil, fmt.Errorf("floor: %w", err)
	}
	if _, err := fmt.Fscanf(out, "ready %s\n", &b.floor); err != nil {
		end()
		return nil, fmt.Errorf("floor: it did not start: %w", err)
	}
	return end, nil
}
