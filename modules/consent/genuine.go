package consent

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// maxGenuine bounds how many records are known to be genuine at once.
const maxGenuine = 20_000

// A seen remembers hashes of whole grants that were held against their
// signature. A grant never changes, so that what was genuine stays so; whether
// it has ended is asked of the store each time.
type seen struct {
	mu     sync.RWMutex // guards hashes
	hashes map[[32]byte]struct{}
}

func (s *seen) has(h [32]byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.hashes[h]
	return ok
}

func (s *seen) add(h [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hashes == nil || len(s.hashes) >= maxGenuine {
		s.hashes = map[[32]byte]struct{}{}
	}
	s.hashes[h] = struct{}{}
}

// genuine returns an error if g is not what its receipt says: somebody has
// written to the database behind the program's back.
func (s *Service) genuine(ctx context.Context, g Grant) error {
	h, err := hash(g)
	if err != nil {
		return err
	}
	if s.seen.has(h) {
		return nil
	}
	r, err := s.Verify(ctx, g.Receipt)
	if err != nil {
		return fmt.Errorf("grant %s: its signature: %s", g.ID, err.Error()) // no fault: nobody's input is wrong
	}
	same := r.ID == string(g.ID) && r.Recipient == g.Recipient && r.Service == g.Service && r.Keep == g.Keep &&
		r.Given.Equal(g.Given) && r.Until.Equal(g.Until) && r.kase == g.Case && r.previous == string(g.Previous) &&
		r.subject == s.d.Orgs.Subject(ctx, g.Recipient, g.Person) && slices.EqualFunc(r.Items, g.Items, equalItems)
	if !same {
		return fmt.Errorf("grant %s: the record is not the one that was signed", g.ID)
	}
	s.seen.add(h)
	return nil
}

func equalItems(a, b Item) bool {
	return a.Class == b.Class && a.Source == b.Source && a.Purpose == b.Purpose && a.Otherwise == b.Otherwise && slices.Equal(a.Fields, b.Fields)
}

func hash(g Grant) ([32]byte, error) {
	b, err := json.Marshal(g)
	if err != nil {
		return [32]byte{}, fmt.Errorf("encode grant: %w", err)
	}
	return sha256.Sum256(b), nil
}
