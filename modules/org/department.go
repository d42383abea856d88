package org

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"causeway/platform/trail"
)

// Departments keeps departments.
type Departments interface {
	// AddDepartment returns ErrDepartmentTaken if there is one with its id.
	AddDepartment(ctx context.Context, d Department) error
	// UpdateDepartment changes all but the id and when it was made, or returns
	// ErrNoDepartment.
	UpdateDepartment(ctx context.Context, d Department) error
	// Departments returns all of them in the order of their ids.
	Departments(ctx context.Context) ([]Department, error)
}

// How old what is known of departments may be. They change a few times a year;
// one that is not known yet is looked for at once.
const (
	departmentsFor = 30 * time.Second
	unknownFor     = time.Second
)

var slugRx = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// slug reports whether s may name a department or a role.
func slug(s string) bool { return len(s) <= 64 && slugRx.MatchString(s) }

// Create adds a department and records that it did. It returns ErrDepartment or
// ErrDepartmentTaken.
func (s *Service) Create(ctx context.Context, d Department) error {
	if err := d.check(); err != nil {
		return err
	}
	d.Created = s.now()
	return s.change(ctx, d, s.d.Store.AddDepartment, "org.department-created")
}

// Update changes what is said of a department and records that it did. It
// returns ErrDepartment or ErrNoDepartment.
func (s *Service) Update(ctx context.Context, d Department) error {
	if err := d.check(); err != nil {
		return err
	}
	return s.change(ctx, d, s.d.Store.UpdateDepartment, "org.department-changed")
}

func (s *Service) change(ctx context.Context, d Department, how func(context.Context, Department) error, what string) error {
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := how(ctx, d); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, trail.Entry{
			Org: string(d.ID), Actor: trail.System, Role: trail.System, Channel: trail.System, What: what,
			Detail: map[string]string{"department": string(d.ID)},
		})
	})
	s.forget()
	if err != nil {
		return fmt.Errorf("department %s: %w", d.ID, err)
	}
	return nil
}

func (d Department) check() error {
	fields := []string{d.Name.En, d.Name.Hant, d.Name.Hans, d.Email, d.Phone, d.Address.En, d.Address.Hant, d.Address.Hans}
	for _, f := range fields {
		if len(f) > 500 || !utf8.ValidString(f) {
			return ErrDepartment
		}
	}
	address := d.Address.Missing()
	if !slug(string(d.ID)) || len(d.Name.Missing()) > 0 || len(address) > 0 && len(address) < 3 {
		return ErrDepartment
	}
	if d.Email != "" && strings.Count(d.Email, "@") != 1 {
		return ErrDepartment
	}
	return nil
}

// Department returns ErrNoDepartment if there is none. Changes made by another
// replica show within half a minute.
func (s *Service) Department(ctx context.Context, id ID) (Department, error) {
	known, err := s.departments(ctx, func(known map[ID]Department) bool { _, ok := known[id]; return ok })
	if err != nil {
		return Department{}, err
	}
	d, ok := known[id]
	if !ok {
		return Department{}, ErrNoDepartment
	}
	return d, nil
}

// Departments returns all departments in the order of their ids.
func (s *Service) Departments(ctx context.Context) ([]Department, error) {
	known, err := s.departments(ctx, func(map[ID]Department) bool { return true })
	if err != nil {
		return nil, err
	}
	all := make([]Department, 0, len(known))
	for _, d := range known {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Department) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// departments returns what is known of departments; it must not be changed. It
// is read again when it has grown old, or when it is not enough.
func (s *Service) departments(ctx context.Context, enough func(map[ID]Department) bool) (map[ID]Department, error) {
	now := s.d.Now()
	s.mu.RLock()
	known, age := s.known, now.Sub(s.loaded)
	s.mu.RUnlock()
	if known != nil && (age < unknownFor || age < departmentsFor && enough(known)) {
		return known, nil
	}
	all, err := s.d.Store.Departments(ctx)
	if err != nil {
		return nil, fmt.Errorf("departments: %w", err)
	}
	known = make(map[ID]Department, len(all))
	for _, d := range all {
		known[d.ID] = d
	}
	s.mu.Lock()
	s.known, s.loaded = known, now
	s.mu.Unlock()
	return known, nil
}

// forget has the departments read again when they are next asked for.
func (s *Service) forget() {
	s.mu.Lock()
	s.known = nil
	s.mu.Unlock()
}
