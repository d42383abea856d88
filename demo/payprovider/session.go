package payprovider

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"causeway/platform/lang"
	"causeway/platform/money"
)

// Statuses of a session, as the API writes them.
const (
	waiting   = "waiting"
	succeeded = "succeeded"
	declined  = "declined"
	cancelled = "cancelled"
)

// session is one person's visit. What the journal holds of it is the whole.
type session struct {
	ID          string             `json:"id"`
	Key         string             `json:"key"`       // the idempotency key of its start
	Reference   string             `json:"reference"` // the merchant's order
	Amount      money.Amount       `json:"amount"`
	Description lang.Text          `json:"description"`
	Payee       lang.Text          `json:"payee"`
	Return      string             `json:"return"`
	Lang        lang.Tag           `json:"lang"`
	Status      string             `json:"status"`
	Created     time.Time          `json:"created"`
	Events      []event            `json:"events,omitempty"`
	Refunds     map[string]*refund `json:"refunds,omitempty"` // by idempotency key
}

// event is something that the merchant is told.
type event struct {
	ID     string    `json:"id"`
	Status string    `json:"status"`
	At     time.Time `json:"at"`
	Done   bool      `json:"done"` // delivered, given up, or never to be sent
}

// refund is an amount to give back.
type refund struct {
	Calls     int  `json:"calls"`
	Confirmed bool `json:"confirmed"`
}

// entry is one line of the journal: a session as it now is, or the modes.
type entry struct {
	Session *session `json:"session,omitempty"`
	Modes   *Modes   `json:"modes,omitempty"`
}

// load takes a line of the journal; a later one replaces an earlier one.
func (p *provider) load(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if e.Session != nil {
		p.sessions[e.Session.ID] = e.Session
		p.byKey[e.Session.Key] = e.Session.ID
	}
	if e.Modes != nil {
		p.modes = e.Modes.filled()
	}
	return nil
}

// save writes s to the journal; p.mu is held.
func (p *provider) save(s *session) error {
	return p.journal.append(entry{Session: s})
}

// current returns a copy of the session with id, expired if its time is up.
func (p *provider) current(id string) (session, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.sessions[id]
	if !ok {
		return session{}, false
	}
	if s.Status == waiting && p.now().After(s.Created.Add(p.cfg.Expiry)) {
		s.Status = cancelled
		if err := p.save(s); err != nil {
			p.cfg.Log.Error("journal", "err", err)
		}
	}
	c := *s
	c.Events = slices.Clone(s.Events)
	return c, true
}

// decide settles the session with id as status, and returns the event that
// tells of it; the zero event if it was settled before.
func (p *provider) decide(id, status string) (event, error) {
	if s, ok := p.current(id); !ok || s.Status != waiting {
		return event{}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sessions[id]
	if s.Status != waiting {
		return event{}, nil
	}
	e := event{ID: "evt_" + rand.Text(), Status: status, At: p.now(), Done: p.modes.Callbacks == CallbacksNever}
	s.Status = status
	s.Events = append(s.Events, e)
	if err := p.save(s); err != nil {
		s.Status, s.Events = waiting, s.Events[:len(s.Events)-1]
		return event{}, fmt.Errorf("decide: %w", err)
	}
	return e, nil
}

// done records that nothing more is to be sent of an event.
func (p *provider) done(id, eventID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sessions[id]
	for i := range s.Events {
		if s.Events[i].ID == eventID && !s.Events[i].Done {
			s.Events[i].Done = true
			if err := p.save(s); err != nil {
				p.cfg.Log.Error("journal", "err", err)
			}
		}
	}
}
