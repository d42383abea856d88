package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// clock is the instant, for durations alone.
func clock() time.Time { return time.Now() } //nolint:forbidigo // durations, not dates

// A rate is how much was done, how fast.
type rate struct {
	Done    int
	Failed  int
	Seconds float64
	First   error // the first failure
	Waits   []time.Duration
}

func (r rate) perSecond() float64 {
	if r.Seconds == 0 {
		return 0
	}
	return float64(r.Done) / r.Seconds
}

// percentile returns the p-th percentile of the waits, in milliseconds.
func (r rate) percentile(p float64) float64 {
	if len(r.Waits) == 0 {
		return 0
	}
	slices.Sort(r.Waits)
	i := min(int(float64(len(r.Waits))*p/100), len(r.Waits)-1)
	return float64(r.Waits[i].Microseconds()) / 1000
}

// hammer has n workers call f, again and again, until the time is up. What is
// under way then still counts, and so does the time that it takes.
func hammer(n int, span time.Duration, f func(worker int) error) rate {
	began := clock()
	var done, failed atomic.Int64
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for time.Since(began) < span {
				if err := f(w); err != nil {
					failed.Add(1)
					once.Do(func() { first = err })
					time.Sleep(time.Millisecond)
					continue
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return rate{Done: int(done.Load()), Failed: int(failed.Load()), Seconds: time.Since(began).Seconds(), First: first}
}

// openLoop sends requests at a fixed pace, whether or not earlier ones were
// answered, on n connections. A wait counts from when its request was due, so
// that a stall is felt by everyone who would have come in it.
func openLoop(n int, perSecond float64, span time.Duration, f func(worker int) error) rate {
	began := clock()
	total := int64(perSecond * span.Seconds())
	var next, failed atomic.Int64
	waits := make([][]time.Duration, n)
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= total {
					return
				}
				due := began.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))
				time.Sleep(time.Until(due))
				if err := f(w); err != nil {
					failed.Add(1)
					once.Do(func() { first = err })
					continue
				}
				waits[w] = append(waits[w], time.Since(due))
			}
		})
	}
	wg.Wait()
	all := slices.Concat(waits...)
	return rate{Done: len(all), Failed: int(failed.Load()), Seconds: time.Since(began).Seconds(), First: first, Waits: all}
}

// errNone reports a load of which nothing succeeded.
var errNone = errors.New("nothing succeeded")

// journeys has 16 residents at a time on their way, each resident once.
func journeys(origin string, span time.Duration, next *atomic.Int64) (rate, journey, error) {
	var mu sync.Mutex
	var sample journey
	r := hammer(16, span, func(int) error {
		c, err := newClient(origin)
		if err != nil {
			return err
		}
		j := journey{client: c}
		defer j.close()
		if err := j.whole(int(next.Add(1) - 1)); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		sample = j
		return nil
	})
	if r.Done == 0 {
		return r, sample, fmt.Errorf("journeys: %w: %w", errNone, r.First)
	}
	return r, sample, nil
}

// signedIn returns n browsers in which residents are signed in.
func signedIn(origin string, n int, next *atomic.Int64) ([]*journey, error) {
	all := make([]*journey, n)
	for i := range all {
		c, err := newClient(origin)
		if err != nil {
			return nil, err
		}
		all[i] = &journey{client: c}
		if err := all[i].signIn(int(next.Add(1) - 1)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// home asks for the signed-in front page.
func home(all []*journey) func(int) error {
	return func(w int) error {
		res, err := all[w].get("/")
		if err == nil && res.Status != http.StatusOK {
			err = fmt.Errorf("home: status %d", res.Status)
		}
		return err
	}
}
