// Package home owns the front page: what waits for a person, what that person
// holds, and what becomes possible next. It knows none of it; other modules
// offer it through ports.
package home

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"causeway/modules/identity"
	"causeway/platform/day"
	"causeway/platform/fault"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// A Section is a part of the front page.
type Section string

// The sections, in the order in which the page shows them. A card for ToDo waits
// for the person; what waits for others is in Cases.
const (
	ToDo     Section = "to-do"
	Licences Section = "licences"
	Cases    Section = "cases"
	Services Section = "services"
	Messages Section = "messages"
)

// Sections returns every section in order.
func Sections() []Section { return []Section{ToDo, Licences, Cases, Services, Messages} }

// A Status says in one word where the thing of a card stands.
type Status string

// The statuses of each section.
const (
	Continue Status = "continue" // ToDo: an application that is not sent
	Answer   Status = "answer"   // ToDo: somebody asked for more
	Pay      Status = "pay"      // ToDo: Amount, until Day if it is set

	Valid   Status = "valid"   // Licences: until Day
	Soon    Status = "soon"    // Licences: until Day, which is near
	Ended   Status = "ended"   // Licences: since Day
	Revoked Status = "revoked" // Licences

	Deciding  Status = "deciding"  // Cases: somebody or something decides
	Approved  Status = "approved"  // Cases: granted, the result is on its way
	Done      Status = "done"      // Cases: ended well
	Refused   Status = "refused"   // Cases
	Undoing   Status = "undoing"   // Cases: being taken back or refunded
	Withdrawn Status = "withdrawn" // Cases

	Today Status = "today" // Services: possible from today
	From  Status = "from"  // Services: possible from Day

	Unread Status = "unread" // Messages: not read, sent At
	Read   Status = "read"   // Messages: sent At
)

// A Card is one thing on the page. Fields that its status does not name are not
// shown.
type Card struct {
	Section   Section
	Status    Status
	Title     lang.Text
	Link      string // a path of ours
	Reference string // shown as it is, in type that can be compared; ""
	Day       day.Date
	Amount    money.Amount
	At        time.Time
}

// A Provider offers cards of one caller, those that matter most first.
type Provider interface {
	Cards(ctx context.Context, c identity.Caller) ([]Card, error)
}

// A Source is a provider and the sections that it may offer cards for: they are
// what the page says could not be loaded, should it fail.
type Source struct {
	Provider Provider
	Sections []Section
}

// ErrSignIn reports a caller who is nobody.
var ErrSignIn = fault.New(fault.Unauthenticated, "home.sign-in")

// patience is how long the page waits for a provider.
const patience = 2 * time.Second

// Service gathers the page. It may be used by many goroutines.
type Service struct{ sources []Source }

// New returns a Service over sources; within a section their cards come in order.
func New(sources ...Source) *Service { return &Service{sources} }

// A Home is what the page shows.
type Home struct {
	Cards  map[Section][]Card
	Failed map[Section]bool // could not be loaded, or not all of it
	Err    error            // why, for the log
}

// Gather asks every provider at once. What fails is named in the result; Gather
// itself fails only for a caller who is nobody.
func (s *Service) Gather(ctx context.Context, c identity.Caller) (Home, error) {
	if !c.Known() {
		return Home{}, ErrSignIn
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := make([]answer, len(s.sources))
	var wg sync.WaitGroup
	for i, src := range s.sources {
		wg.Go(func() { answers[i].cards, answers[i].err = ask(ctx, src.Provider, c) })
	}
	wg.Wait()
	h := Home{Cards: map[Section][]Card{}, Failed: map[Section]bool{}}
	for i, a := range answers {
		for _, card := range a.cards {
			h.Cards[card.Section] = append(h.Cards[card.Section], card)
		}
		if a.err == nil {
			continue
		}
		h.Err = errors.Join(h.Err, a.err)
		for _, section := range s.sources[i].Sections {
			h.Failed[section] = true
		}
	}
	return h, nil
}

type answer struct {
	cards []Card
	err   error
}

// ask returns p's cards. A provider that panics has failed like any other.
func ask(ctx context.Context, p Provider, c identity.Caller) (cards []Card, err error) {
	defer func() {
		if r := recover(); r != nil {
			cards, err = nil, fmt.Errorf("home: provider panicked: %v", r)
		}
	}()
	return p.Cards(ctx, c)
}
