package app

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"causeway/modules/identity"
	"causeway/platform/view"
)

// known is what the shell remembers of a person for a short while.
type known struct {
	name    string
	officer bool
	till    time.Time
}

const (
	knownFor = time.Minute
	knownMax = 10_000
)

// shell tells the page around the content about its reader.
type shell struct {
	w *world

	mu     sync.Mutex // guards people
	people map[identity.PersonID]known
}

func newShell(w *world) *shell { return &shell{w: w, people: map[identity.PersonID]known{}} }

// of returns the shell for who asks in ctx. A page is drawn even where what the
// shell would like to know cannot be read.
func (s *shell) of(ctx context.Context) view.Shell {
	now := s.w.now()
	out := view.Shell{Demo: s.w.demo, Now: now}
	c := identity.CallerOf(ctx)
	if !c.Known() {
		return out
	}
	k := s.known(ctx, c, now)
	if n, err := s.w.notice.Unread(ctx, c.Person); err == nil {
		out.Unread = n
	}
	out.SignedIn, out.Expires, out.Name, out.Officer = true, c.Until, k.name, k.officer
	return out
}

func (s *shell) known(ctx context.Context, c identity.Caller, now time.Time) known {
	s.mu.Lock()
	k, ok := s.people[c.Person]
	s.mu.Unlock()
	if ok && now.Before(k.till) {
		return k
	}
	contact, err := s.w.identity.Contact(ctx, c.Person)
	if err != nil {
		return known{}
	}
	offices, err := s.w.org.Offices(ctx, c)
	k = known{contact.Name, err == nil && len(offices) > 0, now.Add(knownFor)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.people) >= knownMax {
		clear(s.people)
	}
	s.people[c.Person] = k
	return k
}

// signInFor leads to the sign-in page and back to where r was going.
func signInFor(r *http.Request) string {
	return "/sign-in?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
}
