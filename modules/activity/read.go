package activity

import (
	"bytes"
	"context"
	"fmt"

	"causeway/modules/identity"
	"causeway/modules/org"
)

// List returns a page of what was done with by's data; before is a Page's Next,
// or "" for the newest.
func (s *Service) List(ctx context.Context, by identity.Caller, before string) (Page, error) {
	if !by.Known() {
		return Page{}, identity.ErrSignIn
	}
	if !plain(before) {
		before = ""
	}
	rs, err := s.d.Store.ByPerson(ctx, string(by.Person), before, PageSize+1)
	if err != nil {
		return Page{}, fmt.Errorf("list activity: %w", err)
	}
	return s.page(ctx, rs)
}

// Department returns a page of what by's department did that is about no person.
// It returns ErrNotAdmin unless by is an administrator.
func (s *Service) Department(ctx context.Context, by org.Officer, before string) (Page, error) {
	if !by.Has(org.DepartmentAdmin) || by.Department == "" {
		return Page{}, ErrNotAdmin
	}
	if !plain(before) {
		before = ""
	}
	rs, err := s.d.Store.ByOrg(ctx, string(by.Department), before, PageSize+1)
	if err != nil {
		return Page{}, fmt.Errorf("list activity of %s: %w", by.Department, err)
	}
	return s.page(ctx, rs)
}

// plain reports whether id may be one of ours: not text that a database refuses.
func plain(id string) bool {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' {
			return false
		}
	}
	return len(id) <= 64
}

// page returns all but the last of rs, if there are more than a page holds, with
// their positions in the log.
func (s *Service) page(ctx context.Context, rs []Record) (Page, error) {
	var p Page
	if len(rs) > PageSize {
		rs = rs[:PageSize]
		p.Next = rs[PageSize-1].ID
	}
	if len(rs) == 0 {
		return p, nil
	}
	ids := make([]string, len(rs))
	for i, r := range rs {
		ids[i] = r.ID
	}
	at, err := s.d.Log.Positions(ctx, ids)
	if err != nil {
		return Page{}, fmt.Errorf("list activity: %w", err)
	}
	p.Entries = make([]Entry, len(rs))
	for i, r := range rs {
		p.Entries[i], _ = s.entry(ctx, r)
		p.Entries[i].Position, p.Entries[i].Sequenced = at[r.ID]
	}
	return p, nil
}

// entry opens r, and also returns its body; it is unreadable if that fails.
func (s *Service) entry(ctx context.Context, r Record) (Entry, []byte) {
	e := Entry{ID: r.ID, At: r.At, Act: r.Act}
	body, err := s.open(ctx, r.Act.Person, r.Sealed)
	if err != nil {
		return e, nil
	}
	if e.Act.Why, e.Act.Detail, err = decodeBody(body); err != nil {
		return e, nil
	}
	e.Readable = true
	return e, body
}

// Evidence is an entry with all that it takes to check it against the log.
type Evidence struct {
	Entry
	Salt      []byte
	Statement string // the leaf commits to the salt in hex and this
	Body      string // its SHA-256 is "body" in the statement; "" if it cannot be read
	Leaf      []byte
	Proof     Proof // the zero Proof while pending
	Matches   bool  // the entry as stored is the one that its leaf commits to
}

// Entry returns the evidence for an entry about by. It returns ErrNoEntry alike
// if there is none and if it is about somebody else.
func (s *Service) Entry(ctx context.Context, by identity.Caller, id string) (Evidence, error) {
	if !by.Known() {
		return Evidence{}, identity.ErrSignIn
	}
	if !plain(id) {
		return Evidence{}, ErrNoEntry
	}
	r, err := s.d.Store.One(ctx, string(by.Person), id)
	if err != nil {
		return Evidence{}, fmt.Errorf("activity entry: %w", err)
	}
	return s.evidence(ctx, r)
}

// DepartmentEntry returns the evidence for an act of by's department that is
// about no person, under the same conditions as Department.
func (s *Service) DepartmentEntry(ctx context.Context, by org.Officer, id string) (Evidence, error) {
	if !by.Has(org.DepartmentAdmin) || by.Department == "" {
		return Evidence{}, ErrNotAdmin
	}
	if !plain(id) {
		return Evidence{}, ErrNoEntry
	}
	r, err := s.d.Store.One(ctx, "", id)
	if err == nil && r.Act.Org != string(by.Department) {
		err = ErrNoEntry
	}
	if err != nil {
		return Evidence{}, fmt.Errorf("activity entry: %w", err)
	}
	return s.evidence(ctx, r)
}

func (s *Service) evidence(ctx context.Context, r Record) (Evidence, error) {
	e, body := s.entry(ctx, r)
	ev := Evidence{Entry: e, Salt: r.Salt, Statement: r.Statement(), Body: string(body), Leaf: r.Leaf(), Matches: true}
	if body != nil && !bytes.Equal(hash(body), r.BodyHash) {
		ev.Matches = false
	}
	p, err := s.d.Log.Prove(ctx, r.ID)
	if isPending(err) {
		return ev, nil
	}
	if err != nil {
		return Evidence{}, fmt.Errorf("prove activity entry: %w", err)
	}
	ev.Proof, ev.Sequenced, ev.Position = p, true, p.Index
	ev.Matches = ev.Matches && bytes.Equal(p.Leaf, ev.Leaf)
	return ev, nil
}
