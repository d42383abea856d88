package store_test

import (
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/demo/relying"
	"causeway/modules/openid"
)

// race runs f n times at once and returns how often it succeeded.
func race(n int, f func() error) (won int, errs []error) {
	var wins atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			if err := f(); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
				return
			}
			wins.Add(1)
		})
	}
	close(start)
	wg.Wait()
	return int(wins.Load()), errs
}

// TestCodeOnce redeems one code twenty times at once: one gets tokens, and since
// the others replayed the code, what it gave is revoked.
func TestCodeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		code, verifier := w.code(c, nil)
		var mu sync.Mutex
		var got openid.Issued
		won, errs := race(20, func() error {
			out, err := w.redeem(c, code, verifier)
			if err == nil {
				mu.Lock()
				got = out
				mu.Unlock()
			}
			return err
		})
		if won != 1 {
			t.Fatalf("%d of 20 got tokens", won)
		}
		for _, err := range errs {
			wantCode(t, err, openid.CodeGrant)
		}
		if w.active(c, got.AccessToken) || w.active(c, got.RefreshToken) {
			t.Error("what a replayed code gave is still good")
		}
	})
}

// TestCodeReplayed brings a code again after a while.
func TestCodeReplayed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c, other := w.client("bank", nil), w.client("other", nil)
		code, verifier := w.code(c, nil)
		_, err := w.redeem(other, code, verifier)
		wantCode(t, err, openid.CodeGrant)
		got, err := w.redeem(c, code, verifier)
		if err != nil || !w.active(c, got.AccessToken) {
			t.Fatalf("another client's attempt spoilt the code: %v", err)
		}
		_, err = w.redeem(other, code, verifier)
		wantCode(t, err, openid.CodeGrant)
		if !w.active(c, got.AccessToken) {
			t.Error("another client ends what the code gave")
		}
		_, err = w.redeem(c, code, verifier)
		wantCode(t, err, openid.CodeGrant)
		if w.active(c, got.AccessToken) {
			t.Error("a replayed code revokes nothing")
		}
		_, err = w.provider.Token(t.Context(), w.ask(c, openid.PathToken, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.RefreshToken}}, w.dpop, ""))
		wantCode(t, err, openid.CodeGrant)
	})
}

// TestRequestURIOnce opens one pushed request twenty times at once.
func TestRequestURIOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		q, err := w.pushed(c, relying.Secret(), nil)
		if err != nil {
			t.Fatal(err)
		}
		won, errs := race(20, func() error {
			_, err := w.provider.Open(t.Context(), q, relying.Secret())
			return err
		})
		if won != 1 {
			t.Errorf("%d of 20 browsers opened it", won)
		}
		for _, err := range errs {
			if !errors.Is(err, openid.ErrRequest) {
				t.Error(err)
			}
		}
		q, err = w.pushed(c, relying.Secret(), nil)
		if err != nil {
			t.Fatal(err)
		}
		w.clock.pass(91 * time.Second)
		if _, err := w.provider.Open(t.Context(), q, "late"); !errors.Is(err, openid.ErrRequest) {
			t.Errorf("an expired request opens: %v", err)
		}
	})
}

// TestAnswerOnce answers one request twenty times at once: one code is given.
func TestAnswerOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		q, err := w.pushed(c, relying.Secret(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.provider.Open(t.Context(), q, "browser")
		if err != nil {
			t.Fatal(err)
		}
		won, errs := race(20, func() error {
			_, err := w.provider.Answer(t.Context(), w.caller, r, true)
			return err
		})
		if won != 1 {
			t.Errorf("%d of 20 answers were taken", won)
		}
		for _, err := range errs {
			if !errors.Is(err, openid.ErrAnswered) {
				t.Error(err)
			}
		}
	})
}

// TestRefreshOnce exchanges one refresh token twenty times at once: one gets the
// next, and since the others reused the token, the whole family ends.
func TestRefreshOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		code, verifier := w.code(c, nil)
		first, err := w.redeem(c, code, verifier)
		if err != nil {
			t.Fatal(err)
		}
		refresh := func(token string) (openid.Issued, error) {
			return w.provider.Token(t.Context(), w.ask(c, openid.PathToken, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, w.dpop, ""))
		}
		second, err := refresh(first.RefreshToken)
		if err != nil || second.RefreshToken == first.RefreshToken {
			t.Fatalf("no rotation: %v", err)
		}
		var mu sync.Mutex
		var third openid.Issued
		won, errs := race(20, func() error {
			out, err := refresh(second.RefreshToken)
			if err == nil {
				mu.Lock()
				third = out
				mu.Unlock()
			}
			return err
		})
		if won != 1 {
			t.Fatalf("%d of 20 got the next token", won)
		}
		for _, err := range errs {
			wantCode(t, err, openid.CodeGrant)
		}
		for _, token := range []string{first.AccessToken, second.AccessToken, third.AccessToken, third.RefreshToken} {
			if w.active(c, token) {
				t.Error("a reused refresh token leaves some of its family")
			}
		}
	})
}

// TestRefreshKept looks at what is stored of refresh tokens, and when they end.
func TestRefreshKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		code, verifier := w.code(c, nil)
		got, err := w.redeem(c, code, verifier)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		for _, secret := range []string{got.RefreshToken, got.AccessToken, code} {
			for _, q := range []string{
				"SELECT COUNT(1) FROM openid_tokens WHERE hash = $1", "SELECT COUNT(1) FROM openid_authorizations WHERE code_hash = $1",
			} {
				if err := w.db.QueryRow(t.Context(), q, []byte(secret)).Scan(&n); err != nil || n != 0 {
					t.Errorf("a secret is stored as it is: %d, %v", n, err)
				}
			}
		}
		if err := w.db.QueryRow(t.Context(), "SELECT COUNT(1) FROM openid_tokens WHERE length(hash) = 32").Scan(&n); err != nil || n != 2 {
			t.Errorf("%d hashes, %v", n, err)
		}
		w.clock.pass(90*24*time.Hour + time.Second)
		_, err = w.provider.Token(t.Context(), w.ask(c, openid.PathToken, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.RefreshToken}}, w.dpop, ""))
		wantCode(t, err, openid.CodeGrant)
		w.clock.pass(2 * time.Hour)
		if err := w.provider.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.db.QueryRow(t.Context(), "SELECT COUNT(1) FROM openid_tokens").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d tokens are left, %v", n, err)
		}
	})
}

// TestAssertionOnce uses a client assertion, and then a DPoP proof, twice, on two
// replicas: the second is refused wherever it comes.
func TestAssertionOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.client("bank", nil)
		other := w.replica(w.db)
		form := url.Values{"grant_type": {"client_credentials"}}
		a := w.ask(c, openid.PathToken, form, w.dpop, "")
		if _, err := w.provider.Token(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		b := w.ask(c, openid.PathToken, form, w.dpop, "")
		b.Form.Set("client_assertion", a.Form.Get("client_assertion"))
		_, err := other.Token(t.Context(), b)
		wantCode(t, err, openid.CodeClient)
		b = w.ask(c, openid.PathToken, form, w.dpop, "")
		b.Proofs = a.Proofs
		_, err = other.Token(t.Context(), b)
		wantCode(t, err, openid.CodeClient)
		a = w.ask(c, openid.PathToken, form, w.dpop, "")
		won, _ := race(20, func() error {
			_, err := w.provider.Token(t.Context(), a)
			return err
		})
		if won != 1 {
			t.Errorf("one assertion worked %d times", won)
		}
	})
}

// TestBurnEqual burns equal ids in one batch: the first is new, and of another
// client's equal jti nobody is the wiser.
func TestBurnEqual(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		until := w.clock.now().Add(time.Minute)
		id := func(b byte) openid.Burned { return openid.Burned{Key: append(make([]byte, 31), b), Until: until} }
		got, err := w.store.Burn(t.Context(), []openid.Burned{id(1), id(2), id(1), id(3)})
		if err != nil || !got[0] || !got[1] || got[2] || !got[3] {
			t.Errorf("%v, %v", got, err)
		}
		if got, err = w.store.Burn(t.Context(), []openid.Burned{id(3), id(4)}); err != nil || got[0] || !got[1] {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// TestStoreOnce does each thing that happens once twice, one after the other.
func TestStoreOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.now()
		g := openid.Grant{ID: "g", Person: "p", Client: "c", Created: now, Changed: now}
		if err := w.store.AddGrant(ctx, g); err != nil {
			t.Fatal(err)
		}
		if err := w.store.AddAuthorization(ctx, openid.Authorization{ID: "a", Person: "p", Grant: "g", CodeHash: []byte("h"), Until: now.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		token := func(h string) openid.Token {
			return openid.Token{Hash: []byte(h), Kind: openid.Refresh, Person: "p", Grant: "g", Authorization: "a", Until: now.Add(time.Minute)}
		}
		if err := w.store.AddTokens(ctx, []openid.Token{token("t"), token("u"), token("v")}); err != nil {
			t.Fatal(err)
		}
		twice := func(what string, f func() (bool, error)) {
			t.Helper()
			for _, want := range []bool{true, false} {
				if got, err := f(); err != nil || got != want {
					t.Errorf("%s: %t, %v, want %t", what, got, err, want)
				}
			}
		}
		twice("redeem", func() (bool, error) { return w.store.Redeem(ctx, "p", "a", now) })
		twice("use", func() (bool, error) { return w.store.UseRefresh(ctx, []byte("t"), now) })
		if err := w.store.RevokeAuthorization(ctx, "p", "a", now); err != nil {
			t.Fatal(err)
		}
		if ok, err := w.store.UseRefresh(ctx, []byte("u"), now); ok || err != nil {
			t.Errorf("a token of a revoked family is exchanged: %v", err)
		}
		if err := w.store.RevokeGrant(ctx, "p", "g", now); err != nil {
			t.Fatal(err)
		}
		if err := w.store.RevokeGrant(ctx, "p", "g", now); !errors.Is(err, openid.ErrNoGrant) {
			t.Errorf("a grant is revoked twice: %v", err)
		}
		if l, err := w.store.Live(ctx, []byte("v")); err != nil || l.Active(now) {
			t.Errorf("a token outlives its grant: %v", err)
		}
	})
}
