package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/document"
	documentstore "causeway/modules/document/store"
	"causeway/platform/db"
	"causeway/platform/testkit"
)

func file(person, id, caseID string) document.File {
	return document.File{
		ID: document.ID(id), Case: caseID, Question: "medical_report", Name: "\x00sealed\xff", Kind: document.PDF, Size: 9,
		Blob: "2026-11-23/" + id, Uploaded: time.Unix(1790000000, 5000).UTC(), Actor: person, Role: "self", Channel: "online",
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), documentstore.New(d)
		a, b, c := file("p1", "f1", "c1"), file("p1", "f2", "c1"), file("p2", "f3", "c2")
		a.Person, b.Person, c.Person = "p1", "p1", "p2"
		for _, f := range []document.File{a, b, c} {
			if ok, err := s.Insert(ctx, f, 2); err != nil || !ok {
				t.Fatal(ok, err)
			}
		}
		if ok, err := s.Insert(ctx, file("p1", "f4", "c1"), 0); err != nil || ok {
			t.Errorf("Insert past the limit = %v, %v", ok, err)
		}
		if got, err := s.File(ctx, "f1"); err != nil || !cmp.Equal(got, a) {
			t.Errorf("File: %v %s", err, cmp.Diff(a, got))
		}
		if _, err := s.FileOf(ctx, "p2", "f1"); !errors.Is(err, document.ErrNoFile) {
			t.Errorf("FileOf another person = %v, want %v", err, document.ErrNoFile)
		}
		if got, err := s.ByCase(ctx, "p1", "c1"); err != nil || !cmp.Equal(got, []document.File{a, b}) {
			t.Errorf("ByCase: %v %s", err, cmp.Diff([]document.File{a, b}, got))
		}
		if got, err := s.ByCase(ctx, "p2", "c1"); err != nil || got != nil {
			t.Errorf("ByCase of another person: %v, %v", got, err)
		}
		if got, err := s.OfCase(ctx, "c2"); err != nil || !cmp.Equal(got, []document.File{c}) {
			t.Errorf("OfCase: %v, %v", got, err)
		}
		known, err := s.Known(ctx, []string{a.Blob, "2026-11-23/x", c.Blob})
		if err != nil || !cmp.Equal(known, map[string]bool{a.Blob: true, c.Blob: true}) {
			t.Errorf("Known = %v, %v", known, err)
		}
		if err := s.Remove(ctx, a); err != nil {
			t.Fatal(err)
		}
		if _, err := s.File(ctx, "f1"); !errors.Is(err, document.ErrNoFile) {
			t.Errorf("File after Remove = %v, want %v", err, document.ErrNoFile)
		}
		for _, want := range [][]string{{a.Blob}, nil} {
			got, err := s.Removals(ctx, 9)
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("Removals = %v, %v; want %v", got, err, want)
			}
			if err := s.Removed(ctx, got); err != nil {
				t.Fatal(err)
			}
		}
	}, testkit.M{Module: "document", Files: documentstore.Migrations})
}
