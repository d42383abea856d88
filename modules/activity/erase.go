package activity

import (
	"context"
	"errors"
	"fmt"
	"io"

	"causeway/modules/identity"
)

func isPending(err error) bool { return errors.Is(err, ErrPending) }

// Erase removes every entry about person, in one unit, and returns how many. A
// tombstone that is itself a leaf says which entries went, so that the log stays
// verifiable; it does not say whose they were.
func (s *Service) Erase(ctx context.Context, person identity.PersonID) (int, error) {
	if person == "" {
		return 0, ErrNoEntry
	}
	n := 0
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		ids, err := s.d.Store.IDs(ctx, string(person))
		if err != nil || len(ids) == 0 {
			n = 0
			return err
		}
		n = len(ids)
		t := Tombstone{ID: s.d.NewID(), At: s.now(), Salt: make([]byte, 16), Count: n, IDs: HashIDs(ids)}
		if _, err := io.ReadFull(s.d.Random, t.Salt); err != nil {
			return err
		}
		if err := s.d.Store.Erase(ctx, string(person), ids, t); err != nil {
			return err
		}
		return s.d.Log.Append(ctx, t.ID, t.Leaf())
	})
	if err != nil {
		return 0, fmt.Errorf("erase activity: %w", err)
	}
	return n, nil
}
