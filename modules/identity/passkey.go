package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"causeway/platform/trail"
)

// maxPasskeys is how many passkeys a person can hold.
const maxPasskeys = 20

// A Passkey is one that a person holds.
type Passkey struct {
	ID        string
	Name      string    // given by the person
	Assurance Assurance // how surely it is theirs
	Synced    bool      // its maker may copy it to the person's other devices
	Suspect   bool      // two copies were used in turn: it opens nothing any more
	Created   time.Time
	Used      time.Time // zero if never
}

// A PasskeyRecord is a passkey as stored. Its name and public key are sealed, so
// that nobody can slip in another by writing to the database.
type PasskeyRecord struct {
	Passkey
	Person     PersonID
	Credential []byte // WebAuthn's credential id
	Sealed     []byte
	Actor      string
	Channel    string
}

// Passkeys keeps passkeys.
type Passkeys interface {
	// AddPasskey returns ErrPasskeyTwice if the person has it.
	AddPasskey(ctx context.Context, r PasskeyRecord) error
	// PasskeysOf returns a person's passkeys, the oldest first.
	PasskeysOf(ctx context.Context, p PersonID) ([]PasskeyRecord, error)
	// PasskeyByCredential returns ErrPasskeyUnknown if the person has none such.
	PasskeyByCredential(ctx context.Context, p PersonID, credential []byte) (PasskeyRecord, error)
	// UsePasskey stores the sealed part, Suspect and Used of r, if it was last used
	// at was; it reports whether it did.
	UsePasskey(ctx context.Context, r PasskeyRecord, was time.Time) (bool, error)
	// RemovePasskey removes one, or all if id is "".
	RemovePasskey(ctx context.Context, p PersonID, id string) error
}

// sealedPasskey is what lies under labelPasskey.
type sealedPasskey struct {
	Name   string `json:"name"`
	Record []byte `json:"record"`
}

func (s *Service) sealPasskey(ctx context.Context, p PersonID, v sealedPasskey) ([]byte, error) {
	b, err := encode(v)
	if err != nil {
		return nil, err
	}
	sealed, err := s.d.Keys.Seal(ctx, string(p), labelPasskey, b)
	if err != nil {
		return nil, fmt.Errorf("seal passkey: %w", err)
	}
	return sealed, nil
}

func (s *Service) openPasskey(ctx context.Context, r PasskeyRecord) (sealedPasskey, error) {
	var v sealedPasskey
	b, err := s.d.Keys.Open(ctx, string(r.Person), labelPasskey, r.Sealed)
	if err != nil {
		return v, fmt.Errorf("open passkey %s: %w", r.ID, err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("decode passkey %s", r.ID) // the cause may quote a name
	}
	return v, nil
}

// OwnPasskeys returns the caller's passkeys, the oldest first.
func (s *Service) OwnPasskeys(ctx context.Context, by Caller) ([]Passkey, error) {
	if !by.Known() {
		return nil, ErrSignIn
	}
	records, err := s.d.Store.PasskeysOf(ctx, by.Person)
	if err != nil {
		return nil, err
	}
	all := make([]Passkey, len(records))
	for i, r := range records {
		v, err := s.openPasskey(ctx, r)
		if err != nil {
			return nil, err
		}
		all[i] = r.Passkey
		all[i].Name = v.Name
	}
	return all, nil
}

// BeginPasskey asks the caller's browser for a further passkey. It returns
// ErrSignIn, ErrProof or ErrPasskeyMany.
func (s *Service) BeginPasskey(ctx context.Context, by Caller) (Challenge, error) {
	if err := s.Proved(ctx, by); err != nil {
		return Challenge{}, err
	}
	had, err := s.d.Store.PasskeysOf(ctx, by.Person)
	if err != nil {
		return Challenge{}, err
	}
	if len(had) >= maxPasskeys {
		return Challenge{}, ErrPasskeyMany
	}
	has := make([][]byte, len(had))
	for i, r := range had {
		has[i] = r.Credential
	}
	return s.beginCreate(ctx, by.Person, has)
}

// beginCreate asks for a passkey on a device that holds none of has.
func (s *Service) beginCreate(ctx context.Context, p PersonID, has [][]byte) (Challenge, error) {
	to, err := s.Contact(ctx, p)
	if err != nil {
		return Challenge{}, err
	}
	options, state, err := s.d.Party.BeginCreate(p, to.Name, has)
	if err != nil {
		return Challenge{}, fmt.Errorf("begin passkey: %w", err)
	}
	token, err := s.begin(ctx, kindCreate, p, state, passkeyFor)
	return Challenge{token, options}, err
}

// finishCreate ends the ceremony of a and returns the passkey that it made,
// which is not stored yet.
func (s *Service) finishCreate(ctx context.Context, p PersonID, a Answer, name string, level Assurance) (PasskeyRecord, error) {
	if !plainText(name, 60) {
		return PasskeyRecord{}, ErrPasskeyName
	}
	if len(a.Response) > maxResponse {
		return PasskeyRecord{}, ErrPasskey
	}
	c, err := s.take(ctx, a.Token, kindCreate)
	if err != nil {
		return PasskeyRecord{}, err
	}
	if c.Person != p {
		return PasskeyRecord{}, ErrCeremony
	}
	k, err := s.d.Party.FinishCreate(p, c.State, a.Response)
	if err != nil {
		return PasskeyRecord{}, err
	}
	sealed, err := s.sealPasskey(ctx, p, sealedPasskey{name, k.Record})
	return PasskeyRecord{
		Passkey: Passkey{ID: s.d.NewID(), Name: name, Assurance: level, Synced: k.Synced, Created: s.now()},
		Person:  p, Credential: k.ID, Sealed: sealed, Actor: string(p), Channel: trail.Online,
	}, err
}

// AddPasskey keeps the passkey that the browser made after BeginPasskey, under
// the name that the caller gave it, and records it. The passkey is as sure as
// the session in which it was made. It returns ErrSignIn, ErrProof,
// ErrPasskeyName, ErrCeremony, ErrPasskey, ErrPasskeyTwice or ErrPasskeyMany.
func (s *Service) AddPasskey(ctx context.Context, by Caller, a Answer, name string) error {
	if !by.Known() {
		return ErrSignIn
	}
	r, err := s.finishCreate(ctx, by.Person, a, name, by.Assurance)
	if err != nil {
		return err
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.Proved(ctx, by); err != nil {
			return err
		}
		had, err := s.d.Store.PasskeysOf(ctx, by.Person)
		if err != nil {
			return err
		}
		if len(had) >= maxPasskeys {
			return ErrPasskeyMany
		}
		if err := s.d.Store.AddPasskey(ctx, r); err != nil {
			return err
		}
		if err := s.bySelf(ctx, by.Person, by.Channel, "identity.passkey-added", nil); err != nil {
			return err
		}
		return s.d.Tell(ctx, by.Person, "identity.notice.passkey-added", "")
	})
}

// RenamePasskey gives one of the caller's passkeys another name, and records it.
// It returns ErrSignIn, ErrPasskeyName, ErrNoPasskey, or ErrCeremony if the
// passkey was used at this moment.
func (s *Service) RenamePasskey(ctx context.Context, by Caller, id, name string) error {
	if !by.Known() {
		return ErrSignIn
	}
	if !plainText(name, 60) {
		return ErrPasskeyName
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		all, err := s.d.Store.PasskeysOf(ctx, by.Person)
		if err != nil {
			return err
		}
		for _, r := range all {
			if r.ID != id {
				continue
			}
			v, err := s.openPasskey(ctx, r)
			if err != nil || v.Name == name {
				return err
			}
			if r.Sealed, err = s.sealPasskey(ctx, by.Person, sealedPasskey{name, v.Record}); err != nil {
				return err
			}
			ok, err := s.d.Store.UsePasskey(ctx, r, r.Used)
			if err != nil {
				return err
			}
			if !ok {
				return ErrCeremony
			}
			return s.bySelf(ctx, by.Person, by.Channel, "identity.passkey-renamed", nil)
		}
		return ErrNoPasskey
	})
}

// RemovePasskey removes one of the caller's passkeys, ends the sessions that it
// began but for the caller's own, and records it. It returns ErrSignIn, ErrProof,
// ErrNoPasskey, or ErrPasskeyLast if it is the last that works and no unused
// code would let the person in again.
func (s *Service) RemovePasskey(ctx context.Context, by Caller, id string) error {
	if !by.Known() {
		return ErrSignIn
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.Proved(ctx, by); err != nil {
			return err
		}
		all, err := s.d.Store.PasskeysOf(ctx, by.Person)
		if err != nil {
			return err
		}
		found, others := false, 0
		for _, r := range all {
			if r.ID == id {
				found = true
			} else if !r.Suspect {
				others++
			}
		}
		if !found {
			return ErrNoPasskey
		}
		if others == 0 {
			open, err := s.d.Store.OpenCodes(ctx, by.Person, s.now())
			if err != nil {
				return err
			}
			if len(open) == 0 {
				return ErrPasskeyLast
			}
		}
		if err := s.d.Store.RemovePasskey(ctx, by.Person, id); err != nil {
			return err
		}
		if _, err := s.d.Store.EndSessions(ctx, by.Person, id, by.Session); err != nil {
			return err
		}
		return s.bySelf(ctx, by.Person, by.Channel, "identity.passkey-removed", nil)
	})
}
