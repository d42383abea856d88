package casework

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/lang"
)

// start starts the effects that out names, and returns what the applicant is
// told of them.
func (s *Service) start(ctx context.Context, c Case, out service.Outcome) ([]EffectRow, map[string]any, error) {
	args := map[string]any{}
	rows := make([]EffectRow, 0, len(out.Effects))
	for i, due := range out.Effects {
		if due.Kind == service.Credential {
			args["from"], args["until"] = due.From, due.Until
		}
		row, err := s.begin(ctx, c, due, i, 1)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, row)
	}
	return rows, args, nil
}

// begin starts effect i of c, for the given time.
func (s *Service) begin(ctx context.Context, c Case, due service.EffectDue, i, attempt int) (EffectRow, error) {
	r := EffectRequest{
		Key: fmt.Sprintf("%s/%s/%d", c.ID, due.Kind, i), Kind: string(due.Kind), Person: c.Person, Case: c.ID, Reference: c.Reference,
		Department: c.Department, Title: due.Title,
	}
	if attempt > 1 {
		r.Key += "/" + strconv.Itoa(attempt)
	}
	switch due.Kind {
	case service.Credential:
		r.Type, r.From, r.Until, r.Claims = due.Type, due.From, due.Until, due.Record()
		r.Names = s.names(due)
	case service.Write:
		r.Class, r.Record = due.Type, due.Record()
	}
	state, result, err := s.effects[r.Kind].Start(ctx, r)
	if err != nil {
		return EffectRow{}, fmt.Errorf("effect %s: %w", r.Key, err)
	}
	return EffectRow{Key: r.Key, Ordinal: i + 1, Kind: r.Kind, State: state, Attempts: attempt, Result: result, Changed: s.now()}, nil
}

// names is what the values of due are called: a fact that was fetched, and that
// the definition has no other words for, as its registry calls it.
func (s *Service) names(due service.EffectDue) map[string]lang.Text {
	names := due.Names()
	for _, v := range due.Values {
		if _, named := names[v.Name]; named || v.Class == "" {
			continue
		}
		class, _ := s.d.Gateway.Class(v.Class)
		if f, ok := class.Field(v.Field); ok {
			names[v.Name] = f.Label
		}
	}
	return names
}

// done reports whether every effect is, but for those that others replace.
func done(rows []EffectRow) bool {
	return !slices.ContainsFunc(rows, func(r EffectRow) bool {
		return r.Kind != PaymentEffect && r.State != EffectDone && r.State != EffectByHand && r.State != EffectUndone
	})
}

func (s *Service) putAll(ctx context.Context, c Case, rows []EffectRow) error {
	for _, r := range rows {
		if err := s.d.Store.PutEffect(ctx, c, r); err != nil {
			return err
		}
	}
	return nil
}

// Retry starts again what failed of an approved case. It returns ErrNotNow if
// nothing has.
func (s *Service) Retry(ctx context.Context, o org.Officer, id ID, rev int64) error {
	t, def, _, err := s.completes(ctx, o, id, rev)
	if err != nil {
		return err
	}
	out, err := s.assess(def, t.file, t.c.Today)
	if err != nil {
		return err
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		return s.restart(ctx, *t, def, out, officer(o, t.c))
	})
}

// restart starts the failed effects of t's case again under keys of their own.
func (s *Service) restart(ctx context.Context, t turn, def *service.Definition, out service.Outcome, by actor) error {
	rows, err := s.d.Store.Effects(ctx, t.c)
	if err != nil {
		return err
	}
	var put []EffectRow
	for i, old := range rows {
		if old.State != EffectFailed || old.Ordinal < 1 || old.Ordinal > len(out.Effects) {
			continue
		}
		row, err := s.begin(ctx, t.c, out.Effects[old.Ordinal-1], old.Ordinal-1, old.Attempts+1)
		if err != nil {
			return err
		}
		rows[i].State, rows[i].Changed = EffectUndone, t.at
		put = append(put, rows[i], row)
		rows = append(rows, row)
		if err := t.add(by, WasRetried, Detail{Effect: row.Kind, Key: row.Key}, nil); err != nil {
			return err
		}
	}
	if len(put) == 0 {
		return ErrNotNow
	}
	if done(rows) {
		if err := t.add(system(), WasDone, Detail{Keep: keep(def, t.at)}, nil); err != nil {
			return err
		}
	}
	return s.commit(ctx, &t, s.record(t.c, by, "casework.retried", "", nil), func(ctx context.Context) error { return s.putAll(ctx, t.c, put) })
}
