package exchange_test

import (
	"context"
	"testing"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/exchange/guard"
	exchangestore "causeway/modules/exchange/store"
	"causeway/platform/db"
	"causeway/platform/testkit"
	"causeway/platform/trail"
)

// durable keeps an entry as one row, to have every fetch commit.
type durable struct{ s *exchangestore.Store }

func (d durable) Record(ctx context.Context, e trail.Entry) error {
	return d.s.AddReport(ctx, exchange.Report{Person: "p", ID: e.Detail["reference"], Sealed: []byte(e.What), Created: time.Now()})
}

// BenchmarkFetch is the gateway without the request's own signature: grant
// check, signed call to a process of its own, schema check, durable commit. 32
// at a time on a machine with two cores.
func BenchmarkFetch(b *testing.B) {
	c := startCompanions(b)
	for name, open := range map[string]func(testing.TB, ...testkit.M) *db.DB{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		for _, class := range []string{"td.driving-licence", "immd.identity"} {
			b.Run(name+"/"+class, func(b *testing.B) {
				h := newHouse(b, c, open(b, testkit.M{Module: "exchange", Files: exchangestore.Migrations}), guard.Limits{})
				h.deps.Trail = durable{exchangestore.New(h.database)}
				s := exchange.New(h.deps)
				field := map[string]string{"td.driving-licence": "expires_on", "immd.identity": "born_on"}[class]
				q := h.consented("renewal", class, field)
				b.SetParallelism(16)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						a, err := s.Fetch(b.Context(), q)
						if err != nil || a.Outcome != exchange.Found {
							b.Errorf("%+v, %v", a, err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fetches/s")
			})
		}
	}
}
