// Package companion runs the demo's neighbours, registries, payment provider,
// post and a shop, as processes of their own that end with the program.
//
// Parent and child are the same executable. The child is told its
// configuration, secrets included, as a line of JSON on standard input, which
// then stays open: when it ends, so does the child, however the parent died.
// The child answers with a line of JSON on standard output once it serves.
package companion

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"time"

	"causeway/demo/mailbox"
	"causeway/demo/payprovider"
	"causeway/demo/registry"
	"causeway/demo/shop"
)

// The kinds of companions.
const (
	RegistryHTTP = "registry-http"
	RegistrySQL  = "registry-sql"
	Pay          = "pay"
	Post         = "post"
	Shop         = "shop"
)

// startFor bounds how long a companion may take until it serves.
const startFor = 60 * time.Second

// A PayConfig is what the payment provider is told.
type PayConfig struct {
	Port     int    `json:"port"`
	Dir      string `json:"dir"`
	Return   string `json:"return"`
	Callback string `json:"callback"`
	CA       string `json:"ca,omitempty"`
	Cert     string `json:"cert,omitempty"`
	Key      string `json:"key,omitempty"`
}

// A PayReady is where the payment provider serves.
type PayReady struct {
	Addr string `json:"addr"`
}

// Main is the child: it serves as kind until in ends.
func Main(ctx context.Context, kind string, in io.Reader, out io.Writer, now func() time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("companion: no configuration on standard input: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines) // it ends when the parent does, whatever the reason
		cancel()
	}()
	say := func(v any) {
		if err := json.NewEncoder(out).Encode(v); err != nil {
			cancel()
		}
	}
	switch kind {
	case RegistryHTTP, RegistrySQL:
		var c registry.Config
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("companion: %w", err)
		}
		c.Now = now
		return registry.Run(ctx, c, func(r registry.Ready) { say(r) })
	case Post:
		var c mailbox.Config
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("companion: %w", err)
		}
		c.Now = now
		return mailbox.Run(ctx, c, func(r mailbox.Ready) { say(r) })
	case Shop:
		var c shop.Config
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("companion: %w", err)
		}
		c.Now = now
		return shop.Run(ctx, c, func(r shop.Ready) { say(r) })
	case Pay:
		var c PayConfig
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("companion: %w", err)
		}
		return payprovider.Run(ctx, payprovider.Config{
			Addr: fmt.Sprintf("127.0.0.1:%d", c.Port), Dir: c.Dir, Return: c.Return, Callback: c.Callback,
			CA: c.CA, Cert: c.Cert, Key: c.Key, Now: now,
			Ready: func(a net.Addr) { say(PayReady{a.String()}) },
		})
	}
	return fmt.Errorf("companion: no kind %q", kind)
}

// A Process is a companion that runs.
type Process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	gone  chan struct{}
	err   error // once gone is closed
}

// Start starts exe as a companion of kind, and reads what it says into ready.
func Start(ctx context.Context, exe, kind string, config, ready any) (*Process, error) {
	line, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("companion %s: %w", kind, err)
	}
	cmd := exec.Command(exe, "companion", kind) //nolint:gosec,noctx // our own executable, which ends with its standard input
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("companion %s: %w", kind, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("companion %s: %w", kind, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("companion %s: %w", kind, err)
	}
	p := &Process{cmd: cmd, stdin: stdin, gone: make(chan struct{})}
	said := make(chan error, 1)
	go func() {
		said <- json.NewDecoder(stdout).Decode(ready)
		_, _ = io.Copy(io.Discard, stdout) // nothing more is expected
		p.err = cmd.Wait()
		close(p.gone)
	}()
	if _, err := stdin.Write(append(line, '\n')); err != nil {
		return nil, errors.Join(fmt.Errorf("companion %s: %w", kind, err), p.Stop())
	}
	late := time.NewTimer(startFor)
	defer late.Stop()
	select {
	case err = <-said:
	case <-late.C:
		err = errors.New("it did not start in time")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("companion %s: %w", kind, err), p.Stop())
	}
	return p, nil
}

// Gone is closed once the process has ended.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Stop ends the process and waits for it.
func (p *Process) Stop() error {
	_ = p.stdin.Close() // a child that is gone has closed it
	select {
	case <-p.gone:
	case <-time.After(3 * time.Second):
		_ = p.cmd.Process.Kill() // it may end by itself just now
		<-p.gone
	}
	return p.err
}
