package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"causeway/platform/trail"
)

// How long sessions last, and how often it is noted that one was seen.
const (
	sessionIdle = 30 * time.Minute
	sessionFor  = 12 * time.Hour
	seenEvery   = time.Minute
	seenWithin  = 10 * time.Second // for a note that runs behind a request
)

// A Session is one browser in which a person is signed in.
type Session struct {
	ID        string
	Assurance Assurance
	Device    string
	Created   time.Time
	Seen      time.Time // to the minute
	Current   bool      // the caller's own
}

// A SessionRecord is a session as stored.
type SessionRecord struct {
	Person    PersonID
	ID        string
	Hash      []byte // of the token
	Passkey   string // the one that began it, or ""
	Assurance Assurance
	Role      string
	Actor     string
	Channel   string
	Device    string
	Created   time.Time
	Seen      time.Time
	Until     time.Time
	Proved    time.Time // when a passkey was last used in it; zero if never
}

// Sessions keeps sessions. One that ended is gone, for every replica at once.
type Sessions interface {
	AddSession(ctx context.Context, r SessionRecord) error
	// Session returns ErrNoSession if the person has none with the id.
	Session(ctx context.Context, p PersonID, id string) (SessionRecord, error)
	// SessionsOf returns those that may still be used, the latest first, at most 100.
	SessionsOf(ctx context.Context, p PersonID, now, idleSince time.Time) ([]SessionRecord, error)
	SeeSession(ctx context.Context, p PersonID, id string, t time.Time) error
	// ProveSession notes that a passkey was used at t, and gives the session another
	// token; it reports whether there was a session.
	ProveSession(ctx context.Context, p PersonID, id string, hash []byte, t time.Time) (bool, error)
	// EndSession reports whether there was one.
	EndSession(ctx context.Context, p PersonID, id string) (bool, error)
	// EndSessions ends those that passkey began, or all if it is "", but not the
	// session except. It returns how many.
	EndSessions(ctx context.Context, p PersonID, passkey, except string) (int, error)
	// PurgeSessions removes those not seen since idleSince, and so sooner or later
	// every one that is over.
	PurgeSessions(ctx context.Context, idleSince time.Time) error
}

// NewSession signs a person in without a passkey, for whoever has made sure of
// them by other means, and records it. It returns the token for the browser.
func (s *Service) NewSession(ctx context.Context, p PersonID, level Assurance, channel, device string) (string, error) {
	var token string
	err := s.d.Units.Do(ctx, func(ctx context.Context) (err error) {
		if _, err := s.d.Store.Person(ctx, p); err != nil {
			return err
		}
		token, err = s.start(ctx, start{person: p, level: level, channel: channel, device: device})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("new session: %w", err)
	}
	return token, nil
}

// start is how a session begins.
type start struct {
	person          PersonID
	passkey         string
	level           Assurance
	channel, device string
	instead         Caller // whose session in this browser ends
}

// start begins a session in the unit of ctx, records it, and returns its token.
func (s *Service) start(ctx context.Context, b start) (string, error) {
	if b.instead.Known() {
		if _, err := s.d.Store.EndSession(ctx, b.instead.Person, b.instead.Session); err != nil {
			return "", err
		}
	}
	secret, err := s.secret()
	if err != nil {
		return "", err
	}
	now, id := s.now(), s.d.NewID()
	token := sessionToken(b.person, id, secret)
	var proved time.Time
	if b.passkey != "" {
		proved = now
	}
	err = s.d.Store.AddSession(ctx, SessionRecord{
		Person: b.person, ID: id, Hash: tokenHash(token), Passkey: b.passkey, Assurance: b.level, Role: trail.Self,
		Actor: string(b.person), Channel: b.channel, Device: cut(b.device, 80), Created: now, Seen: now, Until: now.Add(sessionFor), Proved: proved,
	})
	if err != nil {
		return "", err
	}
	return token, s.bySelf(ctx, b.person, b.channel, "identity.signed-in", map[string]string{"assurance": b.level.String()})
}

// sessionToken is what the browser holds of a session.
func sessionToken(p PersonID, id, secret string) string { return string(p) + "." + id + "." + secret }

// bySelf records what a person did for themselves.
func (s *Service) bySelf(ctx context.Context, p PersonID, channel, what string, detail map[string]string) error {
	return s.d.Trail.Record(ctx, trail.Entry{
		Person: string(p), Actor: string(p), Role: trail.Self, Channel: channel, What: what, Detail: detail,
	})
}

func cut(s string, most int) string {
	if !plainText(s, most) {
		return ""
	}
	return s
}

// Authenticate returns who holds the token: one look-up by key. It returns
// ErrNoSession if the session ended, ran out or never was. That it was seen is
// noted behind the caller's back, at most once a minute.
func (s *Service) Authenticate(ctx context.Context, token string) (Caller, error) {
	return s.authenticate(ctx, token, true)
}

// AuthenticateAway is Authenticate for what a page does by itself while nobody
// may be there: the session does not last the longer for it.
func (s *Service) AuthenticateAway(ctx context.Context, token string) (Caller, error) {
	return s.authenticate(ctx, token, false)
}

func (s *Service) authenticate(ctx context.Context, token string, there bool) (Caller, error) {
	if len(token) > 256 {
		return Caller{}, ErrNoSession
	}
	person, rest, ok := strings.Cut(token, ".")
	id, _, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || !named(person) || !named(id) {
		return Caller{}, ErrNoSession
	}
	r, err := s.d.Store.Session(ctx, PersonID(person), id)
	if err != nil {
		return Caller{}, err
	}
	hash := sha256.Sum256([]byte(token))
	now := s.d.Now()
	idle := r.Seen.Add(sessionIdle)
	if subtle.ConstantTimeCompare(hash[:], r.Hash) != 1 || !now.Before(r.Until) || !now.Before(idle) {
		return Caller{}, ErrNoSession
	}
	until := now.Add(sessionIdle)
	if there && now.Sub(r.Seen) >= seenEvery {
		s.noteSeen(ctx, r, now)
	} else {
		until = idle
	}
	if until.After(r.Until) {
		until = r.Until
	}
	return Caller{Person: r.Person, Session: r.ID, Assurance: r.Assurance, Role: r.Role, Channel: r.Channel, Until: until}, nil
}

// noteSeen stores that r was seen, without making the request wait.
func (s *Service) noteSeen(ctx context.Context, r SessionRecord, now time.Time) {
	s.mu.Lock()
	_, running := s.noting[r.ID]
	if running || len(s.noting) >= s.maxNotes {
		s.mu.Unlock()
		return
	}
	s.noting[r.ID] = struct{}{}
	s.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	s.seen.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, seenWithin)
		defer cancel()
		if err := s.d.Store.SeeSession(ctx, r.Person, r.ID, now); err != nil {
			slog.WarnContext(ctx, "session not noted as seen", "err", err)
		}
		s.mu.Lock()
		delete(s.noting, r.ID)
		s.mu.Unlock()
	})
}

// Wait returns when no note of a session seen is running: before the database
// is closed.
func (s *Service) Wait() { s.seen.Wait() }

// Extend notes that the caller's session was seen now, and returns until when it
// lasts without a further request. It returns ErrSignIn or ErrNoSession.
func (s *Service) Extend(ctx context.Context, by Caller) (time.Time, error) {
	if !by.Known() {
		return time.Time{}, ErrSignIn
	}
	r, err := s.d.Store.Session(ctx, by.Person, by.Session)
	if err != nil {
		return time.Time{}, err
	}
	now := s.now()
	if err := s.d.Store.SeeSession(ctx, by.Person, by.Session, now); err != nil {
		return time.Time{}, err
	}
	if until := now.Add(sessionIdle); until.Before(r.Until) {
		return until, nil
	}
	return r.Until, nil
}

// OwnSessions returns the caller's sessions, the latest first.
func (s *Service) OwnSessions(ctx context.Context, by Caller) ([]Session, error) {
	if !by.Known() {
		return nil, ErrSignIn
	}
	now := s.now()
	records, err := s.d.Store.SessionsOf(ctx, by.Person, now, now.Add(-sessionIdle))
	if err != nil {
		return nil, err
	}
	all := make([]Session, len(records))
	for i, r := range records {
		all[i] = Session{r.ID, r.Assurance, r.Device, r.Created, r.Seen, r.ID == by.Session}
	}
	return all, nil
}

// SignOut ends the caller's session and records it. Nobody may sign out too.
func (s *Service) SignOut(ctx context.Context, by Caller) error {
	if !by.Known() {
		return nil
	}
	if err := s.end(ctx, by, by.Session, "identity.signed-out"); !errors.Is(err, ErrNoSession) {
		return err
	}
	return nil // ended at this moment from elsewhere
}

// EndSession ends one of the caller's sessions, at once and everywhere, and
// records it. It returns ErrSignIn, or ErrNoSession if the caller has none with
// the id.
func (s *Service) EndSession(ctx context.Context, by Caller, id string) error {
	if !by.Known() {
		return ErrSignIn
	}
	if !named(id) {
		return ErrNoSession
	}
	return s.end(ctx, by, id, "identity.session-ended")
}

// EndOtherSessions ends all of the caller's sessions but this one, and records it.
// It asks for no passkey: it takes from everybody else, and somebody who fears a
// thief must not be held up.
func (s *Service) EndOtherSessions(ctx context.Context, by Caller) error {
	if !by.Known() {
		return ErrSignIn
	}
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		n, err := s.d.Store.EndSessions(ctx, by.Person, "", by.Session)
		if err != nil || n == 0 {
			return err
		}
		return s.bySelf(ctx, by.Person, by.Channel, "identity.sessions-ended", nil)
	})
}

func (s *Service) end(ctx context.Context, by Caller, id, what string) error {
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		was, err := s.d.Store.EndSession(ctx, by.Person, id)
		if err != nil {
			return err
		}
		if !was {
			return ErrNoSession
		}
		return s.bySelf(ctx, by.Person, by.Channel, what, nil)
	})
}
