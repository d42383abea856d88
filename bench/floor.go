package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"causeway/demo/city"
	"causeway/demo/companion"
	"causeway/demo/payprovider"
	"causeway/demo/registry"
	"causeway/modules/exchange"
	"causeway/modules/exchange/classfile"
	"causeway/modules/exchange/httpsource"
	"causeway/modules/exchange/sqlview"
	"causeway/modules/payment/sandbox"
	"causeway/platform/day"
	"causeway/platform/db"
	"causeway/platform/httpsig"
	"causeway/platform/keys"
)

// A floorConfig is what the process that serves floors is told.
type floorConfig struct {
	Binary string
	Dir    string
	DB     string // the URL of a PostgreSQL database; SQLite in Dir if ""
	Client []byte // the public key that signs fetches
	Party  []byte // the public key (PKIX) that signs client assertions
}

// floor is a server that does, of the journeys and the fetches, only what cannot
// be left out: the rows that are written, in as many commits; the signatures; the
// sizes of the pages; the calls to the same companions. It knows no rules, checks
// no session, draws no page and keeps nothing sealed.
type floor struct {
	floorConfig
	db       *db.DB
	sign     *keys.Signer // Ed25519
	issue    *keys.Signer // ES256
	client   httpsig.Key
	party    any            // the public key of client assertions
	class    exchange.Class // of the fetches
	other    exchange.Class
	http     *httpsource.Source
	sql      *sqlview.Source
	pay      *sandbox.Client
	people   []city.Resident
	next     chan int // residents
	page     []byte
	registry string
	direct   *http.Client
}

// citySeed is the seed of the demo's city, so that its residents are the same.
const citySeed = 1997_07_01

// serveFloor is the child: it reads its configuration from in, tells its address
// on out, and serves until in ends.
func serveFloor(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dec := json.NewDecoder(in)
	f := &floor{page: make([]byte, 1<<20), direct: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}}
	if err := dec.Decode(&f.floorConfig); err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	origin := "http://localhost:" + port
	stop, err := f.open(ctx, origin)
	defer stop()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page/{size}", f.servePage)
	mux.HandleFunc("POST /step/{step}", f.serveStep)
	mux.HandleFunc("POST /payments/callback/sandbox", f.serveCallback)
	mux.HandleFunc("POST /openid/token", f.serveToken)
	mux.HandleFunc("POST /openid/introspect", f.serveIntrospection)
	mux.HandleFunc("POST /api/v1/exchange/fetch", f.serveFetch)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in) // it ends with its parent
		_ = srv.Close()
	}()
	if _, err := fmt.Fprintln(out, "ready", origin); err != nil {
		return err
	}
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

const floorTable = `CREATE TABLE floor_rows (id TEXT PRIMARY KEY, person TEXT NOT NULL, payload TEXT NOT NULL)`

// open makes the database and starts the companions. stop ends all of it, also
// after an error.
func (f *floor) open(ctx context.Context, origin string) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return stop, fmt.Errorf("floor: %w", err)
	}
	if f.DB == "" {
		f.db, err = db.OpenSQLite(ctx, filepath.Join(f.Dir, "floor.db"))
	} else {
		f.db, err = db.OpenPostgres(ctx, f.DB, 32)
	}
	if err != nil {
		return stop, err
	}
	stops = append(stops, func() { _ = f.db.Close() })
	if _, err := f.db.Exec(ctx, floorTable); err != nil {
		return stop, fmt.Errorf("floor: %w", err)
	}
	if f.sign, err = keys.NewSigner(keys.Ed25519); err != nil {
		return stop, err
	}
	if f.issue, err = keys.NewSigner(keys.ES256); err != nil {
		return stop, err
	}
	if f.client, err = httpsig.PublicKey(ed25519.PublicKey(f.Client)); err != nil {
		return stop, err
	}
	if f.party, err = x509.ParsePKIXPublicKey(f.Party); err != nil {
		return stop, fmt.Errorf("floor: %w", err)
	}
	classes, err := classfile.Load(city.Classes())
	if err != nil {
		return stop, err
	}
	f.class, _ = classes.Class(asked)
	f.other, _ = classes.Class("immd.identity")
	today := day.In(clock(), time.FixedZone("HKT", 8*60*60))
	f.people = city.New(citySeed, today, today).Renewable(today)
	f.next = make(chan int)
	go func() {
		for i := 0; ctx.Err() == nil; i++ {
			f.next <- i % len(f.people)
		}
	}()
	return stop, f.companions(ctx, origin, today, &stops)
}

// companions starts the registries and the payment provider, the same programs
// that the demo runs.
func (f *floor) companions(ctx context.Context, origin string, today day.Date, stops *[]func()) error {
	run := func(kind string, config, ready any) error {
		p, err := companion.Start(ctx, f.Binary, kind, config, ready)
		if err == nil {
			*stops = append(*stops, func() { _ = p.Stop() })
		}
		return err
	}
	public, ok := f.sign.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("floor: no Ed25519 key")
	}
	config := registry.Config{
		Kind: registry.HTTP, Dir: filepath.Join(f.Dir, "http"), Seed: citySeed, Today: today,
		GatewayKeyID: f.sign.KID, GatewayKey: public, Password: rand.Text(), Token: rand.Text(),
	}
	var web, view registry.Ready
	if err := run(companion.RegistryHTTP, config, &web); err != nil {
		return err
	}
	config.Kind, config.Dir = registry.SQL, filepath.Join(f.Dir, "sql")
	if err := run(companion.RegistrySQL, config, &view); err != nil {
		return err
	}
	dir := filepath.Join(f.Dir, "pay")
	secrets, err := payprovider.OpenSecrets(dir)
	if err != nil {
		return err
	}
	var paid companion.PayReady
	err = run(companion.Pay, companion.PayConfig{Dir: dir, Return: origin, Callback: origin + "/payments/callback/sandbox"}, &paid)
	if err != nil {
		return err
	}
	at := web.Sources[f.class.Source]
	f.http, err = httpsource.New(httpsource.Config{
		URL: "http://" + at.Addr, Key: f.sign.Private(), KeyID: f.sign.KID, Their: ed25519.PublicKey(at.Key), TheirID: at.KeyID,
		Allow: httpsource.Loopback(), Insecure: true, Now: clock,
	})
	if err != nil {
		return err
	}
	f.registry = "http://" + at.Addr
	name := f.other.Source
	f.sql, err = sqlview.New(sqlview.Config{
		DSN: fmt.Sprintf("postgres://gateway:%s@%s/%s?sslmode=disable", config.Password, view.Sources[name].Addr, name), Dial: httpsource.Dialer(httpsource.Loopback()),
	})
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(paid.Addr)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	f.pay, err = sandbox.New(sandbox.Config{
		API: "http://" + paid.Addr, Origin: "http://pay.localhost:" + port, Key: secrets.API, Webhook: secrets.Webhook, Return: origin, Now: clock,
	})
	return err
}

// servePage answers with a page of the size that a real one has.
func (f *floor) servePage(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("size"))
	if err != nil || n < 0 || n > len(f.page) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(n))
	_, _ = w.Write(f.page[:n]) // the client has gone
}

// row is as large as those that a journey writes on average.
var row = strings.Repeat("x", 330) //nolint:gochecknoglobals // never changed

const insertRow = `INSERT INTO floor_rows (id, person, payload) VALUES ($1, $2, $3)`

// commit writes rows in one durable unit.
func (f *floor) commit(ctx context.Context, rows int) error {
	return f.db.Do(ctx, func(ctx context.Context) error {
		for range rows {
			if _, err := f.db.Exec(ctx, insertRow, rand.Text(), rand.Text(), row); err != nil {
				return err
			}
		}
		return nil
	})
}
