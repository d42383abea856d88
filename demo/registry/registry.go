// Package registry is the sample registries of the demo's departments. They run
// in processes of their own, beside the main program: one kind speaks signed
// HTTP and JSON and takes writes, the other offers views of a database over the
// PostgreSQL protocol. Each can be slowed, broken and mended through a control
// address, to show what people then see.
package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"causeway/demo/city"
	"causeway/platform/day"
)

// Kinds of registries.
const (
	HTTP = "http" // the sources transport, district and rating
	SQL  = "sql"  // the sources immigration and housing
)

// Config is what a companion is told when it starts. A parent hands it over on
// standard input, so that its secrets are on no command line.
type Config struct {
	Kind         string   `json:"kind"`
	Dir          string   `json:"dir"`  // its own folder, where writes are kept
	Seed         uint64   `json:"seed"` // of the city
	Today        day.Date `json:"today"`
	GatewayKeyID string   `json:"gateway_key_id,omitempty"` // HTTP: names GatewayKey
	GatewayKey   []byte   `json:"gateway_key,omitempty"`    // HTTP: the Ed25519 key that verifies the gateway's requests
	Password     string   `json:"password,omitempty"`       // SQL: of the user "gateway"
	Token        string   `json:"token"`                    // admits to the control address

	// Ports asks for a port of 127.0.0.1 by source, and "control"; others are free ones.
	Ports map[string]int `json:"ports,omitempty"`

	Now func() time.Time `json:"-"` // the clock
}

// Ready is what a companion tells when it serves.
type Ready struct {
	Control string              `json:"control"` // HOST:PORT
	Sources map[string]Endpoint `json:"sources"`
}

// An Endpoint is where one source serves.
type Endpoint struct {
	Addr  string `json:"addr"`             // HOST:PORT
	KeyID string `json:"key_id,omitempty"` // HTTP: names Key
	Key   []byte `json:"key,omitempty"`    // HTTP: the Ed25519 key that verifies its answers
}

// A source is one registry within a companion.
type source interface {
	name() string
	endpoint() Endpoint
	fault() *fault
	open(ctx context.Context) error // serve at its address; no-op if it does
	shut()                          // drop every connection and refuse new ones
	close() error
}

// Run serves until ctx ends. It calls ready once, when every source does.
func Run(ctx context.Context, c Config, ready func(Ready)) error {
	if c.Now == nil || c.Token == "" {
		return errors.New("registry: a clock and a token are needed")
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	reference, err := referenceDay(filepath.Join(c.Dir, "reference-day"), c.Today)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	people := city.New(c.Seed, reference, c.Today)
	var sources []source
	switch c.Kind {
	case HTTP:
		sources, err = httpSources(c, people)
	case SQL:
		sources, err = sqlSources(ctx, c, people, reference)
	default:
		err = fmt.Errorf("kind %q: want http or sql", c.Kind)
	}
	defer func() {
		for _, s := range sources {
			s.shut()
			_ = s.close() // writes are on disk already
		}
	}()
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	said := Ready{Sources: map[string]Endpoint{}}
	for _, s := range sources {
		if err := s.open(ctx); err != nil {
			return fmt.Errorf("registry %s: %w", s.name(), err)
		}
		said.Sources[s.name()] = s.endpoint()
	}
	ctl, err := newControl(ctx, c, sources)
	if err != nil {
		return fmt.Errorf("registry: control: %w", err)
	}
	said.Control = ctl.addr()
	var wg sync.WaitGroup
	wg.Go(ctl.serve)
	ready(said)
	<-ctx.Done()
	ctl.close()
	wg.Wait()
	return nil
}

// referenceDay returns the day on which the city was first made in this folder.
func referenceDay(path string, today day.Date) (day.Date, error) {
	b, err := os.ReadFile(path) //nolint:gosec // our own folder
	if err == nil {
		return day.Parse(string(b))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return day.Date{}, err
	}
	return today, writeFile(path, []byte(today.String()))
}

// writeFile puts a whole file at path, or none.
func writeFile(path string, b []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// loopback is the address for a source or the control, free port if none is
// asked for.
func (c Config) loopback(name string) string {
	return fmt.Sprintf("127.0.0.1:%d", c.Ports[name])
}
