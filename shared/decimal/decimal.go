// Package decimal holds exact decimal numbers, such as prices and quantities,
// and sums of them, without floating point and without allocation.
//
// A Decimal has 63 bits of coefficient and up to 18 places; what does not fit
// is still a number (Kind Large) and can be had as a big.Rat. Operations are
// exact or say that they are not: each returns false instead of rounding.
package decimal

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// MaxScale is the largest Scale of a Decimal.
const MaxScale = 18

// A Decimal is the number Coef × 10^-Scale. The zero value is 0. Scale is at
// most MaxScale, and Coef is never math.MinInt64, so that every Decimal has a
// negation; the functions of this package return no others. Two Decimals may
// be equal and differ in Scale (1.5 and 1.50): compare them with Cmp.
type Decimal struct {
	Coef  int64
	Scale uint8
}

var pow10 = [19]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// New returns coef × 10^-scale. It returns false if scale is beyond MaxScale
// or coef is math.MinInt64.
func New(coef int64, scale uint8) (Decimal, bool) {
	return Decimal{coef, scale}, scale <= MaxScale && coef != math.MinInt64
}

// magnitude returns |n|, also for math.MinInt64.
func magnitude(n int64) uint64 {
	sign := n >> 63
	return uint64((n ^ sign) - sign)
}

// Units returns a as a whole number of 10^-scale, and false if scale is less than
// a's or the number no int64, or math.MinInt64.
func (a Decimal) Units(scale uint8) (int64, bool) {
	if scale < a.Scale || scale > MaxScale {
		return 0, false
	}
	hi, lo := mulSigned(a.Coef, int64(pow10[scale-a.Scale]))
	return int64(lo), hi == int64(lo)>>63 && int64(lo) != math.MinInt64
}

// Reduced returns a with as few places as it needs: 1.5 for 1.50.
func (a Decimal) Reduced() Decimal {
	for a.Scale > 0 && a.Coef%10 == 0 {
		a.Coef, a.Scale = a.Coef/10, a.Scale-1
	}
	return a
}

// Sign returns -1, 0 or 1 as a is negative, zero or positive.
func (a Decimal) Sign() int { return int(a.Coef>>63) | int(uint64(-a.Coef)>>63) }

// Neg returns -a.
func (a Decimal) Neg() Decimal { return Decimal{-a.Coef, a.Scale} }

// Abs returns |a|.
func (a Decimal) Abs() Decimal { return Decimal{int64(magnitude(a.Coef)), a.Scale} }

// Cmp returns -1, 0 or 1 as a is less than, equal to or greater than b. It is
// exact for all Decimals.
func (a Decimal) Cmp(b Decimal) int {
	x, y := a.Coef, b.Coef
	if a.Scale != b.Scale {
		return cmpScaled(a, b)
	}
	if x < y {
		return -1
	}
	if x > y {
		return 1
	}
	return 0
}

func cmpScaled(a, b Decimal) int {
	sa, sb := a.Sign(), b.Sign()
	if sa != sb || sa == 0 {
		return compare(sa, sb)
	}
	x, y := widen(a, b)
	return sa * x.cmp(y)
}

func compare(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// widen returns the magnitudes of a and b as integers at the larger of their
// scales. Both are below 2^123: 2^63 × 10^18.
func widen(a, b Decimal) (x, y uint128) {
	x, y = uint128{0, magnitude(a.Coef)}, uint128{0, magnitude(b.Coef)}
	if a.Scale < b.Scale {
		x.hi, x.lo = bits.Mul64(x.lo, pow10[b.Scale-a.Scale])
	} else {
		y.hi, y.lo = bits.Mul64(y.lo, pow10[a.Scale-b.Scale])
	}
	return x, y
}

// Add returns a + b, or false if a Decimal cannot hold it.
func Add(a, b Decimal) (Decimal, bool) {
	if a.Scale == b.Scale {
		sum := a.Coef + b.Coef
		// Overflow gives a result whose sign differs from both operands'.
		if (a.Coef^sum)&(b.Coef^sum) >= 0 && sum != math.MinInt64 {
			return Decimal{sum, a.Scale}, true
		}
	}
	return addWide(a, b)
}

func addWide(a, b Decimal) (Decimal, bool) {
	x, y := widen(a, b)
	negative := a.Coef < 0
	if negative == (b.Coef < 0) {
		x = x.add(y)
	} else if x.cmp(y) >= 0 {
		x = x.sub(y)
	} else {
		x, negative = y.sub(x), !negative
	}
	return narrow(x, negative, int(max(a.Scale, b.Scale)))
}

// Sub returns a - b, or false if a Decimal cannot hold it.
func Sub(a, b Decimal) (Decimal, bool) { return Add(a, b.Neg()) }

// Mul returns a × b, or false if a Decimal cannot hold it.
func Mul(a, b Decimal) (Decimal, bool) {
	var p uint128
	p.hi, p.lo = bits.Mul64(magnitude(a.Coef), magnitude(b.Coef))
	scale := int(a.Scale) + int(b.Scale)
	negative := a.Coef^b.Coef < 0
	if p.hi == 0 && p.lo <= math.MaxInt64 && scale <= MaxScale {
		sign := int64(0)
		if negative {
			sign = -1
		}
		return Decimal{(int64(p.lo) ^ sign) - sign, uint8(scale)}, true
	}
	return narrow(p, negative, scale)
}

// narrow returns ±x × 10^-scale as a Decimal, dropping trailing zeros where
// that makes it fit.
func narrow(x uint128, negative bool, scale int) (Decimal, bool) {
	for x.hi != 0 || x.lo > math.MaxInt64 || scale > MaxScale {
		q, r := x.quoRem(10)
		if r != 0 || scale == 0 {
			if x.isZero() {
				return Decimal{}, true
			}
			return Decimal{}, false
		}
		x, scale = q, scale-1
	}
	coef := int64(x.lo)
	if negative {
		coef = -coef
	}
	return Decimal{coef, uint8(scale)}, true
}

// Quo returns a ÷ b, or false if b is zero or a Decimal cannot hold the
// quotient exactly, as with 1 ÷ 3.
func Quo(a, b Decimal) (Decimal, bool) {
	if b.Coef == 0 {
		return Decimal{}, false
	}
	negative := a.Coef^b.Coef < 0
	n, d := magnitude(a.Coef), magnitude(b.Coef)
	// a/b = n/d × 10^(b.Scale - a.Scale). Extend n by zeros until d divides it.
	for extra := 0; extra <= MaxScale; extra++ {
		var wide uint128
		wide.hi, wide.lo = bits.Mul64(n, pow10[extra])
		q, r := wide.quoRem(d)
		if r != 0 {
			continue
		}
		scale := int(a.Scale) - int(b.Scale) + extra
		if scale >= 0 {
			return narrow(q, negative, scale)
		}
		if q.hi != 0 {
			return Decimal{}, false
		}
		q.hi, q.lo = bits.Mul64(q.lo, pow10[-scale])
		return narrow(q, negative, 0)
	}
	return Decimal{}, false
}

// RoundQuo returns a ÷ b rounded as Round does, from the exact quotient. It
// returns false if b is zero or the result does not fit; if the scale of b plus
// places and the scale of a are more than 18 apart it may do so for others too.
func RoundQuo(a, b Decimal, places int) (Decimal, bool) {
	if b.Coef == 0 {
		return Decimal{}, false
	}
	n, d := uint128{0, magnitude(a.Coef)}, magnitude(b.Coef)
	// The units of the result are n/d × 10^shift.
	switch shift := int(b.Scale) - int(a.Scale) + places; {
	case shift > MaxScale:
		return Decimal{}, false
	case shift >= 0:
		n.hi, n.lo = bits.Mul64(n.lo, pow10[shift])
	case shift < -MaxScale:
		return Decimal{}, false
	default:
		hi, lo := bits.Mul64(d, pow10[-shift])
		if hi != 0 {
			return Decimal{}, true // the quotient is below 2^63 ÷ 2^64
		}
		d = lo
	}
	q, r := n.quoRem(d)
	if r >= d-r {
		q = q.add(uint128{0, 1})
	}
	negative := a.Coef^b.Coef < 0
	switch {
	case places >= 0:
		return narrow(q, negative, places)
	case q.hi != 0:
		return Decimal{}, false
	}
	return scaleUnits(negative, q.lo, places)
}

// Round returns a rounded to places digits after the point, half away from
// zero as SQL's ROUND does. Negative places round before the point: -2 gives
// hundreds. It returns false if a Decimal cannot hold the result.
func Round(a Decimal, places int) (Decimal, bool) {
	drop := int(a.Scale) - places
	if drop <= 0 {
		return a, true
	}
	if drop > MaxScale {
		// |a| < 10^19 × 10^-Scale, which may still round up to 10^-places.
		if drop == MaxScale+1 && magnitude(a.Coef) >= 5e18 {
			if places == -MaxScale-1 {
				return Decimal{}, false // ±10^19
			}
			return scaleUnits(a.Coef < 0, 1, places)
		}
		return Decimal{}, true
	}
	unit := pow10[drop]
	m := magnitude(a.Coef)
	q, r := m/unit, m%unit
	if r >= unit-r {
		q++
	}
	return scaleUnits(a.Coef < 0, q, places)
}

// scaleUnits returns ±q × 10^-places.
func scaleUnits(negative bool, q uint64, places int) (Decimal, bool) {
	wide := uint128{0, q}
	if places < 0 {
		if places < -MaxScale {
			return Decimal{}, q == 0
		}
		wide.hi, wide.lo = bits.Mul64(q, pow10[-places])
		places = 0
	}
	return narrow(wide, negative, places)
}

// Floor returns the largest integer that is at most a.
func (a Decimal) Floor() Decimal { return a.whole(-1) }

// Ceil returns the smallest integer that is at least a.
func (a Decimal) Ceil() Decimal { return a.whole(1) }

// whole drops the fraction, moving away from zero if a's sign is direction.
func (a Decimal) whole(direction int) Decimal {
	unit := int64(pow10[a.Scale])
	q, r := a.Coef/unit, a.Coef%unit
	if r != 0 && a.Sign() == direction {
		q += int64(direction)
	}
	return Decimal{q, 0}
}

// MultipleOf reports whether a is m times an integer. Nothing is a multiple
// of zero.
func (a Decimal) MultipleOf(m Decimal) bool {
	if m.Coef == 0 {
		return false
	}
	x, y := magnitude(a.Coef), magnitude(m.Coef)
	if a.Scale <= m.Scale {
		hi, lo := bits.Mul64(x, pow10[m.Scale-a.Scale])
		return bits.Rem64(hi, lo, y) == 0
	}
	hi, lo := bits.Mul64(y, pow10[a.Scale-m.Scale])
	if hi != 0 {
		return x == 0 // the divisor is larger than any coefficient
	}
	return x%lo == 0
}

// IsInteger reports whether a has no fraction.
func (a Decimal) IsInteger() bool {
	return a.Scale == 0 || a.Coef%int64(pow10[a.Scale]) == 0
}

// AppendText appends a to b with exactly Scale digits after the point: 1.50,
// -0.07, 12. It never fails.
func (a Decimal) AppendText(b []byte) ([]byte, error) {
	if a.Coef < 0 {
		b = append(b, '-')
	}
	m := magnitude(a.Coef)
	if a.Scale == 0 {
		return strconv.AppendUint(b, m, 10), nil
	}
	unit := pow10[a.Scale]
	b = strconv.AppendUint(b, m/unit, 10)
	at := len(b)
	// Adding the unit keeps the leading zeros of the fraction; its 1 becomes the point.
	b = strconv.AppendUint(b, m%unit+unit, 10)
	b[at] = '.'
	return b, nil
}

// String returns a with exactly Scale digits after the point. Parse reads it
// back to the same Decimal.
func (a Decimal) String() string {
	var buf [24]byte
	b, _ := a.AppendText(buf[:0])
	return string(b)
}

// Float64 returns the float64 nearest to a.
func (a Decimal) Float64() float64 {
	if m := magnitude(a.Coef); m < 1<<53 {
		// Both operands are exact, so that the one division rounds correctly.
		return float64(a.Coef) / float64(pow10[a.Scale])
	}
	f, _ := strconv.ParseFloat(a.String(), 64)
	return f
}

// Rat returns a as a fraction. It allocates.
func (a Decimal) Rat() *big.Rat {
	unit := new(big.Int).SetUint64(pow10[a.Scale])
	return new(big.Rat).SetFrac(big.NewInt(a.Coef), unit)
}
