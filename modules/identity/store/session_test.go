package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"causeway/modules/identity"
	"causeway/modules/identity/passkeytest"
)

func TestSessions(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		p, err := w.Create(ctx, newPerson(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		token, err := w.NewSession(ctx, p.ID, identity.Low, "online", "Chrome, Android")
		by := w.caller(token, err)
		if by.Person != p.ID || by.Assurance != identity.Low || !by.Until.Equal(w.clock().Add(30*time.Minute)) {
			t.Errorf("caller = %+v", by)
		}
		for name, bad := range map[string]string{
			"empty": "", "cut": token[:len(token)-1], "changed": token[:len(token)-1] + flip(token), "no secret": token[:strings.LastIndexByte(token, '.')+1],
			"parts": "a.b", "huge": strings.Repeat("a.", 4096), "NUL": "a\x00.b.c", "not UTF-8": "\xff.\xff.\xff", "another's": "x" + token[1:],
		} {
			if _, err := w.Authenticate(ctx, bad); !errors.Is(err, identity.ErrNoSession) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.pass(29 * time.Minute)
		w.caller(token, nil)
		w.Wait()
		w.pass(29 * time.Minute)
		if w.caller(token, nil); w.trail.count("identity.signed-in") != 1 {
			t.Error("being seen is recorded as a sign-in")
		}
		w.Wait()
		w.pass(30 * time.Minute)
		if _, err := w.Authenticate(ctx, token); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("after 30 idle minutes: %v", err)
		}
		if _, err := w.NewSession(ctx, "nobody", identity.Low, "online", ""); !errors.Is(err, identity.ErrNoPerson) {
			t.Errorf("a session for nobody: %v", err)
		}
	})
}

func flip(token string) string {
	if strings.HasSuffix(token, "A") {
		return "E"
	}
	return "A"
}

// TestSessionEnds: after twelve hours of use, and when it is extended no longer.
func TestSessionEnds(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		by := w.activate(passkeytest.New(origin), 1, false)
		start := w.clock()
		for w.clock().Before(start.Add(12*time.Hour - time.Minute)) {
			w.pass(20 * time.Minute)
			until, err := w.Extend(ctx, by)
			if err != nil {
				t.Fatal(err)
			}
			if until.After(start.Add(12 * time.Hour)) {
				t.Fatalf("extended to %v", until.Sub(start))
			}
		}
		if all, err := w.OwnSessions(ctx, by); err != nil || len(all) != 0 {
			t.Errorf("%d sessions after twelve hours, %v", len(all), err)
		}
	})
}

// TestSessionAway: what a page sends by itself does not make a session longer.
func TestSessionAway(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		w.activate(phone, 1, false)
		token, err := w.SignIn(ctx, w.used(phone), identity.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(28 * time.Minute)
		by, err := w.AuthenticateAway(ctx, token)
		w.Wait()
		if err != nil || !by.Known() || by.Until.After(w.clock().Add(2*time.Minute)) {
			t.Errorf("until %v, %v", by.Until.Sub(w.clock()), err)
		}
		w.pass(2 * time.Minute)
		if _, err := w.AuthenticateAway(ctx, token); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("after half an hour without anybody: %v", err)
		}
	})
}

// TestSessionEndsAtOnce: for a second replica on the same database as well.
func TestSessionEndsAtOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		w.activate(phone, 1, false)
		token, err := w.SignIn(ctx, w.used(phone), identity.Caller{})
		by := w.caller(token, err)
		w.pass(time.Second)
		here := w.signIn(phone)
		stranger := w.activate(passkeytest.New(origin), 2, false)
		if err := w.EndSession(ctx, stranger, by.Session); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("another person's session: %v", err)
		}
		replica := newWorld(t, w.db)
		if err := w.EndSession(ctx, here, by.Session); err != nil {
			t.Fatal(err)
		}
		if _, err := replica.Authenticate(ctx, token); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("on a replica: %v", err)
		}
		if err := w.EndSession(ctx, here, by.Session); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("again: %v", err)
		}
		if err := w.SignOut(ctx, here); err != nil {
			t.Fatal(err)
		}
		if err := w.SignOut(ctx, here); err != nil {
			t.Errorf("signing out twice: %v", err)
		}
		if w.trail.count("identity.session-ended") != 1 || w.trail.count("identity.signed-out") != 1 {
			t.Error("not recorded once")
		}
	})
}

// TestSignInRotates: whoever signs in where somebody was signed in gets a new
// session, and the old one ends.
func TestSignInRotates(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		phone := passkeytest.New(origin)
		old := w.activate(phone, 1, false)
		token, err := w.SignIn(t.Context(), w.used(phone), old)
		by := w.caller(token, err)
		if all, err := w.OwnSessions(t.Context(), by); err != nil || len(all) != 1 || all[0].ID != by.Session {
			t.Errorf("sessions = %+v, %v", all, err)
		}
	})
}

func TestPurge(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		w.activate(phone, 1, false)
		w.letter(1)
		w.used(phone)
		w.pass(31 * time.Minute)
		w.used(phone)
		if err := w.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int{"identity_sessions": 0, "identity_ceremonies": 1, "identity_codes WHERE letter_sealed IS NOT NULL": 0} {
			var n int
			if err := w.db.QueryRow(ctx, "SELECT count(1) FROM "+table).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d, %v, want %d", table, n, err, want)
			}
		}
	})
}

// TestAllOrNothing: what cannot be recorded does not happen.
func TestAllOrNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		by := w.activate(phone, 1, false)
		use := w.used(phone)
		l := w.letter(1)
		token := w.open(l, 1)
		c, err := w.BeginActivation(ctx, token)
		a := w.made(phone, c, err)
		w.trail.err = errors.New("the log is down")
		if _, err := w.Create(ctx, newPerson(t, 7)); !errors.Is(err, w.trail.err) {
			t.Errorf("create: %v", err)
		}
		if _, err := w.Find(ctx, number(t, 7)); !errors.Is(err, identity.ErrNoPerson) {
			t.Errorf("somebody was added: %v", err)
		}
		if _, err := w.FinishActivation(ctx, token, identity.Finish{Answer: a, Name: "x", Clear: true}); !errors.Is(err, w.trail.err) {
			t.Errorf("activate: %v", err)
		}
		if _, err := w.SignIn(ctx, use, identity.Caller{}); !errors.Is(err, w.trail.err) {
			t.Errorf("sign in: %v", err)
		}
		if err := w.EndSession(ctx, by, by.Session); !errors.Is(err, w.trail.err) {
			t.Errorf("end: %v", err)
		}
		if all, err := w.OwnPasskeys(ctx, by); err != nil || len(all) != 1 || !all[0].Used.IsZero() {
			t.Errorf("passkeys = %+v, %v", all, err)
		}
		if all, err := w.OwnSessions(ctx, by); err != nil || len(all) != 1 {
			t.Errorf("%d sessions, %v", len(all), err)
		}
		if _, err := w.OpenCode(ctx, l.Code); err != nil {
			t.Errorf("the code: %v", err)
		}
	})
}
