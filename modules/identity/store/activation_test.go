package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/modules/identity"
	"causeway/modules/identity/passkeytest"
	"causeway/platform/lang"
)

func TestActivation(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		l := w.letter(1)
		if l.Name != "Chan Tai Man" || l.Lang != lang.Hant || !l.Until.Equal(w.clock().Add(14*24*time.Hour)) {
			t.Errorf("letter = %+v", l)
		}
		token, err := w.OpenCode(ctx, l.Code)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := w.Activation(ctx, token, identity.Caller{}); err != nil || a.Name != "" || a.Confirmed {
			t.Errorf("before confirming: %+v, %v", a, err)
		}
		if _, err := w.BeginActivation(ctx, token); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("a passkey before confirming: %v", err)
		}
		if err := w.Confirm(ctx, token, number(t, 1)); err != nil {
			t.Fatal(err)
		}
		if a, err := w.Activation(ctx, token, identity.Caller{}); err != nil || a.Name != "Chan Tai Man" || a.Recovery {
			t.Errorf("after confirming: %+v, %v", a, err)
		}
		c, err := w.BeginActivation(ctx, token)
		by := w.caller(w.FinishActivation(ctx, token, identity.Finish{Answer: w.made(phone, c, err), Name: "My phone"}))
		if by.Assurance != identity.Substantial || by.Role != "self" || by.Channel != "online" {
			t.Errorf("caller = %+v", by)
		}
		if p, err := w.Person(ctx, by.Person); err != nil || p.Assurance != identity.Substantial {
			t.Errorf("person = %+v, %v", p, err)
		}
		if _, err := w.OpenCode(ctx, l.Code); !errors.Is(err, identity.ErrCodeUsed) {
			t.Errorf("the code again: %v", err)
		}
		if _, err := w.Activation(ctx, token, identity.Caller{}); !errors.Is(err, identity.ErrCeremony) {
			t.Errorf("the activation again: %v", err)
		}
		if again := w.signIn(phone); again.Person != by.Person || again.Session == by.Session || again.Assurance != identity.Substantial {
			t.Errorf("signed in as %+v", again)
		}
		for what, want := range map[string]int{"identity.registered": 1, "identity.code-issued": 1, "identity.activated": 1, "identity.signed-in": 2} {
			if got := w.trail.count(what); got != want {
				t.Errorf("%d entries %s, want %d", got, what, want)
			}
		}
		for _, e := range w.trail.all {
			if e.What == "identity.code-issued" && (e.Actor != "clerk" || e.Org != "digital-policy-office" || e.Subject != e.Org+"/"+e.Person || e.Channel != "counter") {
				t.Errorf("entry = %+v", e)
			}
		}
	})
}

// TestCodesEnd: by time, by a newer code, and by wrong numbers, which count
// wherever they are typed.
func TestCodesEnd(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		first := w.letter(1)
		second := w.letter(1)
		if _, err := w.OpenCode(ctx, first.Code); !errors.Is(err, identity.ErrCodeExpired) {
			t.Errorf("a replaced code: %v", err)
		}
		if _, err := w.Letter(ctx, first.ID); !errors.Is(err, identity.ErrNoLetter) {
			t.Errorf("a replaced letter: %v", err)
		}
		a, err := w.OpenCode(ctx, second.Code)
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.OpenCode(ctx, second.Code)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			if err := w.Confirm(ctx, []string{a, b}[i%2], number(t, 2)); !errors.Is(err, identity.ErrNumberMismatch) {
				t.Fatalf("wrong number %d: %v", i, err)
			}
		}
		if got, err := w.Activation(ctx, a, identity.Caller{}); err != nil || got.Attempts != 1 {
			t.Errorf("activation = %+v, %v", got, err)
		}
		if err := w.Confirm(ctx, a, number(t, 2)); !errors.Is(err, identity.ErrCodeBlocked) {
			t.Errorf("the fifth wrong number: %v", err)
		}
		if err := w.Confirm(ctx, b, number(t, 1)); !errors.Is(err, identity.ErrCodeBlocked) {
			t.Errorf("the right number, too late: %v", err)
		}
		if w.trail.count("identity.code-blocked") != 1 {
			t.Error("the block is not recorded once")
		}
		third := w.letter(1)
		w.pass(14 * 24 * time.Hour)
		if _, err := w.OpenCode(ctx, third.Code); !errors.Is(err, identity.ErrCodeExpired) {
			t.Errorf("after 14 days: %v", err)
		}
	})
}

// TestOneCodeOnePasskey: of many who finish with one code, one succeeds.
func TestOneCodeOnePasskey(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const many = 8
		ctx, l := t.Context(), w.letter(1)
		var finish [many]func() error
		for i := range many {
			token := w.open(l, 1)
			c, err := w.BeginActivation(ctx, token)
			answer := w.made(passkeytest.New(origin), c, err)
			finish[i] = func() error {
				_, err := w.FinishActivation(ctx, token, identity.Finish{Answer: answer, Name: "My phone"})
				return err
			}
		}
		var wg sync.WaitGroup
		errs := make([]error, many)
		for i := range many {
			wg.Go(func() { errs[i] = finish[i]() })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, identity.ErrCodeUsed) {
				t.Errorf("a loser got %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d finished with one code", won)
		}
		p, err := w.Find(ctx, number(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		if all, err := w.OwnPasskeys(ctx, identity.Caller{Person: p}); err != nil || len(all) != 1 {
			t.Errorf("%d passkeys, %v", len(all), err)
		}
	})
}

func TestRecovery(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, old, second, third := t.Context(), passkeytest.New(origin), passkeytest.New(origin), passkeytest.New(origin)
		by := w.activate(old, 1, false)
		if w.trail.count("identity.recovered") != 0 {
			t.Error("a first activation is no recovery")
		}
		if _, err := w.redeem(second, 1, false, identity.Caller{}); !errors.Is(err, identity.ErrProof) {
			t.Errorf("a code and a number slip in a passkey beside the person's own: %v", err)
		}
		if _, err := w.redeem(second, 1, false, w.activate(passkeytest.New(origin), 2, false)); !errors.Is(err, identity.ErrProof) {
			t.Errorf("another person's proof: %v", err)
		}
		w.pass(6 * time.Minute)
		if _, err := w.redeem(second, 1, false, by); !errors.Is(err, identity.ErrProof) {
			t.Errorf("a proof that is too old: %v", err)
		}
		if all, err := w.OwnPasskeys(ctx, by); err != nil || len(all) != 1 {
			t.Fatalf("%d passkeys, %v", len(all), err)
		}
		kept := w.caller(w.redeem(second, 1, false, w.signIn(old)))
		if kept.Person != by.Person {
			t.Errorf("another person: %v", kept.Person)
		}
		w.signIn(old)
		now := w.activate(third, 1, true)
		if w.trail.count("identity.recovered") != 1 {
			t.Error("the recovery is not recorded")
		}
		for _, d := range []*passkeytest.Device{old, second} {
			if _, err := w.SignIn(ctx, w.used(d), identity.Caller{}); !errors.Is(err, identity.ErrPasskeyUnknown) {
				t.Errorf("a passkey that ended: %v", err)
			}
		}
		if all, err := w.OwnSessions(ctx, now); err != nil || len(all) != 1 || !all[0].Current || all[0].Device != "Firefox, Linux" {
			t.Errorf("sessions = %+v, %v", all, err)
		}
	})
}

func TestIssueRefuses(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		good := identity.Application{Number: number(t, 1), Name: "Chan Tai Man", Lang: lang.English, Document: identity.Passport}
		for name, test := range map[string]struct {
			change func(a *identity.Application)
			want   error
		}{
			"no number":      {func(a *identity.Application) { a.Number = identity.HKID{} }, identity.ErrNumber},
			"no name":        {func(a *identity.Application) { a.Name = "" }, identity.ErrName},
			"blank name":     {func(a *identity.Application) { a.Name = "  " }, identity.ErrName},
			"name of lines":  {func(a *identity.Application) { a.Name = "a\nb" }, identity.ErrName},
			"hidden name":    {func(a *identity.Application) { a.Name = "a\u202eb" }, identity.ErrName},
			"name not UTF-8": {func(a *identity.Application) { a.Name = "a\xff" }, identity.ErrName},
			"email":          {func(a *identity.Application) { a.Email = "a b@c.d" }, identity.ErrEmail},
			"language":       {func(a *identity.Application) { a.Lang = "fr" }, identity.ErrLang},
			"document":       {func(a *identity.Application) { a.Document = "library-card" }, identity.ErrDocument},
		} {
			a := good
			test.change(&a)
			if _, err := w.Issue(ctx, a); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
		}
		if _, err := w.Find(ctx, good.Number); !errors.Is(err, identity.ErrNoPerson) {
			t.Errorf("a refusal added somebody: %v", err)
		}
		id, err := w.Issue(ctx, good)
		if err != nil {
			t.Fatal(err)
		}
		clerk := w.desk.clerk
		for name, c := range map[string]identity.Clerk{"another clerk": {Person: "other", Department: clerk.Department}, "elsewhere": {Person: clerk.Person, Department: "elsewhere"}} {
			w.desk.clerk = c
			if _, err := w.Letter(ctx, id); !errors.Is(err, identity.ErrNoLetter) {
				t.Errorf("%s sees the letter: %v", name, err)
			}
		}
		if w.desk.clerk.Person, err = w.Find(ctx, good.Number); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Issue(ctx, good); !errors.Is(err, identity.ErrOwnCode) {
			t.Errorf("a code for oneself: %v", err)
		}
		w.desk.clerk = clerk
		w.pass(10 * time.Minute)
		if _, err := w.Letter(ctx, id); !errors.Is(err, identity.ErrNoLetter) {
			t.Errorf("the letter after ten minutes: %v", err)
		}
		if err := w.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		w.desk.ok = false
		if _, err := w.Issue(ctx, good); !errors.Is(err, identity.ErrNotClerk) {
			t.Errorf("no clerk: %v", err)
		}
	})
}

// TestCounterCorrects: the document decides how somebody who is known is called,
// an empty address leaves the old one, and a low document does not lower anybody.
func TestCounterCorrects(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		by := w.activate(passkeytest.New(origin), 1, false)
		_, err := w.Issue(ctx, identity.Application{Number: number(t, 1), Name: "Chan Siu Ming", Lang: lang.Hans, Document: identity.Acknowledgement})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Contact(ctx, by.Person); err != nil || got != (identity.Contact{Name: "Chan Siu Ming", Email: "chan@example.hk", Lang: lang.Hans}) {
			t.Errorf("contact = %+v, %v", got.Name, err)
		}
		if w.trail.count("identity.contact-changed") != 1 || w.trail.count("identity.registered") != 1 {
			t.Error("the change is not recorded once")
		}
		if slices.ContainsFunc(w.told, func(s string) bool { return strings.Contains(s, "email-changed") }) {
			t.Errorf("an address that stayed was told to be another: %q", w.told)
		}
		_, err = w.Issue(ctx, identity.Application{Number: number(t, 1), Name: "Chan Siu Ming", Email: "other@example.hk", Lang: lang.Hans, Document: identity.Acknowledgement})
		if err != nil {
			t.Fatal(err)
		}
		if want := string(by.Person) + ": identity.notice.email-changed to chan@example.hk"; !slices.Contains(w.told, want) {
			t.Errorf("told %q, not the address of before", w.told)
		}
		if p, err := w.Person(ctx, by.Person); err != nil || p.Assurance != identity.Substantial {
			t.Errorf("person = %+v, %v", p, err)
		}
	})
}
