package casework

import (
	"context"
	"errors"
	"fmt"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/modules/service"
)

// Start opens a case for a service, or returns the draft of it that the caller
// has already. It returns identity.ErrSignIn, ErrAssurance, or what the
// catalogue says of a service that is not there.
func (s *Service) Start(ctx context.Context, by identity.Caller, id string) (Case, error) {
	if !by.Known() {
		return Case{}, identity.ErrSignIn
	}
	def, err := s.d.Definitions.Current(ctx, id)
	if err != nil {
		return Case{}, fmt.Errorf("start: %w", err)
	}
	if err := assured(by, def); err != nil {
		return Case{}, fmt.Errorf("start %s: %w", id, err)
	}
	c, err := s.d.Store.DraftOf(ctx, by.Person, def.ID, def.Version)
	if err == nil || !errors.Is(err, ErrNoCase) {
		return c, err
	}
	t := &turn{c: Case{Person: by.Person, ID: ID(s.d.NewID())}, file: newFile(), dirty: true, at: s.now()}
	for try := 0; ; try++ {
		fresh := *t
		if err := s.opened(&fresh, by, def); err != nil {
			return Case{}, err
		}
		err := s.commit(ctx, &fresh)
		if errors.Is(err, ErrReferenceTaken) && try < retries {
			continue
		}
		if err != nil {
			return Case{}, fmt.Errorf("start %s: %w", id, err)
		}
		return fresh.c, nil
	}
}

// opened begins the case of t.
func (s *Service) opened(t *turn, by identity.Caller, def *service.Definition) error {
	ref, err := NewReference(s.d.Random)
	if err != nil {
		return err
	}
	return t.add(self(by), WasOpened, Detail{
		Reference: ref, Service: def.ID, Version: def.Version, Department: org.ID(def.Owner),
	}, nil)
}

// pageSize is how many cases one page lists.
const pageSize = 50
