package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"causeway/platform/trail"
)

// An Activation is a code being used: it was opened, then confirmed by the
// identity number, and ends with a passkey.
type Activation struct {
	Confirmed bool
	Attempts  int    // wrong numbers that may still follow
	Name      string // "" until confirmed
	Recovery  bool   // the person holds passkeys already; false until confirmed
	MayKeep   bool   // the person holds passkeys, and has just used one in this browser
}

// activationState is what a ceremony of kindActivation remembers.
type activationState struct {
	Code      string `json:"code"`
	Confirmed bool   `json:"confirmed"`
}

// usable returns why c cannot be used at now, or nil.
func (c CodeRecord) usable(now time.Time) error {
	switch c.State {
	case CodeUsed:
		return ErrCodeUsed
	case CodeBlocked:
		return ErrCodeBlocked
	case CodeReplaced:
		return ErrCodeExpired
	case CodeOpen:
	}
	if !now.Before(c.Until) {
		return ErrCodeExpired
	}
	return nil
}

// OpenCode begins an activation and returns its token. Nothing has happened to
// the code yet: a letter may be opened often. It returns ErrCode, ErrCodeExpired,
// ErrCodeUsed or ErrCodeBlocked.
func (s *Service) OpenCode(ctx context.Context, code Code) (string, error) {
	c, err := s.d.Store.CodeByMAC(ctx, s.d.Keys.MAC(labelCode, code.letters()))
	if err != nil {
		return "", err
	}
	if err := c.usable(s.now()); err != nil {
		return "", err
	}
	state, err := encode(activationState{Code: c.ID})
	if err != nil {
		return "", err
	}
	return s.begin(ctx, kindActivation, c.Person, state, activationFor)
}

// running returns the activation of token and its code, which can be used.
func (s *Service) running(ctx context.Context, token string) (Ceremony, activationState, CodeRecord, error) {
	var st activationState
	c, err := s.peek(ctx, token, kindActivation)
	if err != nil {
		return c, st, CodeRecord{}, err
	}
	if err := json.Unmarshal(c.State, &st); err != nil {
		return c, st, CodeRecord{}, fmt.Errorf("decode activation: %w", err)
	}
	code, err := s.d.Store.Code(ctx, c.Person, st.Code)
	if err != nil {
		return c, st, code, err
	}
	return c, st, code, code.usable(s.now())
}

// Activation returns how far the activation of token is, in the browser in which
// by is signed in. It returns ErrCeremony if it is over, or why the code cannot be
// used any more.
func (s *Service) Activation(ctx context.Context, token string, by Caller) (Activation, error) {
	c, st, code, err := s.running(ctx, token)
	if err != nil {
		return Activation{}, err
	}
	a := Activation{Confirmed: st.Confirmed, Attempts: codeAttempts - code.Attempts}
	if !st.Confirmed {
		return a, nil
	}
	to, err := s.Contact(ctx, c.Person)
	if err != nil {
		return Activation{}, err
	}
	had, err := s.d.Store.PasskeysOf(ctx, c.Person)
	if err != nil {
		return Activation{}, err
	}
	a.Name, a.Recovery = to.Name, len(had) > 0
	if a.Recovery {
		if err := s.strongEnough(ctx, code); err != nil {
			return Activation{}, err
		}
		switch err := s.mayKeep(ctx, c.Person, by); {
		case err == nil:
			a.MayKeep = true
		case !errors.Is(err, ErrProof):
			return Activation{}, err
		}
	}
	return a, nil
}

// strongEnough returns ErrDocumentWeak if the document behind code says less than
// what is known of a person who holds passkeys: whoever forges a weak one must not
// come by what a stronger one has opened. That the code is refused here, and not
// when it is issued, keeps the clerk from learning who is known.
func (s *Service) strongEnough(ctx context.Context, code CodeRecord) error {
	r, err := s.d.Store.Person(ctx, code.Person)
	if err != nil {
		return err
	}
	if level, _ := code.Document.Assurance(); level < r.Assurance {
		return ErrDocumentWeak
	}
	return nil
}

// mayKeep returns ErrProof unless by is p and has just used a passkey: a code and
// a number, which others may come by, are not enough to slip in a passkey beside
// those that p goes on using. Without one of them the others end, and p notices.
func (s *Service) mayKeep(ctx context.Context, p PersonID, by Caller) error {
	if by.Person != p {
		return ErrProof
	}
	if err := s.Proved(ctx, by); errors.Is(err, ErrSignIn) {
		return ErrProof
	} else if err != nil {
		return err
	}
	return nil
}

// Confirm checks that whoever opened the code knows the identity number of the
// person it is for. A wrong number counts against the code, wherever it is
// typed: it returns ErrNumberMismatch, and ErrCodeBlocked after the fifth.
func (s *Service) Confirm(ctx context.Context, token string, n HKID) error {
	var wrong error // what a unit that commits has to say
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		wrong = nil
		c, st, code, err := s.running(ctx, token)
		if err != nil {
			return err
		}
		p, err := s.d.Store.Person(ctx, c.Person)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(p.NumberMAC, s.numberMAC(n)) == 1 {
			st.Confirmed = true
			if c.State, err = encode(st); err != nil {
				return err
			}
			return s.d.Store.UpdateCeremony(ctx, c)
		}
		wrong, err = s.mismatch(ctx, code)
		return err
	})
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return wrong
}

// mismatch counts a wrong number against code in the unit of ctx, and says what
// to tell.
func (s *Service) mismatch(ctx context.Context, code CodeRecord) (wrong, err error) {
	code.Attempts++
	wrong = ErrNumberMismatch
	if code.Attempts >= codeAttempts {
		code.State, code.Letter, wrong = CodeBlocked, nil, ErrCodeBlocked
	}
	if _, err := s.d.Store.UpdateCode(ctx, code, CodeOpen); err != nil || code.State == CodeOpen {
		return wrong, err
	}
	return wrong, s.d.Trail.Record(ctx, trail.Entry{
		Person: string(code.Person), Org: code.Department, Subject: code.Subject,
		Actor: trail.System, Role: trail.System, Channel: trail.Online, What: "identity.code-blocked",
	})
}

// BeginActivation asks the browser for the first passkey, or that of a recovery.
// It returns ErrCeremony unless the activation is confirmed.
func (s *Service) BeginActivation(ctx context.Context, token string) (Challenge, error) {
	c, st, _, err := s.running(ctx, token)
	if err != nil {
		return Challenge{}, err
	}
	if !st.Confirmed {
		return Challenge{}, ErrCeremony
	}
	return s.beginCreate(ctx, c.Person, nil) // a device that holds one may make it anew
}

// A Finish is how a person ends an activation.
type Finish struct {
	Answer  Answer
	Name    string // of the passkey
	Clear   bool   // the person's other passkeys and sessions end
	Instead Caller // whose session in this browser ends
}

// others sees to the person's other passkeys in the unit of ctx, and tells the
// person if there are any.
func (s *Service) others(ctx context.Context, code CodeRecord, f Finish) error {
	had, err := s.d.Store.PasskeysOf(ctx, code.Person)
	if err != nil {
		return err
	}
	if len(had) > 0 {
		if err := s.strongEnough(ctx, code); err != nil {
			return err
		}
	}
	switch {
	case f.Clear:
		if err := s.clear(ctx, code); err != nil {
			return err
		}
	case len(had) > 0:
		if err := s.mayKeep(ctx, code.Person, f.Instead); err != nil {
			return err
		}
	}
	if len(had) == 0 {
		return nil
	}
	return s.d.Tell(ctx, code.Person, "identity.notice.recovered", "")
}

// FinishActivation uses the code up, keeps the passkey, signs the person in and
// records it, all of it or nothing. Of several who try with one code, one
// succeeds. It returns the session's token, and ErrCeremony, ErrPasskey,
// ErrPasskeyName, why the code cannot be used, ErrDocumentWeak, or ErrProof if other passkeys are
// to be kept and none of them was just used in this browser.
func (s *Service) FinishActivation(ctx context.Context, token string, f Finish) (string, error) {
	_, st, code, err := s.running(ctx, token)
	if err != nil {
		return "", err
	}
	if !st.Confirmed {
		return "", ErrCeremony
	}
	level, _ := code.Document.Assurance()
	key, err := s.finishCreate(ctx, code.Person, f.Answer, f.Name, level)
	if err != nil {
		return "", err
	}
	var session string
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.redeem(ctx, token); err != nil {
			return err
		}
		if err := s.others(ctx, code, f); err != nil {
			return err
		}
		if err := s.d.Store.AddPasskey(ctx, key); err != nil {
			return err
		}
		if err := s.raise(ctx, code.Person, level); err != nil {
			return err
		}
		err := s.d.Trail.Record(ctx, trail.Entry{
			Person: string(code.Person), Org: code.Department, Subject: code.Subject, Actor: string(code.Person),
			Role: trail.Self, Channel: trail.Online, What: "identity.activated", Detail: map[string]string{"assurance": level.String()},
		})
		if err != nil {
			return err
		}
		session, err = s.start(ctx, start{
			person: code.Person, passkey: key.ID, level: level, channel: trail.Online, device: f.Answer.Device, instead: f.Instead,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("activate: %w", err)
	}
	return session, nil
}

// redeem uses up the code of the activation of token, in the unit of ctx.
func (s *Service) redeem(ctx context.Context, token string) error {
	_, _, code, err := s.running(ctx, token)
	if err != nil {
		return err
	}
	code.State, code.Letter = CodeUsed, nil
	ok, err := s.d.Store.UpdateCode(ctx, code, CodeOpen)
	if err != nil {
		return err
	}
	if !ok {
		return ErrCodeUsed
	}
	_, err = s.d.Store.TakeCeremony(ctx, tokenHash(token))
	return err
}

// clear ends every passkey and session of the person, in the unit of ctx.
func (s *Service) clear(ctx context.Context, code CodeRecord) error {
	if err := s.d.Store.RemovePasskey(ctx, code.Person, ""); err != nil {
		return err
	}
	if _, err := s.d.Store.EndSessions(ctx, code.Person, "", ""); err != nil {
		return err
	}
	return s.bySelf(ctx, code.Person, trail.Online, "identity.recovered", nil)
}

// raise notes that a person was checked as surely as level, if that is more than
// before, in the unit of ctx.
func (s *Service) raise(ctx context.Context, id PersonID, level Assurance) error {
	r, err := s.d.Store.Person(ctx, id)
	if err != nil || r.Assurance >= level {
		return err
	}
	r.Assurance = level
	return s.d.Store.UpdatePerson(ctx, r)
}
