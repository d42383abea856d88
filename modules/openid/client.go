package openid

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"causeway/modules/org"
)

// A client is a registered client with its keys parsed.
type client struct {
	org.OIDCClient
	keys []jose.JSONWebKey
	till time.Time // until when it is taken as it is without asking
}

// fapi reports whether c follows FAPI 2.0.
func (c *client) fapi() bool { return c.Profile != org.Plain }

// key returns c's key that the header names, by kid and algorithm: the
// algorithm is the key's own, whatever the token would like. Without a kid the
// only key of that algorithm is meant.
func (c *client) key(kid, alg string) (crypto.PublicKey, bool) {
	var found crypto.PublicKey
	for _, k := range c.keys {
		if k.Algorithm != alg || kid != "" && k.KeyID != kid {
			continue
		}
		if found != nil {
			return nil, false
		}
		found = k.Key
	}
	return found, found != nil
}

// Clients are kept parsed. What this process changes it forgets at once; what
// another replica changes holds here within clientFor.
const (
	clientFor  = 2 * time.Second
	clientsMax = 10_000
)

type clientCache struct {
	from Clients
	now  func() time.Time

	mu    sync.RWMutex // guards known
	known map[string]*client
}

func newClientCache(from Clients, now func() time.Time) *clientCache {
	return &clientCache{from: from, now: now, known: map[string]*client{}}
}

// find returns org.ErrNoClient if there is no such client that stands.
func (c *clientCache) find(ctx context.Context, id string) (*client, error) {
	c.mu.RLock()
	known := c.known[id]
	c.mu.RUnlock()
	if known != nil && c.now().Before(known.till) {
		return known, nil
	}
	row, err := c.from.OIDCClient(ctx, id)
	if err != nil {
		if errors.Is(err, org.ErrNoClient) {
			c.forget(id)
		}
		return nil, err
	}
	if known != nil && known.Changed.Equal(row.Changed) {
		fresh := *known
		fresh.till = c.now().Add(clientFor)
		c.keep(&fresh)
		return &fresh, nil
	}
	fresh := &client{OIDCClient: row, till: c.now().Add(clientFor)}
	if len(row.Keys) > 0 {
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(row.Keys, &set); err != nil {
			return nil, fmt.Errorf("keys of client %s: %w", id, err)
		}
		fresh.keys = set.Keys
	}
	c.keep(fresh)
	return fresh, nil
}

func (c *clientCache) keep(x *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= clientsMax {
		clear(c.known)
	}
	c.known[x.ID] = x
}

func (c *clientCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, id)
}

// Forget has the next request of the client read it anew.
func (s *Service) Forget(client string) { s.clients.forget(client) }
