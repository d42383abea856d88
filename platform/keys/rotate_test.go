package keys_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway/platform/db"
	"causeway/platform/keys"
)

// TestRotation: a new key is published at once and signs later, on a replica too,
// which is never restarted; at every moment each knows what the other signs.
func TestRotation(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var skew atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
		m, err := keys.CreateMaster(filepath.Join(t.TempDir(), "master"))
		if err != nil {
			t.Fatal(err)
		}
		a, b := keys.New(d, m, now), keys.New(d, m, now)
		if _, err := a.Rotate(ctx, "n", keys.RotateIn); !errors.Is(err, keys.ErrNoSigner) {
			t.Errorf("rotating what is not there: %v", err)
		}
		kids := func() (of [2]string) {
			t.Helper()
			for i, r := range []*keys.Ring{a, b} {
				s, err := r.Signer(ctx, "n", keys.Ed25519)
				if err != nil {
					t.Fatal(err)
				}
				token, err := s.JWS(nil, []byte(`{}`))
				if err != nil {
					t.Fatal(err)
				}
				for j, other := range []*keys.Ring{a, b} {
					all, err := other.Verifiers(ctx, "n")
					if err != nil {
						t.Fatal(err)
					}
					if _, _, err := keys.VerifyJWS(token, all); err != nil {
						t.Errorf("replica %d does not know what %d signs: %v", j, i, err)
					}
				}
				of[i] = s.KID
			}
			return of
		}
		first := kids()
		if first[0] != first[1] {
			t.Fatalf("two replicas sign with two keys: %v", first)
		}
		if _, err := a.Rotate(ctx, "n", keys.RotateSoonest-1); !errors.Is(err, keys.ErrTooSoon) {
			t.Errorf("too soon: %v", err)
		}
		next, err := a.Rotate(ctx, "n", keys.RotateIn)
		if err != nil {
			t.Fatal(err)
		}
		if got := kids(); got != first {
			t.Errorf("at once: %v, want %v", got, first)
		}
		skew.Store(int64(keys.RotateIn - time.Second))
		if got := kids(); got != first {
			t.Errorf("a second before: %v, want %v", got, first)
		}
		all, err := b.Verifiers(ctx, "n")
		if err != nil || len(all) != 2 || all[0].KID != next.KID || all[0].Retired || all[1].Retired {
			t.Errorf("published %+v, %v", all, err)
		}
		skew.Store(int64(keys.RotateIn + keys.SignerFor))
		if got := kids(); got != [2]string{next.KID, next.KID} {
			t.Errorf("after: %v, want %s", got, next.KID)
		}
		if all, err = b.Verifiers(ctx, "n"); err != nil || len(all) != 2 || all[0].Retired || !all[1].Retired {
			t.Errorf("published %+v, %v", all, err)
		}
		if names, err := a.Names(ctx); err != nil || len(names) != 1 || names[0] != "n" {
			t.Errorf("names = %v, %v", names, err)
		}
		for range 2 { // the second before the first signs
			if next, err = b.Rotate(ctx, "n", keys.RotateIn); err != nil {
				t.Fatal(err)
			}
		}
		skew.Add(int64(2 * keys.RotateIn))
		if got := kids(); got != [2]string{next.KID, next.KID} {
			t.Errorf("of two, %v signs, want the later %s", got, next.KID)
		}
	})
}

// TestRewrap: after it the old wrapping key is needed for nothing but what was
// sealed before there was a shared key.
func TestRewrap(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx, dir := t.Context(), t.TempDir()
		key := func(b string) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(b, 32))) }
		master := func(name string, wraps ...string) *keys.Ring {
			t.Helper()
			text := "mac " + key("m") + "\n"
			for _, w := range wraps {
				text += "wrap " + w + " " + key(w) + "\n"
			}
			p := filepath.Join(dir, name)
			if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := keys.LoadMaster(p)
			if err != nil {
				t.Fatal(err)
			}
			return keys.New(d, m, time.Now)
		}
		old := master("old", "1")
		var persons []string
		for i := range 1100 {
			persons = append(persons, fmt.Sprintf("p%04d", i))
		}
		if err := old.Prepare(ctx, persons); err != nil {
			t.Fatal(err)
		}
		sealed, err := old.Seal(ctx, "p0007", "fact", []byte("secret"))
		if err != nil {
			t.Fatal(err)
		}
		early, err := old.SealShared("x", []byte("early"))
		if err != nil {
			t.Fatal(err)
		}
		if err := old.LoadShared(ctx, false); err != nil {
			t.Fatal(err)
		}
		if b, err := old.SealShared("x", []byte("early")); err != nil || b[0] != 1 {
			t.Errorf("a shared key was made unasked: %v, %v", b, err)
		}
		if err := old.LoadShared(ctx, true); err != nil {
			t.Fatal(err)
		}
		shared, err := old.SealShared("x", []byte("shared"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := old.OpenShared("x", early); err != nil || string(got) != "early" {
			t.Errorf("what was sealed before: %q, %v", got, err)
		}
		if _, err := old.OpenShared("y", shared); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("another label: %v", err)
		}
		if err := old.Forget(ctx, "p0001"); err != nil {
			t.Fatal(err)
		}
		s, err := old.Signer(ctx, "n", keys.ES256)
		if err != nil {
			t.Fatal(err)
		}
		both := master("both", "2", "1")
		if n, err := both.Rewrap(ctx); err != nil || n != 1101 {
			t.Fatalf("rewrapped %d, %v; want 1099 persons, the shared key and one signer", n, err)
		}
		if n, err := both.Rewrap(ctx); err != nil || n != 0 {
			t.Errorf("again: %d, %v", n, err)
		}
		alone := master("new", "2")
		if got, err := alone.Open(ctx, "p0007", "fact", sealed); err != nil || string(got) != "secret" {
			t.Errorf("a person's secret under the new key alone: %q, %v", got, err)
		}
		if _, err := alone.Open(ctx, "p0001", "fact", sealed); !errors.Is(err, keys.ErrForgotten) {
			t.Errorf("a person who was forgotten: %v", err)
		}
		if again, err := alone.Signer(ctx, "n", keys.ES256); err != nil || again.KID != s.KID {
			t.Errorf("the signer under the new key alone: %v, %v", again, err)
		}
		if _, err := alone.OpenShared("x", shared); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("before the shared key is loaded: %v", err)
		}
		if err := errors.Join(alone.LoadShared(ctx, true), both.LoadShared(ctx, true)); err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]*keys.Ring{"alone": alone, "both": both} {
			if got, err := r.OpenShared("x", shared); err != nil || string(got) != "shared" {
				t.Errorf("what is shared under %s: %q, %v", name, got, err)
			}
		}
		if _, err := alone.OpenShared("x", early); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("what was sealed before, under the new key alone: %v", err)
		}
	})
}
