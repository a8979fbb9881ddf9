package state

import (
	"math/big"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/view"
)

// Figures sums a column: exact sum, count, minimum and maximum of its numbers.
type Figures struct {
	Slot     int
	sum      decimal.Sum
	n        int64
	min, max decimal.Decimal // with as few places as they need
	long     longFigures
	Large    int64 // numbers too long to be summed exactly
}

// longFigures are the figures of the numbers that no Decimal holds.
type longFigures struct {
	sum      decimal.LongSum
	n        int64
	min, max decimal.Long // if n is not 0
}

// Observe implements Aggregate.
func (a *Figures) Observe(v *view.View) {
	u := v.Units(a.Slot)
	for _, o := range u.Odd {
		switch o.Kind {
		case decimal.Fits:
			a.sum.Add(o.Number)
			a.extend(o.Number, o.Number, 1)
		case decimal.Large:
			if l, ok := decimal.ParseLong(v.Value(a.Slot, int(o.Row))); ok {
				a.long.sum.Add(l)
				a.long.extend(l, l, 1)
			} else {
				a.Large++
			}
		}
	}
	fits := u.SumFits(1)
	for _, run := range u.Runs() {
		sum := int64(0)
		for _, n := range run {
			if sum += n; !fits {
				a.sum.Add(decimal.Decimal{Coef: sum, Scale: u.Scale})
				sum = 0
			}
		}
		a.sum.Add(decimal.Decimal{Coef: sum, Scale: u.Scale})
	}
	a.extend(decimal.Decimal{Coef: u.Least, Scale: u.Scale}, decimal.Decimal{Coef: u.Most, Scale: u.Scale}, int64(u.N()))
}

// extend takes in n numbers from least to most.
func (a *Figures) extend(least, most decimal.Decimal, n int64) {
	if n == 0 {
		return
	}
	if a.n == 0 || least.Cmp(a.min) < 0 {
		a.min = least.Reduced()
	}
	if a.n == 0 || most.Cmp(a.max) > 0 {
		a.max = most.Reduced()
	}
	a.n += n
}

func (a *longFigures) extend(least, most decimal.Long, n int64) {
	if n == 0 {
		return
	}
	if a.n == 0 || least.Cmp(a.min) < 0 {
		a.min = least
	}
	if a.n == 0 || most.Cmp(a.max) > 0 {
		a.max = most
	}
	a.n += n
}

// N returns how many numbers were summed.
func (a *Figures) N() int64 { return a.n + a.long.n }

// Sum returns their sum.
func (a *Figures) Sum() *big.Rat {
	sum := a.sum.Rat()
	return sum.Add(sum, a.long.sum.Rat())
}

// Min returns the least of them, 0 if there are none.
func (a *Figures) Min() *big.Rat {
	if a.long.n > 0 && (a.n == 0 || a.long.min.Cmp(a.min.Long()) < 0) {
		return a.long.min.Rat()
	}
	return a.min.Rat()
}

// Max returns the greatest of them, 0 if there are none.
func (a *Figures) Max() *big.Rat {
	if a.long.n > 0 && (a.n == 0 || a.long.max.Cmp(a.max.Long()) > 0) {
		return a.long.max.Rat()
	}
	return a.max.Rat()
}

// Merge implements Aggregate.
func (a *Figures) Merge(other Aggregate) {
	o := other.(*Figures)
	a.Large += o.Large
	a.sum.Merge(o.sum)
	a.extend(o.min, o.max, o.n)
	a.long.sum.Merge(&o.long.sum)
	a.long.extend(o.long.min, o.long.max, o.long.n)
}
