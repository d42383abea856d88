package sandbox_test

import (
	"net/http"
	"testing"

	paymentstore "causeway/modules/payment/store"
	"causeway/platform/testkit"
)

// BenchmarkPayment is one payment over HTTP: our button, the provider's, its
// callback, the way back; 16 at a time.
func BenchmarkPayment(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchmark(b, newMerchant(b, testkit.SQLite(b, testkit.M{Module: "payment", Files: paymentstore.Migrations})))
	})
	b.Run("postgres", func(b *testing.B) {
		benchmark(b, newMerchant(b, testkit.Postgres(b, testkit.M{Module: "payment", Files: paymentstore.Migrations})))
	})
}

func benchmark(b *testing.B, m *merchant) {
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			o := m.open(b)
			if to := m.back(b, o, m.press(b, m.pay(b, o), "succeed")); to != "/cases/1" {
				b.Errorf("%s: it leads to %s", http.MethodGet, to)
			}
		}
	})
}
