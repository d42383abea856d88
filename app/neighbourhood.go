package app

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"causeway/demo/city"
	"causeway/demo/companion"
	"causeway/demo/mailbox"
	"causeway/demo/payprovider"
	"causeway/demo/registry"
	"causeway/demo/shop"
	"causeway/modules/exchange"
	"causeway/modules/exchange/guard"
	"causeway/modules/exchange/httpsource"
	"causeway/modules/exchange/sqlview"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/keys"
)

// neighbourhood is the demo's companions, and how they are reached.
type neighbourhood struct {
	dir    string
	origin string
	zone   *time.Location
	now    func() time.Time
	tls    bool

	token    string // admits to the companions' controls
	password string // of the SQL registry's user
	gateway  *keys.Signer
	ports    map[string]int

	http, sql registry.Ready
	post      mailbox.Ready
	shop      shop.Ready
	pay       struct {
		origin, api string
		secrets     payprovider.Secrets
		client      *http.Client // reaches its control
	}

	people   *city.City      // once it is settled
	renewing []city.Resident // of people

	mu    sync.Mutex // guards procs
	procs []*companion.Process
}

// start starts every companion at once, on the ports that they had before where
// those are free.
func (n *neighbourhood) start(ctx context.Context, master *keys.Master) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("companions: %w", err)
	}
	n.token = base64.RawURLEncoding.EncodeToString(master.MAC("demo.token", nil))
	n.password = base64.RawURLEncoding.EncodeToString(master.MAC("demo.registry-password", nil))
	seed := master.MAC("demo.gateway-key", nil)
	if n.gateway, err = keys.SignerOf(keys.Ed25519, ed25519.NewKeyFromSeed(seed)); err != nil {
		return err
	}
	public, ok := n.gateway.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("companions: the gateway's key is not for Ed25519")
	}
	n.ports = n.recalled(ctx)
	today := day.In(n.now(), n.zone)
	config := func(kind string) registry.Config {
		return registry.Config{
			Kind: kind, Dir: filepath.Join(n.dir, "registry-"+kind), Seed: demoSeed, Today: today,
			GatewayKeyID: n.gateway.KID, GatewayKey: public, Password: n.password, Token: n.token,
		}
	}
	payDir := filepath.Join(n.dir, "pay")
	if n.pay.secrets, err = payprovider.OpenSecrets(payDir); err != nil {
		return err
	}
	var paid companion.PayReady
	pay := companion.PayConfig{Port: n.ports["pay"], Dir: payDir, Return: n.origin, Callback: n.origin + "/payments/callback/sandbox"}
	if n.tls {
		pay.CA, pay.Cert, pay.Key = n.authority(), filepath.Join(n.dir, certFile), filepath.Join(n.dir, keyFile)
	}
	cars := shop.Config{Port: n.ports["shop"], Issuer: n.origin, Seed: master.MAC(shopKeyLabel, nil)}
	if n.tls {
		cars.CA, cars.Cert, cars.Key = n.authority(), filepath.Join(n.dir, certFile), filepath.Join(n.dir, keyFile)
	}
	post := mailbox.Config{Dir: filepath.Join(n.dir, "post"), Token: n.token}
	starts := []func() error{
		func() error { return n.one(ctx, exe, companion.RegistryHTTP, config(registry.HTTP), &n.http) },
		func() error { return n.one(ctx, exe, companion.RegistrySQL, config(registry.SQL), &n.sql) },
		func() error { return n.one(ctx, exe, companion.Pay, pay, &paid) },
		func() error { return n.one(ctx, exe, companion.Post, post, &n.post) },
		func() error { return n.one(ctx, exe, companion.Shop, cars, &n.shop) },
	}
	errs := make([]error, len(starts))
	var wg sync.WaitGroup
	for i, f := range starts {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	scheme := "http"
	if n.tls {
		scheme = "https"
	}
	n.ports["pay"], n.ports["shop"] = port(paid.Addr), port(n.shop.Addr)
	n.pay.origin = fmt.Sprintf("%s://pay.localhost:%d", scheme, n.ports["pay"])
	n.pay.api = n.pay.origin
	if !n.tls {
		n.pay.api = "http://" + paid.Addr
	}
	if n.pay.client, err = n.payClient(paid.Addr); err != nil {
		return err
	}
	return n.recall()
}

// payClient reaches the payment provider at addr, whatever name it is called by,
// since not every resolver knows the names below localhost.
func (n *neighbourhood) payClient(addr string) (*http.Client, error) {
	tr := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	if n.tls {
		b, err := os.ReadFile(n.authority())
		if err != nil {
			return nil, fmt.Errorf("companions: %w", err)
		}
		trust := x509.NewCertPool()
		trust.AppendCertsFromPEM(b)
		tr.TLSClientConfig = &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: tr}, nil
}

// authority is the file of who vouches for the companions' certificates; ""
// without TLS.
func (n *neighbourhood) authority() string {
	if !n.tls {
		return ""
	}
	return filepath.Join(n.dir, caFile)
}

func (n *neighbourhood) one(ctx context.Context, exe, kind string, config, ready any) error {
	p, err := companion.Start(ctx, exe, kind, config, ready)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.procs = append(n.procs, p)
	return nil
}

// stop ends every companion.
func (n *neighbourhood) stop() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range n.procs {
		wg.Go(func() { _ = p.Stop() }) // it ends when we do
	}
	wg.Wait()
	n.procs = nil
	return nil
}

const portsFile = "ports.json"

// recalled returns the ports of the last start that are free now.
func (n *neighbourhood) recalled(ctx context.Context) map[string]int {
	ports := map[string]int{}
	b, err := os.ReadFile(filepath.Join(n.dir, portsFile))
	if err != nil || json.Unmarshal(b, &ports) != nil {
		return map[string]int{}
	}
	for name, p := range ports {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			ports[name] = 0
			continue
		}
		_ = l.Close() // it was only to see
	}
	return ports
}

func (n *neighbourhood) recall() error {
	b, err := json.Marshal(n.ports)
	if err != nil {
		return fmt.Errorf("ports: %w", err)
	}
	if err := os.WriteFile(filepath.Join(n.dir, portsFile), b, 0o600); err != nil {
		return fmt.Errorf("ports: %w", err)
	}
	return nil
}

// registries says which department each of the city's sources belongs to.
func registries() map[string]org.ID {
	return map[string]org.ID{
		"transport": "transport-department", "district": "district-transport", "rating": "rating-and-valuation-department",
		"immigration": "immigration-department", "housing": "housing-department",
	}
}

// sources connects the gateway to the registries, each behind its own limits.
func (n *neighbourhood) sources(*world) (map[string]exchange.Source, error) {
	out := map[string]exchange.Source{}
	loopback := httpsource.Loopback()
	for name, at := range n.http.Sources {
		src, err := httpsource.New(httpsource.Config{
			URL: "http://" + at.Addr, Key: n.gateway.Private(), KeyID: n.gateway.KID, Their: ed25519.PublicKey(at.Key), TheirID: at.KeyID,
			Allow: loopback, Insecure: true, Now: n.now,
		})
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", name, err)
		}
		g := guard.New(name, src, src, guard.Limits{Now: n.now})
		out[name] = exchange.Source{Name: name, Registry: registries()[name], Kind: "http", Reads: g, Writes: g, Watch: g}
	}
	for name, at := range n.sql.Sources {
		src, err := sqlview.New(sqlview.Config{
			DSN: fmt.Sprintf("postgres://gateway:%s@%s/%s?sslmode=disable", n.password, at.Addr, name), Dial: httpsource.Dialer(loopback),
		})
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", name, err)
		}
		g := guard.New(name, src, nil, guard.Limits{Now: n.now})
		out[name] = exchange.Source{Name: name, Registry: registries()[name], Kind: "sql", Reads: g, Watch: g}
	}
	return out, nil
}
