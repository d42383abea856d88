package db

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A gate bounds how many units of this process run at once on PostgreSQL, by how
// often they lose. PostgreSQL sees what serializable units read by the page where
// tables are small, so that units which have nothing to do with each other undo
// each other all the same, and the more of them run the more work is thrown away.
// Each unit that succeeds widens the gate a little; each that loses narrows it, so
// that a few in a hundred lose, whatever the load. Where tables are large and
// units seldom meet, it stands open as wide as the pool.
type gate struct {
	most float64

	mu      sync.Mutex // guards what follows
	width   float64
	inside  int
	waiting []chan struct{} // the longest first
}

// How the gate moves. Where one in n units loses, it settles at a width of about
// n * gateWiden / (1 - gateNarrow).
const (
	gateLeast  = 2
	gateStart  = 4
	gateWiden  = 0.02
	gateNarrow = 0.8
)

func newGate(most int) *gate {
	return &gate{most: max(float64(most), gateLeast), width: min(gateStart, float64(most))}
}

// enter waits until one more unit may run. It gives up after retryFor, or with
// ctx.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.inside < int(g.width) {
		g.inside++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{}, 1)
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	timer := time.NewTimer(retryFor)
	defer timer.Stop()
	var err error
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = fmt.Errorf("%w: too many units", ErrBusy)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == turn {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return err
		}
	}
	g.leave() // the turn came at the same moment
	return err
}

// exit ends a unit, which lost to others or did not.
func (g *gate) exit(lost bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if lost {
		g.width = max(g.width*gateNarrow, gateLeast)
	} else {
		g.width = min(g.width+gateWiden, g.most)
	}
	g.leave()
}

// leave lets in who waits, as far as there is room. The caller holds g.mu.
func (g *gate) leave() {
	g.inside--
	for g.inside < int(g.width) && len(g.waiting) > 0 {
		g.inside++
		g.waiting[0] <- struct{}{}
		g.waiting = g.waiting[1:]
	}
}
