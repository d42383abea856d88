package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/modules/identity"
	"causeway/modules/identity/passkeytest"
	"causeway/platform/lang"
)

// proof answers a challenge for a proof with d.
func (w *world) proof(d *passkeytest.Device, by identity.Caller) identity.Answer {
	w.t.Helper()
	c, err := w.BeginProof(w.t.Context(), by)
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := d.Get(c.Options)
	if err != nil {
		w.t.Fatal(err)
	}
	return identity.Answer{Token: c.Token, Response: b}
}

// TestProof: what changes how a person signs in asks for a passkey that was used
// within five minutes, and using one ends every copy of the session's token.
func TestProof(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone, tablet := t.Context(), passkeytest.New(origin), passkeytest.New(origin)
		w.activate(phone, 1, false)
		token, err := w.SignIn(ctx, w.used(phone), identity.Caller{})
		by := w.caller(token, err)
		if err := w.Proved(ctx, by); err != nil {
			t.Errorf("just signed in: %v", err)
		}
		w.pass(4 * time.Minute)
		c, err := w.BeginPasskey(ctx, by)
		late := w.made(tablet, c, err)
		w.pass(time.Minute)
		mine, err := w.OwnPasskeys(ctx, by)
		if err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"begin": second(w.BeginPasskey(ctx, by)), "add": w.AddPasskey(ctx, by, late, "Tablet"), "remove": w.RemovePasskey(ctx, by, mine[0].ID),
		} {
			if !errors.Is(err, identity.ErrProof) {
				t.Errorf("%s after five minutes: %v", name, err)
			}
		}
		if all, err := w.OwnPasskeys(ctx, by); err != nil || len(all) != 1 {
			t.Fatalf("%d passkeys, %v", len(all), err)
		}
		renewed, err := w.Prove(ctx, by, w.proof(phone, by))
		again := w.caller(renewed, err)
		if again.Session != by.Session || w.trail.count("identity.proved") != 1 {
			t.Errorf("another session, or not recorded: %+v", again)
		}
		if _, err := w.Authenticate(ctx, token); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("the token from before: %v", err)
		}
		c, err = w.BeginPasskey(ctx, again)
		if err := w.AddPasskey(ctx, again, w.made(tablet, c, err), "Tablet"); err != nil {
			t.Errorf("after the proof: %v", err)
		}
		if !slices.Contains(w.told, string(by.Person)+": identity.notice.passkey-added") {
			t.Errorf("told %v", w.told)
		}
		w.pass(5 * time.Minute)
		if err := w.RemovePasskey(ctx, again, mine[0].ID); !errors.Is(err, identity.ErrProof) {
			t.Errorf("another five minutes later: %v", err)
		}
	})
}

// TestProofRefuses: another person's passkey, another session's ceremony, one for
// signing in, one that was used, a passkey that is less sure, a copy of one.
func TestProofRefuses(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone, theirs := t.Context(), passkeytest.New(origin), passkeytest.New(origin)
		phone.Counts = true
		first := w.activate(phone, 1, false)
		other := w.activate(theirs, 2, false)
		by := w.signIn(phone)
		w.pass(6 * time.Minute)
		good := w.proof(phone, by)
		stranger := w.proof(theirs, other)
		cross := w.proof(theirs, other)
		cross.Token = w.proof(phone, by).Token
		signIn, forged := w.used(phone), w.proof(phone, by)
		forged.Response = []byte(strings.Replace(string(forged.Response), `"signature":"`, `"signature":"AA`, 1))
		for name, test := range map[string]struct {
			by   identity.Caller
			a    identity.Answer
			want error
		}{
			"nobody":                    {identity.Caller{}, good, identity.ErrSignIn},
			"another person's":          {by, stranger, identity.ErrCeremony},
			"another person's passkey":  {by, cross, identity.ErrPasskeyUnknown},
			"another session's":         {first, good, identity.ErrCeremony},
			"one for signing in":        {by, signIn, identity.ErrCeremony},
			"one that was tried before": {by, good, identity.ErrCeremony},
			"forged":                    {by, forged, identity.ErrPasskey},
			"huge":                      {by, identity.Answer{Response: make([]byte, 1<<20)}, identity.ErrPasskey},
		} {
			if name == "one that was tried before" {
				continue // after the others
			}
			if _, err := w.Prove(ctx, test.by, test.a); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
		}
		if _, err := w.Prove(ctx, by, good); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("one that was tried before: %v", err)
		}
		if _, err := w.SignIn(ctx, w.proof(phone, by), identity.Caller{}); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("signing in with a proof: %v", err)
		}
		if err := w.Proved(ctx, by); !errors.Is(err, identity.ErrProof) {
			t.Fatalf("proved by none of these: %v", err)
		}
		sure := by
		sure.Assurance = identity.High
		if _, err := w.Prove(ctx, sure, w.proof(phone, by)); !errors.Is(err, identity.ErrProofWeak) {
			t.Errorf("a passkey that is less sure than the session: %v", err)
		}
		clone := phone.Clone()
		clone.Count = 1
		if _, err := w.Prove(ctx, by, w.proof(phone, by)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Prove(ctx, by, w.proof(clone, by)); !errors.Is(err, identity.ErrPasskeySuspect) {
			t.Errorf("a copy: %v", err)
		}
		if all, err := w.OwnSessions(ctx, by); err != nil || len(all) != 0 {
			t.Errorf("%d sessions of a passkey that may be copied, %v", len(all), err)
		}
		if _, err := w.BeginProof(ctx, by); !errors.Is(err, identity.ErrProofNone) {
			t.Errorf("without a passkey that works: %v", err)
		}
		if err := w.Proved(ctx, by); !errors.Is(err, identity.ErrSignIn) {
			t.Errorf("a session that ended: %v", err)
		}
	})
}

// TestRename gives a passkey another name, and it still signs in.
func TestRename(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		by, other := w.activate(phone, 1, false), w.activate(passkeytest.New(origin), 2, false)
		all, err := w.OwnPasskeys(ctx, by)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"", "a\nb", strings.Repeat("x", 61), "\xff"} {
			if err := w.RenamePasskey(ctx, by, all[0].ID, bad); !errors.Is(err, identity.ErrPasskeyName) {
				t.Errorf("name %q: %v", bad, err)
			}
		}
		if err := w.RenamePasskey(ctx, other, all[0].ID, "Mine"); !errors.Is(err, identity.ErrNoPasskey) {
			t.Errorf("another person's: %v", err)
		}
		if err := w.RenamePasskey(ctx, by, all[0].ID, "舊電話"); err != nil {
			t.Fatal(err)
		}
		if all, err = w.OwnPasskeys(ctx, w.signIn(phone)); err != nil || len(all) != 1 || all[0].Name != "舊電話" {
			t.Errorf("passkeys = %+v, %v", all, err)
		}
	})
}

// TestEndOtherSessions ends them on every replica, and not the caller's own.
func TestEndOtherSessions(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		w.activate(phone, 1, false)
		stranger := w.activate(passkeytest.New(origin), 2, false)
		token, err := w.SignIn(ctx, w.used(phone), identity.Caller{})
		w.caller(token, err)
		by := w.signIn(phone)
		if err := w.EndOtherSessions(ctx, by); err != nil {
			t.Fatal(err)
		}
		if _, err := newWorld(t, w.db).Authenticate(ctx, token); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("on a replica: %v", err)
		}
		if all, err := w.OwnSessions(ctx, by); err != nil || len(all) != 1 || all[0].ID != by.Session {
			t.Errorf("sessions = %+v, %v", all, err)
		}
		if all, err := w.OwnSessions(ctx, stranger); err != nil || len(all) != 1 {
			t.Errorf("%d sessions of another person, %v", len(all), err)
		}
		if err := w.EndOtherSessions(ctx, by); err != nil || w.trail.count("identity.sessions-ended") != 1 {
			t.Errorf("again: %v, recorded %d times", err, w.trail.count("identity.sessions-ended"))
		}
		if err := w.EndOtherSessions(ctx, identity.Caller{}); !errors.Is(err, identity.ErrSignIn) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// TestTold: who has passkeys already is told of a code and of its use; a newcomer
// at the counter is told nothing that nobody could read.
func TestTold(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		phone := passkeytest.New(origin)
		by := w.activate(phone, 1, false)
		if len(w.told) != 0 {
			t.Errorf("told %v", w.told)
		}
		w.activate(phone, 1, true)
		want := []string{string(by.Person) + ": identity.notice.code-issued", string(by.Person) + ": identity.notice.recovered"}
		if !slices.Equal(w.told, want) {
			t.Errorf("told %v, want %v", w.told, want)
		}
	})
}

// TestWeakDocument: a code given for a document that is easily forged opens nothing
// of somebody who showed a better one and holds passkeys.
func TestWeakDocument(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone, thief := t.Context(), passkeytest.New(origin), passkeytest.New(origin)
		w.activate(phone, 1, false)
		id, err := w.Issue(ctx, identity.Application{
			Number: number(t, 1), Name: "Chan Tai Man", Lang: lang.Hant, Document: identity.Acknowledgement,
		})
		if err != nil {
			t.Fatalf("the clerk learns who is known: %v", err)
		}
		l, err := w.Letter(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		token := w.open(l, 1)
		if _, err := w.Activation(ctx, token, identity.Caller{}); !errors.Is(err, identity.ErrDocumentWeak) {
			t.Errorf("the page: %v", err)
		}
		c, err := w.BeginActivation(ctx, token)
		if _, err := w.FinishActivation(ctx, token, identity.Finish{Answer: w.made(thief, c, err), Name: "x", Clear: true}); !errors.Is(err, identity.ErrDocumentWeak) {
			t.Errorf("with all others ended: %v", err)
		}
		by := w.signIn(phone)
		c, err = w.BeginActivation(ctx, token)
		if _, err := w.FinishActivation(ctx, token, identity.Finish{Answer: w.made(thief, c, err), Name: "x", Instead: by}); !errors.Is(err, identity.ErrDocumentWeak) {
			t.Errorf("with the others kept: %v", err)
		}
		if all, err := w.OwnPasskeys(ctx, w.signIn(phone)); err != nil || len(all) != 1 {
			t.Errorf("%d passkeys, %v", len(all), err)
		}
	})
}
