package keys

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A new key is published at once and signs after a while, when every replica, and
// whoever keeps our public keys for a little, knows it.
const (
	// SignerFor is how long a replica goes on with a key before it looks for another.
	SignerFor = 2 * time.Second
	// RotateIn is how long before it signs a new key is best published.
	RotateIn = time.Minute
	// RotateSoonest leaves replicas just time enough to learn of it.
	RotateSoonest = 3 * SignerFor
)

// Errors of Rotate.
var (
	ErrNoSigner = errors.New("keys: no key signs under this name")
	ErrTooSoon  = errors.New("keys: replicas and verifiers need time to learn of a key before it signs")
)

const retireSigner = `
UPDATE keys_signers
SET retired_us = $2
WHERE name = $1 AND retired_us IS NULL`

// Rotate makes a new key for name and returns it. It signs from in after now, on
// every replica; what the old ones signed still verifies, and they stay published.
// It returns ErrNoSigner if nothing was ever signed as name, and ErrTooSoon if in
// is less than RotateSoonest.
func (r *Ring) Rotate(ctx context.Context, name string, in time.Duration) (Public, error) {
	var next Public
	if in < RotateSoonest {
		return next, ErrTooSoon
	}
	err := r.db.Do(ctx, func(ctx context.Context) error {
		all, err := r.rows(ctx, name)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return ErrNoSigner
		}
		from := r.now().Add(in).Truncate(time.Microsecond)
		if latest := all[0].From; !from.After(latest) { // clocks differ
			from = latest.Add(time.Microsecond)
		}
		if _, err := r.db.Exec(ctx, retireSigner, name, from.UnixMicro()); err != nil {
			return err
		}
		s, err := r.create(ctx, name, all[0].Alg, from)
		if err != nil {
			return err
		}
		next = Public{KID: s.KID, Alg: s.Alg, Key: s.Public(), From: from}
		return nil
	})
	if err != nil {
		return Public{}, fmt.Errorf("rotate %s: %w", name, err)
	}
	return next, nil
}

const signerRows = `
SELECT kid, alg, public, wrapped, created_us, retired_us
FROM keys_signers
WHERE name = $1
ORDER BY created_us DESC, kid`

// signerRow is a key as stored.
type signerRow struct {
	Public
	wrapped []byte
}

// rows returns the keys of name, newest first.
func (r *Ring) rows(ctx context.Context, name string) ([]signerRow, error) {
	rows, err := r.db.Query(ctx, signerRows, name)
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", name, err)
	}
	defer rows.Close()
	now := r.now().UnixMicro()
	var all []signerRow
	for rows.Next() {
		var k signerRow
		var der []byte
		var from int64
		var retired sql.NullInt64
		if err := rows.Scan(&k.KID, &k.Alg, &der, &k.wrapped, &from, &retired); err != nil {
			return nil, fmt.Errorf("keys of %s: %w", name, err)
		}
		if k.Key, err = x509.ParsePKIXPublicKey(der); err != nil {
			return nil, fmt.Errorf("keys of %s: %w", name, err)
		}
		k.From, k.Retired = time.UnixMicro(from).UTC(), retired.Valid && retired.Int64 <= now
		all = append(all, k)
	}
	return all, rows.Err()
}

// Verifiers returns the public keys of name, newest first: the one that signs,
// those that did, and one that soon will.
func (r *Ring) Verifiers(ctx context.Context, name string) ([]Public, error) {
	rows, err := r.rows(ctx, name)
	if err != nil {
		return nil, err
	}
	all := make([]Public, len(rows))
	for i, k := range rows {
		all[i] = k.Public
	}
	return all, nil
}

const signerNames = `
SELECT DISTINCT name
FROM keys_signers
ORDER BY name`

// Names returns the names under which something is signed, in order.
func (r *Ring) Names(ctx context.Context) ([]string, error) {
	rows, err := r.db.Query(ctx, signerNames)
	if err != nil {
		return nil, fmt.Errorf("names of keys: %w", err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("names of keys: %w", err)
		}
		all = append(all, name)
	}
	return all, rows.Err()
}
