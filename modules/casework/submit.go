package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/money"
)

// A Submission is what the applicant hands in, as they saw it.
type Submission struct {
	Rev      int64         // of the case
	Fee      *money.Amount // what the page said that it costs; nil if it did not say
	Declared bool
}

// Submit hands in the caller's application, and pins the day and the fee. It
// returns the case, whose Order is what to pay first if its state is ToPay. It
// returns ErrChanged if the case, or what it costs today, is not what the
// caller saw, ErrDeclare without the declaration, ErrNotReady if something is
// missing or the rules say no by now, and ErrConsent if the consent has ended
// meanwhile.
func (s *Service) Submit(ctx context.Context, by identity.Caller, id ID, sub Submission) (Case, error) {
	c, err := s.submit(ctx, by, id, sub)
	if err != nil {
		return c, fmt.Errorf("submit case %s: %w", id, err)
	}
	return c, nil
}

func (s *Service) submit(ctx context.Context, by identity.Caller, id ID, sub Submission) (Case, error) {
	t, def, err := s.submittable(ctx, by, id, sub.Rev)
	if err != nil {
		return t.c, err
	}
	if !sub.Declared {
		return t.c, ErrDeclare
	}
	on := today(t.c, def, t.at)
	out, err := s.assess(def, t.file, on)
	switch {
	case err != nil:
		return t.c, err
	case out.Status == service.Ineligible:
		if err := t.add(self(by), WasIneligible, Detail{Reason: out.Reason, Keep: keep(def, t.at)}, nil); err != nil {
			return t.c, err
		}
		return t.c, errors.Join(ErrNotReady, s.commit(ctx, t))
	case !out.Ready:
		return t.c, ErrNotReady
	}
	t.dirty = false
	d := Detail{Today: on}
	if out.Fee != nil {
		d.Fee = out.Fee.Amount
	}
	if sub.Fee != nil && sub.Fee.Minor != d.Fee.Minor {
		return t.c, ErrChanged
	}
	var done Case
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		next := *t
		next.events = slices.Clone(t.events)
		d := d
		row, err := s.charge(ctx, next.c, def, out.Fee, d.Fee)
		if err != nil {
			return err
		}
		d.Order = row.Result
		if err := next.add(self(by), WasSubmitted, d, nil); err != nil {
			return err
		}
		more := []func(context.Context) error{s.record(next.c, self(by), "casework.submitted", "", nil), s.tell(next.c, def, "received", nil)}
		if d.Order == "" {
			more = append(more, s.decideSoon(next.c))
		} else {
			more = append(more, func(ctx context.Context) error { return s.d.Store.PutEffect(ctx, next.c, row) })
		}
		done = next.c
		return s.commit(ctx, &next, more...)
	})
	return done, err
}

// submittable begins the turn that submits a draft, its facts fresh enough.
func (s *Service) submittable(ctx context.Context, by identity.Caller, id ID, rev int64) (*turn, *service.Definition, error) {
	t, err := s.mine(ctx, by, id)
	if err != nil {
		return &turn{}, nil, err
	}
	def, err := s.definition(ctx, t.c)
	if err != nil {
		return t, nil, err
	}
	switch err := assured(by, def); {
	case err != nil:
		return t, nil, err
	case t.c.State != Draft:
		return t, nil, ErrNotNow
	case t.c.Rev != rev:
		return t, nil, ErrChanged
	}
	if !slices.ContainsFunc(def.Evidence, func(e service.Evidence) bool { return t.file.Facts[e.Name].fetched() }) {
		return t, def, nil
	}
	if _, err := s.d.Consents.Active(ctx, t.c.Person, t.c.Grant); err != nil {
		if errors.Is(err, consent.ErrNotActive) {
			return t, nil, errors.Join(ErrConsent, s.unagreed(ctx, by, id))
		}
		return t, nil, err
	}
	return t, def, nil
}

// charge opens the order for a fee, in the unit of ctx; the row is empty when
// there is nothing to pay.
func (s *Service) charge(ctx context.Context, c Case, def *service.Definition, due *service.FeeDue, fee money.Amount) (EffectRow, error) {
	if due == nil || fee.Minor == 0 {
		return EffectRow{}, nil
	}
	r := EffectRequest{
		Key: feeKey(c.ID), Kind: PaymentEffect, Person: c.Person, Case: c.ID, Reference: c.Reference,
		Department: org.ID(due.Payee), Title: def.Title, Amount: fee, Return: "/cases/" + string(c.ID) + "/done",
	}
	state, order, err := s.effects[PaymentEffect].Start(ctx, r)
	if err != nil {
		return EffectRow{}, err
	}
	return EffectRow{Key: r.Key, Kind: PaymentEffect, State: state, Attempts: 1, Result: order, Changed: s.now()}, nil
}

func feeKey(id ID) string { return string(id) + "/fee" }

// tell returns what tells the applicant about c, in the unit of its ctx.
func (s *Service) tell(c Case, def *service.Definition, kind string, args map[string]any) func(context.Context) error {
	return func(ctx context.Context) error {
		all := map[string]any{"service": def.Title, "reference": c.Reference}
		for k, v := range args {
			all[k] = v
		}
		return s.d.Notices.Tell(ctx, Notice{Person: c.Person, Kind: "casework.notice." + kind, Args: all, Link: "/cases/" + string(c.ID)})
	}
}
