package org

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"causeway/platform/trail"
)

// Software is a program of a department, as its administrators see it.
type Software struct {
	ID         string
	Department ID
	Name       string
	Created    time.Time
	Revoked    time.Time // zero: not
	Keys       []ClientKey
}

// A ClientKey is an Ed25519 key by which software signs requests.
type ClientKey struct {
	ID      string // what keyid says: the key's JWK thumbprint (RFC 7638)
	Client  string
	Public  ed25519.PublicKey
	Added   time.Time
	Until   time.Time // zero: until it is revoked or replaced
	Revoked time.Time // zero: not
}

// Usable reports whether k signs for its software at the instant t.
func (k ClientKey) Usable(t time.Time) bool {
	return k.Revoked.IsZero() && (k.Until.IsZero() || t.Before(k.Until))
}

// Clients keeps software and its keys. Every row names who made it, how.
type Clients interface {
	AddClient(ctx context.Context, c Software, actor, channel string) error
	// ClientsOf returns a department's software with all its keys, oldest first.
	ClientsOf(ctx context.Context, d ID) ([]Software, error)
	// Client returns ErrNoClient if the department has none of that id.
	Client(ctx context.Context, d ID, id string) (Software, error)
	RevokeClient(ctx context.Context, d ID, id string, at time.Time) error
	// AddKey returns ErrKeyTaken if any software has the key.
	AddKey(ctx context.Context, d ID, k ClientKey, actor, channel string) error
	// EndKeys has the usable keys of a client but one end at until, if they do not
	// end sooner.
	EndKeys(ctx context.Context, client, but string, until time.Time) error
	// RevokeKey returns ErrNoKey if the client has none of that id.
	RevokeKey(ctx context.Context, client, id string, at time.Time) error
	// KeyClient returns the key, if it may be used at the instant now and neither
	// it nor its client is revoked, and whose it is; else ErrNoKey.
	KeyClient(ctx context.Context, id string, now time.Time) (Client, ed25519.PublicKey, error)
}

// Bounds on software.
const (
	maxKeys    = 20                  // of one client, revoked ones too
	MaxOverlap = 30 * 24 * time.Hour // how long a replaced key may go on
)

// KeyClient returns whose the key is that keyID names, and the key, or ErrNoKey
// if it may not be used now. It asks the store each time, so that a revocation
// holds from the next request on.
func (s *Service) KeyClient(ctx context.Context, keyID string) (Client, ed25519.PublicKey, error) {
	return s.d.Store.KeyClient(ctx, keyID, s.now())
}

// Software returns the software of the department that by administers, or
// ErrRole.
func (s *Service) Software(ctx context.Context, by Officer) ([]Software, error) {
	if err := by.Require(DepartmentAdmin); err != nil {
		return nil, err
	}
	return s.d.Store.ClientsOf(ctx, by.Department)
}

// Register adds software of by's department with its first key. It returns
// ErrRole, ErrClientName or ErrKeyTaken.
func (s *Service) Register(ctx context.Context, by Officer, name string, key ed25519.PublicKey) (Software, error) {
	if err := by.Require(DepartmentAdmin); err != nil {
		return Software{}, err
	}
	return s.register(ctx, by.Department, s.d.NewID(), name, key, by.entry())
}

// Enrol adds software on the program's own account, as the demo does for its
// registries. The id is the caller's to choose; it must be new.
func (s *Service) Enrol(ctx context.Context, d ID, id, name string, key ed25519.PublicKey) (Software, error) {
	return s.register(ctx, d, id, name, key, trail.Entry{Org: string(d), Actor: trail.System, Role: trail.System, Channel: trail.System})
}

func (s *Service) register(ctx context.Context, d ID, id, name string, key ed25519.PublicKey, e trail.Entry) (Software, error) {
	name = strings.TrimSpace(name)
	n := utf8.RuneCountInString(name)
	if !utf8.ValidString(name) || n < 1 || n > 100 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return Software{}, ErrClientName
	}
	k, err := s.key(id, key)
	if err != nil {
		return Software{}, err
	}
	c := Software{ID: id, Department: d, Name: name, Created: k.Added, Keys: []ClientKey{k}}
	e.What, e.Detail = "org.client-registered", map[string]string{"department": string(d), "client": name, "key": k.ID}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddClient(ctx, c, e.Actor, e.Channel); err != nil {
			return err
		}
		if err := s.d.Store.AddKey(ctx, d, k, e.Actor, e.Channel); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return Software{}, fmt.Errorf("register client: %w", err)
	}
	return c, nil
}

func (s *Service) key(client string, key ed25519.PublicKey) (ClientKey, error) {
	if err := checkKey(key); err != nil {
		return ClientKey{}, err
	}
	return ClientKey{ID: Thumbprint(key), Client: client, Public: key, Added: s.now()}, nil
}

// Rotate adds a key to software of by's department; the keys it had go on for
// overlap, at most MaxOverlap. It returns ErrRole, ErrNoClient, ErrClientRevoked,
// ErrKey, ErrKeyTaken or ErrKeyMany.
func (s *Service) Rotate(ctx context.Context, by Officer, client string, key ed25519.PublicKey, overlap time.Duration) (ClientKey, error) {
	k, err := s.key(client, key)
	if err != nil {
		return ClientKey{}, err
	}
	until := k.Added.Add(min(max(overlap, 0), MaxOverlap))
	err = s.clientAct(ctx, by, client, "org.key-added", k.ID, func(ctx context.Context, c Software) error {
		if len(c.Keys) >= maxKeys {
			return ErrKeyMany
		}
		if err := s.d.Store.AddKey(ctx, by.Department, k, string(by.Person), trail.Online); err != nil {
			return err
		}
		return s.d.Store.EndKeys(ctx, client, k.ID, until)
	})
	return k, err
}

// RevokeKey ends a key at once. It returns ErrRole, ErrNoClient,
// ErrClientRevoked or ErrNoKey.
func (s *Service) RevokeKey(ctx context.Context, by Officer, client, key string) error {
	return s.clientAct(ctx, by, client, "org.key-revoked", key, func(ctx context.Context, _ Software) error {
		return s.d.Store.RevokeKey(ctx, client, key, s.now())
	})
}

// RevokeClient ends software and all its keys at once, for good. It returns
// ErrRole, ErrNoClient or ErrClientRevoked.
func (s *Service) RevokeClient(ctx context.Context, by Officer, client string) error {
	return s.clientAct(ctx, by, client, "org.client-revoked", "", func(ctx context.Context, _ Software) error {
		return s.d.Store.RevokeClient(ctx, by.Department, client, s.now())
	})
}

// clientAct has f change a client of by's department, and records it.
func (s *Service) clientAct(ctx context.Context, by Officer, client, what, key string, f func(context.Context, Software) error) error {
	if err := by.Require(DepartmentAdmin); err != nil {
		return err
	}
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		c, err := s.d.Store.Client(ctx, by.Department, client)
		if err != nil {
			return err
		}
		if !c.Revoked.IsZero() {
			return ErrClientRevoked
		}
		if err := f(ctx, c); err != nil {
			return err
		}
		e := by.entry()
		e.What, e.Detail = what, map[string]string{"department": string(by.Department), "client": c.Name, "key": key}
		return s.d.Trail.Record(ctx, e)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
