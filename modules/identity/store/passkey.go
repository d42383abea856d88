package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/identity"
)

const insertPasskey = `
INSERT INTO identity_passkeys (person_id, passkey_id, credential_id, sealed, assurance, synced, suspect, actor, channel, created_us, used_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (person_id, credential_id) DO NOTHING`

// AddPasskey adds r.
func (s *Store) AddPasskey(ctx context.Context, r identity.PasskeyRecord) error {
	res, err := s.db.Exec(ctx, insertPasskey, string(r.Person), r.ID, r.Credential, r.Sealed, int64(r.Assurance), flag(r.Synced), flag(r.Suspect),
		r.Actor, r.Channel, micro(r.Created), micro(r.Used))
	ok, err := touched(res, err, "insert passkey")
	if err == nil && !ok {
		return identity.ErrPasskeyTwice
	}
	return err
}

const passkeysOf = `
SELECT person_id, passkey_id, credential_id, sealed, assurance, synced, suspect, actor, channel, created_us, used_us
FROM identity_passkeys
WHERE person_id = $1
ORDER BY created_us, passkey_id`

// PasskeysOf returns a person's passkeys, the oldest first.
func (s *Store) PasskeysOf(ctx context.Context, p identity.PersonID) ([]identity.PasskeyRecord, error) {
	rows, err := s.db.Query(ctx, passkeysOf, string(p))
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	defer rows.Close()
	var all []identity.PasskeyRecord
	for rows.Next() {
		r, err := scanPasskey(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

const passkeyByCredential = `
SELECT person_id, passkey_id, credential_id, sealed, assurance, synced, suspect, actor, channel, created_us, used_us
FROM identity_passkeys
WHERE person_id = $1 AND credential_id = $2`

// PasskeyByCredential returns the person's passkey with that credential id.
func (s *Store) PasskeyByCredential(ctx context.Context, p identity.PersonID, credential []byte) (identity.PasskeyRecord, error) {
	return scanPasskey(s.db.QueryRow(ctx, passkeyByCredential, string(p), credential))
}

func scanPasskey(row scanner) (identity.PasskeyRecord, error) {
	var r identity.PasskeyRecord
	var synced, suspect, created, used int64
	err := row.Scan((*string)(&r.Person), &r.ID, &r.Credential, &r.Sealed, &r.Assurance, &synced, &suspect, &r.Actor, &r.Channel, &created, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return r, identity.ErrPasskeyUnknown
	}
	if err != nil {
		return r, fmt.Errorf("passkey: %w", err)
	}
	r.Synced, r.Suspect, r.Created, r.Used = synced == 1, suspect == 1, at(created), at(used)
	return r, nil
}

const usePasskey = `
UPDATE identity_passkeys
SET sealed = $4, suspect = $5, used_us = $6
WHERE person_id = $1 AND passkey_id = $2 AND used_us = $3`

// UsePasskey stores what a use changed, if the passkey was last used at was.
func (s *Store) UsePasskey(ctx context.Context, r identity.PasskeyRecord, was time.Time) (bool, error) {
	res, err := s.db.Exec(ctx, usePasskey, string(r.Person), r.ID, micro(was), r.Sealed, flag(r.Suspect), micro(r.Used))
	return touched(res, err, "use passkey")
}

const removePasskey = `
DELETE FROM identity_passkeys
WHERE person_id = $1 AND ($2 = '' OR passkey_id = $2)`

// RemovePasskey removes one of the person's passkeys, or all if id is "".
func (s *Store) RemovePasskey(ctx context.Context, p identity.PersonID, id string) error {
	if _, err := s.db.Exec(ctx, removePasskey, string(p), id); err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return nil
}
