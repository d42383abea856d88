package store_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/modules/identity"
	"causeway/modules/identity/passkeytest"
)

// TestSignInRefuses: what a browser or an authenticator can get wrong, or lie
// about. Nobody is signed in by any of it.
func TestSignInRefuses(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		w.activate(phone, 1, false)
		before := w.trail.count("identity.signed-in")
		lie := func(change func(d *passkeytest.Device)) identity.Answer {
			d := phone.Clone()
			change(d)
			return w.used(d)
		}
		for name, a := range map[string]identity.Answer{
			"another origin":     lie(func(d *passkeytest.Device) { d.Origin = "https://evil.example" }),
			"another port":       lie(func(d *passkeytest.Device) { d.Origin = "http://localhost:8081" }),
			"another party":      lie(func(d *passkeytest.Device) { d.RPID = "evil.example" }),
			"forged signature":   lie(func(d *passkeytest.Device) { d.Forged = true }),
			"unverified user":    lie(func(d *passkeytest.Device) { d.Verified = false }),
			"in a frame":         lie(func(d *passkeytest.Device) { d.Framed = true }),
			"another ceremony":   lie(func(d *passkeytest.Device) { d.Type = "webauthn.create" }),
			"backup flag change": lie(func(d *passkeytest.Device) { d.Synced = false }),
		} {
			if _, err := w.SignIn(ctx, a, identity.Caller{}); !errors.Is(err, identity.ErrPasskey) {
				t.Errorf("%s: %v, want %v", name, err, identity.ErrPasskey)
			}
		}
		one, two := w.used(phone), w.used(phone)
		if _, err := w.SignIn(ctx, identity.Answer{Token: one.Token, Response: two.Response}, identity.Caller{}); !errors.Is(err, identity.ErrPasskey) {
			t.Errorf("the answer to another challenge: %v", err)
		}
		if _, err := w.SignIn(ctx, one, identity.Caller{}); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("an answer that failed, again: %v", err)
		}
		for name, body := range map[string][]byte{
			"nothing": nil, "not JSON": []byte("hunter2"), "not UTF-8": []byte("{\"id\":\"\xff\"}"), "empty": []byte("{}"),
			"huge": bytes.Repeat([]byte("a"), 1<<20), "deep": []byte(strings.Repeat("[", 20000)),
		} {
			a := w.used(phone)
			a.Response = body
			if _, err := w.SignIn(ctx, a, identity.Caller{}); !errors.Is(err, identity.ErrPasskey) {
				t.Errorf("%s: %v, want %v", name, err, identity.ErrPasskey)
			}
		}
		late := w.used(phone)
		w.pass(10 * time.Minute)
		if _, err := w.SignIn(ctx, late, identity.Caller{}); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("after ten minutes: %v", err)
		}
		if got := w.trail.count("identity.signed-in"); got != before {
			t.Errorf("%d sign-ins recorded", got-before)
		}
	})
}

// TestReplay: one answer signs in once, however many send it at the same moment.
func TestReplay(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		phone := passkeytest.New(origin)
		w.activate(phone, 1, false)
		a := w.used(phone)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.SignIn(t.Context(), a, identity.Caller{}) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, identity.ErrCeremony) {
				t.Errorf("a replay got %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d signed in with one answer", won)
		}
	})
}

// TestClone: a counter that goes back stops the passkey, ends what it began, and
// is recorded.
func TestClone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		phone.Counts = true
		w.activate(phone, 1, false)
		copied := phone.Clone()
		w.signIn(phone)
		w.pass(time.Second)
		by := w.signIn(phone)
		w.pass(time.Second)
		if _, err := w.SignIn(ctx, w.used(copied), identity.Caller{}); !errors.Is(err, identity.ErrPasskeySuspect) {
			t.Fatalf("the copy: %v", err)
		}
		w.pass(time.Second)
		if _, err := w.SignIn(ctx, w.used(phone), identity.Caller{}); !errors.Is(err, identity.ErrPasskeySuspect) {
			t.Errorf("the original afterwards: %v", err)
		}
		if all, err := w.OwnSessions(ctx, by); err != nil || len(all) != 0 {
			t.Errorf("%d sessions left, %v", len(all), err)
		}
		if w.trail.count("identity.passkey-suspect") != 1 {
			t.Error("not recorded once")
		}
		if all, err := w.OwnPasskeys(ctx, by); err != nil || len(all) != 1 || !all[0].Suspect {
			t.Errorf("passkeys = %+v, %v", all, err)
		}
	})
}

func TestPasskeys(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone, tablet := t.Context(), passkeytest.New(origin), passkeytest.New(origin)
		by, other := w.activate(phone, 1, false), w.activate(passkeytest.New(origin), 2, false)
		only, err := w.OwnPasskeys(ctx, by)
		if err != nil || len(only) != 1 || only[0].Name != "My phone" || !only[0].Synced {
			t.Fatalf("passkeys = %+v, %v", only, err)
		}
		if err := w.RemovePasskey(ctx, by, only[0].ID); !errors.Is(err, identity.ErrPasskeyLast) {
			t.Errorf("the last passkey: %v", err)
		}
		c, err := w.BeginPasskey(ctx, by)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := phone.Create(c.Options); err == nil {
			t.Error("a device that holds a passkey may make another")
		}
		a := w.made(tablet, c, nil)
		if err := w.AddPasskey(ctx, other, a, "Theirs"); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("another person's ceremony: %v", err)
		}
		c, err = w.BeginPasskey(ctx, by)
		a = w.made(tablet, c, err)
		for _, name := range []string{"", "a\nb", strings.Repeat("x", 61), "\xff"} {
			if err := w.AddPasskey(ctx, by, a, name); !errors.Is(err, identity.ErrPasskeyName) {
				t.Errorf("name %q: %v", name, err)
			}
		}
		if err := w.AddPasskey(ctx, by, a, "平板電腦"); err != nil {
			t.Fatal(err)
		}
		if err := w.AddPasskey(ctx, by, a, "Again"); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("again: %v", err)
		}
		there := w.signIn(tablet)
		if err := w.RemovePasskey(ctx, other, only[0].ID); !errors.Is(err, identity.ErrNoPasskey) {
			t.Errorf("another person's passkey: %v", err)
		}
		if err := w.RemovePasskey(ctx, there, only[0].ID); err != nil {
			t.Fatal(err)
		}
		if all, err := w.OwnSessions(ctx, there); err != nil || len(all) != 1 {
			t.Errorf("%d sessions, %v: that of the passkey that went goes too", len(all), err)
		}
		if _, err := w.SignIn(ctx, w.used(phone), identity.Caller{}); !errors.Is(err, identity.ErrPasskeyUnknown) {
			t.Errorf("a passkey that was removed: %v", err)
		}
		w.letter(1)
		left, err := w.OwnPasskeys(ctx, there)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.RemovePasskey(ctx, there, left[0].ID); err != nil {
			t.Errorf("the last passkey, with a code in hand: %v", err)
		}
	})
}
