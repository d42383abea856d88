package document

import (
	"context"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/platform/trail"
)

// What the person's key seals.
const (
	labelName    = "document.name"
	labelContent = "document.content"
)

// sealedMore is the most by which sealed content is longer.
const sealedMore = 1 << 10

// Put takes a file for a case of the caller's; that the case is theirs, and
// takes files, is for casework to know. It returns ErrEmpty, ErrLarge, ErrKind,
// ErrDamaged, ErrPixels, ErrMixed, ErrActive or ErrLocked for content that is
// refused, and ErrMany where the case has MaxCase files.
//
// The content is on the disk before the record of it: a crash between leaves
// content that nothing names, which Sweep removes, and never a record without.
func (s *Service) Put(ctx context.Context, by identity.Caller, u Upload) (ID, error) {
	if !by.Known() {
		return "", identity.ErrSignIn
	}
	content, kind, err := s.check(ctx, u.Content)
	if err != nil {
		return "", fmt.Errorf("put: %w", err)
	}
	person := string(by.Person)
	name, err := s.d.Sealer.Seal(ctx, person, labelName, []byte(CleanName(u.Name, kind)))
	if err != nil {
		return "", fmt.Errorf("put: %w", err)
	}
	sealed, err := s.d.Sealer.Seal(ctx, person, labelContent, content)
	if err != nil {
		return "", fmt.Errorf("put: %w", err)
	}
	now := s.now()
	f := File{
		ID: ID(s.d.NewID()), Person: by.Person, Case: u.Case, Question: u.Question, Name: string(name), Kind: kind,
		Size: len(content), Uploaded: now, Actor: person, Role: by.Role, Channel: by.Channel,
	}
	f.Blob = folder(now) + string(f.ID)
	if err := s.d.Blobs.Put(ctx, f.Blob, sealed); err != nil {
		return "", fmt.Errorf("put: %w", err)
	}
	ok, err := s.d.Store.Insert(ctx, f, MaxCase)
	if err == nil && ok {
		return f.ID, nil
	}
	if err == nil {
		err = ErrMany
		_ = s.d.Blobs.Delete(ctx, f.Blob) // else Sweep does
	}
	return "", fmt.Errorf("put: %w", err)
}

// folder is where what is uploaded on a day lies.
func folder(t time.Time) string { return t.UTC().Format(time.DateOnly) + "/" }

// now returns the instant as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }

// check returns content as it is to be kept, and what it is.
func (s *Service) check(ctx context.Context, content []byte) ([]byte, Kind, error) {
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	return Check(content)
}

// entry is an activity entry about f.
func (s *Service) entry(f File, what string) trail.Entry {
	return trail.Entry{Person: string(f.Person), What: what, Case: f.Case, Detail: map[string]string{"kind": string(f.Kind)}}
}
