package openid

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A Mistake is a request of a client that was refused, as its developers see it.
type Mistake struct {
	At       time.Time
	Endpoint string
	Code     string
	Why      string
}

// Bounds on mistakes: of one client, and of clients.
const (
	mistakesMost    = 50
	mistakesClients = 2_000
)

// mistakes keeps the latest refused requests of each client, for its developers.
// They help while somebody tries, so that they live in memory: each replica shows
// what it refused, since it started.
type mistakes struct {
	mu sync.Mutex // guards of
	of map[string][]Mistake
}

// explain notes why a request of a known client failed, and returns err. It keeps
// what the client itself was told, which says nothing about a person.
func (s *Service) explain(_ context.Context, c *client, endpoint string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || c == nil || e.Code == CodeNonce { // a new nonce is no mistake
		return err
	}
	s.wrong.mu.Lock()
	defer s.wrong.mu.Unlock()
	if s.wrong.of == nil || len(s.wrong.of) >= mistakesClients {
		s.wrong.of = map[string][]Mistake{}
	}
	all := append([]Mistake{{s.now(), endpoint, e.Code, e.Description}}, s.wrong.of[c.ID]...)
	s.wrong.of[c.ID] = all[:min(len(all), mistakesMost)]
	return err
}

// Mistakes returns the latest refused requests of a client, newest first.
func (s *Service) Mistakes(_ context.Context, client string) ([]Mistake, error) {
	s.wrong.mu.Lock()
	defer s.wrong.mu.Unlock()
	return append([]Mistake(nil), s.wrong.of[client]...), nil
}
