package decimal

import (
	"math/big"
	"math/bits"
)

// A Sum adds Decimals exactly, however many. The zero value is an empty sum,
// 0. Sums of parts Merge to the sum of the whole in any order. A copy of a Sum
// is independent of the original. Methods that change a Sum are not safe for
// concurrent use.
//
// A Sum holds 128 bits at the largest scale seen and moves what overflows them
// to a fraction of unbounded size, so that adding costs two additions as a rule.
type Sum struct {
	// value = (hi:lo as a signed 128-bit integer) × 10^-scale + spill
	hi    int64
	lo    uint64
	scale uint8
	spill *big.Rat // nil means 0; never changed in place
}

// Add adds d.
func (s *Sum) Add(d Decimal) {
	if d.Scale == s.scale {
		lo, carry := bits.Add64(s.lo, uint64(d.Coef), 0)
		hi, over := addSigned(s.hi, d.Coef>>63, carry)
		if !over {
			s.hi, s.lo = hi, lo
			return
		}
	}
	s.AddTimes(d, 1)
}

// addSigned returns a + b + carry and whether that overflows.
func addSigned(a, b int64, carry uint64) (sum int64, over bool) {
	sum = a + b + int64(carry)
	return sum, (a^sum)&(b^sum) < 0
}

// AddTimes adds d × n, such as a value that occurs n times.
func (s *Sum) AddTimes(d Decimal, n int64) {
	hi, lo := mulSigned(d.Coef, n)
	s.addWide(hi, lo, d.Scale)
}

// mulSigned returns a × b as a signed 128-bit integer.
func mulSigned(a, b int64) (hi int64, lo uint64) {
	h, lo := bits.Mul64(uint64(a), uint64(b))
	// Correct the unsigned product for the signs (Hacker's Delight, 8-3).
	return int64(h) - (a>>63)&b - (b>>63)&a, lo
}

// addWide adds (hi:lo) × 10^-scale.
func (s *Sum) addWide(hi int64, lo uint64, scale uint8) {
	if scale > s.scale {
		if h, l, ok := scaleUp(s.hi, s.lo, scale-s.scale); ok {
			s.hi, s.lo = h, l
		} else {
			s.overflow(s.hi, s.lo, s.scale)
			s.hi, s.lo = 0, 0
		}
		s.scale = scale
	} else if scale < s.scale {
		h, l, ok := scaleUp(hi, lo, s.scale-scale)
		if !ok {
			s.overflow(hi, lo, scale)
			return
		}
		hi, lo = h, l
	}
	sumLo, carry := bits.Add64(s.lo, lo, 0)
	sumHi, over := addSigned(s.hi, hi, carry)
	if over {
		s.overflow(hi, lo, s.scale)
		return
	}
	s.hi, s.lo = sumHi, sumLo
}

// scaleUp returns (hi:lo) × 10^places, and false if that overflows 128 bits.
func scaleUp(hi int64, lo uint64, places uint8) (int64, uint64, bool) {
	x, negative := absolute(hi, lo)
	p := pow10[places]
	carry, low := bits.Mul64(x.lo, p)
	over, high := bits.Mul64(x.hi, p)
	high, c := bits.Add64(high, carry, 0)
	if over+c != 0 || high>>63 != 0 {
		return 0, 0, false
	}
	if negative {
		z := uint128{}.sub(uint128{high, low})
		return int64(z.hi), z.lo, true
	}
	return int64(high), low, true
}

// absolute returns |hi:lo| and whether it was negative.
func absolute(hi int64, lo uint64) (uint128, bool) {
	x := uint128{uint64(hi), lo}
	if hi < 0 {
		return uint128{}.sub(x), true
	}
	return x, false
}

// overflow adds (hi:lo) × 10^-scale to the spill.
func (s *Sum) overflow(hi int64, lo uint64, scale uint8) { s.AddRat(wideRat(hi, lo, scale)) }

func wideRat(hi int64, lo uint64, scale uint8) *big.Rat {
	n := new(big.Int).SetInt64(hi)
	n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(lo))
	return Long{n, int(scale)}.Rat()
}

// AddRat adds r, a number too large for a Decimal. It allocates.
func (s *Sum) AddRat(r *big.Rat) {
	if s.spill == nil {
		s.spill = new(big.Rat)
	}
	s.spill = new(big.Rat).Add(s.spill, r)
}

// AddBytes adds the number that b is and returns false, adding nothing, if b
// is none or is beyond what Rat reads.
func (s *Sum) AddBytes(b []byte) bool {
	d, kind := Parse(b)
	switch kind {
	case Fits:
		s.Add(d)
		return true
	case Large:
		r, ok := Rat(b)
		if ok {
			s.AddRat(r)
		}
		return ok
	}
	return false
}

// Merge adds what t has summed.
func (s *Sum) Merge(t Sum) {
	s.addWide(t.hi, t.lo, t.scale)
	if t.spill != nil {
		s.AddRat(t.spill)
	}
}

// Neg returns -s.
func (s Sum) Neg() Sum {
	n := Sum{scale: s.scale}
	if s.hi == -1<<63 && s.lo == 0 {
		n.overflow(s.hi, s.lo, s.scale) // its negation needs a bit more
		n.spill.Neg(n.spill)
	} else {
		z := uint128{}.sub(uint128{uint64(s.hi), s.lo})
		n.hi, n.lo = int64(z.hi), z.lo
	}
	if s.spill != nil {
		n.AddRat(new(big.Rat).Neg(s.spill))
	}
	return n
}

// Sub returns s - t.
func (s Sum) Sub(t Sum) Sum {
	s.Merge(t.Neg())
	return s
}

// Rat returns the sum as a fraction, which the caller may change.
func (s Sum) Rat() *big.Rat {
	r := wideRat(s.hi, s.lo, s.scale)
	if s.spill != nil {
		r.Add(r, s.spill)
	}
	return r
}

// Sign returns -1, 0 or 1 as the sum is negative, zero or positive.
func (s Sum) Sign() int {
	if s.spill != nil {
		return s.Rat().Sign()
	}
	switch {
	case s.hi < 0:
		return -1
	case s.hi == 0 && s.lo == 0:
		return 0
	}
	return 1
}

// Cmp returns -1, 0 or 1 as s is less than, equal to or greater than t.
func (s Sum) Cmp(t Sum) int { return s.Sub(t).Sign() }

// Within reports whether |s - t| ≤ tolerance.
func (s Sum) Within(t Sum, tolerance Decimal) bool {
	difference := s.Sub(t)
	if difference.Sign() < 0 {
		difference = difference.Neg()
	}
	difference.Add(tolerance.Neg())
	return difference.Sign() <= 0
}

// Decimal returns the sum as a Decimal, or false if it does not fit.
func (s Sum) Decimal() (Decimal, bool) {
	if s.spill != nil {
		d, kind := Parse([]byte(s.String()))
		return d, kind == Fits
	}
	x, negative := absolute(s.hi, s.lo)
	return narrow(x, negative, int(s.scale))
}

// Float64 returns the float64 nearest to the sum.
func (s Sum) Float64() float64 {
	if d, ok := s.Decimal(); ok {
		return d.Float64()
	}
	f, _ := s.Rat().Float64()
	return f
}

// String returns the sum exactly, with as many digits after the point as the
// value with the most of them had.
func (s Sum) String() string {
	r := s.Rat()
	places, _ := r.FloatPrec() // a sum of decimals is a decimal
	return r.FloatString(max(places, int(s.scale)))
}
