package catalogue

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"causeway/modules/service"
	"causeway/platform/day"
)

// How old what is known of the catalogue may be: another replica may publish.
// A service that is not known is looked for again after unknownFor.
const (
	knownFor   = 30 * time.Second
	unknownFor = time.Second
)

// Service is the use cases of the catalogue. It may be used by many goroutines.
type Service struct {
	d Deps

	mu    sync.Mutex // guards what follows, which is replaced and never changed
	known *shelf
	stale bool
	busy  bool // somebody looks at the store
}

// shelf is what is published, compiled.
type shelf struct {
	at        time.Time
	services  map[string][]Published // by service, in the order of versions
	ids       []string               // of services, in order
	calendars map[string]calendar
}

type calendar struct {
	hash string
	*service.Calendar
}

// New returns the use cases over d.
func New(d Deps) *Service { return &Service{d: d} }

// Current returns the version of a service with which new cases begin today. It
// returns ErrNoService if there is none.
func (s *Service) Current(ctx context.Context, id string) (Published, error) {
	now := s.d.Now()
	sh, err := s.shelf(ctx, func(sh *shelf) bool { return len(sh.services[id]) > 0 })
	if err != nil {
		return Published{}, err
	}
	p, ok := current(sh.services[id], now)
	if !ok {
		return Published{}, ErrNoService
	}
	return p, nil
}

// current returns the newest of versions that is in force at now.
func current(versions []Published, now time.Time) (Published, bool) {
	for _, p := range slices.Backward(versions) {
		if !p.From.After(day.In(now, p.Definition.Zone)) {
			return p, true
		}
	}
	return Published{}, false
}

// Version returns one version of a service, or ErrNoService.
func (s *Service) Version(ctx context.Context, id string, version int) (Published, error) {
	find := func(sh *shelf) int {
		return slices.IndexFunc(sh.services[id], func(p Published) bool { return p.Version == version })
	}
	sh, err := s.shelf(ctx, func(sh *shelf) bool { return find(sh) >= 0 })
	if err != nil {
		return Published{}, err
	}
	i := find(sh)
	if i < 0 {
		return Published{}, ErrNoService
	}
	return sh.services[id][i], nil
}

// List returns the current version of every service, by its id.
func (s *Service) List(ctx context.Context) ([]Published, error) {
	now := s.d.Now()
	sh, err := s.shelf(ctx, func(*shelf) bool { return true })
	if err != nil {
		return nil, err
	}
	list := make([]Published, 0, len(sh.ids))
	for _, id := range sh.ids {
		if p, ok := current(sh.services[id], now); ok {
			list = append(list, p)
		}
	}
	return list, nil
}

// Calendar returns the newest calendar of that name, or ErrNoCalendar. For "",
// the name that a service without working days gives, it is one without a year.
// It knows what Current and Version last saw.
func (s *Service) Calendar(name string) (*service.Calendar, error) {
	if name == "" {
		return new(service.Calendar), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known != nil {
		if c, ok := s.known.calendars[name]; ok {
			return c.Calendar, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrNoCalendar, name)
}

// warnBefore is how long before its last day a calendar is reported.
const warnBefore = 6 // months

// Ending is a calendar that will soon not do.
type Ending struct {
	Calendar string
	Last     day.Date // the last day it has
	Services []string // that count working days by it
}

// EndsSoon reports whether c ends within half a year of today, or has ended.
func EndsSoon(c *service.Calendar, today day.Date) bool {
	return c.Last().Before(today.AddMonths(warnBefore))
}

// Endings reports the calendars of current services that end within half a year,
// for the operator.
func (s *Service) Endings(ctx context.Context) ([]Ending, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	var endings []Ending
	for _, p := range list {
		name := p.Definition.Calendar
		if name == "" {
			continue
		}
		if i := slices.IndexFunc(endings, func(e Ending) bool { return e.Calendar == name }); i >= 0 {
			endings[i].Services = append(endings[i].Services, p.Definition.ID)
			continue
		}
		c, err := s.Calendar(name)
		if err != nil {
			return nil, err
		}
		if EndsSoon(c, day.In(s.d.Now(), p.Definition.Zone)) {
			endings = append(endings, Ending{name, c.Last(), []string{p.Definition.ID}})
		}
	}
	return endings, nil
}

// forget makes the next question look at the store.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = true
}

// shelf returns what is published, looking at the store when that is old, or
// when what is known does not have what is asked for.
func (s *Service) shelf(ctx context.Context, has func(*shelf) bool) (*shelf, error) {
	now := s.d.Now()
	s.mu.Lock()
	old := s.known
	if old != nil && !s.stale {
		age := now.Sub(old.at)
		if age < unknownFor || has(old) && (age < knownFor || s.busy) {
			s.mu.Unlock()
			return old, nil
		}
	}
	s.busy = true
	s.mu.Unlock()
	fresh, err := s.load(ctx, old, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if err != nil {
		return nil, err
	}
	if s.known == old {
		s.known, s.stale = fresh, false
	}
	return fresh, nil
}

// load reads the store and compiles what old does not have.
func (s *Service) load(ctx context.Context, old *shelf, now time.Time) (*shelf, error) {
	sh := &shelf{at: now, services: map[string][]Published{}, calendars: map[string]calendar{}}
	if old == nil {
		old = sh
	}
	heads, err := s.d.Store.Heads(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range heads {
		p, err := s.compiled(ctx, r, old)
		if err != nil {
			return nil, err
		}
		if len(sh.services[r.Service]) == 0 {
			sh.ids = append(sh.ids, r.Service)
		}
		sh.services[r.Service] = append(sh.services[r.Service], p)
	}
	calendars, err := s.d.Store.Calendars(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range calendars {
		if c, ok := old.calendars[r.Name]; ok && c.hash == r.Hash {
			sh.calendars[r.Name] = c
			continue
		}
		c, err := service.ParseCalendar(r.Source)
		if err != nil {
			return nil, fmt.Errorf("calendar %s: %w", r.Name, err)
		}
		sh.calendars[r.Name] = calendar{r.Hash, c}
	}
	return sh, nil
}

// compiled returns r's version, from old if that has it.
func (s *Service) compiled(ctx context.Context, r Record, old *shelf) (Published, error) {
	for _, p := range old.services[r.Service] {
		if p.Version == r.Version && p.Hash == r.Hash {
			return p, nil
		}
	}
	src, err := s.d.Store.Source(ctx, r.Service, r.Version)
	if err != nil {
		return Published{}, fmt.Errorf("version %d of %s: %w", r.Version, r.Service, err)
	}
	if hash(src) != r.Hash {
		return Published{}, fmt.Errorf("version %d of %s was changed after it was published", r.Version, r.Service)
	}
	def, err := service.Parse(r.Service+".yaml", src)
	if err != nil {
		return Published{}, fmt.Errorf("version %d of %s: %w", r.Version, r.Service, err)
	}
	return Published{def, r.Version, r.From, r.Hash, r.At}, nil
}
