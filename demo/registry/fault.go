package registry

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Modes of a source: what is wrong with it.
const (
	Fine     = "fine"
	Slow     = "slow"     // answers after a while
	Broken   = "broken"   // answers that it failed
	Garbage  = "garbage"  // answers what is not even JSON
	Wrong    = "wrong"    // answers records that are not as their class says
	Forged   = "forged"   // answers under another key
	Huge     = "huge"     // answers without end
	Dripping = "dripping" // answers a byte at a time
	Refusing = "refusing" // will not say
	Hanging  = "hanging"  // takes the question and never answers
	Down     = "down"     // not there
)

// Modes returns every mode that a source of kind can be in.
func Modes(kind string) []string {
	all := []string{Fine, Slow, Broken, Garbage, Wrong, Forged, Huge, Dripping, Refusing, Hanging, Down}
	if kind == SQL {
		return slices.DeleteFunc(all, func(m string) bool { return m == Garbage || m == Forged || m == Dripping })
	}
	return all
}

// fault is what is wrong with a source at the moment.
type fault struct {
	mu      sync.Mutex // guards what follows
	mode    string
	slow    time.Duration
	changed chan struct{} // closed when the mode changes
	calls   int
}

func newFault() *fault { return &fault{mode: Fine, changed: make(chan struct{})} }

// set changes the mode and wakes whoever hangs.
func (f *fault) set(mode string, slow time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode, f.slow = mode, slow
	close(f.changed)
	f.changed = make(chan struct{})
}

// look returns the mode.
func (f *fault) look() (mode string, slow time.Duration, calls int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mode, f.slow, f.calls
}

// call counts a call, waits as the mode has it, and returns the mode. Waiting
// ends with ctx, after most, and when the mode changes.
func (f *fault) call(ctx context.Context, most time.Duration) (mode string, timedOut bool) {
	f.mu.Lock()
	f.calls++
	mode, slow, changed := f.mode, f.slow, f.changed
	f.mu.Unlock()
	if mode == Hanging {
		slow = time.Hour
	}
	if mode != Slow && mode != Hanging || slow <= 0 {
		return mode, false
	}
	if most > 0 && most < slow {
		slow, timedOut = most, true
	}
	t := time.NewTimer(slow)
	defer t.Stop()
	select {
	case <-t.C:
		return mode, timedOut
	case <-changed:
	case <-ctx.Done():
	}
	return mode, false
}
