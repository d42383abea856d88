package registry

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Main is what a companion process does: it reads its Config, one line of JSON,
// from stdin, serves, and writes one line of JSON, a Ready, to stdout. It ends
// with ctx, and when stdin does: its parent holds the other end, so that the
// companion goes with it even when it is killed.
func Main(ctx context.Context, stdin io.Reader, stdout io.Writer, now func() time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := bufio.NewReader(stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("registry: read configuration: %w", err)
	}
	var c Config
	if err := json.Unmarshal(line, &c); err != nil {
		return errors.New("registry: the configuration is not one line of JSON") // err may quote a secret
	}
	c.Now = now
	go func() {
		_, _ = io.Copy(io.Discard, in) // ends when the parent does
		cancel()
	}()
	var said error
	err = Run(ctx, c, func(r Ready) {
		if said = json.NewEncoder(stdout).Encode(r); said != nil {
			cancel()
		}
	})
	return errors.Join(err, said)
}

// A Process is a running companion.
type Process struct {
	Ready Ready
	Pid   int

	stdin io.Closer
	done  chan error
}

// Start runs exe with args, which is to call Main, as a companion with c. It
// returns when the companion serves. When ctx ends before that, the companion
// is killed.
func Start(ctx context.Context, c Config, stderr io.Writer, exe string, args ...string) (*Process, error) {
	line, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), exe, args...) //nolint:gosec // our own executable
	cmd.Stderr = stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true} // ^C reaches the parent alone
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &Process{stdin: stdin, done: make(chan error, 1)}
	started := make(chan error, 1)
	serves := make(chan error, 1)
	// The death signal is tied to the thread that started the process, so that
	// thread waits for it too.
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			serves <- p.hear(stdin, stdout, line)
			p.done <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	p.Pid = cmd.Process.Pid
	select {
	case err = <-serves:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_ = cmd.Process.Kill() // it may have ended by itself
		return nil, fmt.Errorf("start registry: %w", errors.Join(err, <-p.done))
	}
	return p, nil
}

// hear tells the companion its configuration and waits until it serves.
func (p *Process) hear(stdin io.Writer, stdout io.Reader, line []byte) error {
	if _, err := stdin.Write(append(line, '\n')); err != nil {
		return err
	}
	return json.NewDecoder(stdout).Decode(&p.Ready)
}

// Stop ends the companion and waits for it.
func (p *Process) Stop() error {
	return errors.Join(p.stdin.Close(), <-p.done)
}

// Done yields how the companion ended, once.
func (p *Process) Done() <-chan error { return p.done }
