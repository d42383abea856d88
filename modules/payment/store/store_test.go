package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/payment"
	paymentstore "causeway/modules/payment/store"
	"causeway/platform/db"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/testkit"
)

func at(s int64) time.Time { return time.Unix(1790000000+s, 5000).UTC() }

func order(person, id, key string) payment.Order {
	return payment.Order{
		ID: id, Person: "p1", Payee: "transport-department", Subject: "s1", Reference: "case-1",
		Description: lang.Text{En: "Licence", Hant: "執照", Hans: "执照"}, Amount: money.Amount{Minor: 90050, Currency: "HKD"},
		Key: key, Return: "/cases/1", State: payment.Open, Opened: at(0), Actor: person, Role: "self", Channel: "online",
	}
}

func each(t *testing.T, f func(t *testing.T, d *db.DB, s *paymentstore.Store)) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, d, paymentstore.New(d)) }, testkit.M{Module: "payment", Files: paymentstore.Migrations})
}

func TestOrders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *paymentstore.Store) {
		ctx := t.Context()
		want := order("p1", "o1", "k1")
		for _, o := range []payment.Order{want, order("p1", "o2", "k2"), order("p1", "o3", "k1")} {
			if _, err := s.Insert(ctx, o); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Insert(ctx, order("p1", "o4", "k1"))
		if err != nil || got.ID != "o1" {
			t.Errorf("Insert with a used key = %s, %v; want o1", got.ID, err)
		}
		want.State, want.PaidBy, want.Settled, want.Refunded, want.Closed = payment.Refunded, 2, at(1), at(2), true
		if err := s.Save(ctx, want); err != nil {
			t.Fatal(err)
		}
		if got, err = s.Order(ctx, "o1"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Order: %v %s", err, cmp.Diff(want, got))
		}
		if got, err = s.OrderOf(ctx, "p1", "o1"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("OrderOf: %v %s", err, cmp.Diff(want, got))
		}
		if _, err := s.OrderOf(ctx, "p2", "o1"); !errors.Is(err, payment.ErrNoOrder) {
			t.Errorf("OrderOf another person = %v, want %v", err, payment.ErrNoOrder)
		}
		if _, err := s.Order(ctx, "o3"); !errors.Is(err, payment.ErrNoOrder) {
			t.Errorf("Order = %v, want %v", err, payment.ErrNoOrder)
		}
		for name, test := range map[string]struct {
			got  func() ([]payment.Order, error)
			want []string
		}{
			"all":    {func() ([]payment.Order, error) { return s.Orders(ctx, "p1", "", 9) }, []string{"o2", "o1"}},
			"before": {func() ([]payment.Order, error) { return s.Orders(ctx, "p1", "o2", 9) }, []string{"o1"}},
			"one":    {func() ([]payment.Order, error) { return s.Orders(ctx, "p1", "", 1) }, []string{"o2"}},
			"nobody": {func() ([]payment.Order, error) { return s.Orders(ctx, "p2", "", 9) }, nil},
			"unpaid": {func() ([]payment.Order, error) { return s.Unpaid(ctx, "p1") }, []string{"o2"}},
		} {
			orders, err := test.got()
			var ids []string
			for _, o := range orders {
				ids = append(ids, o.ID)
			}
			if err != nil || !cmp.Equal(ids, test.want) {
				t.Errorf("%s: %v, %v; want %v", name, ids, err, test.want)
			}
		}
	})
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *paymentstore.Store) {
		ctx, o := t.Context(), order("p1", "o1", "k1")
		a := payment.Attempt{N: 1, Session: "s1", URL: "u", Progress: payment.Started, Started: at(0), Due: at(10)}
		b := payment.Attempt{N: 2, Session: "s2", Progress: payment.GivingBack, Started: at(1), Due: at(5), Tries: 3, RefundKey: "k", RefundWhy: "refused"}
		for _, x := range []payment.Attempt{b, a} {
			if err := s.SaveAttempt(ctx, o, x); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Attempts(ctx, o); err != nil || !cmp.Equal(got, []payment.Attempt{a, b}) {
			t.Errorf("Attempts: %v %s", err, cmp.Diff([]payment.Attempt{a, b}, got))
		}
		a.Progress, a.Due, a.URL = payment.Captured, time.Time{}, "v"
		if err := s.SaveAttempt(ctx, o, a); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Attempts(ctx, o); err != nil || !cmp.Equal(got, []payment.Attempt{a, b}) {
			t.Errorf("Attempts: %v %s", err, cmp.Diff([]payment.Attempt{a, b}, got))
		}
		for i, want := range []int{0, 1, 0, 1} {
			now := at([]int64{4, 5, 6, 70}[i])
			if got, err := s.Claim(ctx, now, now.Add(time.Minute), 9); err != nil || len(got) != want || want == 1 && got[0] != (payment.Due{Order: "o1", N: 2}) {
				t.Errorf("Claim %d = %v, %v; want %d", i, got, err, want)
			}
		}
		if err := s.Release(ctx, at(71), at(71).Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Claim(ctx, at(71), at(72), 9); err != nil || len(got) != 1 {
			t.Errorf("Claim after Release = %v, %v; want one", got, err)
		}
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *paymentstore.Store) {
		ctx, o, e := t.Context(), order("p1", "o1", "k1"), payment.Event{Provider: "sandbox", ID: "e1", Status: payment.Succeeded}
		for i, want := range []bool{true, false} {
			if seen, err := s.Seen(ctx, "p1", "sandbox", "e1"); err != nil || seen == want {
				t.Errorf("%d: Seen = %v, %v", i, seen, err)
			}
			if fresh, err := s.Keep(ctx, o, e, at(0)); err != nil || fresh != want {
				t.Errorf("%d: Keep = %v, %v; want %v", i, fresh, err, want)
			}
		}
	})
}

func TestLedger(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, s *paymentstore.Store) {
		ctx := t.Context()
		a := money.Amount{Minor: 90050, Currency: "HKD"}
		post := payment.Transaction{ID: "1.received", Order: "o1", Person: "p1", At: at(0), Postings: [2]payment.Posting{{Account: "clearing/sandbox", Amount: a}, {Account: "receivable", Amount: a.Neg()}}}
		if err := s.Post(ctx, []payment.Transaction{post}); err != nil {
			t.Fatal(err)
		}
		if err := s.Post(ctx, []payment.Transaction{post}); err == nil {
			t.Error("a transaction was posted twice")
		}
		want := []payment.AccountBalance{{Account: "clearing/sandbox", Amount: a}, {Account: "receivable", Amount: a.Neg()}}
		got, unbalanced, err := s.Balances(ctx)
		if err != nil || unbalanced != 0 || !cmp.Equal(got, want) {
			t.Errorf("Balances: %d unbalanced, %v %s", unbalanced, err, cmp.Diff(want, got))
		}
		if _, err := d.Exec(ctx, "UPDATE payment_postings SET minor = minor + 1 WHERE account = 'receivable'"); err != nil {
			t.Fatal(err)
		}
		if _, unbalanced, err = s.Balances(ctx); err != nil || unbalanced != 1 {
			t.Errorf("Balances after tampering: %d unbalanced, %v; want 1", unbalanced, err)
		}
		service := payment.New(payment.Deps{Store: s})
		if _, err := service.Balance(ctx); !errors.Is(err, payment.ErrUnbalanced) {
			t.Errorf("Balance = %v, want %v", err, payment.ErrUnbalanced)
		}
	})
}
