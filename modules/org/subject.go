package org

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"causeway/modules/identity"
)

// Subjects keeps how departments know persons, so that a department's name for
// somebody leads back to the person.
type Subjects interface {
	// AddSubject does nothing if it is there already.
	AddSubject(ctx context.Context, p identity.PersonID, d ID, subject string, at time.Time) error
	// PersonOf returns ErrNoSubject if there is none.
	PersonOf(ctx context.Context, d ID, subject string) (identity.PersonID, error)
}

// Subject returns how department d knows person p: 26 characters that are the
// same each time, differ between departments, and say nothing about the person
// to anybody without the key. It reads and writes nothing.
func (s *Service) Subject(_ context.Context, d ID, p identity.PersonID) string {
	data := binary.BigEndian.AppendUint32(nil, uint32(len(d))) //nolint:gosec // a slug of at most 64 bytes
	data = append(data, d...)
	data = append(data, p...)
	sum := s.d.Keys.MAC(labelSubject, data)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// Remember returns what Subject does, and keeps it for PersonOf in the unit of
// ctx. It is called when d is first told how it knows p.
func (s *Service) Remember(ctx context.Context, d ID, p identity.PersonID) (string, error) {
	subject := s.Subject(ctx, d, p)
	if err := s.d.Store.AddSubject(ctx, p, d, subject, s.now()); err != nil {
		return "", fmt.Errorf("remember subject: %w", err)
	}
	return subject, nil
}

// PersonOf returns whom department d knows as subject, or ErrNoSubject if d was
// never told of such a person.
func (s *Service) PersonOf(ctx context.Context, d ID, subject string) (identity.PersonID, error) {
	if len(subject) != 26 {
		return "", ErrNoSubject
	}
	return s.d.Store.PersonOf(ctx, d, subject)
}
