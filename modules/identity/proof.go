package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"causeway/platform/trail"
)

// proofFor is how long a passkey that was just used opens what changes how a
// person signs in.
const proofFor = 5 * time.Minute

// proofState is what a ceremony of kindProof remembers: the session that it is for.
type proofState struct {
	Session string `json:"session"`
	Party   []byte `json:"party"`
}

// Proved returns nil if the caller used a passkey in this session within the
// last five minutes, and ErrProof if not. Whoever holds no passkey and did not
// sign in with one has nothing to use, and is let through: the demo's personas.
func (s *Service) Proved(ctx context.Context, by Caller) error {
	if !by.Known() {
		return ErrSignIn
	}
	r, err := s.d.Store.Session(ctx, by.Person, by.Session)
	if errors.Is(err, ErrNoSession) { // it ended at this moment
		return ErrSignIn
	}
	if err != nil {
		return err
	}
	if s.now().Before(r.Proved.Add(proofFor)) {
		return nil
	}
	if r.Passkey == "" {
		had, err := s.d.Store.PasskeysOf(ctx, by.Person)
		if err != nil || len(had) == 0 {
			return err
		}
	}
	return ErrProof
}

// BeginProof asks the caller's browser for one of the caller's passkeys. It
// returns ErrSignIn, or ErrProofNone if the caller has none that works.
func (s *Service) BeginProof(ctx context.Context, by Caller) (Challenge, error) {
	if !by.Known() {
		return Challenge{}, ErrSignIn
	}
	had, err := s.d.Store.PasskeysOf(ctx, by.Person)
	if err != nil {
		return Challenge{}, err
	}
	var has [][]byte
	for _, r := range had {
		if !r.Suspect {
			has = append(has, r.Credential)
		}
	}
	if len(has) == 0 {
		return Challenge{}, ErrProofNone
	}
	options, state, err := s.d.Party.BeginUse(has)
	if err != nil {
		return Challenge{}, fmt.Errorf("begin proof: %w", err)
	}
	kept, err := encode(proofState{by.Session, state})
	if err != nil {
		return Challenge{}, err
	}
	token, err := s.begin(ctx, kindProof, by.Person, kept, passkeyFor)
	return Challenge{token, options}, err
}

// Prove notes that the caller has just used a passkey, and records it. It returns
// a new token for the session: whoever has a copy of the old one is out. It
// returns ErrSignIn, ErrCeremony, ErrPasskey, ErrPasskeyUnknown, ErrPasskeySuspect,
// or ErrProofWeak if the passkey is less sure than the session.
func (s *Service) Prove(ctx context.Context, by Caller, a Answer) (string, error) {
	if !by.Known() {
		return "", ErrSignIn
	}
	if len(a.Response) > maxResponse {
		return "", ErrPasskey
	}
	c, err := s.take(ctx, a.Token, kindProof)
	if err != nil {
		return "", err
	}
	var st proofState
	if err := json.Unmarshal(c.State, &st); err != nil {
		return "", fmt.Errorf("decode proof: %w", err)
	}
	if c.Person != by.Person || st.Session != by.Session {
		return "", ErrCeremony
	}
	use, err := s.use(ctx, st.Party, a.Response, by.Person)
	if err != nil {
		return "", err
	}
	if use.key.Assurance < by.Assurance {
		return "", ErrProofWeak
	}
	secret, err := s.secret()
	if err != nil {
		return "", err
	}
	token := sessionToken(by.Person, by.Session, secret)
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.keepUse(ctx, use); err != nil || use.key.Suspect {
			return err
		}
		ok, err := s.d.Store.ProveSession(ctx, by.Person, by.Session, tokenHash(token), s.now())
		if err != nil {
			return err
		}
		if !ok {
			return ErrSignIn
		}
		return s.bySelf(ctx, by.Person, by.Channel, "identity.proved", nil)
	})
	if err != nil {
		return "", fmt.Errorf("prove: %w", err)
	}
	if use.key.Suspect {
		return "", ErrPasskeySuspect
	}
	return token, nil
}

// used is a passkey that signed a challenge: as it is from now on, and when it
// was last used before.
type used struct {
	key PasskeyRecord
	was time.Time
}

// use checks the answer to a challenge. The passkey must be of the person, or of
// anybody if that is "".
func (s *Service) use(ctx context.Context, state, response []byte, of PersonID) (used, error) {
	var key PasskeyRecord
	var name string
	u, err := s.d.Party.FinishUse(state, response, func(p PersonID, credential []byte) ([]byte, error) {
		if !named(string(p)) || of != "" && p != of {
			return nil, ErrPasskeyUnknown
		}
		r, err := s.d.Store.PasskeyByCredential(ctx, p, credential)
		if err != nil {
			return nil, err
		}
		v, err := s.openPasskey(ctx, r)
		key, name = r, v.Name
		return v.Record, err
	})
	if err != nil {
		return used{}, err
	}
	if key.Suspect {
		return used{}, ErrPasskeySuspect
	}
	was := key.Used
	key.Used, key.Suspect = s.now(), u.Suspect
	key.Sealed, err = s.sealPasskey(ctx, key.Person, sealedPasskey{name, u.Credential.Record})
	return used{key, was}, err
}

// keepUse stores a use in the unit of ctx. A passkey of which two copies may
// exist ends with the sessions that it began.
func (s *Service) keepUse(ctx context.Context, u used) error {
	ok, err := s.d.Store.UsePasskey(ctx, u.key, u.was)
	if err != nil {
		return err
	}
	if !ok { // used or removed at this moment: its counter may be another
		return ErrCeremony
	}
	if !u.key.Suspect {
		return nil
	}
	if _, err := s.d.Store.EndSessions(ctx, u.key.Person, u.key.ID, ""); err != nil {
		return err
	}
	return s.d.Trail.Record(ctx, trail.Entry{
		Person: string(u.key.Person), Actor: trail.System, Role: trail.System, Channel: trail.Online, What: "identity.passkey-suspect",
	})
}
