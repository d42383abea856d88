package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"causeway/platform/db"
)

// TestOpenReadOnly: it reads what another holder has committed, one moment at a
// time, writes nothing, and also opens what nobody holds.
func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a?b.db")
	d, err := db.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"CREATE TABLE counter (n BIGINT NOT NULL)", "INSERT INTO counter VALUES (1)"} {
		if _, err := d.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	r, err := db.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Do(t.Context(), func(ctx context.Context) error {
		for range 2 {
			var n int
			if err := r.QueryRow(ctx, "SELECT count(*) FROM counter").Scan(&n); err != nil || n != 1 {
				t.Errorf("rows = %d, %v; want 1", n, err)
			}
			if _, err := d.Exec(t.Context(), "INSERT INTO counter VALUES (2)"); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := r.Exec(t.Context(), "INSERT INTO counter VALUES (3)"); err == nil {
		t.Error("a read-only database was written")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, rest := range []string{"-wal", "-shm"} {
		if err := os.RemoveAll(path + rest); err != nil {
			t.Fatal(err)
		}
	}
	if r, err = db.OpenReadOnly(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if n := count(t, r, "SELECT count(*) FROM counter"); n != 3 {
		t.Errorf("rows = %d, want 3", n)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := db.OpenReadOnly(t.Context(), path+".no"); err == nil {
		t.Error("a missing file was opened")
	}
	if _, err := os.Stat(path + ".no"); err == nil {
		t.Error("a missing file was made")
	}
}
