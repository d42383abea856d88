package identity

import (
	"context"
	"fmt"

	"causeway/platform/trail"
)

// BeginSignIn asks a browser for a passkey of whoever sits before it.
func (s *Service) BeginSignIn(ctx context.Context) (Challenge, error) {
	options, state, err := s.d.Party.BeginUse()
	if err != nil {
		return Challenge{}, fmt.Errorf("begin sign-in: %w", err)
	}
	token, err := s.begin(ctx, kindUse, "", state, passkeyFor)
	return Challenge{token, options}, err
}

// SignIn begins a session for whoever answered BeginSignIn with a passkey, ends
// the one that the browser had, records it, and returns the new session's token.
// The session is as sure as the passkey. It returns ErrCeremony, ErrPasskey,
// ErrPasskeyUnknown, or ErrPasskeySuspect once a passkey's counter went back.
func (s *Service) SignIn(ctx context.Context, a Answer, instead Caller) (string, error) {
	if len(a.Response) > maxResponse {
		return "", ErrPasskey
	}
	c, err := s.take(ctx, a.Token, kindUse)
	if err != nil {
		return "", err
	}
	var key PasskeyRecord
	var name string
	use, err := s.d.Party.FinishUse(c.State, a.Response, func(p PersonID, credential []byte) ([]byte, error) {
		if !named(string(p)) {
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
		return "", err
	}
	if key.Suspect {
		return "", ErrPasskeySuspect
	}
	was := key.Used
	key.Used, key.Suspect = s.now(), use.Suspect
	if key.Sealed, err = s.sealPasskey(ctx, key.Person, sealedPasskey{name, use.Credential.Record}); err != nil {
		return "", err
	}
	var token string
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		ok, err := s.d.Store.UsePasskey(ctx, key, was)
		if err != nil {
			return err
		}
		if !ok { // used or removed at this moment: its counter may be another
			return ErrCeremony
		}
		if key.Suspect {
			_, err := s.d.Store.EndSessions(ctx, key.Person, key.ID, "")
			if err != nil {
				return err
			}
			return s.d.Trail.Record(ctx, trail.Entry{
				Person: string(key.Person), Actor: trail.System, Role: trail.System, Channel: trail.Online, What: "identity.passkey-suspect",
			})
		}
		token, err = s.start(ctx, start{
			person: key.Person, passkey: key.ID, level: key.Assurance, channel: trail.Online, device: a.Device, instead: instead,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if key.Suspect {
		return "", ErrPasskeySuspect
	}
	return token, nil
}
