package credential

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// ByPerson returns the licences of by, newest first, without number and claims.
func (s *Service) ByPerson(ctx context.Context, by identity.Caller) ([]Licence, error) {
	return s.d.Store.ByPerson(ctx, by.Person)
}

// Licence returns the licence of by with id, opened. Somebody else's is
// ErrNoLicence, as one that is not there.
func (s *Service) Licence(ctx context.Context, by identity.Caller, id string) (Licence, error) {
	l, _, err := s.open(ctx, by, id)
	return l, err
}

func (s *Service) open(ctx context.Context, by identity.Caller, id string) (Licence, body, error) {
	l, sealed, err := s.d.Store.ByID(ctx, by.Person, id)
	if err != nil {
		return Licence{}, body{}, fmt.Errorf("licence: %w", err)
	}
	plain, err := s.d.Sealer.Open(ctx, string(l.Person), bodyLabel, sealed.Body)
	if err != nil {
		return Licence{}, body{}, err
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return Licence{}, body{}, fmt.Errorf("licence: %w", err)
	}
	number, err := s.d.Sealer.OpenShared(numLabel, sealed.Number)
	if err != nil {
		return Licence{}, body{}, err
	}
	l.Number, l.Claims = string(number), b.Claims
	return l, b, nil
}

// NumberClaim is the name under which a licence's number is shown.
const NumberClaim = "number"

// A Presentation is what a holder shows for a short time.
type Presentation struct {
	Handle  string // what the QR code names: means nothing, cannot be guessed
	Text    string // the same, for those who check without us
	Expires time.Time
}

// Share makes a presentation of the licence id of by that shows the claims
// named and no others. It returns ErrNothingChosen if none of them is one of
// the licence, and ErrNotInForce if the licence has ended.
func (s *Service) Share(ctx context.Context, by identity.Caller, id string, claims []string) (Presentation, error) {
	l, b, err := s.open(ctx, by, id)
	if err != nil {
		return Presentation{}, err
	}
	if st := l.On(s.today()); st == Expired || st == Revoked {
		return Presentation{}, ErrNotInForce
	}
	known := func(name string) bool {
		return name == NumberClaim || slices.ContainsFunc(l.Claims, func(c Claim) bool { return c.Name == name })
	}
	if len(claims) == 0 || !slices.ContainsFunc(claims, known) {
		return Presentation{}, ErrNothingChosen
	}
	now := s.d.Now().UTC()
	p := Presentation{Handle: rand.Text(), Expires: now.Add(PresentationFor)}
	if p.Text, err = s.d.Format.Present(ctx, b.Text, b.Key, claims, now); err != nil {
		return Presentation{}, fmt.Errorf("present licence: %w", err)
	}
	sealed, err := s.d.Sealer.SealShared("credential.presentation", []byte(p.Text))
	if err != nil {
		return Presentation{}, err
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddPresentation(ctx, StoredPresentation{hash(p.Handle), l.Person, l.ID, p.Expires, sealed}); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, trail.Entry{
			Person: string(l.Person), Org: string(l.Department), Actor: string(by.Person), Role: trail.Self, Channel: by.Channel,
			What: "credential.shown", Case: l.Case, Detail: map[string]string{"type": l.Type},
		})
	})
	if err != nil {
		return Presentation{}, fmt.Errorf("share licence: %w", err)
	}
	return p, nil
}

func hash(handle string) []byte {
	sum := sha256.Sum256([]byte(handle))
	return sum[:]
}

// Sweep drops presentations that have ended. It is regular work.
func (s *Service) Sweep(ctx context.Context) error {
	return s.d.Store.DropPresentations(ctx, s.d.Now().Add(-time.Hour))
}

// Shown returns the presentation handle that by made of the licence id. Any
// other is ErrNoPresentation.
func (s *Service) Shown(ctx context.Context, by identity.Caller, id, handle string) (Presentation, error) {
	p, err := s.d.Store.Presentation(ctx, hash(handle))
	if err != nil {
		return Presentation{}, fmt.Errorf("presentation: %w", err)
	}
	if p.Person != by.Person || p.Licence != id {
		return Presentation{}, ErrNoPresentation
	}
	text, err := s.d.Sealer.OpenShared("credential.presentation", p.Sealed)
	if err != nil {
		return Presentation{}, err
	}
	return Presentation{Handle: handle, Text: string(text), Expires: p.Expires}, nil
}
