package keys_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/testkit"
)

func ring(t *testing.T, d *db.DB) *keys.Ring {
	t.Helper()
	return ringAt(t, d, time.Now)
}

func ringAt(t *testing.T, d *db.DB, now func() time.Time) *keys.Ring {
	t.Helper()
	m, err := keys.CreateMaster(filepath.Join(t.TempDir(), "keys", "master.keys"))
	if err != nil {
		t.Fatal(err)
	}
	return keys.New(d, m, now)
}

func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	testkit.EachDB(t, f, testkit.M{Module: "keys", Files: keys.Migrations})
}

func TestSealOpensForItsPersonAndLabelAlone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r, ctx := ring(t, d), t.Context()
		sealed, err := r.Seal(ctx, "p1", "fact", []byte("secret"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Seal(ctx, "p2", "fact", []byte("other")); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Open(ctx, "p1", "fact", sealed); err != nil || string(got) != "secret" {
			t.Errorf("Open = %q, %v", got, err)
		}
		for name, f := range map[string]func() ([]byte, error){
			"person": func() ([]byte, error) { return r.Open(ctx, "p2", "fact", sealed) },
			"label":  func() ([]byte, error) { return r.Open(ctx, "p1", "other", sealed) },
			"damage": func() ([]byte, error) { return r.Open(ctx, "p1", "fact", append(bytes.Clone(sealed), 0)) },
			"empty":  func() ([]byte, error) { return r.Open(ctx, "p1", "fact", nil) },
		} {
			if got, err := f(); !errors.Is(err, keys.ErrSealed) {
				t.Errorf("another %s: %q, %v; want ErrSealed", name, got, err)
			}
		}
		if err := r.Forget(ctx, "p1"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Open(ctx, "p1", "fact", sealed); !errors.Is(err, keys.ErrForgotten) {
			t.Errorf("Open after Forget = %v, want ErrForgotten", err)
		}
		if _, err := r.Seal(ctx, "p1", "fact", nil); !errors.Is(err, keys.ErrForgotten) {
			t.Errorf("Seal after Forget = %v, want ErrForgotten", err)
		}
	})
}

// TestUndoneKeyIsNotKept: a key made in a unit that failed seals nothing later.
func TestUndoneKeyIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r, ctx, stop := ring(t, d), t.Context(), errors.New("stop")
		err := d.Do(ctx, func(ctx context.Context) error {
			sealed, err := r.Seal(ctx, "p1", "x", []byte("y"))
			if err != nil {
				return err
			}
			if _, err := r.Open(ctx, "p1", "x", sealed); err != nil {
				return err
			}
			if _, err := r.Signer(ctx, "s", keys.Ed25519); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		sealed, err := r.Seal(ctx, "p1", "x", []byte("y"))
		if err != nil {
			t.Fatal(err)
		}
		fresh := keys.New(d, mustMaster(t), time.Now)
		if _, err := fresh.Open(ctx, "p1", "x", sealed); err == nil {
			t.Error("another master opened it")
		}
		if got, err := r.Open(ctx, "p1", "x", sealed); err != nil || string(got) != "y" {
			t.Errorf("Open = %q, %v", got, err)
		}
		if _, err := r.Signer(ctx, "s", keys.Ed25519); err != nil {
			t.Fatal(err)
		}
		if ks, err := r.Verifiers(ctx, "s"); err != nil || len(ks) != 1 {
			t.Errorf("Verifiers = %d, %v; want the one stored key", len(ks), err)
		}
	})
}

func mustMaster(t *testing.T) *keys.Master {
	t.Helper()
	m, err := keys.CreateMaster(filepath.Join(t.TempDir(), "m"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPrepareMakesManyKeys(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r, ctx := ring(t, d), t.Context()
		var ps []string
		for i := range 1203 {
			ps = append(ps, strings.Repeat("x", i+1))
		}
		if err := r.Prepare(ctx, ps); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.QueryRow(ctx, "SELECT count(*) FROM keys_persons").Scan(&n); err != nil || n != len(ps) {
			t.Errorf("keys = %d, %v; want %d", n, err, len(ps))
		}
	})
}

func TestSignersVerifyAfterRotation(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var skew atomic.Int64
		r, ctx := ringAt(t, d, func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }), t.Context()
		for _, alg := range []keys.Alg{keys.Ed25519, keys.ES256} {
			name := "test-" + string(alg)
			s, err := r.Signer(ctx, name, alg)
			if err != nil {
				t.Fatal(err)
			}
			token, err := s.JWS(map[string]any{"typ": "x"}, []byte(`{"a":1}`))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Rotate(ctx, name, keys.RotateIn); err != nil {
				t.Fatal(err)
			}
			skew.Add(int64(keys.RotateIn))
			ps, err := r.Verifiers(ctx, name)
			if err != nil || len(ps) != 2 || ps[0].Retired || !ps[1].Retired {
				t.Fatalf("Verifiers = %+v, %v", ps, err)
			}
			if _, got, err := keys.VerifyJWS(token, ps); err != nil || string(got) != `{"a":1}` {
				t.Errorf("VerifyJWS = %s, %v", got, err)
			}
			if _, _, err := keys.VerifyJWS(token, ps[:1]); !errors.Is(err, keys.ErrSignature) {
				t.Errorf("VerifyJWS with another key = %v, want ErrSignature", err)
			}
			if _, _, err := keys.VerifyJWS(token[:len(token)-3]+"AAA", ps); !errors.Is(err, keys.ErrSignature) {
				t.Errorf("VerifyJWS of a changed token = %v, want ErrSignature", err)
			}
			if n, err := r.Signer(ctx, name, alg); err != nil || n.KID == s.KID {
				t.Errorf("Signer after Rotate = %v, %v; want a new key", n, err)
			}
		}
	})
}

func TestMasterFile(t *testing.T) {
	dir := t.TempDir()
	good, err := keys.CreateMaster(filepath.Join(dir, "m"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := keys.CreateMaster(filepath.Join(dir, "m"))
	if err != nil || !bytes.Equal(good.MAC("l", []byte("x")), again.MAC("l", []byte("x"))) {
		t.Errorf("a second start reads another key: %v", err)
	}
	if bytes.Equal(good.MAC("l", []byte("x")), good.MAC("m", []byte("x"))) {
		t.Error("labels do not part keys")
	}
	for name, text := range map[string]string{"empty": "", "short": "mac AAAA\nwrap 1 AAAA\n", "words": "hello", "only mac": "mac " + strings.Repeat("A", 43) + "=\n"} {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.LoadMaster(p); !errors.Is(err, keys.ErrMaster) {
			t.Errorf("%s: %v, want ErrMaster", name, err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "m"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.LoadMaster(filepath.Join(dir, "m")); !errors.Is(err, keys.ErrMaster) {
		t.Errorf("a file that others may read: %v, want ErrMaster", err)
	}
}
