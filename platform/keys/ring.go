// Package keys owns the keys of an installation: the master secret, one data
// key for each person, the keys that sign, and keyed hashes.
//
// What concerns a person is sealed under a key of that person alone, so that
// forgetting the key forgets the data wherever copies of it lie.
package keys

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"causeway/platform/db"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Errors of this package.
var (
	ErrSealed    = errors.New("keys: sealed bytes are damaged or of another label or person")
	ErrForgotten = errors.New("keys: the key of this person was forgotten")
)

const (
	cacheMax = 20_000      // persons whose key is kept in memory
	cacheFor = time.Minute // how long a forgotten key may still work on another replica
)

// Ring is the keys of one installation.
type Ring struct {
	db     *db.DB
	master *Master
	now    func() time.Time

	mu        sync.RWMutex // guards what follows
	persons   map[string]cached
	forgotten int // how many keys were destroyed since the start
	signers   map[string]cachedSigner
	shared    cipher.AEAD // nil until LoadShared
}

type cachedSigner struct {
	*Signer
	till time.Time
}

type cached struct {
	aead cipher.AEAD
	till time.Time
}

// New returns the keys in d under master.
func New(d *db.DB, master *Master, now func() time.Time) *Ring {
	return &Ring{db: d, master: master, now: now, persons: map[string]cached{}, signers: map[string]cachedSigner{}}
}

// Seal encrypts plain under person's key. label says what it is, and must be
// said again to open it.
func (r *Ring) Seal(ctx context.Context, person, label string, plain []byte) ([]byte, error) {
	aead, err := r.person(ctx, person, true)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", label, err)
	}
	return aead.Seal(nil, nil, plain, additional(person, label)), nil //nolint:gosec // the AEAD draws its own nonce
}

// Open decrypts what Seal encrypted. It returns ErrSealed if the bytes are
// damaged or not for person and label, and ErrForgotten once the key is gone.
func (r *Ring) Open(ctx context.Context, person, label string, sealed []byte) ([]byte, error) {
	aead, err := r.person(ctx, person, false)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", label, err)
	}
	plain, err := aead.Open(nil, nil, sealed, additional(person, label))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", label, ErrSealed)
	}
	return plain, nil
}

func additional(person, label string) []byte { return []byte(person + "\x00" + label) }

// MAC returns the HMAC-SHA-256 of data under a key for label that is derived
// from the master secret, and so in no database.
func (r *Ring) MAC(label string, data []byte) []byte {
	return r.master.MAC(label, data)
}

// MAC is Ring.MAC for those who hold the master alone.
func (m *Master) MAC(label string, data []byte) []byte {
	key, err := hkdf.Key(sha256.New, m.mac, nil, "causeway mac "+label, 32)
	if err != nil {
		panic("keys: " + err.Error()) // only for lengths that this is not
	}
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

const personKey = `
SELECT wrapped
FROM keys_persons
WHERE person_id = $1`

const insertPersonKey = `
INSERT INTO keys_persons (person_id, wrapped)
VALUES ($1, $2)
ON CONFLICT (person_id) DO NOTHING`

// person returns the key of person, which it makes if there is none and make is set.
func (r *Ring) person(ctx context.Context, person string, create bool) (cipher.AEAD, error) {
	r.mu.RLock()
	c, ok := r.persons[person]
	forgotten := r.forgotten
	r.mu.RUnlock()
	if ok && r.now().Before(c.till) {
		return c.aead, nil
	}
	aead, err := r.stored(ctx, person)
	if errors.Is(err, sql.ErrNoRows) && create {
		if _, err := r.db.Exec(ctx, insertPersonKey, person, r.newPersonKey(person)); err != nil {
			return nil, fmt.Errorf("make key: %w", err)
		}
		aead, err = r.stored(ctx, person)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrForgotten
	}
	if err != nil {
		return nil, err
	}
	r.db.After(ctx, func() { // inside a unit the key may yet be undone
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.forgotten != forgotten {
			return // perhaps this one, since it was read
		}
		if len(r.persons) >= cacheMax {
			clear(r.persons)
		}
		r.persons[person] = cached{aead, r.now().Add(cacheFor)}
	})
	return aead, nil
}

func (r *Ring) newPersonKey(person string) []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return r.master.seal("person\x00"+person, key)
}

func (r *Ring) stored(ctx context.Context, person string) (cipher.AEAD, error) {
	var wrapped []byte
	if err := r.db.QueryRow(ctx, personKey, person).Scan(&wrapped); err != nil {
		return nil, fmt.Errorf("key of person: %w", err)
	}
	if wrapped == nil {
		return nil, ErrForgotten
	}
	key, err := r.master.open("person\x00"+person, wrapped)
	if err != nil {
		return nil, err
	}
	return newAEAD(key)
}

// Prepare makes the keys of many persons in the unit of ctx, for those who add
// thousands at once.
func (r *Ring) Prepare(ctx context.Context, persons []string) error {
	const rows = 25 // SQLite's driver looks parameters up by name, which grows with their square
	for len(persons) > 0 {
		n := min(rows, len(persons))
		var q strings.Builder
		args := make([]any, 0, 2*n)
		q.WriteString("INSERT INTO keys_persons (person_id, wrapped) VALUES ")
		for i, p := range persons[:n] {
			if i > 0 {
				q.WriteByte(',')
			}
			fmt.Fprintf(&q, "($%d,$%d)", 2*i+1, 2*i+2)
			args = append(args, p, r.newPersonKey(p))
		}
		q.WriteString(" ON CONFLICT (person_id) DO NOTHING")
		if _, err := r.db.Exec(ctx, q.String(), args...); err != nil {
			return fmt.Errorf("make keys: %w", err)
		}
		persons = persons[n:]
	}
	return nil
}

const forgetPersonKey = `
INSERT INTO keys_persons (person_id, wrapped, forgotten_us)
VALUES ($1, NULL, $2)
ON CONFLICT (person_id) DO UPDATE SET wrapped = NULL, forgotten_us = excluded.forgotten_us`

// Forget destroys the key of person: what was sealed under it can never be
// opened again. Other replicas may still open it for up to a minute.
func (r *Ring) Forget(ctx context.Context, person string) error {
	if _, err := r.db.Exec(ctx, forgetPersonKey, person, r.now().UnixMicro()); err != nil {
		return fmt.Errorf("forget key: %w", err)
	}
	drop := func() {
		r.mu.Lock()
		delete(r.persons, person)
		r.forgotten++
		r.mu.Unlock()
	}
	r.db.After(ctx, drop)
	return nil
}
