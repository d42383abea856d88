package credential

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"sort"
	"strings"

	"causeway/platform/day"
	"causeway/platform/trail"
)

const (
	listSize   = 1 << 17 // indexes of one status list
	collisions = 3       // in a row, after which a list counts as full
	numberMAC  = "credential.number"
	bodyLabel  = "credential.body"
	numLabel   = "credential.number"
)

// body is what is sealed under the person's key.
type body struct {
	Text   string  `json:"text"`
	Key    []byte  `json:"key"`
	Claims []Claim `json:"claims"`
}

// Issue gives in.Person a licence, in the unit of ctx. The same Key again
// returns the same licence; with other dates or another person it returns
// ErrKeyReused.
func (s *Service) Issue(ctx context.Context, in Issue) (Licence, error) {
	var l Licence
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		old, _, err := s.d.Store.ByKey(ctx, in.Key)
		if err == nil {
			if old.Person != in.Person || old.Type != in.Type || old.From != in.From || old.Until != in.Until {
				return ErrKeyReused
			}
			l = old
			return nil
		}
		if !errors.Is(err, ErrNoLicence) {
			return err
		}
		l, err = s.issue(ctx, in)
		return err
	})
	if err != nil {
		return Licence{}, fmt.Errorf("issue licence: %w", err)
	}
	return l, nil
}

func (s *Service) issue(ctx context.Context, in Issue) (Licence, error) {
	l := Licence{
		ID: s.d.NewID(), Person: in.Person, Type: in.Type, Department: in.Department, Case: in.Case, Key: in.Key,
		Number: in.Number, From: in.From, Until: in.Until, Issued: s.d.Now().UTC(), Label: in.Label, Names: in.Names, PrintCode: rand.Text(),
	}
	if l.Number == "" {
		l.Number = newNumber(in.Type)
	}
	for name, v := range in.Claims {
		l.Claims = append(l.Claims, Claim{name, v})
	}
	sort.Slice(l.Claims, func(i, j int) bool { return l.Claims[i].Name < l.Claims[j].Name })
	if err := s.keep(ctx, &l); err != nil {
		return Licence{}, err
	}
	return l, s.d.Trail.Record(ctx, trail.Entry{
		Person: string(l.Person), Org: string(l.Department), Subject: s.d.Subjects.Subject(ctx, l.Department, l.Person),
		Actor: trail.System, Role: trail.System, Channel: trail.System,
		What: "credential.issued", Case: l.Case, Detail: map[string]string{"type": l.Type, "until": l.Until.String()},
	})
}

// keep writes l at a status index of its own. Indexes are drawn, not counted,
// so that a list tells nobody in which order licences were issued.
func (s *Service) keep(ctx context.Context, l *Licence) error {
	list, err := s.d.Store.CurrentList(ctx)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		if try == collisions {
			if err := s.d.Store.NextList(ctx, list); err != nil {
				return err
			}
			list, try = list+1, 0
		}
		n, err := rand.Int(rand.Reader, big.NewInt(listSize))
		if err != nil {
			return fmt.Errorf("status index: %w", err)
		}
		l.StatusList, l.StatusIndex = list, int(n.Int64())
		sealed, err := s.seal(ctx, *l)
		if err != nil {
			return err
		}
		if ok, err := s.d.Store.Insert(ctx, *l, sealed); err != nil || ok {
			return err
		}
	}
}

func (s *Service) seal(ctx context.Context, l Licence) (Sealed, error) {
	text, key, err := s.d.Format.Issue(ctx, l)
	if err != nil {
		return Sealed{}, err
	}
	plain, err := json.Marshal(body{text, key, l.Claims})
	if err != nil {
		return Sealed{}, fmt.Errorf("licence: %w", err)
	}
	b, err := s.d.Sealer.Seal(ctx, string(l.Person), bodyLabel, plain)
	if err != nil {
		return Sealed{}, err
	}
	n, err := s.d.Sealer.SealShared(numLabel, []byte(l.Number))
	if err != nil {
		return Sealed{}, err
	}
	return Sealed{NumberMAC: s.numberMAC(l.Number), Body: b, Number: n}, nil
}

func (s *Service) numberMAC(number string) []byte {
	return s.d.Sealer.MAC(numberMAC, []byte(foldNumber(number)))
}

// foldNumber is number as it is compared: without spaces, hyphens and case.
func foldNumber(number string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u3000", "").Replace(strings.TrimSpace(number)))
}

// newNumber makes a number for a licence that its service gives none: the
// type's initials and ten characters that cannot be guessed.
func newNumber(kind string) string {
	var initials strings.Builder
	for part := range strings.FieldsFuncSeq(kind, func(r rune) bool { return r == '.' || r == '-' }) {
		initials.WriteString(strings.ToUpper(part[:1]))
	}
	b := make([]byte, 10)
	_, _ = rand.Read(b) // never fails
	t := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(b)
	return initials.String() + "-" + t[:5] + "-" + t[5:10]
}

// Compensate takes back the licence that key issued, if there is one. A second
// time changes nothing.
func (s *Service) Compensate(ctx context.Context, key string) error {
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		l, _, err := s.d.Store.ByKey(ctx, key)
		if errors.Is(err, ErrNoLicence) || err == nil && !l.Revoked.IsZero() {
			return nil
		}
		if err != nil {
			return err
		}
		return s.revoke(ctx, l, trail.Entry{Actor: trail.System, Role: trail.System, Channel: trail.System, Why: "credential.taken-back"})
	})
	if err != nil {
		return fmt.Errorf("take licence back: %w", err)
	}
	return nil
}

// revoke marks l, tells its holder and leaves a trail; e says who and why.
func (s *Service) revoke(ctx context.Context, l Licence, e trail.Entry) error {
	if err := s.d.Store.Revoke(ctx, l, s.d.Now().UTC()); err != nil {
		return err
	}
	if err := s.d.Notices.Revoked(ctx, l); err != nil {
		return err
	}
	e.Person, e.Org, e.Case, e.What = string(l.Person), string(l.Department), l.Case, "credential.revoked"
	e.Subject = s.d.Subjects.Subject(ctx, l.Department, l.Person)
	e.Detail = map[string]string{"type": l.Type}
	return s.d.Trail.Record(ctx, e)
}

// today is the day in the city.
func (s *Service) today() day.Date { return day.In(s.d.Now(), s.d.Zone) }

// Today is the day on which states are told.
func (s *Service) Today() day.Date { return s.today() }
