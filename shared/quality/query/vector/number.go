package vector

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"tillwatch/shared/decimal"
)

// numbers makes the operation of a function of two numbers: fast on decimals,
// and on fractions where that returns false, which may return nil for null.
func numbers(fast func(a, b decimal.Decimal) (decimal.Decimal, bool), slow func(a, b *big.Rat) *big.Rat) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Number, n)
		a, b := args[0], args[1]
		for i := range n {
			ka, kb := a.Kinds[i], b.Kinds[i]
			if ka == decimal.Fits && kb == decimal.Fits {
				if d, ok := fast(a.Numbers[i], b.Numbers[i]); ok {
					out.Numbers[i], out.Kinds[i] = d, decimal.Fits
					continue
				}
			} else if ka == decimal.NotNumber || kb == decimal.NotNumber {
				out.Kinds[i] = decimal.NotNumber
				continue
			}
			if r := slow(a.Rat(i), b.Rat(i)); r != nil {
				out.SetRat(i, r)
			} else {
				out.Kinds[i] = decimal.NotNumber
			}
		}
	}
}

// The exact operations.
var (
	Add      = numbers(decimal.Add, func(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) })
	Subtract = numbers(decimal.Sub, func(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) })
	Multiply = numbers(decimal.Mul, func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) })
	// Modulo has the sign of the dividend; by 0 it is null.
	Modulo = numbers(func(a, b decimal.Decimal) (decimal.Decimal, bool) {
		if a.Scale != 0 || b.Scale != 0 || b.Coef == 0 {
			return a, false
		}
		return decimal.New(a.Coef%b.Coef, 0)
	}, func(a, b *big.Rat) *big.Rat {
		if b.Sign() == 0 {
			return nil
		}
		q := new(big.Rat).Quo(a, b)
		whole := new(big.Rat).SetInt(new(big.Int).Quo(q.Num(), q.Denom()))
		return whole.Sub(a, whole.Mul(whole, b))
	})
	// Divide is of decimals, also of whole numbers: 1 / 4 is 0.25. A quotient that
	// has no more than 18 digits, before and after the point, is exact; any other is rounded to 18
	// digits, half away from zero, of which none stands further after the point
	// than the 18th place. By 0 it is null.
	Divide = numbers(quotient, Quotient)
)

// significant is how many digits a rounded quotient has.
const significant = 18

// quotient is Quotient where it fits, else false.
func quotient(a, b decimal.Decimal) (decimal.Decimal, bool) {
	if b.Coef == 0 {
		return a, false
	}
	if a.Coef == 0 {
		return decimal.Decimal{}, true
	}
	negative := a.Coef^b.Coef < 0
	n, d := magnitude(a.Coef), magnitude(b.Coef)
	// The quotient of the coefficients has about as many digits before the point
	// as this; extend n by zeros to have 18 in all.
	whole := int(math.Floor(math.Log10(float64(n)/float64(d)))) + 1
	scale := int(a.Scale) - int(b.Scale)
	extra := min(significant-whole, decimal.MaxScale-scale, decimal.MaxScale)
	if extra < 0 || scale+extra < 0 {
		return a, false
	}
	hi, lo := bits.Mul64(n, pow10[extra])
	if hi >= d {
		return a, false
	}
	q, r := bits.Div64(hi, lo, d)
	if scale += extra; q >= 1e18 {
		return a, false
	}
	for q < 1e17 && scale < decimal.MaxScale && r != 0 {
		hi, lo := bits.Mul64(r, 10)
		digit, rest := bits.Div64(hi, lo, d)
		q, r, scale = 10*q+digit, rest, scale+1
	}
	if r >= d-r {
		q++
	}
	coef := int64(q)
	if negative {
		coef = -coef
	}
	out, ok := decimal.New(coef, uint8(scale))
	return shorter(out), ok
}

// shorter drops zeros at the end, so that sums of quotients stay fast.
func shorter(d decimal.Decimal) decimal.Decimal {
	for d.Scale > 0 && d.Coef%10 == 0 {
		d.Coef, d.Scale = d.Coef/10, d.Scale-1
	}
	return d
}

func magnitude(n int64) uint64 {
	sign := n >> 63
	return uint64((n ^ sign) - sign)
}

var pow10 = [19]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// Quotient divides as Divide does; it returns nil for a division by 0.
func Quotient(a, b *big.Rat) *big.Rat {
	if b.Sign() == 0 {
		return nil
	}
	q := new(big.Rat).Quo(a, b)
	if q.IsInt() {
		return q
	}
	whole := len(new(big.Int).Quo(q.Num(), q.Denom()).String())
	if q.Sign() < 0 {
		whole--
	}
	if new(big.Rat).Abs(q).Cmp(big.NewRat(1, 1)) < 0 {
		f, _ := new(big.Rat).Abs(q).Float64()
		whole = int(math.Floor(math.Log10(f))) + 1
	}
	return RoundRat(q, min(max(significant-whole, 0), decimal.MaxScale))
}

// RoundRat rounds to places after the point, half away from zero.
func RoundRat(r *big.Rat, places int) *big.Rat {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil)
	unit := new(big.Rat).SetInt(power)
	if places < 0 {
		unit.Inv(unit)
	}
	scaled := new(big.Rat).Mul(r, unit)
	half := big.NewRat(1, 2)
	if scaled.Sign() < 0 {
		half.Neg(half)
	}
	scaled.Add(scaled, half)
	whole := new(big.Rat).SetInt(new(big.Int).Quo(scaled.Num(), scaled.Denom()))
	return whole.Quo(whole, unit)
}

// one makes the operation of a function of one number.
func one(fast func(decimal.Decimal) decimal.Decimal, slow func(*big.Rat) *big.Rat) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Number, n)
		a := args[0]
		for i := range n {
			switch out.Kinds[i] = a.Kinds[i]; a.Kinds[i] {
			case decimal.Fits:
				out.Numbers[i] = fast(a.Numbers[i])
			case decimal.Large:
				out.SetRat(i, slow(a.Larges[i]))
			}
		}
	}
}

// Functions of one number. Floor and Ceil are whole, Sign is -1, 0 or 1.
var (
	Negate = one(decimal.Decimal.Neg, func(r *big.Rat) *big.Rat { return new(big.Rat).Neg(r) })
	Abs    = one(decimal.Decimal.Abs, func(r *big.Rat) *big.Rat { return new(big.Rat).Abs(r) })
	Floor  = one(decimal.Decimal.Floor, floor)
	Ceil   = one(decimal.Decimal.Ceil, func(r *big.Rat) *big.Rat {
		down := floor(new(big.Rat).Neg(r))
		return down.Neg(down)
	})
	Sign = one(func(d decimal.Decimal) decimal.Decimal { return decimal.Decimal{Coef: int64(d.Sign())} },
		func(r *big.Rat) *big.Rat { return big.NewRat(int64(r.Sign()), 1) })
)

func floor(r *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Div(r.Num(), r.Denom()))
}

// maxPlaces bounds what numbers are rounded to.
const maxPlaces = 400

// Round rounds the first argument to as many places after the point as the
// second says, half away from zero; before it, if that is negative.
func Round(out *Vector, args []*Vector, n int) {
	out.Resize(Number, n)
	a, places := args[0], args[1]
	for i := range n {
		if a.Kinds[i] == decimal.NotNumber || places.Kinds[i] != decimal.Fits {
			out.Kinds[i] = decimal.NotNumber
			continue
		}
		at := int(max(-maxPlaces, min(maxPlaces, places.Numbers[i].Floor().Coef)))
		if a.Kinds[i] == decimal.Fits {
			if d, ok := decimal.Round(a.Numbers[i], at); ok {
				out.Set(i, d)
				continue
			}
		}
		out.SetRat(i, RoundRat(a.Rat(i), at))
	}
}

// Root is the square root, to the precision of a float64; null below 0.
func Root(out *Vector, args []*Vector, n int) {
	out.Resize(Number, n)
	for i := range n {
		if args[0].Kinds[i] == decimal.NotNumber || args[0].Rat(i).Sign() < 0 {
			out.Kinds[i] = decimal.NotNumber
			continue
		}
		f, _ := args[0].Rat(i).Float64()
		out.SetFloat(i, math.Sqrt(f))
	}
}

// SetFloat makes the number of a row the shortest decimal that reads as f, or
// null if f is no number.
func (v *Vector) SetFloat(row int, f float64) {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	r, ok := decimal.Rat([]byte(text))
	if !ok {
		v.Kinds[row] = decimal.NotNumber
		return
	}
	v.SetRat(row, r)
}
