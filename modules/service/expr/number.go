package expr

import (
	"errors"
	"math/big"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"causeway/platform/money"
)

// maxBits bounds numerator and denominator, so that no chain of products grows
// without end.
const maxBits = 192

// ErrNumber reports a text that is no number.
var ErrNumber = errors.New("want a number, as in 12 or 0.05")

var numberSyntax = regexp.MustCompile(`^-?[0-9]{1,18}(?:\.[0-9]{1,18})?$`)

// num is an exact rational: i, or r when it is set. A num that is whole and fits
// is always kept in i, so that equal numbers have one form.
type num struct {
	i int64
	r *big.Rat
}

func parseNum(s string) (num, error) {
	if !numberSyntax.MatchString(s) {
		return num{}, ErrNumber
	}
	if !strings.Contains(s, ".") {
		i, err := strconv.ParseInt(s, 10, 64)
		return num{i: i}, err
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return num{}, ErrNumber
	}
	n, _ := norm(r)
	return n, nil
}

// norm brings r into its one form; ok is false when it is out of range.
func norm(r *big.Rat) (n num, ok bool) {
	if r.IsInt() && r.Num().IsInt64() {
		return num{i: r.Num().Int64()}, true
	}
	return num{r: r}, r.Num().BitLen() <= maxBits && r.Denom().BitLen() <= maxBits
}

func (n num) rat() *big.Rat {
	if n.r != nil {
		return n.r
	}
	return new(big.Rat).SetInt64(n.i)
}

func (n num) sign() int {
	switch {
	case n.r != nil:
		return n.r.Sign()
	case n.i < 0:
		return -1
	case n.i > 0:
		return 1
	}
	return 0
}

func (n num) cmp(m num) int {
	if n.r == nil && m.r == nil {
		switch {
		case n.i < m.i:
			return -1
		case n.i > m.i:
			return 1
		}
		return 0
	}
	return n.rat().Cmp(m.rat())
}

func (n num) add(m num) (num, bool) {
	if n.r == nil && m.r == nil {
		if s := n.i + m.i; (s > n.i) == (m.i > 0) {
			return num{i: s}, true
		}
	}
	return norm(new(big.Rat).Add(n.rat(), m.rat()))
}

func (n num) neg() num {
	if n.r == nil && n.i != -n.i {
		return num{i: -n.i}
	}
	v, _ := norm(new(big.Rat).Neg(n.rat()))
	return v
}

func (n num) mul(m num) (num, bool) {
	if n.r == nil && m.r == nil && small(n.i) && small(m.i) {
		return num{i: n.i * m.i}, true
	}
	return norm(new(big.Rat).Mul(n.rat(), m.rat()))
}

func small(i int64) bool {
	if i < 0 {
		i = -i
	}
	return i >= 0 && bits.Len64(uint64(i)) < 32
}

// quo returns n/m; ok is false when m is nothing.
func (n num) quo(m num) (num, bool) {
	if m.sign() == 0 {
		return num{}, false
	}
	if n.r == nil && m.r == nil && n.i%m.i == 0 && m.i != -1 {
		return num{i: n.i / m.i}, true
	}
	return norm(new(big.Rat).Quo(n.rat(), m.rat()))
}

// whole returns n as an integer; ok is false if it is none.
func (n num) whole() (i int64, ok bool) { return n.i, n.r == nil }

// rounded rounds half up (away from zero).
func (n num) rounded() (num, bool) {
	if n.r == nil {
		return n, true
	}
	i, err := money.Round(n.r)
	return num{i: i}, err == nil
}

// floor returns the greatest whole number that is not above n.
func (n num) floor() (num, bool) {
	if n.r == nil {
		return n, true
	}
	q := new(big.Int).Div(n.r.Num(), n.r.Denom()) // Euclidean: the denominator is positive
	return num{i: q.Int64()}, q.IsInt64()
}

func (n num) ceil() (num, bool) {
	f, ok := n.neg().floor()
	return f.neg(), ok
}

// String writes n exactly when a decimal of 18 places can, else with two places.
func (n num) String() string {
	if n.r == nil {
		return strconv.FormatInt(n.i, 10)
	}
	places, exact := n.r.FloatPrec()
	if !exact || places > 18 {
		places = 2
	}
	return n.r.FloatString(places)
}
