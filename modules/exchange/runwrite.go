package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// errEarly has an undo wait until what it takes back has been written.
var errEarly = errors.New("exchange: the write is still pending")

func isNoWrite(err error) bool { return errors.Is(err, ErrNoWrite) }

// RunWrite carries out one write: the handler of WriteJob. It returns an error
// when it should run again. Running twice writes once: the source knows the key.
func (s *Service) RunWrite(ctx context.Context, payload []byte) error {
	var ref writeRef
	if err := json.Unmarshal(payload, &ref); err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	w, err := s.d.Store.Write(ctx, ref.Person, ref.Key, ref.Undo)
	if err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	if w.State != Pending {
		return nil
	}
	if w.Undo {
		first, err := s.State(ctx, w.Person, w.Key)
		switch {
		case err != nil:
			return fmt.Errorf("write job: %w", err)
		case first == Pending:
			return fmt.Errorf("undo %s: %w", w.Reference, errEarly)
		case first == Failed: // nothing was written
			return s.settle(ctx, w, Done, "")
		}
	}
	call, to, err := s.prepare(ctx, w)
	if err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	err = to.Write(ctx, call)
	refused, known := errors.AsType[*SourceError](err)
	switch {
	case err == nil:
		return s.settle(ctx, w, Done, "")
	case known && refused.Outcome == Refused:
		return s.settle(ctx, w, Failed, refused.Reason)
	}
	return fmt.Errorf("write %s to %s: %w", w.Reference, w.Class, err)
}

// prepare opens w for its call.
func (s *Service) prepare(ctx context.Context, w StoredWrite) (WriteCall, Writer, error) {
	class, ok := s.d.Classes.Class(w.Class)
	src := s.d.Sources[class.Source]
	if !ok || src.Writes == nil {
		return WriteCall{}, nil, fmt.Errorf("class %s has no source that takes writes: %w", w.Class, ErrClass)
	}
	c := WriteCall{Key: w.Key, Undo: w.Undo, Class: class, Recipient: w.Recipient, Reference: w.Reference}
	plain, err := s.d.Sealer.Open(ctx, string(w.Person), "exchange.write", w.Sealed)
	if err != nil {
		return c, nil, err
	}
	if err := json.Unmarshal(plain, &c.Record); err != nil {
		return c, nil, err
	}
	c.Number, err = s.d.Numbers.Number(ctx, w.Person)
	return c, src.Writes, err
}

// settle ends w, once, with its entry and whoever waits for it.
func (s *Service) settle(ctx context.Context, w StoredWrite, state WriteState, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		first, err := s.d.Store.SettleWrite(ctx, w.Person, w.Key, w.Undo, state, reason, s.now())
		if err != nil || !first {
			return err
		}
		e := s.about(ctx, w.Person, w.Recipient)
		e.What, e.Case = "exchange.written", w.Case
		if w.Undo {
			e.What = "exchange.unwritten"
		}
		class, _ := s.d.Classes.Class(w.Class)
		e.Detail = map[string]string{
			"class": w.Class, "registry": string(class.Registry), "outcome": string(state), "reference": w.Reference,
		}
		if err := s.d.Trail.Record(ctx, e); err != nil {
			return err
		}
		if s.d.Settled == nil {
			return nil
		}
		return s.d.Settled.Written(ctx, Written{Key: w.Key, Undo: w.Undo, Person: w.Person, Case: w.Case, State: state, Reason: reason})
	})
}
