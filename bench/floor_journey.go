package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/modules/payment"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// What a journey writes, by step: rows of each commit. The 18 commits are counted
// from PostgreSQL's own statistics of real journeys; the 80 rows are estimated from
// them, at a size of 340 bytes each. The claims of the job queue and the batches of
// the log, which many journeys share, are left out.
func commitsOf(step string) []int {
	switch step {
	case "sign-in": // session, entry
		return []int{3}
	case "start": // case, its event
		return []int{3}
	case "consent": // grant, receipt; entries of two fetches; facts
		return []int{5, 4, 4, 5}
	case "submit": // case, fee, order
		return []int{8}
	case "pay": // attempt, session
		return []int{2, 3}
	case "paid": // callback: ledger, case, message, job
		return []int{14}
	case "decide": // licence, write, effects, entries, message; the write's end; three mails; five jobs
		return []int{14, 7, 2, 2, 2, 1, 1}
	}
	return nil
}

func (f *floor) serveStep(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	to, err := f.step(r.Context(), r.PathValue("step"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// step does what cannot be left out of one step, and says where it leads.
func (f *floor) step(ctx context.Context, name string) (string, error) {
	to := "/"
	switch name {
	case "consent": // two signatures: the grant and its receipt
		for range 2 {
			if _, err := f.sign.JWS(nil, []byte(row)); err != nil {
				return "", err
			}
		}
		if err := f.lookUp(ctx); err != nil {
			return "", err
		}
	case "pay":
		s, err := f.pay.Start(ctx, payment.Start{
			Key: rand.Text(), Reference: rand.Text(), Amount: money.Amount{Minor: 90000, Currency: "HKD"}, Description: floorText(), Payee: floorText(),
			Return: "/page/20000", Lang: lang.English,
		})
		if err != nil {
			return "", err
		}
		to = s.URL
	case "decide": // the licence, and its record at the registry
		if _, err := f.issue.JWS(nil, []byte(row)); err != nil {
			return "", err
		}
		who := f.people[<-f.next]
		err := f.http.Write(ctx, exchange.WriteCall{
			Key: rand.Text(), Class: f.class, Number: who.Number, Recipient: department, Reference: rand.Text(),
			Record: map[string]any{"licence_number": who.Licences[0].Number, "valid_from": "2026-01-01", "expires_on": "2036-01-01"},
		})
		if err != nil {
			return "", fmt.Errorf("write: %w", err)
		}
	}
	for _, rows := range commitsOf(name) {
		if err := f.commit(ctx, rows); err != nil {
			return "", err
		}
	}
	return to, nil
}

func floorText() lang.Text { return lang.Text{En: "Floor", Hant: "Floor", Hans: "Floor"} }

// lookUp asks both registries at once, as the gateway does.
func (f *floor) lookUp(ctx context.Context) error {
	who := f.people[<-f.next]
	var wg sync.WaitGroup
	errs := make([]error, 2)
	ask := func(i int, c exchange.Connector, class exchange.Class, fields []string) {
		wg.Go(func() {
			_, errs[i] = c.Fetch(ctx, exchange.Lookup{
				Class: class, Number: who.Number, Fields: fields, Purpose: "verify-age", Recipient: org.ID(department), Reference: rand.Text(),
			})
		})
	}
	ask(0, f.http, f.class, fields())
	ask(1, f.sql, f.other, []string{"name", "born_on"})
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("look up: %w", err)
		}
	}
	return nil
}

// serveCallback takes the provider's word.
func (f *floor) serveCallback(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	_, err := b.ReadFrom(io.LimitReader(r.Body, 64<<10))
	if err == nil {
		_, err = f.pay.Event(r.Header, b.Bytes())
	}
	if err == nil {
		_, err = f.step(r.Context(), "paid")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// replay is a journey on the floor: as many pages, of the sizes that the sample
// saw, and the same steps.
func replay(origin string, span time.Duration, sample *journey) (rate, error) {
	size := sample.bytes / int64(max(sample.pages, 1))
	r := hammer(16, span, func(int) error {
		c, err := newClient(origin)
		if err != nil {
			return err
		}
		j := journey{client: c}
		defer j.close()
		return j.replay(fmt.Sprintf("/page/%d", size))
	})
	if r.Done == 0 {
		return r, fmt.Errorf("floor of journeys: %w: %w", errNone, r.First)
	}
	return r, nil
}

func (j *journey) replay(page string) error {
	for _, s := range []struct {
		step  string
		pages int // after it
	}{{"sign-in", 2}, {"start", 1}, {"consent", 2}, {"submit", 1}} {
		if _, err := j.send("/step/"+s.step, nil); err != nil {
			return err
		}
		for range s.pages {
			if _, err := j.page(page); err != nil {
				return err
			}
		}
	}
	hosted, err := j.send("/step/pay", nil)
	if err != nil {
		return err
	}
	if _, err := j.page(hosted); err != nil {
		return err
	}
	if _, err := j.send(hosted, url.Values{"choice": {"succeed"}}); err != nil {
		return err
	}
	if _, err := j.send("/step/decide", nil); err != nil {
		return err
	}
	for range 4 { // the way back, the case, the licences, the licence
		if _, err := j.page(page); err != nil {
			return err
		}
	}
	return nil
}
