package identity

import (
	"context"
	"fmt"

	"causeway/platform/trail"
)

// BeginSignIn asks a browser for a passkey of whoever sits before it.
func (s *Service) BeginSignIn(ctx context.Context) (Challenge, error) {
	options, state, err := s.d.Party.BeginUse(nil)
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
	use, err := s.use(ctx, c.State, a.Response, "")
	if err != nil {
		return "", err
	}
	var token string
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.keepUse(ctx, use); err != nil || use.key.Suspect {
			return err
		}
		token, err = s.start(ctx, start{
			person: use.key.Person, passkey: use.key.ID, level: use.key.Assurance, channel: trail.Online, device: a.Device, instead: instead,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if use.key.Suspect {
		return "", ErrPasskeySuspect
	}
	return token, nil
}
