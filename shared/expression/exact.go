package expression

import (
	"math/big"
)

// HoldsExact is Holds on fractions: every value that is defined is exact.
// Measured is false only where a divisor is zero. Cells are not changed.
func (c *Comparison) HoldsExact(cells []*big.Rat, tolerance *big.Rat) (holds, measured bool) {
	return c.root.holds(cells, tolerance)
}

// Sides returns the values left and right of the comparison, to show what was
// expected. It returns false if the expression is not one comparison but a
// condition of several, or if a divisor is zero.
func (c *Comparison) Sides(cells []*big.Rat) (left, right *big.Rat, ok bool) {
	if !c.root.op.comparison() {
		return nil, nil, false
	}
	left, ok = c.root.left.value(cells)
	if !ok {
		return nil, nil, false
	}
	right, ok = c.root.right.value(cells)
	return left, right, ok
}

// holds evaluates a condition.
func (n *node) holds(cells []*big.Rat, tolerance *big.Rat) (holds, measured bool) {
	switch n.op {
	case opNot:
		holds, measured = n.left.holds(cells, tolerance)
		return !holds, measured
	case opAnd, opOr:
		holds, measured = n.left.holds(cells, tolerance)
		if !measured || holds == (n.op == opOr) {
			return holds, measured
		}
		return n.right.holds(cells, tolerance)
	}
	left, ok := n.left.value(cells)
	if !ok {
		return false, false
	}
	right, ok := n.right.value(cells)
	if !ok {
		return false, false
	}
	if n.op == opEqual || n.op == opUnequal {
		difference := new(big.Rat).Sub(left, right)
		return (difference.Abs(difference).Cmp(tolerance) <= 0) == (n.op == opEqual), true
	}
	return n.op.ordered(left.Cmp(right)), true
}

// ordered says whether < <= > >= holds of two numbers that compare so.
func (o operator) ordered(cmp int) bool {
	switch o {
	case opLess:
		return cmp < 0
	case opLessEqual:
		return cmp <= 0
	case opGreater:
		return cmp > 0
	}
	return cmp >= 0
}

// value evaluates a number; it returns false if a divisor is zero. The result
// may be one of cells and must not be changed.
func (n *node) value(cells []*big.Rat) (*big.Rat, bool) {
	switch n.op {
	case opColumn:
		return cells[n.column], true
	case opNumber:
		return n.number.Rat(), true
	}
	left, ok := n.left.value(cells)
	if !ok {
		return nil, false
	}
	result := new(big.Rat)
	switch n.op {
	case opNegate:
		return result.Neg(left), true
	case opAbs:
		return result.Abs(left), true
	case opFloor:
		return result.SetInt(floor(left)), true
	case opCeil:
		return result.Neg(result.SetInt(floor(result.Neg(left)))), true
	case opRound:
		return round(left, n.places), true
	}
	right, ok := n.right.value(cells)
	if !ok {
		return nil, false
	}
	switch n.op {
	case opAdd:
		return result.Add(left, right), true
	case opSubtract:
		return result.Sub(left, right), true
	case opMultiply:
		return result.Mul(left, right), true
	case opDivide:
		if right.Sign() == 0 {
			return nil, false
		}
		return result.Quo(left, right), true
	}
	if (left.Cmp(right) <= 0) == (n.op == opMin) {
		return left, true
	}
	return right, true
}

// floor returns the largest integer that is at most x.
func floor(x *big.Rat) *big.Int {
	// Div rounds towards minus infinity for a positive divisor, and a
	// denominator is positive.
	return new(big.Int).Div(x.Num(), x.Denom())
}

// round rounds half away from zero.
func round(x *big.Rat, places int) *big.Rat {
	power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil))
	if places < 0 {
		power.Inv(power)
	}
	y := new(big.Rat).Abs(x)
	y.Add(y.Mul(y, power), big.NewRat(1, 2))
	y.SetInt(floor(y))
	if x.Sign() < 0 {
		y.Neg(y)
	}
	return y.Quo(y, power)
}
