package store_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/modules/identity"
	identitystore "causeway/modules/identity/store"
	"causeway/platform/db"
	"causeway/platform/keys"
	"causeway/platform/testkit"
)

// BenchmarkAuthenticate is what every signed-in request pays.
func BenchmarkAuthenticate(b *testing.B) {
	ms := []testkit.M{{Module: "keys", Files: keys.Migrations}, {Module: "identity", Files: identitystore.Migrations}}
	for name, open := range map[string]func(testing.TB, ...testkit.M) *db.DB{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b, ms...)
			master, err := keys.CreateMaster(filepath.Join(b.TempDir(), "master"))
			if err != nil {
				b.Fatal(err)
			}
			s := identity.New(identity.Deps{
				Units: d, Store: identitystore.New(d), Keys: keys.New(d, master, time.Now), Trail: &trails{},
				Now: time.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
			})
			p, err := s.Create(b.Context(), newPerson(b, 1))
			if err != nil {
				b.Fatal(err)
			}
			token, err := s.NewSession(context.Background(), p.ID, identity.Low, "online", "")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.Authenticate(b.Context(), token); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
