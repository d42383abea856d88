package payprovider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"causeway/platform/webhook"
)

// message is the body of a callback.
type message struct {
	ID      string      `json:"id"`
	Type    string      `json:"type"`
	Created time.Time   `json:"created"`
	Data    messageData `json:"data"`
}

type messageData struct {
	Session string    `json:"session"`
	Key     string    `json:"key"` // the merchant's idempotency key of the start
	Status  string    `json:"status"`
	Amount  apiAmount `json:"amount"`
}

// Delivery of callbacks.
const (
	deliveryTries = 8 // with pauses of 1, 2, 4, … seconds
	patience      = time.Second
)

// resume sends what was not delivered when the provider stopped.
func (p *provider) resume(ctx context.Context) {
	p.ctx = ctx
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		for _, e := range s.Events {
			if kept := *s; !e.Done {
				p.sending.Go(func() { p.deliver(ctx, kept, e) })
			}
		}
	}
}

// notify tells the merchant of e as the modes say. It waits a moment for the
// first try where that is at once, so that the person comes back to a page that
// knows.
func (p *provider) notify(s session, e event) {
	modes := p.currentModes()
	hold := time.Duration(0)
	switch {
	case modes.Callbacks == CallbacksNever:
		return
	case modes.Callbacks == CallbacksLate,
		modes.Callbacks == CallbacksOutOfOrder && e.Status != succeeded: // a later visit's success overtakes it
		hold = modes.late()
	}
	ctx, tried := p.ctx, make(chan struct{})
	p.sending.Go(func() {
		if hold > 0 && !sleep(ctx, hold) {
			return // resumed at the next start
		}
		err := p.try(ctx, s, e)
		close(tried)
		switch modes.Callbacks {
		case CallbacksTwice:
			err = errors.Join(err, p.try(ctx, s, e))
		case CallbacksOutOfOrder:
			err = errors.Join(err, p.try(ctx, s, event{ID: e.ID + "_before", Status: waiting, At: s.Created}))
		}
		if err != nil {
			p.deliver(ctx, s, e)
		}
	})
	if hold > 0 {
		return
	}
	select {
	case <-tried:
	case <-time.After(patience):
	case <-ctx.Done():
	}
}

// deliver sends e until the merchant has taken it, or too often.
func (p *provider) deliver(ctx context.Context, s session, e event) {
	pause := time.Second
	for n := range deliveryTries {
		if p.delivered(s.ID, e.ID) {
			return
		}
		err := p.try(ctx, s, e)
		if err == nil {
			return
		}
		p.cfg.Log.WarnContext(ctx, "callback failed", "event", e.ID, "try", n+1, "err", err)
		if !sleep(ctx, pause) {
			return // resumed at the next start
		}
		pause *= 2
	}
	p.done(s.ID, e.ID)
}

// delivered reports whether nothing is left to send of an event.
func (p *provider) delivered(id, eventID string) bool {
	s, _ := p.current(id)
	for _, e := range s.Events {
		if e.ID == eventID {
			return e.Done
		}
	}
	return true
}

// try sends e once.
func (p *provider) try(ctx context.Context, s session, e event) error {
	body, err := json.Marshal(message{
		ID: e.ID, Type: "session." + e.Status, Created: e.At,
		Data: messageData{Session: s.ID, Key: s.Key, Status: e.Status, Amount: amountOf(s.Amount)},
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.Callback, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	webhook.Sign(req.Header, p.secrets.Webhook, e.ID, p.now(), body)
	res, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("merchant answered %d", res.StatusCode)
	}
	p.done(s.ID, e.ID)
	return nil
}

// sleep waits, and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
