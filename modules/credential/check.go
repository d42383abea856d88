package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// What Format.Read may find wrong with a text.
var (
	ErrUnreadable = errors.New("credential: not a credential")
	ErrForged     = errors.New("credential: not signed by us, or changed since")
	ErrUnbound    = errors.New("credential: does not show who presents it")
)

// A Proof is what a presented text says, once its signatures hold.
type Proof struct {
	List, Index int
	Type        string
	From, Until day.Date
	Claims      []Claim   // those that the holder chose to show
	Presented   time.Time // when the holder made the presentation
}

// Verdict is what a check finds.
type Verdict string

// The verdicts beside the states of a licence.
const (
	Forged     Verdict = "forged"
	Unreadable Verdict = "unreadable"
	Stale      Verdict = "stale" // genuine, but shown too long ago
	Unbound    Verdict = "unbound"
)

// A Check is what anybody learns of a licence that is shown to them: nothing
// but what its holder chose.
type Check struct {
	Verdict     Verdict // or a State
	Type        string
	Label       lang.Text
	Department  org.ID
	From, Until day.Date
	Revoked     time.Time
	Claims      []Claim
	Names       map[string]lang.Text // what claims are called
	Presented   time.Time
	At          time.Time // when it was checked
}

// Show checks the presentation that handle names, as a scanned code does. It
// returns ErrNoPresentation if there is none, or it ended long ago.
func (s *Service) Show(ctx context.Context, handle string) (Check, error) {
	p, err := s.d.Store.Presentation(ctx, hash(handle))
	if err != nil {
		return Check{}, fmt.Errorf("presentation: %w", err)
	}
	text, err := s.d.Sealer.OpenShared("credential.presentation", p.Sealed)
	if err != nil {
		return Check{}, err
	}
	return s.Check(ctx, string(text))
}

// Check checks a presented text. What is wrong with the text is a verdict, not
// an error.
func (s *Service) Check(ctx context.Context, text string) (Check, error) {
	c := Check{At: s.d.Now().UTC()}
	proof, err := s.d.Format.Read(ctx, strings.TrimSpace(text))
	switch {
	case errors.Is(err, ErrUnreadable):
		c.Verdict = Unreadable
		return c, nil
	case errors.Is(err, ErrForged):
		c.Verdict = Forged
		return c, nil
	case errors.Is(err, ErrUnbound):
		c.Verdict = Unbound
		return c, nil
	case err != nil:
		return Check{}, fmt.Errorf("check licence: %w", err)
	}
	l, err := s.d.Store.ByStatus(ctx, proof.List, proof.Index)
	if errors.Is(err, ErrNoLicence) { // signed by us and yet unknown: trust what we hold
		c.Verdict = Forged
		return c, nil
	}
	if err != nil {
		return Check{}, fmt.Errorf("check licence: %w", err)
	}
	c.tell(l, s.today())
	c.Presented = proof.Presented
	if age := c.At.Sub(proof.Presented); age > PresentationFor || age < -time.Minute {
		c.Verdict = Stale
		return c, nil
	}
	c.Claims = proof.Claims
	return c, nil
}

func (c *Check) tell(l Licence, today day.Date) {
	c.Verdict, c.Type, c.Label, c.Names, c.Department = Verdict(l.On(today)), l.Type, l.Label, l.Names, l.Department
	c.From, c.Until, c.Revoked = l.From, l.Until, l.Revoked
}

const (
	guesses     = 10 // at one printed code's number, in guessWindow
	guessWindow = time.Hour
)

// CheckPrinted checks the printed licence that code names for somebody who can
// read its number. It returns ErrNoPresentation for an unknown code,
// ErrWrongNumber, or ErrTooManyGuesses.
func (s *Service) CheckPrinted(ctx context.Context, code, number string) (Check, error) {
	l, sealed, err := s.d.Store.ByPrintCode(ctx, code)
	if errors.Is(err, ErrNoLicence) {
		return Check{}, ErrNoPresentation
	}
	if err != nil {
		return Check{}, fmt.Errorf("printed licence: %w", err)
	}
	now := s.d.Now().UTC()
	n, err := s.d.Store.Guess(ctx, code, now, now.Add(-guessWindow))
	if err != nil {
		return Check{}, fmt.Errorf("printed licence: %w", err)
	}
	if n >= guesses {
		return Check{}, ErrTooManyGuesses
	}
	if string(s.numberMAC(number)) != string(sealed.NumberMAC) {
		return Check{}, ErrWrongNumber
	}
	written, err := s.d.Sealer.OpenShared(numLabel, sealed.Number) // as on the paper, however it was typed
	if err != nil {
		return Check{}, fmt.Errorf("number of licence %s: %w", l.ID, err)
	}
	c := Check{At: now}
	c.tell(l, s.today())
	c.Claims = []Claim{{NumberClaim, string(written)}}
	return c, nil
}

// Printed reports whether code names a printed licence.
func (s *Service) Printed(ctx context.Context, code string) error {
	if _, _, err := s.d.Store.ByPrintCode(ctx, code); errors.Is(err, ErrNoLicence) {
		return ErrNoPresentation
	} else if err != nil {
		return fmt.Errorf("printed licence: %w", err)
	}
	return nil
}

// StatusList returns the signed list with the number list, for those who check
// without us (Token Status List). It returns ErrNoLicence if there is no such list.
func (s *Service) StatusList(ctx context.Context, list int) (string, error) {
	last, err := s.d.Store.CurrentList(ctx)
	if err != nil {
		return "", fmt.Errorf("status list: %w", err)
	}
	if list < 1 || list > last {
		return "", ErrNoLicence
	}
	revoked, err := s.d.Store.RevokedIn(ctx, list)
	if err != nil {
		return "", fmt.Errorf("status list: %w", err)
	}
	return s.d.Format.StatusList(ctx, list, revoked, s.d.Now().UTC())
}
