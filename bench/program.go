package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A program is the built binary at work.
type program struct {
	cmd    *exec.Cmd
	Origin string
	Ready  time.Duration // from the start of the process until it said so
	log    *os.File
	done   chan error
}

// startFor bounds how long a start may take.
const startFor = 60 * time.Second

// start runs `causeway demo` on folder dir, and on the database url if one is
// given, and waits until it is ready.
func start(ctx context.Context, binary, dir, url string) (*program, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"demo", "--addr", addr, "--data", dir}
	if url != "" {
		args = append(args, "--db", url)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	log, err := os.OpenFile(dir+".log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	p := &program{cmd: exec.CommandContext(ctx, binary, args...), log: log, done: make(chan error, 1)} //nolint:gosec // the program that is measured
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start: %w", err), log.Close())
	}
	began := time.Now() //nolint:forbidigo // a duration, not a date
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start: %w", err), log.Close())
	}
	said := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if origin, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				said <- origin
			}
		}
		_, _ = io.Copy(io.Discard, out) // until it ends
		p.done <- p.cmd.Wait()
	}()
	select {
	case p.Origin = <-said:
		p.Ready = time.Since(began)
		return p, nil
	case err := <-p.done:
		return nil, fmt.Errorf("the program ended before it was ready (see %s): %w", log.Name(), err)
	case <-time.After(startFor):
		return nil, errors.Join(errors.New("the program was not ready in time"), p.stop())
	}
}

// stop ends the program and waits for it.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	select {
	case err := <-p.done:
		return errors.Join(err, p.log.Close())
	case <-time.After(startFor):
		return errors.Join(errors.New("the program did not stop"), p.cmd.Process.Kill(), p.log.Close())
	}
}

// resident returns the program's resident memory in bytes, its companions not
// counted.
func (p *program) resident() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 3 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("memory: no VmRSS")
}

// freeAddr returns an address on localhost that nobody listens on.
func freeAddr(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return "", fmt.Errorf("free port: %w", err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return "localhost:" + port, err
}
