package faults_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/tests/harness"
)

// atOnce is how many people are on their way when the program dies.
const atOnce = 16

// A crowd is people on their way through the program, and what it has told them.
type crowd struct {
	next atomic.Int64 // the next resident

	mu    sync.Mutex // guards what follows
	cut   []*traveller
	ended []*traveller
}

// traveller is one of them. Some change their mind when they have already paid.
type traveller struct {
	harness.Journey
	fickle bool
	left   bool // the program has confirmed the withdrawal
}

// take returns somebody who was cut short, or somebody new.
func (c *crowd) take() *traveller {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.cut); n > 0 {
		t := c.cut[n-1]
		c.cut = c.cut[:n-1]
		return t
	}
	n := c.next.Add(1) - 1
	return &traveller{Journey: harness.Journey{Who: fmt.Sprintf("resident-%d", n)}, fickle: n%8 == 7}
}

func (c *crowd) put(t *traveller, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if whole {
		c.ended = append(c.ended, t)
	} else {
		c.cut = append(c.cut, t)
	}
}

// walk sends people on their way until stop is closed. An error is what a person
// met while the program was running.
func (c *crowd) walk(origin string, stop <-chan struct{}) error {
	var wg sync.WaitGroup
	errs := make([]error, atOnce)
	for i := range atOnce {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				t := c.take()
				b := harness.NewClient(origin)
				err := t.walk(b)
				b.Close()
				c.put(t, err == nil)
				select {
				case <-stop: // that is why
					return
				default:
				}
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (t *traveller) walk(b *harness.Client) error {
	if !t.fickle {
		return t.Walk(b)
	}
	if t.left {
		return nil
	}
	if err := t.Apply(b); err != nil {
		return err
	}
	hosted, err := b.Post(t.Submitted, nil) // goes to pay, in one window
	if err != nil {
		return err
	}
	at := hosted.To()
	a, err := b.Get(t.Case + "/withdraw") // and withdraws, in another one
	if err != nil {
		return err
	}
	if rev := harness.Between(a.Body, `name="rev" value="`, `"`); rev != "" {
		if a, err = b.Post(t.Case+"/withdraw", url.Values{"rev": {rev}, "sure": {"yes"}}); err != nil {
			return err
		}
		if a.Status != 303 {
			return &harness.Unexpected{Method: "POST", To: t.Case + "/withdraw", Answer: a}
		}
	}
	t.left = true
	if strings.Contains(at, "/pay/") {
		if _, err = b.Post(at, url.Values{"choice": {"succeed"}}); err != nil {
			return err
		}
		t.Chosen = true
	}
	return nil
}

// told holds the program to what it has told people; rested says that it has come
// to rest since.
func (c *crowd) told(ctx context.Context, a *audit, rested bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	states, err := a.rows(ctx, `SELECT c.id, c.state, c.submitted_us > 0, c.order_id, COALESCE(o.state, ''), COALESCE(o.paid_by, 0), COALESCE(l.id, '')
		FROM casework_cases c LEFT JOIN payment_orders o ON o.person_id = c.person_id AND o.id = c.order_id
		LEFT JOIN credential_licences l ON l.person_id = c.person_id AND l.case_id = c.id`)
	if err != nil {
		return err
	}
	type row struct {
		state, submitted, order, orderState, paidBy, licence string
	}
	cases := map[string]row{}
	for _, s := range states {
		w := append(strings.Split(s, " "), "", "", "")
		cases["/cases/"+w[0]] = row{w[1], w[2], w[3], w[4], w[5], w[6]}
	}
	var all error
	for _, t := range append(append([]*traveller(nil), c.cut...), c.ended...) {
		if t.Case == "" {
			continue
		}
		r, ok := cases[t.Case]
		submitted := r.submitted == "1" || r.submitted == "true"
		switch {
		case !ok:
			all = errors.Join(all, fmt.Errorf("%s: %s is lost", t.Who, t.Case))
		case t.Submitted != "" && (!submitted || "/payments/"+r.order != t.Submitted):
			all = errors.Join(all, fmt.Errorf("%s: %s was submitted and is %+v", t.Who, t.Case, r))
		case t.Chosen && r.paidBy == "0" && rested:
			all = errors.Join(all, fmt.Errorf("%s: %s was paid and is %+v", t.Who, t.Case, r))
		case t.left && r.state != "withdrawn" && (rested || r.state != "withdrawing"):
			all = errors.Join(all, fmt.Errorf("%s: %s was withdrawn and is %+v", t.Who, t.Case, r))
		case t.Licence != "" && t.Licence != "/licences/"+r.licence:
			all = errors.Join(all, fmt.Errorf("%s: had %s, now %+v", t.Who, t.Licence, r))
		}
	}
	return all
}

// killings is how often the program is killed on SQLite; on PostgreSQL it is
// less, since there what it has to survive is the same.
var (
	killings = flag.Int("kills", 30, "how often TestKill kills the program")
	cuts     = flag.Int("cuts", 5, "how often TestPowerCut cuts the power")
)

// callbacks are how the provider tells, one way in each life of the program.
var callbacks = []string{"normal", "twice", "out-of-order"}

// enough journeys in one city: the demo has 5,200 residents who can renew, and a
// life of the program serves up to 400.
const enough = 4_500

// kills runs the program on p and kills it n times, or until enough people have
// renewed; it returns how often.
func kills(t *testing.T, p *harness.Place, n int, burst time.Duration) int {
	t.Helper()
	var c crowd
	var walked []string
	started := time.Now()
	for i := 0; i <= n; i++ {
		if c.next.Load() > enough {
			n = i
		}
		life := time.Now()
		city, err := p.Start()
		if err != nil {
			t.Fatal(err)
		}
		up := time.Since(life)
		alive := true
		t.Cleanup(func() {
			if alive {
				_ = city.Kill() // the test has failed
			}
		})
		a, err := openAudit(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		resting := time.Now()
		rest := p.DB == "" || i == n // on PostgreSQL a replica that died is waited for, as long as its leases last
		if rest {
			err = a.rest(t.Context(), 2*time.Minute)
		}
		err = errors.Join(err, a.check(t.Context()), c.told(t.Context(), a, rest))
		for _, s := range a.slow {
			t.Logf("after %d kills: slow to rest: %s", i, s)
		}
		if err == nil {
			err = verified(p)
		}
		if err = errors.Join(err, a.d.Close()); err != nil {
			t.Fatalf("after %d kills: %v\n%s", i, err, last(city.Log()))
		}
		if i == n {
			alive = false
			if err := city.Stop(); err != nil {
				t.Error(err)
			}
			break
		}
		rested := time.Since(resting)
		fails := 0
		if i%15 == 4 {
			fails = 1
		}
		set(t, city, callbacks[i%len(callbacks)], fails)
		stop, done := make(chan struct{}), make(chan error, 1)
		go func() { done <- c.walk(city.Origin, stop) }()
		time.Sleep(burst/2 + rand.N(burst))
		select {
		case err := <-done: // everybody has failed
			t.Fatalf("after %d kills: %v\n%s", i, err, last(city.Log()))
		default:
		}
		close(stop)
		alive = false
		if err := city.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Errorf("before kill %d: %v\n%s", i+1, err, last(city.Log()))
		}
		walked = append(walked, fmt.Sprintf("%d (up %v, rest %v)", len(c.ended), up.Round(time.Millisecond), rested.Round(time.Millisecond)))
	}
	t.Logf("%d kills in %v, %d whole journeys, %d cut short: %v", n, time.Since(started).Round(time.Second), len(c.ended), len(c.cut), walked)
	if len(c.ended) < n {
		t.Errorf("%d journeys in %d lives: that tests nothing", len(c.ended), n)
	}
	return n
}

// set has the provider call back in this way, and fail each refund so often.
func set(t *testing.T, city *harness.City, way string, fails int) {
	t.Helper()
	b := harness.NewClient(city.Origin)
	defer b.Close()
	a, err := b.Post("/demo/switches/payments", url.Values{"mode": {"fine"}, "callbacks": {way}, "fail_refunds": {strconv.Itoa(fails)}})
	if err != nil || a.Status != 303 {
		t.Fatalf("switches: %d, %v", a.Status, err)
	}
}

// last is the end of a log.
func last(s string) string { return s[max(0, len(s)-4000):] }

// TestKill: whatever the moment at which the program is killed, what it has told
// people holds when it is back, and everything comes to its end by itself.
func TestKill(t *testing.T) {
	engines(t, func(t *testing.T, p *harness.Place) {
		t.Parallel() // on PostgreSQL it waits most of the time
		n := *killings
		if p.DB != "" {
			n = min(n, 5)
		}
		kills(t, p, n, time.Second)
	})
}
