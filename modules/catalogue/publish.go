package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/trail"
)

func hash(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])
}

// Upload is a definition that somebody wants to publish.
type Upload struct {
	File   string // its name, for messages
	Source []byte
	Cases  []Table  // all of which must pass
	From   day.Date // the first day of the version; zero: as the file says, else today
}

// Table is a table of cases.
type Table struct {
	File   string // its name, for messages
	Source []byte
}

// Publish checks u and publishes it: its language, its tables of cases, and
// that the departments, data classes and purposes it names exist. Publishing the same
// file again changes nothing. It returns a Refusal, ErrVersionTaken if the
// version was published with another content, or ErrVersionOrder if a later
// version was.
func (s *Service) Publish(ctx context.Context, by Publisher, u Upload) (Published, error) {
	def, err := service.Parse(u.File, u.Source)
	if err != nil {
		return Published{}, refusal(err)
	}
	r := Record{
		Service: def.ID, Version: def.Version, From: u.From,
		Hash: hash(u.Source), Source: u.Source, Actor: by.Actor, At: s.now(),
	}
	s.forget()
	sh, err := s.shelf(ctx, func(*shelf) bool { return true })
	if err != nil {
		return Published{}, err
	}
	versions := sh.services[def.ID]
	for _, p := range versions {
		switch {
		case p.Version == r.Version && p.Hash == r.Hash:
			return p, nil
		case p.Version == r.Version:
			return Published{}, ErrVersionTaken
		}
	}
	r.From = first(r.From, def, r.At)
	if n := len(versions); n > 0 && (versions[n-1].Version > r.Version || versions[n-1].From.After(r.From)) {
		return Published{}, ErrVersionOrder
	}
	if err := s.check(ctx, def, sh, u); err != nil {
		return Published{}, err
	}
	if err := s.add(ctx, by, def, r); err != nil {
		return Published{}, err
	}
	return Published{def, r.Version, r.From, r.Hash, r.At}, nil
}

// first returns the day from which a version counts.
func first(from day.Date, def *service.Definition, at time.Time) day.Date {
	if from.IsZero() {
		from = def.From
	}
	if today := day.In(at, def.Zone); from.Before(today) {
		return today
	}
	return from
}

func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }

func (s *Service) add(ctx context.Context, by Publisher, def *service.Definition, r Record) error {
	defer s.forget()
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.Add(ctx, r); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, trail.Entry{
			Org: def.Owner, Actor: by.Actor, Role: by.Role, Channel: by.Channel, What: "service.published",
			Detail: map[string]string{"service": r.Service, "version": fmt.Sprint(r.Version), "hash": r.Hash, "from": r.From.String()},
		})
	})
	if err != nil {
		return fmt.Errorf("publish %s version %d: %w", r.Service, r.Version, err)
	}
	return nil
}

// PublishCalendar publishes a calendar. The same content again changes nothing.
// It returns a Refusal if src is no calendar, or lacks a year that the one
// before it has from now on.
func (s *Service) PublishCalendar(ctx context.Context, by Publisher, name string, src []byte) error {
	c, err := service.ParseCalendar(src)
	if err != nil {
		return &Refusal{[]string{err.Error()}}
	}
	s.forget()
	sh, err := s.shelf(ctx, func(*shelf) bool { return true })
	if err != nil {
		return err
	}
	r := CalendarRecord{Name: name, Hash: hash(src), Source: src, Actor: by.Actor, At: s.now()}
	if old, ok := sh.calendars[name]; ok {
		switch {
		case old.hash == r.Hash:
			return nil
		case c.Last().Before(old.Last()):
			return &Refusal{[]string{fmt.Sprintf("calendar %s ends on %s, before the one that it replaces", name, c.Last())}}
		}
	}
	defer s.forget()
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.AddCalendar(ctx, r); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, trail.Entry{
			Actor: by.Actor, Role: by.Role, Channel: by.Channel, What: "service.calendar-published",
			Detail: map[string]string{"calendar": name, "hash": r.Hash, "until": c.Last().String()},
		})
	})
	if err != nil {
		return fmt.Errorf("publish calendar %s: %w", name, err)
	}
	return nil
}

// PublishFS publishes what a folder holds: calendars/*.json, then every *.yaml
// with the tables NAME.cases.yaml and NAME.*.cases.yaml beside it. What is published already is left as it
// is, so that it can be called at every start.
func (s *Service) PublishFS(ctx context.Context, by Publisher, dir fs.FS) error {
	calendars, err := fs.Glob(dir, "calendars/*.json")
	if err != nil {
		return fmt.Errorf("calendars: %w", err)
	}
	for _, file := range calendars {
		src, err := fs.ReadFile(dir, file)
		if err != nil {
			return fmt.Errorf("calendars: %w", err)
		}
		if err := s.PublishCalendar(ctx, by, strings.TrimSuffix(path.Base(file), ".json"), src); err != nil {
			return err
		}
	}
	files, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return fmt.Errorf("services: %w", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".cases.yaml") {
			continue
		}
		u := Upload{File: file}
		if u.Source, err = fs.ReadFile(dir, file); err != nil {
			return fmt.Errorf("services: %w", err)
		}
		if u.Cases, err = tables(dir, files, strings.TrimSuffix(file, ".yaml")); err != nil {
			return fmt.Errorf("services: %w", err)
		}
		if _, err := s.Publish(ctx, by, u); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// tables returns the tables of cases among files that belong to a definition.
func tables(dir fs.FS, files []string, name string) ([]Table, error) {
	var all []Table
	for _, file := range files {
		if !strings.HasPrefix(file, name+".") || !strings.HasSuffix(file, ".cases.yaml") {
			continue
		}
		src, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		all = append(all, Table{file, src})
	}
	return all, nil
}
