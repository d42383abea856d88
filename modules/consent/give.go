package consent

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// Bounds on a request.
const (
	maxItems  = 20
	maxFields = 50
	maxText   = 200
	maxFor    = 366 * 24 * time.Hour
)

var periodRx = regexp.MustCompile(`^P(\d{1,3}Y)?(\d{1,3}M)?(\d{1,4}D)?$`)

// Give records that the caller agrees to r, and returns the grant. It returns
// identity.ErrSignIn, ErrNoGrant if r is about somebody else or replaces a grant
// that is not the caller's, ErrEnded if it replaces one that has ended, and
// ErrRequest if r is not whole.
func (s *Service) Give(ctx context.Context, by identity.Caller, r Request) (Grant, error) {
	r.Items = whole(r.Items)
	if err := s.check(ctx, by, r); err != nil {
		return Grant{}, err
	}
	now := s.now()
	rec := Record{
		Kind: Given, ID: s.d.NewID(), Person: r.Person, Recipient: r.Recipient, Service: r.Service, Case: r.Case,
		Items: r.Items, Keep: r.Keep, At: now, Until: now.Add(r.For.Truncate(time.Second)), Previous: r.Previous,
		Subject: s.d.Orgs.Subject(ctx, r.Recipient, r.Person), Actor: string(by.Person), Channel: by.Channel,
	}
	if err := s.sign(ctx, &rec); err != nil {
		return Grant{}, err
	}
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if r.Previous != "" {
			if err := s.mustBeOpen(ctx, r.Person, r.Previous); err != nil {
				return err
			}
		}
		if err := s.d.Store.Add(ctx, rec); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, rec.entry(by, "consent.given"))
	})
	if err != nil {
		return Grant{}, fmt.Errorf("give consent: %w", err)
	}
	g := rec.grant()
	if h, err := hash(g); err == nil {
		s.seen.add(h)
	}
	return g, nil
}

// check returns what is wrong with by asking for r.
func (s *Service) check(ctx context.Context, by identity.Caller, r Request) error {
	switch {
	case !by.Known():
		return identity.ErrSignIn
	case by.Person != r.Person:
		return ErrNoGrant
	case len(r.Items) == 0 || len(r.Items) > maxItems, r.For < time.Second || r.For > maxFor,
		r.Service == "" || len(r.Service) > maxText, len(r.Case) > maxText,
		r.Keep != "" && (r.Keep == "P" || !periodRx.MatchString(r.Keep)):
		return ErrRequest
	}
	if _, err := s.d.Orgs.Department(ctx, r.Recipient); err != nil {
		return fmt.Errorf("%w: recipient: %w", ErrRequest, err)
	}
	for _, it := range r.Items {
		if err := s.checkItem(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// whole returns items of which each says where refusing leads: to a counter if
// it did not say.
func whole(items []Item) []Item {
	items = slices.Clone(items)
	for i := range items {
		if items[i].Otherwise == "" {
			items[i].Otherwise = AtCounter
		}
	}
	return items
}

// checkItem returns ErrRequest if it names what does not exist.
func (s *Service) checkItem(ctx context.Context, it Item) error {
	label, ok := s.d.Labels.Class(it.Class)
	if !ok || len(it.Fields) == 0 || len(it.Fields) > maxFields {
		return ErrRequest
	}
	for i, f := range it.Fields {
		if _, ok := label.Fields[f]; !ok || slices.Contains(it.Fields[:i], f) {
			return ErrRequest
		}
	}
	if _, ok := s.Purpose(it.Purpose); !ok {
		return ErrRequest
	}
	if it.Otherwise != ByHand && it.Otherwise != OnPaper && it.Otherwise != AtCounter {
		return ErrRequest
	}
	if _, err := s.d.Orgs.Department(ctx, it.Source); err != nil {
		return fmt.Errorf("%w: source: %w", ErrRequest, err)
	}
	return nil
}

// mustBeOpen returns ErrEnded if anything but perhaps time has ended the grant.
func (s *Service) mustBeOpen(ctx context.Context, p identity.PersonID, id GrantID) error {
	g, err := s.d.Store.Grant(ctx, p, id)
	if err != nil {
		return err
	}
	if st := g.State(g.Given); st != Active {
		return ErrEnded
	}
	return nil
}

func (r Record) grant() Grant {
	return Grant{
		ID: GrantID(r.ID), Person: r.Person, Recipient: r.Recipient, Service: r.Service, Case: r.Case, Items: r.Items,
		Keep: r.Keep, Given: r.At, Until: r.Until, Previous: r.Previous, Receipt: r.JWS,
	}
}

// entry is the act that r stands for.
func (r Record) entry(by identity.Caller, what string) trail.Entry {
	e := trail.Entry{
		Person: string(r.Person), Org: string(r.Recipient), Subject: r.Subject, Actor: string(by.Person), Role: by.Role,
		Channel: by.Channel, What: what, Grant: r.ID, Case: r.Case,
		Detail: map[string]string{"department": string(r.Recipient), "service": r.Service},
	}
	if r.Kind != Given {
		e.Grant = string(r.Previous)
	}
	if len(r.Items) > 0 {
		e.Why = r.Items[0].Purpose
	}
	return e
}
