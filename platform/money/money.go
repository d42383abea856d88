// Package money holds exact amounts: integer minor units and a currency.
// It is pure, so that a module's root may use it.
package money

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// An Amount is Minor hundredths of Currency (ISO 4217). The zero Amount is
// nothing in no currency, and adds to any.
type Amount struct {
	Minor    int64
	Currency string
}

// Errors of this package.
var (
	ErrCurrency = errors.New("money: amounts of different currencies")
	ErrRange    = errors.New("money: amount out of range")
	ErrSyntax   = errors.New("money: want a currency and an amount, as in HKD 900.00")
)

var syntax = regexp.MustCompile(`^([A-Z]{3}) (-?)([0-9]{1,15})(?:\.([0-9]{2}))?$`)

// Parse reads "HKD 900.00" or "HKD 900".
func Parse(s string) (Amount, error) {
	m := syntax.FindStringSubmatch(s)
	if m == nil {
		return Amount{}, ErrSyntax
	}
	n, err := strconv.ParseInt(m[3]+(m[4] + "00")[:2], 10, 64)
	if err != nil {
		return Amount{}, ErrRange
	}
	if m[2] == "-" {
		n = -n
	}
	return Amount{n, m[1]}, nil
}

// String writes a as Parse reads it.
func (a Amount) String() string {
	if a.Currency == "" && a.Minor == 0 {
		return "0.00"
	}
	return a.Currency + " " + a.Decimal()
}

// Decimal writes the number alone, with two decimals and no grouping.
func (a Amount) Decimal() string {
	sign, n := "", new(big.Int).SetInt64(a.Minor)
	if n.Sign() < 0 {
		sign = "-"
		n.Neg(n)
	}
	s := n.String()
	if len(s) < 3 {
		s = strings.Repeat("0", 3-len(s)) + s
	}
	return sign + s[:len(s)-2] + "." + s[len(s)-2:]
}

// IsZero reports whether a is nothing.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Neg returns -a.
func (a Amount) Neg() Amount { return Amount{-a.Minor, a.Currency} }

// Add returns a+b, ErrCurrency if they differ in currency, or ErrRange.
func (a Amount) Add(b Amount) (Amount, error) {
	switch {
	case a.Currency == "" && a.Minor == 0:
		return b, nil
	case b.Currency == "" && b.Minor == 0:
		return a, nil
	case a.Currency != b.Currency:
		return Amount{}, ErrCurrency
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, ErrRange
	}
	return Amount{sum, a.Currency}, nil
}

// MulRat returns a*num/den rounded half up (away from zero) to the minor unit.
// It returns ErrRange when den is zero or the result does not fit.
func (a Amount) MulRat(num, den int64) (Amount, error) {
	if den == 0 {
		return Amount{}, fmt.Errorf("divided by zero: %w", ErrRange)
	}
	return a.Mul(big.NewRat(num, den))
}

// Mul returns a*r rounded half up (away from zero) to the minor unit.
func (a Amount) Mul(r *big.Rat) (Amount, error) {
	p := new(big.Rat).Mul(new(big.Rat).SetInt64(a.Minor), r)
	n, err := Round(p)
	if err != nil {
		return Amount{}, err
	}
	return Amount{n, a.Currency}, nil
}

// Round rounds r half up (away from zero) to a whole number, or returns ErrRange.
func Round(r *big.Rat) (int64, error) {
	num := new(big.Int).Abs(r.Num())
	num.Lsh(num, 1).Add(num, r.Denom())
	num.Quo(num, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		num.Neg(num)
	}
	if !num.IsInt64() {
		return 0, ErrRange
	}
	return num.Int64(), nil
}
