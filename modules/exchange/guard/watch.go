package guard

import (
	"slices"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"causeway/modules/exchange"
)

// seen is how many calls a watch remembers.
const seen = 512

// watch remembers how the last calls went.
type watch struct {
	now func() time.Time

	mu        sync.Mutex // guards what follows
	calls     [seen]seenCall
	n         int // calls ever seen
	until     time.Time
	good, bad time.Time
}

type seenCall struct {
	outcome exchange.Outcome
	reason  string
	took    time.Duration
}

func newWatch(now func() time.Time) *watch { return &watch{now: now} }

// turned notes that the circuit changed to a state.
func (w *watch) turned(to gobreaker.State, openFor time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if to == gobreaker.StateOpen {
		w.until = w.now().Add(openFor)
	}
}

// retry is when a call may get through again.
func (w *watch) retry() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if soon := w.now().Add(time.Second); w.until.Before(soon) {
		return soon
	}
	return w.until
}

// saw notes one call.
func (w *watch) saw(err error, took time.Duration, none bool) {
	c := seenCall{outcome: exchange.Found, took: took}
	if none {
		c.outcome = exchange.None
	}
	if e := exchange.Blame(err); e != nil {
		c.outcome, c.reason = e.Outcome, e.Reason
	}
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[w.n%seen] = c
	w.n++
	if healthy(err) {
		w.good = now
	} else {
		w.bad = now
	}
}

// health adds up what was seen.
func (w *watch) health() exchange.Health {
	w.mu.Lock()
	calls := slices.Clone(w.calls[:min(w.n, seen)])
	h := exchange.Health{
		Until: w.until, LastGood: w.good, LastBad: w.bad,
		Calls: map[exchange.Outcome]int{}, Reasons: map[string]int{},
	}
	w.mu.Unlock()
	var took []time.Duration
	for _, c := range calls {
		h.Calls[c.outcome]++
		if c.reason != "" {
			h.Reasons[c.reason]++
		}
		if c.took > 0 {
			took = append(took, c.took)
		}
	}
	slices.Sort(took)
	if n := len(took); n > 0 {
		h.P50, h.P95, h.P99 = took[n*50/100], took[n*95/100], took[n*99/100]
	}
	return h
}
