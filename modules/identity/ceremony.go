package identity

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// How long ceremonies wait for the person.
const (
	passkeyFor    = 10 * time.Minute
	activationFor = 30 * time.Minute
)

// maxResponse bounds what a browser may send about a passkey.
const maxResponse = 32 << 10

// Kinds of ceremonies.
const (
	kindCreate     = "create"     // a passkey is being made
	kindUse        = "use"        // a passkey is being used to sign in
	kindProof      = "proof"      // a passkey is being used by who is signed in
	kindActivation = "activation" // a code is being used
)

// A Ceremony is what the server must remember between two steps. The browser
// holds a token for it, of which the hash alone is stored.
type Ceremony struct {
	Hash   []byte
	Kind   string
	Person PersonID // "" when nobody is known yet
	State  []byte
	Until  time.Time
}

// Ceremonies keeps ceremonies, for every replica.
type Ceremonies interface {
	AddCeremony(ctx context.Context, c Ceremony) error
	// Ceremony returns ErrCeremony if there is none.
	Ceremony(ctx context.Context, hash []byte) (Ceremony, error)
	// UpdateCeremony changes the state, or returns ErrCeremony if there is none.
	UpdateCeremony(ctx context.Context, c Ceremony) error
	// TakeCeremony removes and returns it: one of several who try succeeds, the
	// others get ErrCeremony.
	TakeCeremony(ctx context.Context, hash []byte) (Ceremony, error)
	// PurgeCeremonies removes those that ended before t.
	PurgeCeremonies(ctx context.Context, t time.Time) error
}

// A Challenge is what a page needs to have a passkey made or used.
type Challenge struct {
	Token   string // goes back with the answer
	Options []byte // JSON for navigator.credentials, in WebAuthn's JSON form
}

// An Answer is what the browser sends back.
type Answer struct {
	Token    string
	Response []byte // JSON of the PublicKeyCredential
	Device   string // what the browser says it runs on, coarsely
}

// A RelyingParty speaks WebAuthn (W3C Web Authentication, Level 3) for one
// origin. State is for its own use: it is kept on the server and used once.
// Records are what it must know of a passkey. Failures of the browser or the
// authenticator are ErrPasskey, without details.
type RelyingParty interface {
	// BeginCreate asks for a discoverable passkey that verifies its user. Those in
	// has must not be made again.
	BeginCreate(p PersonID, name string, has [][]byte) (options, state []byte, err error)
	// FinishCreate checks the answer and returns the passkey.
	FinishCreate(p PersonID, state, response []byte) (Credential, error)
	// BeginUse asks for one of the passkeys in has, or any of anybody if there are
	// none. Whose it was in the end is for FinishUse's find to say.
	BeginUse(has [][]byte) (options, state []byte, err error)
	// FinishUse checks the answer against the record that find returns.
	FinishUse(state, response []byte, find func(p PersonID, credential []byte) (record []byte, err error)) (Use, error)
}

// A Credential is a passkey as the relying party knows it.
type Credential struct {
	ID     []byte
	Record []byte
	Synced bool // may be copied between the person's devices by their maker
}

// A Use is a passkey that signed a challenge.
type Use struct {
	Person     PersonID
	Credential Credential // its record as it is from now on
	Suspect    bool       // its counter went back: two copies may exist
}

// begin stores a ceremony and returns its token.
func (s *Service) begin(ctx context.Context, kind string, p PersonID, state []byte, keep time.Duration) (string, error) {
	token, err := s.secret()
	if err != nil {
		return "", err
	}
	err = s.d.Store.AddCeremony(ctx, Ceremony{Hash: tokenHash(token), Kind: kind, Person: p, State: state, Until: s.now().Add(keep)})
	if err != nil {
		return "", fmt.Errorf("begin %s: %w", kind, err)
	}
	return token, nil
}

// peek returns the ceremony of token without ending it, or ErrCeremony.
func (s *Service) peek(ctx context.Context, token, kind string) (Ceremony, error) {
	c, err := s.d.Store.Ceremony(ctx, tokenHash(token))
	return s.live(c, kind, err)
}

// take ends the ceremony of token and returns it, or ErrCeremony. It commits by
// itself, so that an answer that fails cannot be tried again.
func (s *Service) take(ctx context.Context, token, kind string) (Ceremony, error) {
	var c Ceremony
	err := s.d.Units.Do(ctx, func(ctx context.Context) (err error) {
		c, err = s.d.Store.TakeCeremony(ctx, tokenHash(token))
		return err
	})
	return s.live(c, kind, err)
}

func (s *Service) live(c Ceremony, kind string, err error) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, err
	}
	if c.Kind != kind || !s.now().Before(c.Until) {
		return Ceremony{}, ErrCeremony
	}
	return c, nil
}

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// Purge removes what has run out: ceremonies, sessions and letters that can be
// printed. It may be called at any time, by any replica.
func (s *Service) Purge(ctx context.Context) error {
	now := s.now()
	return errors.Join(
		s.d.Store.PurgeCeremonies(ctx, now),
		s.d.Store.PurgeSessions(ctx, now.Add(-sessionIdle)),
		s.d.Store.ForgetLetters(ctx, now.Add(-letterFor)),
	)
}

// encode writes v, which always can be.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("identity: encode: %w", err)
	}
	return b, nil
}
