package exchange

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/trail"
)

// recordWithin bounds the unit that records fetches: it runs even when the
// caller has gone.
const recordWithin = 10 * time.Second

// retryAfter is when to try a failed source again that did not say.
const retryAfter = time.Minute

// Fetch gets facts from the registry that holds them. How the registry took it
// is the Answer's Outcome, never an error. It returns consent.ErrNotActive if
// the grant does not hold, before the call or after it, and ErrNotGranted if
// it does not cover what q asks for. Every call leaves an entry, whatever came
// of it.
func (s *Service) Fetch(ctx context.Context, q Query) (Answer, error) {
	answers, err := s.FetchAll(ctx, []Query{q})
	if err != nil {
		return Answer{}, err
	}
	return answers[0], nil
}

// FetchAll does what Fetch does for several queries at the same time; answers
// come in the order of qs. If one is not allowed, no registry is asked.
func (s *Service) FetchAll(ctx context.Context, qs []Query) ([]Answer, error) {
	calls, err := s.admit(ctx, qs)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	if err := s.numbers(ctx, calls); err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	if len(calls) == 1 {
		s.call(ctx, &calls[0])
	} else {
		var wg sync.WaitGroup
		for i := range calls {
			wg.Go(func() { s.call(ctx, &calls[i]) })
		}
		wg.Wait()
	}
	if err := s.record(ctx, calls); err != nil {
		return nil, fmt.Errorf("record fetch: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	answers := make([]Answer, len(calls))
	for i, c := range calls {
		answers[i] = c.answer
	}
	return answers, nil
}

// A call is one admitted query on its way.
type call struct {
	q       Query
	class   Class
	source  Source
	purpose string
	number  identity.HKID
	ref     string
	answer  Answer
}

// admit checks every query against its class and grant.
func (s *Service) admit(ctx context.Context, qs []Query) ([]call, error) {
	calls := make([]call, len(qs))
	var grant consent.Grant
	for i, q := range qs {
		class, ok := s.d.Classes.Class(q.Class)
		source, bound := s.d.Sources[class.Source]
		if !ok || !class.Readable() || !bound {
			return nil, fmt.Errorf("class %q: %w", q.Class, ErrClass)
		}
		if err := class.known(q.Fields); err != nil {
			return nil, err
		}
		if i == 0 || q.Grant != qs[i-1].Grant || q.Person != qs[i-1].Person {
			var err error
			if grant, err = s.d.Grants.Active(ctx, q.Person, q.Grant); err != nil {
				return nil, s.denied(ctx, q, class, err)
			}
		}
		item, ok := covering(grant, class, q)
		if !ok {
			return nil, s.denied(ctx, q, class, ErrNotGranted)
		}
		calls[i] = call{q: q, class: class, source: source, purpose: item.Purpose, ref: s.d.NewID()}
	}
	return calls, nil
}

// known returns ErrField unless fields are some of c's, each once.
func (c Class) known(fields []string) error {
	if len(fields) == 0 {
		return fmt.Errorf("no field of %s: %w", c.ID, ErrField)
	}
	for i, f := range fields {
		if _, ok := c.Field(f); !ok || slices.Contains(fields[:i], f) {
			return fmt.Errorf("fields of %s: %w", c.ID, ErrField)
		}
	}
	return nil
}

// covering returns the item of g that allows q.
func covering(g consent.Grant, class Class, q Query) (consent.Item, bool) {
	if g.Person != q.Person || g.Recipient != q.Recipient || g.Case != "" && g.Case != q.Case {
		return consent.Item{}, false
	}
	for _, item := range g.Items {
		if item.Class != class.ID || item.Source != "" && item.Source != class.Registry {
			continue
		}
		if !slices.ContainsFunc(q.Fields, func(f string) bool { return !slices.Contains(item.Fields, f) }) {
			return item, true
		}
	}
	return consent.Item{}, false
}

// numbers fills in each person's identity number.
func (s *Service) numbers(ctx context.Context, calls []call) error {
	for i := range calls {
		if i > 0 && calls[i].q.Person == calls[i-1].q.Person {
			calls[i].number = calls[i-1].number
			continue
		}
		number, err := s.d.Numbers.Number(ctx, calls[i].q.Person)
		if err != nil {
			return fmt.Errorf("number: %w", err)
		}
		calls[i].number = number
	}
	return nil
}

// call asks the source and fills in c's answer. The identity number is gone
// afterwards.
func (s *Service) call(ctx context.Context, c *call) {
	records, err := c.source.Reads.Fetch(ctx, Lookup{
		Class: c.class, Number: c.number, Fields: c.q.Fields,
		Purpose: c.purpose, Recipient: c.q.Recipient, Reference: c.ref,
	})
	c.number = identity.HKID{}
	c.answer = Answer{Source: c.class.Registry, At: s.now()}
	if e := Blame(err); e != nil {
		c.answer.fail(e)
		return
	}
	for _, record := range records {
		granted, err := c.class.project(record, c.q.Fields)
		if err != nil {
			c.answer.fail(&SourceError{Outcome: Invalid, Reason: "schema"})
			return
		}
		c.answer.Records = append(c.answer.Records, granted)
	}
	switch len(c.answer.Records) {
	case 0:
		c.answer.Outcome = None
	case 1:
		c.answer.Outcome = Found
	default:
		c.answer.Outcome = Several
	}
}

// fail makes a the answer of a source that failed with e.
func (a *Answer) fail(e *SourceError) {
	a.Outcome, a.Reason, a.Records = e.Outcome, e.Reason, nil
	if e.Outcome == Late || e.Outcome == Down {
		a.Retry = e.Retry
		if a.Retry.IsZero() {
			a.Retry = a.At.Add(retryAfter)
		}
	}
}

// A fetched is what one FetchAll has to record.
type fetched struct {
	grants  []consent.Ref
	entries []trail.Entry
}

// record writes the entry of every call, in one unit with those of others who come
// at the same time. A grant that ended while the calls were under way is said so,
// and fails them all.
func (s *Service) record(ctx context.Context, calls []call) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	var f fetched
	for _, c := range calls {
		ref := consent.Ref{Person: c.q.Person, Grant: c.q.Grant}
		if !slices.Contains(f.grants, ref) {
			f.grants = append(f.grants, ref)
		}
		f.entries = append(f.entries, s.entry(ctx, c))
	}
	ended, err := s.records.Do(ctx, f)
	if err != nil { // perhaps by another's fault
		ended, err = s.recordAll(ctx, []fetched{f})
	}
	if err != nil {
		return err
	}
	return ended[0]
}

// recordAll tells of each whether one of its grants has ended.
func (s *Service) recordAll(ctx context.Context, all []fetched) (ended []error, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	var refs []consent.Ref
	for _, f := range all {
		refs = append(refs, f.grants...)
	}
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		ended = make([]error, len(all))
		holds, err := s.d.Grants.Hold(ctx, refs)
		if err != nil {
			return err
		}
		for i, f := range all {
			if slices.Contains(holds[:len(f.grants)], false) {
				ended[i] = consent.ErrNotActive
			}
			holds = holds[len(f.grants):]
			for _, e := range f.entries {
				if ended[i] != nil {
					e.Detail = maps.Clone(e.Detail)
					e.Detail["outcome"] = "withdrawn"
				}
				if err := s.d.Trail.Record(ctx, e); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return ended, err
}

// entry is what the person reads about c.
func (s *Service) entry(ctx context.Context, c call) trail.Entry {
	e := s.about(ctx, c.q.Person, c.q.Recipient)
	e.What, e.Why, e.Grant, e.Case = "exchange.fetched", c.purpose, string(c.q.Grant), c.q.Case
	e.Detail = map[string]string{
		"class": c.class.ID, "fields": strings.Join(c.q.Fields, ", "), "registry": string(c.class.Registry),
		"outcome": string(c.answer.Outcome), "reference": c.ref,
	}
	if c.answer.Reason != "" {
		e.Detail["reason"] = c.answer.Reason
	}
	return e
}

// about begins an entry about person: who acts is taken from ctx.
func (s *Service) about(ctx context.Context, person identity.PersonID, by org.ID) trail.Entry {
	e := trail.Entry{
		Person: string(person), Org: string(by), Subject: s.d.Subjects.Subject(ctx, by, person),
		Actor: trail.System, Role: trail.System, Channel: trail.System,
	}
	caller := identity.CallerOf(ctx)
	if client := org.ClientOf(ctx); client.ID != "" {
		e.Actor, e.Role = client.ID, trail.Client
	} else if officer := org.OfficerOf(ctx); officer.Person != "" {
		e.Actor, e.Role, e.Channel = string(officer.Person), "officer", trail.Online
		if len(officer.Roles) == 1 {
			e.Role = officer.Roles[0]
		}
	} else if caller.Person != "" {
		e.Actor, e.Role, e.Channel = string(caller.Person), trail.Self, trail.Online
		if caller.Channel != "" {
			e.Channel = caller.Channel
		}
	}
	return e
}

// denied records that q was not allowed, where it concerns a known person, and
// returns why.
func (s *Service) denied(ctx context.Context, q Query, class Class, why error) error {
	if !errors.Is(why, consent.ErrNotActive) && !errors.Is(why, ErrNotGranted) || q.Person == "" {
		return why
	}
	e := s.about(ctx, q.Person, q.Recipient)
	e.What, e.Grant, e.Case = "exchange.denied", string(q.Grant), q.Case
	e.Detail = map[string]string{"class": class.ID, "fields": strings.Join(q.Fields, ", "), "registry": string(class.Registry)}
	err := s.d.Units.Do(ctx, func(ctx context.Context) error { return s.d.Trail.Record(ctx, e) })
	return errors.Join(why, err)
}
