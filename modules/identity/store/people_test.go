package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"causeway/modules/identity"
	"causeway/modules/identity/passkeytest"
	identitystore "causeway/modules/identity/store"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
)

func newPerson(t testing.TB, n int) identity.NewPerson {
	t.Helper()
	return identity.NewPerson{Number: number(t, n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("p%d@example.hk", n), Lang: lang.English}
}

func TestPeople(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		p, err := w.Create(ctx, newPerson(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Person(ctx, p.ID); err != nil || got != p {
			t.Errorf("Person = %+v, %v, want %+v", got, err, p)
		}
		if got, err := w.Find(ctx, number(t, 1)); err != nil || got != p.ID {
			t.Errorf("Find = %v, %v", got, err)
		}
		if got, err := w.Number(ctx, p.ID); err != nil || got != number(t, 1) {
			t.Errorf("Number: %v", err)
		}
		if got, err := w.Contact(ctx, p.ID); err != nil || got != (identity.Contact{Name: "Person 1", Email: "p1@example.hk", Lang: lang.English}) {
			t.Errorf("Contact: %v", err)
		}
		if _, err := w.Create(ctx, newPerson(t, 1)); !errors.Is(err, identity.ErrNumberTaken) {
			t.Errorf("the number again: %v", err)
		}
		by := identity.Caller{Person: p.ID}
		if err := w.SetLang(ctx, by, lang.Hans); err != nil {
			t.Error(err)
		}
		if err := w.SetLang(ctx, by, "fr"); !errors.Is(err, identity.ErrLang) {
			t.Errorf("French: %v", err)
		}
		if got, err := w.OwnProfile(ctx, by); err != nil || got.Lang != lang.Hans || got.Hint != number(t, 1).Hint() {
			t.Errorf("profile: %v, %v", got.Lang, err)
		}
		for name, err := range map[string]error{
			"person": second(w.Person(ctx, "x")), "contact": second(w.Contact(ctx, "x")), "number": second(w.Number(ctx, "x")), "find": second(w.Find(ctx, number(t, 2))),
		} {
			if !errors.Is(err, identity.ErrNoPerson) {
				t.Errorf("%s of nobody: %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestCreateMany: all or none, and as fast as a demo needs.
func TestCreateMany(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		const many = 10_000
		all := make([]identity.NewPerson, many)
		for i := range all {
			all[i] = newPerson(t, i)
		}
		start := time.Now()
		people, err := w.CreateMany(ctx, all)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d people in %v", many, time.Since(start))
		for _, i := range []int{0, 1, 399, 400, many - 1} {
			if got, err := w.Find(ctx, all[i].Number); err != nil || got != people[i].ID {
				t.Errorf("person %d: %v, %v", i, got, err)
			}
			if got, err := w.Contact(ctx, people[i].ID); err != nil || got.Name != all[i].Name {
				t.Errorf("contact %d: %v", i, err)
			}
		}
		if w.trail.count("identity.imported") != 1 {
			t.Error("not recorded once")
		}
		_, err = w.CreateMany(ctx, []identity.NewPerson{newPerson(t, many), newPerson(t, 3)})
		if !errors.Is(err, identity.ErrNumberTaken) {
			t.Errorf("a number that is taken: %v", err)
		}
		if _, err := w.CreateMany(ctx, []identity.NewPerson{newPerson(t, many), newPerson(t, many)}); !errors.Is(err, identity.ErrNumberTaken) {
			t.Errorf("a number twice: %v", err)
		}
		if _, err := w.Find(ctx, number(t, many)); !errors.Is(err, identity.ErrNoPerson) {
			t.Errorf("one of them was added: %v", err)
		}
	})
}

// TestAtRest: the database holds nothing that says who somebody is, no code, no
// token and no passkey that a writer could replace by another.
func TestAtRest(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, phone := t.Context(), passkeytest.New(origin)
		by := w.activate(phone, 1, false)
		l := w.letter(1)
		token := w.open(l, 1)
		session, err := w.SignIn(ctx, w.used(phone), identity.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		var all bytes.Buffer
		for _, table := range []string{"people", "numbers", "codes", "passkeys", "sessions", "ceremonies"} {
			dump(t, w.db, "identity_"+table, &all)
		}
		for _, secret := range []string{"Chan Tai", "chan@", "A0000", number(t, 1).Reveal(), "My phone", l.Code.Reveal()[:5], token, session, session[len(session)-20:]} {
			if bytes.Contains(all.Bytes(), []byte(secret)) {
				t.Errorf("the database holds %q", secret)
			}
		}
		for _, e := range w.trail.all {
			if s := fmt.Sprintf("%+v", e); bytes.Contains([]byte(s), []byte("Chan ")) || bytes.Contains([]byte(s), []byte(number(t, 1).Reveal())) {
				t.Errorf("an entry holds personal data: %s", e.What)
			}
		}
		// Another person's passkey, put under this person by writing to the database.
		thief := passkeytest.New(origin)
		w.activate(thief, 2, false)
		if _, err := w.db.Exec(ctx, `UPDATE identity_passkeys SET sealed = (SELECT sealed FROM identity_passkeys WHERE person_id <> $1) WHERE person_id = $1`, string(by.Person)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn(ctx, w.used(phone), identity.Caller{}); err == nil {
			t.Error("a passkey that was slipped in works")
		}
	})
}

func dump(t *testing.T, d *db.DB, table string, into *bytes.Buffer) {
	t.Helper()
	rows, err := d.Query(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(sql.RawBytes)
	}
	n := 0
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			into.Write(*v.(*sql.RawBytes))
			into.WriteByte('\n')
		}
		n++
	}
	if rows.Err() != nil || n == 0 {
		t.Errorf("%s: %d rows, %v", table, n, rows.Err())
	}
}

// TestColumns: both engines have the same tables and columns.
func TestColumns(t *testing.T) {
	ms := []testkit.M{{Module: "keys", Files: keys.Migrations}, {Module: "identity", Files: identitystore.Migrations}}
	one, two := testkit.SQLite(t, ms...), testkit.Postgres(t, ms...)
	for _, table := range []string{"people", "numbers", "codes", "passkeys", "sessions", "ceremonies"} {
		a, b := columns(t, one, "identity_"+table), columns(t, two, "identity_"+table)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: %v and %v", table, a, b)
		}
	}
}

func columns(t *testing.T, d *db.DB, table string) []string {
	t.Helper()
	rows, err := d.Query(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	return names
}
