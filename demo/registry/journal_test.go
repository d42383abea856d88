package registry

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestJournal: what was confirmed is there again, a line that a crash cut short
// is not, and a key writes once.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	a := entry{Key: "a", At: "permits", Number: "n", Record: map[string]any{"plate": "A"}}
	b := entry{Key: "b", At: "permits", Number: "n", Record: map[string]any{"plate": "B"}}
	for _, e := range []entry{a, b, a, {Key: "a", Undo: true, At: "permits", Number: "n"}, {Key: "never", Undo: true, At: "permits", Number: "n"}} {
		if err := j.add(e); err != nil {
			t.Fatal(err)
		}
	}
	other := a
	other.Record = map[string]any{"plate": "C"}
	if err := j.add(other); !errors.Is(err, errOther) {
		t.Errorf("the key for something else: %v", err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"key":"torn","at":"per`); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	for range 2 {
		if j, err = openJournal(path); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]map[string]any{{"plate": "B"}}, j.written("n", "permits")); diff != "" {
			t.Error(diff)
		}
		if err := j.add(b); err != nil {
			t.Fatal(err)
		}
		_ = j.close()
	}
	if err := os.WriteFile(path, []byte("not JSON\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(path); err == nil {
		t.Error("a damaged journal is taken")
	}
}
