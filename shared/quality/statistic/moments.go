// Package statistic holds aggregates that describe the values of columns: moments,
// quantiles, frequencies, correlation, forms and samples of values. Each is exact, or
// states its error, and merges in any order to what one would be that saw all rows.
package statistic

import (
	"math"
	"math/big"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
)

// Powers sums the powers of a column's numbers exactly, so that parts merged in
// any order give the same bits: from them come mean, variance, skewness and
// kurtosis, rounded once, at the end.
type Powers struct {
	Slot int
	// Degree is the highest power that is summed, 1 to 4.
	Degree int
	N      int64
	Zeros  int64
	Sums   [4]decimal.Sum // of the first, second … power, but for those in wide
	Large  int64          // numbers too long to be summed exactly
	// long holds the sums of powers of numbers that no Decimal holds.
	long [4]decimal.LongSum
	// wide holds the sums of powers that no Decimal holds but a product of two
	// does: by power and by k, which the product is yet to be divided by 10 to.
	wide [4][decimal.MaxScale + 1]decimal.Sum
}

func (a *Powers) Observe(v *view.View) {
	u := v.Units(a.Slot)
	for _, o := range u.Odd {
		switch o.Kind {
		case decimal.Fits:
			a.add(o.Number)
		case decimal.Large:
			a.addLong(v.Value(a.Slot, int(o.Row)))
		}
	}
	for _, run := range u.Runs() {
		if u.SumFits(a.Degree) && a.Degree*int(u.Scale) <= decimal.MaxScale {
			a.addUnits(run, u.Scale)
			continue
		}
		for _, n := range run {
			a.add(decimal.Decimal{Coef: n, Scale: u.Scale})
		}
	}
}

// addUnits adds numbers whose powers and their sums fit an int64.
func (a *Powers) addUnits(run []int64, scale uint8) {
	a.N += int64(len(run))
	var zeros, first, second int64
	for _, n := range run {
		if n == 0 {
			zeros++
		}
		first += n
		second += n * n
	}
	a.Zeros += zeros
	sums := [4]int64{first, second}
	for i := 2; i < a.Degree; i++ {
		for _, n := range run {
			power := n * n * n
			if i == 3 {
				power *= n
			}
			sums[i] += power
		}
	}
	for i, sum := range sums[:a.Degree] {
		a.Sums[i].Add(decimal.Decimal{Coef: sum, Scale: scale * uint8(i+1)})
	}
}

func (a *Powers) add(d decimal.Decimal) {
	a.N++
	if d.Coef == 0 {
		a.Zeros++
		return
	}
	a.Sums[0].Add(d)
	powers, held := [4]decimal.Decimal{d}, 1
	for i := 1; i < a.Degree; i++ {
		if held == i {
			if power, fits := decimal.Mul(powers[i-1], d); fits {
				powers[i] = power
				held++
				a.Sums[i].Add(power)
				continue
			}
		}
		x, y := i/2, (i-1)/2 // where two factors of this power stand
		if x < held {
			a.wide[i][powers[y].Scale].AddTimes(powers[x], powers[y].Coef)
			continue
		}
		exact := d.Rat()
		all := d.Rat()
		for range i {
			all.Mul(all, exact)
		}
		a.Sums[i].AddRat(all)
	}
}

func (a *Powers) addLong(text []byte) {
	l, ok := decimal.ParseLong(text)
	if !ok {
		a.Large++
		return
	}
	a.N++
	power := l
	for i := range a.Degree {
		if i > 0 {
			power = power.Times(l)
		}
		a.long[i].Add(power)
	}
}

func (a *Powers) Merge(other state.Aggregate) {
	o := other.(*Powers)
	a.N += o.N
	a.Zeros += o.Zeros
	a.Large += o.Large
	for i := range a.Degree {
		a.Sums[i].Merge(o.Sums[i])
		a.long[i].Merge(&o.long[i])
		for k := range a.wide[i] {
			a.wide[i][k].Merge(o.wide[i][k])
		}
	}
}

// Sum returns the exact sum of a power from 1 to Degree.
func (a *Powers) Sum(power int) *big.Rat {
	total, ten := a.Sums[power-1].Rat(), big.NewInt(10)
	total.Add(total, a.long[power-1].Rat())
	for k := range a.wide[power-1] {
		if part := &a.wide[power-1][k]; part.Sign() != 0 {
			scale := new(big.Int).Exp(ten, big.NewInt(int64(k)), nil)
			total.Add(total, new(big.Rat).Quo(part.Rat(), new(big.Rat).SetInt(scale)))
		}
	}
	return total
}

// Variance returns the population's variance: the mean square of the distances
// from the mean. It is exact until its last rounding; 0 of no numbers.
func (a *Powers) Variance() float64 {
	if a.N == 0 {
		return 0
	}
	f, _ := a.central(2).Float64()
	return f
}

// Skewness returns the third central moment in units of the deviation's third
// power, and false if all numbers are equal.
func (a *Powers) Skewness() (float64, bool) {
	v := a.Variance()
	if v == 0 {
		return 0, false
	}
	m, _ := a.central(3).Float64()
	return m / (v * math.Sqrt(v)), true
}

// Kurtosis returns the excess kurtosis, 0 for a normal distribution, and false
// if all numbers are equal.
func (a *Powers) Kurtosis() (float64, bool) {
	v := a.Variance()
	if v == 0 {
		return 0, false
	}
	m, _ := a.central(4).Float64()
	return m/(v*v) - 3, true
}

// Pair sums the products of two columns' numbers exactly, over the rows where
// both are numbers.
type Pair struct {
	X, Y               int // slots
	N                  int64
	SX, SY, XX, YY, XY decimal.Sum
	long               [5]decimal.LongSum // the same sums over the rows where one of the numbers is no Decimal
	Large              int64              // rows with a number too long to be summed exactly
}

func (a *Pair) Observe(v *view.View) {
	xs, xKinds := v.Numbers(a.X)
	ys, yKinds := v.Numbers(a.Y)
	for i, kind := range xKinds {
		switch {
		case kind == decimal.NotNumber || yKinds[i] == decimal.NotNumber:
		case kind == decimal.Large || yKinds[i] == decimal.Large:
			a.addLong(v.Value(a.X, i), v.Value(a.Y, i))
		default:
			a.N++
			a.SX.Add(xs[i])
			a.SY.Add(ys[i])
			addProduct(&a.XX, xs[i], xs[i])
			addProduct(&a.YY, ys[i], ys[i])
			addProduct(&a.XY, xs[i], ys[i])
		}
	}
}

func (a *Pair) addLong(xText, yText []byte) {
	x, xOK := decimal.ParseLong(xText)
	y, yOK := decimal.ParseLong(yText)
	if !xOK || !yOK {
		a.Large++
		return
	}
	a.N++
	for i, l := range []decimal.Long{x, y, x.Times(x), y.Times(y), x.Times(y)} {
		a.long[i].Add(l)
	}
}

func addProduct(to *decimal.Sum, x, y decimal.Decimal) {
	if product, ok := decimal.Mul(x, y); ok {
		to.Add(product)
		return
	}
	exact := x.Rat()
	to.AddRat(exact.Mul(exact, y.Rat()))
}

func (a *Pair) Merge(other state.Aggregate) {
	o := other.(*Pair)
	a.N += o.N
	a.Large += o.Large
	a.SX.Merge(o.SX)
	a.SY.Merge(o.SY)
	a.XX.Merge(o.XX)
	a.YY.Merge(o.YY)
	a.XY.Merge(o.XY)
	for i := range a.long {
		a.long[i].Merge(&o.long[i])
	}
}

// Correlation returns Pearson's coefficient, -1 to 1, and false if there are
// no pairs or one column is constant.
func (a *Pair) Correlation() (float64, bool) {
	var sums [5]*big.Rat // as in a.long
	for i, sum := range a.sums() {
		sums[i] = sum.Rat()
		sums[i].Add(sums[i], a.long[i].Rat())
	}
	x, y := sums[0], sums[1]
	both := a.spread(sums[2], x, x)
	both.Mul(both, a.spread(sums[3], y, y))
	if both.Sign() == 0 {
		return 0, false
	}
	r := a.spread(sums[4], x, y)
	sign := float64(r.Sign())
	square, _ := r.Quo(r.Mul(r, r), both).Float64()
	return sign * math.Sqrt(square), true
}

// Lengths measures the text of a column's values, nulls apart, in characters.
type Lengths struct {
	Slot        int
	N, Sum      int64
	Least, Most int64
	measure     func([]byte) int
}

// NewLengths returns an aggregate that has seen nothing; measure counts the
// characters of a value.
func NewLengths(slot int, measure func([]byte) int) *Lengths {
	return &Lengths{Slot: slot, measure: measure}
}

func (a *Lengths) Observe(v *view.View) {
	v, times := v.Weighed(a.Slot)
	spans := v.Spans(a.Slot)
	data := v.Batch.Data
	for i, s := range spans {
		times := view.Weight(times, i)
		if s.IsNull() {
			continue
		}
		n := int64(a.measure(data[s.Start:s.End]))
		a.take(times, times*n, n, n)
	}
}

func (a *Lengths) take(n, sum, least, most int64) {
	if n == 0 {
		return
	}
	if a.N == 0 || least < a.Least {
		a.Least = least
	}
	a.Most = max(a.Most, most)
	a.N += n
	a.Sum += sum
}

func (a *Lengths) Merge(other state.Aggregate) {
	o := other.(*Lengths)
	a.take(o.N, o.Sum, o.Least, o.Most)
}

// central returns the mean of the distances from the mean to a power, exactly:
//
//	Σ(x-μ)^k ÷ n = Σ_i (k over i) (-μ)^(k-i) Σx^i ÷ n
func (a *Powers) central(power int) *big.Rat {
	n := new(big.Rat).SetInt64(a.N)
	mean := new(big.Rat).Quo(a.Sum(1), n)
	mean.Neg(mean)
	total := new(big.Rat)
	for i := 0; i <= power; i++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(power), int64(i)))
		for range power - i {
			term.Mul(term, mean)
		}
		if i > 0 {
			term.Mul(term, new(big.Rat).Quo(a.Sum(i), n))
		}
		total.Add(total, term)
	}
	return total
}

// spread returns n·Σxy - Σx·Σy, exactly.
func (a *Pair) spread(products, x, y *big.Rat) *big.Rat {
	total := new(big.Rat).Mul(products, new(big.Rat).SetInt64(a.N))
	return total.Sub(total, new(big.Rat).Mul(x, y))
}
