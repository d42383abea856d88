package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"causeway/platform/money"
)

func hkd(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "HKD"} }

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"HKD 900.00": 90000, "HKD 900": 90000, "HKD 0.01": 1, "HKD -0.05": -5, "HKD -12": -1200, "HKD 999999999999999.99": 99999999999999999,
	} {
		if got, err := money.Parse(in); err != nil || got != hkd(want) {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "900", "hkd 1", "HKD1", "HKD 1.5", "HKD 1.505", "HKD 1,000.00", "HKD  1", "HKD 1 ", "HKD --1", "HKD 1e3", "HKD 9999999999999999", "HKD ."} {
		if _, err := money.Parse(in); !errors.Is(err, money.ErrSyntax) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestRoundHalfUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ minor, num, den, want int64 }{
		{1, 1, 2, 1}, {1, 49, 100, 0}, {3, 1, 2, 2}, {-1, 1, 2, -1}, {-3, 1, 2, -2}, {3800, 364, 365, 3790}, {199986, 5, 400, 2500}, {0, 7, 3, 0},
	} {
		if got, err := hkd(test.minor).MulRat(test.num, test.den); err != nil || got != hkd(test.want) {
			t.Errorf("%d * %d / %d = %v, %v", test.minor, test.num, test.den, got, err)
		}
	}
	if _, err := hkd(1).MulRat(1, 0); !errors.Is(err, money.ErrRange) {
		t.Error(err)
	}
	if _, err := hkd(math.MaxInt64).MulRat(2, 1); !errors.Is(err, money.ErrRange) {
		t.Error(err)
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	if got, err := (money.Amount{}).Add(hkd(5)); err != nil || got != hkd(5) {
		t.Error(got, err)
	}
	if got, err := hkd(5).Add(money.Amount{}); err != nil || got != hkd(5) {
		t.Error(got, err)
	}
	if _, err := hkd(1).Add(money.Amount{Minor: 1, Currency: "USD"}); !errors.Is(err, money.ErrCurrency) {
		t.Error(err)
	}
	for _, pair := range [][2]int64{{math.MaxInt64, 1}, {math.MinInt64, -1}} {
		if _, err := hkd(pair[0]).Add(hkd(pair[1])); !errors.Is(err, money.ErrRange) {
			t.Errorf("%v: %v", pair, err)
		}
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := hkd(rapid.Int64Range(-1e15, 1e15).Draw(t, "a"))
		if again, err := money.Parse(a.String()); err != nil || again != a {
			t.Fatalf("%s became %v, %v", a, again, err)
		}
		n, d := rapid.Int64Range(-1e6, 1e6).Draw(t, "n"), rapid.Int64Range(1, 1e6).Draw(t, "d")
		got, err := a.MulRat(n, d)
		if err != nil {
			t.Skip("out of range")
		}
		// The result is within half a cent of the exact product.
		exact := new(big.Rat).Mul(big.NewRat(a.Minor, 1), big.NewRat(n, d))
		off := new(big.Rat).Sub(new(big.Rat).SetInt64(got.Minor), exact)
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%s * %d / %d = %s", a, n, d, got)
		}
	})
}
