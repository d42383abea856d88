package document

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"strings"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/trail"
)

// ByCase lists the caller's files of a case, oldest first.
func (s *Service) ByCase(ctx context.Context, by identity.Caller, caseID string) ([]File, error) {
	return s.list(ctx, by.Person, caseID)
}

// OfCase lists the files of a person's case for modules that act by themselves.
func (s *Service) OfCase(ctx context.Context, person identity.PersonID, caseID string) ([]File, error) {
	return s.list(ctx, person, caseID)
}

func (s *Service) list(ctx context.Context, person identity.PersonID, caseID string) ([]File, error) {
	files, err := s.d.Store.ByCase(ctx, person, caseID)
	if err != nil {
		return nil, err
	}
	for i := range files {
		if files[i], err = s.named(ctx, files[i]); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// named opens f's name.
func (s *Service) named(ctx context.Context, f File) (File, error) {
	name, err := s.d.Sealer.Open(ctx, string(f.Person), labelName, []byte(f.Name))
	if err != nil {
		return File{}, fmt.Errorf("file %s: %w", f.ID, err)
	}
	f.Name = string(name)
	return f, nil
}

// Get returns a file of the caller's and its content; ErrNoFile alike if there
// is none and if it is another person's.
func (s *Service) Get(ctx context.Context, by identity.Caller, id ID) (File, []byte, error) {
	f, err := s.d.Store.FileOf(ctx, by.Person, id)
	if err != nil {
		return File{}, nil, err
	}
	return s.open(ctx, f)
}

func (s *Service) open(ctx context.Context, f File) (File, []byte, error) {
	f, err := s.named(ctx, f)
	if err != nil {
		return File{}, nil, err
	}
	sealed, err := s.d.Blobs.Get(ctx, f.Blob, MaxSize+sealedMore)
	if err != nil {
		return File{}, nil, fmt.Errorf("file %s: %w", f.ID, err)
	}
	content, err := s.d.Sealer.Open(ctx, string(f.Person), labelContent, sealed)
	if err != nil {
		return File{}, nil, fmt.Errorf("file %s: %w", f.ID, err)
	}
	return f, content, nil
}

// ForOfficer returns a file that Access lets the officer see, and its content.
// That they looked is recorded first. Otherwise it returns ErrNoFile.
func (s *Service) ForOfficer(ctx context.Context, o org.Officer, id ID) (File, []byte, error) {
	f, err := s.d.Store.File(ctx, id)
	if err != nil {
		return File{}, nil, err
	}
	ok, err := s.d.Access.MaySee(ctx, o, f)
	if err != nil {
		return File{}, nil, fmt.Errorf("file %s: %w", id, err)
	}
	if !ok {
		return File{}, nil, fmt.Errorf("file %s for %s: %w", id, o, ErrNoFile)
	}
	e := s.entry(f, "document.seen")
	e.Org, e.Subject = string(o.Department), s.d.Subjects.Subject(ctx, o.Department, f.Person)
	e.Actor, e.Role, e.Channel, e.Why = string(o.Person), strings.Join(o.Roles, " "), trail.Online, "decide-application"
	err = s.d.Units.Do(ctx, func(ctx context.Context) error { return s.d.Trail.Record(ctx, e) })
	if err != nil {
		return File{}, nil, fmt.Errorf("file %s: %w", id, err)
	}
	return s.open(ctx, f)
}

// Preview returns a picture of a file that the officer may see: decoded, made
// smaller and encoded anew as PNG, so that nothing of the upload's own bytes is
// in it. It returns ErrNoFile where ForOfficer does, and for a PDF.
func (s *Service) Preview(ctx context.Context, o org.Officer, id ID) ([]byte, error) {
	f, content, err := s.ForOfficer(ctx, o, id)
	if err != nil {
		return nil, err
	}
	if !f.Kind.Image() {
		return nil, fmt.Errorf("preview of %s: %w", id, ErrNoFile)
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	small, err := thumbnail(content, f.Kind)
	if err != nil {
		return nil, fmt.Errorf("preview of %s: %w", id, err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, small); err != nil {
		return nil, fmt.Errorf("preview of %s: %w", id, err)
	}
	return b.Bytes(), nil
}
