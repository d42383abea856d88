package blob_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"causeway/platform/blob"
)

func open(t *testing.T) (*blob.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a b", "blobs")
	s, err := blob.Open("file://" + dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, dir
}

func TestStore(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	ctx, want := t.Context(), []byte("\x00content\xff")
	if err := s.Put(ctx, "2026-11-23/a1", want); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(ctx, "2026-11-23/a1", 9); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Get = %q, %v", got, err)
	}
	if _, err := s.Get(ctx, "2026-11-23/a1", 8); !errors.Is(err, blob.ErrLong) {
		t.Errorf("Get of a long one = %v, want %v", err, blob.ErrLong)
	}
	if _, err := s.Get(ctx, "2026-11-23/a2", 9); !errors.Is(err, blob.ErrNone) {
		t.Errorf("Get of none = %v, want %v", err, blob.ErrNone)
	}
	if err := os.WriteFile(filepath.Join(dir, "2026-11-23", "fileblob99"), nil, 0o600); err != nil { // a write that was cut off
		t.Fatal(err)
	}
	future := time.Now().Add(time.Hour)
	keys, err := s.Before(ctx, "2026-11-23/", future)
	if slices.Sort(keys); err != nil || !slices.Equal(keys, []string{"2026-11-23/a1", "2026-11-23/fileblob99"}) {
		t.Errorf("Before = %v, %v", keys, err)
	}
	if keys, err := s.Before(ctx, "2026-11-23/", future.Add(-2*time.Hour)); err != nil || len(keys) != 0 {
		t.Errorf("Before an hour ago = %v, %v", keys, err)
	}
	for range 2 {
		for _, k := range keys {
			if err := s.Delete(ctx, k); err != nil {
				t.Error(err)
			}
		}
	}
	if keys, err := s.Before(ctx, "", future); err != nil || len(keys) != 0 {
		t.Errorf("after deleting: %v, %v", keys, err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, key := range []string{"", "/a", "a/", "a//b", "../a", "a/../b", "A", "a.b", "a b", "a\x00"} {
		if err := s.Put(t.Context(), key, nil); !errors.Is(err, blob.ErrKey) {
			t.Errorf("Put %q = %v, want %v", key, err, blob.ErrKey)
		}
	}
	for _, u := range []string{"", "mem://", "file://", "file://host/a", "s3://bucket", "/tmp/a"} {
		if _, err := blob.Open(u); !errors.Is(err, blob.ErrURL) {
			t.Errorf("Open %q = %v, want %v", u, err, blob.ErrURL)
		}
	}
}
