// Package harness runs the real program for tests: as a process of its own, on a
// data folder that outlives it.
package harness

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Build builds the program into dir and returns its path. Where TEST_PROGRAM names
// one that was built already, that is it.
func Build(dir string) (string, error) {
	if built := os.Getenv("TEST_PROGRAM"); built != "" {
		return built, nil
	}
	bin := filepath.Join(dir, "causeway")
	if out, err := exec.Command("go", "build", "-o", bin, "causeway/cmd/causeway").CombinedOutput(); err != nil { //nolint:noctx // it ends by itself
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
}

// A Place is where a demo lives: it can be started there again and again.
type Place struct {
	Bin  string
	Data string
	DB   string   // the URL of a PostgreSQL database; "" for SQLite
	Wrap []string // a command to run the program with, such as prlimit
	Args []string // further options of the demo
	Env  []string // further variables of its environment
	Addr string   // where it last served; "" for a free port
}

// A City is a running demo.
type City struct {
	Origin string
	cmd    *exec.Cmd
	log    *tail
	gone   chan struct{}
	err    error // once gone is closed
}

// readyFor bounds a start; a loaded machine with the race detector is slow.
const readyFor = 90 * time.Second

// Start starts the program in p and waits until it serves. It serves where it
// did before.
func (p *Place) Start() (*City, error) {
	addr := p.Addr
	if addr == "" {
		addr = "localhost:0"
	}
	args := append(append([]string(nil), p.Wrap...), p.Bin, "demo", "--addr", addr, "--data", p.Data)
	if p.DB != "" {
		args = append(args, "--db", p.DB)
	}
	args = append(args, p.Args...)
	c := &City{cmd: exec.Command(args[0], args[1:]...), log: &tail{}, gone: make(chan struct{})} //nolint:gosec,noctx // our own program
	c.cmd.Env = append(os.Environ(), p.Env...)
	c.cmd.Stderr = c.log
	c.cmd.WaitDelay = time.Second // companions hold the pipe for a moment longer
	out, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Stdout = w
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(err, out.Close(), w.Close())
	}
	_ = w.Close() // the child has it
	go func() { c.err = c.cmd.Wait(); close(c.gone) }()
	line := make(chan string, 1)
	go func() {
		s, _ := bufio.NewReader(out).ReadString('\n')
		line <- s
		_, _ = io.Copy(io.Discard, out)
		_ = out.Close()
	}()
	select {
	case s := <-line:
		origin, ok := strings.CutPrefix(strings.TrimSpace(s), "ready ")
		if ok {
			c.Origin = origin
			_, p.Addr, _ = strings.Cut(origin, "://")
			return c, nil
		}
		<-c.gone
		return c, fmt.Errorf("the program said %q and ended: %w\n%s", s, c.err, c.log)
	case <-time.After(readyFor):
		return c, errors.Join(fmt.Errorf("not ready in time\n%s", c.log), c.Kill())
	}
}

// Signal sends s to the program.
func (c *City) Signal(s syscall.Signal) error { return c.cmd.Process.Signal(s) }

// PID is the process of the program, or of what it was wrapped in.
func (c *City) PID() int { return c.cmd.Process.Pid }

// Kill ends the program as kill -9 does.
func (c *City) Kill() error {
	err := c.Signal(syscall.SIGKILL)
	<-c.gone
	return err
}

// Stop asks the program to end, and returns how it did.
func (c *City) Stop() error {
	if err := c.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-c.gone:
		return c.err
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("it did not stop"), c.Kill())
	}
}

// Log is the end of what the program said on standard error.
func (c *City) Log() string { return c.log.String() }

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

const tailMax = 16 << 20

// Cut begins a log whose beginning was dropped, since it grew too long.
const Cut = "[the log before this was too long]\n"

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b.Len() > tailMax {
		t.b.Reset()
		t.b.WriteString(Cut)
	}
	return t.b.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// Run runs a command of the program, and returns its exit code and what it said.
func (p *Place) Run(args ...string) (int, string, error) {
	cmd := exec.Command(p.Bin, args...) //nolint:gosec,noctx // our own program
	cmd.Env = append(os.Environ(), p.Env...)
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(out), nil
	}
	return 0, string(out), err
}

// Gone waits until the program has ended.
func (c *City) Gone() { <-c.gone }
