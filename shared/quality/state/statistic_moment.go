package state

import (
	"math/big"

	"tillwatch/shared/decimal"
)

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
func (a *Pair) spread(products, x, y decimal.Sum) *big.Rat {
	total := products.Rat()
	total.Mul(total, new(big.Rat).SetInt64(a.N))
	both := x.Rat()
	return total.Sub(total, both.Mul(both, y.Rat()))
}
