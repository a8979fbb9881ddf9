package expression

import (
	"math"
	"math/bits"
	"sync"

	"tillwatch/shared/decimal"
)

// A Column is the numbers of a column in units of 10^-Scale.
type Column struct {
	Values []int64
	Scale  uint8
	Most   uint64 // no value has a greater magnitude
}

// HoldsAll is Holds for the rows of Columns, in that order: it says of each in
// holds, which has their length, whether the expression holds. If a quotient is
// asked for, or from what the columns say a value may not fit an int64, it returns false:
// then ask Holds row by row.
func (c *Comparison) HoldsAll(columns []Column, tolerance decimal.Decimal, holds []bool) bool {
	e, ok := scratch.Get().(*evaluation)
	if !ok {
		e = new(evaluation)
	}
	defer scratch.Put(e)
	e.columns, e.tolerance = columns, tolerance
	for e.from = 0; e.from < len(holds); e.from += chunk {
		e.rows = min(chunk, len(holds)-e.from)
		if !e.condition(c.root, holds[e.from:e.from+e.rows], 0) {
			return false
		}
	}
	return true
}

// chunk is how many rows are evaluated at a time, so that what is in between
// stays in the processor's first cache.
const chunk = 512

// An evaluation works out an expression for a chunk of rows, operator by
// operator.
type evaluation struct {
	columns    []Column
	tolerance  decimal.Decimal
	from, rows int
	numbers    []*[chunk]int64 // by depth
	conditions []*[chunk]bool
}

var scratch sync.Pool

// number returns the values of n. They are a column's, or in e.numbers[depth], and
// e.numbers after that is free.
func (e *evaluation) number(n *node, depth int) (v Column, ok bool) {
	switch n.op {
	case opColumn:
		v = e.columns[n.column]
		v.Values = v.Values[e.from : e.from+e.rows]
		return v, true
	case opNumber:
		out := e.values(depth)
		for i := range out {
			out[i] = n.number.Coef
		}
		return Column{out, n.number.Scale, magnitude(n.number.Coef)}, true
	case opDivide:
		return v, false
	}
	x, ok := e.number(n.left, depth)
	if !ok {
		return v, false
	}
	if n.right == nil {
		return e.single(n, x, depth)
	}
	y, ok := e.number(n.right, depth+1)
	if !ok {
		return v, false
	}
	if n.op == opMultiply {
		hi, most := bits.Mul64(x.Most, y.Most)
		if hi > 0 || most > math.MaxInt64 || x.Scale+y.Scale > decimal.MaxScale {
			return v, false
		}
		out := e.values(depth)
		a, b := x.Values[:len(out)], y.Values[:len(out)]
		for i := range out {
			out[i] = a[i] * b[i]
		}
		return Column{out, x.Scale + y.Scale, most}, true
	}
	if x, y, ok = e.align(x, y, depth); !ok {
		return v, false
	}
	out := e.values(depth)
	a, b := x.Values[:len(out)], y.Values[:len(out)]
	switch n.op {
	case opAdd, opSubtract:
		if x.Most+y.Most > math.MaxInt64 {
			return v, false
		}
		if n.op == opAdd {
			for i := range out {
				out[i] = a[i] + b[i]
			}
		} else {
			for i := range out {
				out[i] = a[i] - b[i]
			}
		}
		return Column{out, x.Scale, x.Most + y.Most}, true
	case opMin:
		for i := range out {
			out[i] = min(a[i], b[i])
		}
	default:
		for i := range out {
			out[i] = max(a[i], b[i])
		}
	}
	return Column{out, x.Scale, max(x.Most, y.Most)}, true
}

// single applies an operator of one operand.
func (e *evaluation) single(n *node, x Column, depth int) (Column, bool) {
	drop := 0
	switch n.op {
	case opRound:
		drop = int(x.Scale) - n.places
	case opFloor, opCeil:
		drop = int(x.Scale)
	}
	if (n.op == opRound || n.op == opFloor || n.op == opCeil) && drop <= 0 {
		return x, true
	}
	unit, ok := decimal.Decimal{Coef: 1}.Units(uint8(min(drop, math.MaxUint8)))
	if !ok || x.Most > math.MaxInt64/2 {
		return x, false // half a unit must not be too much
	}
	out := e.values(depth)
	a := x.Values[:len(out)]
	switch n.op {
	case opNegate:
		for i := range out {
			out[i] = -a[i]
		}
		return Column{out, x.Scale, x.Most}, true
	case opAbs:
		for i := range out {
			out[i] = max(a[i], -a[i])
		}
		return Column{out, x.Scale, x.Most}, true
	case opFloor:
		for i, v := range a {
			out[i] = v/unit + (v%unit)>>63
		}
	case opCeil:
		for i, v := range a {
			out[i] = v/unit - (-(v % unit))>>63
		}
	case opRound:
		half := unit / 2
		for i, v := range a {
			sign := v >> 63
			out[i] = (v + (half ^ sign - sign)) / unit // away from zero, then towards it
		}
	}
	v := Column{out, 0, x.Most/uint64(unit) + 1}
	if n.op != opRound {
		return v, true
	}
	if n.places >= 0 {
		v.Scale = uint8(n.places)
		return v, true
	}
	return e.times(v, -n.places, 0, depth)
}

// align brings two to the larger of their scales; the second is to be at depth+1.
func (e *evaluation) align(x, y Column, depth int) (Column, Column, bool) {
	ok := true
	if x.Scale < y.Scale {
		x, ok = e.times(x, int(y.Scale-x.Scale), y.Scale, depth)
	} else if y.Scale < x.Scale {
		y, ok = e.times(y, int(x.Scale-y.Scale), x.Scale, depth+1)
	}
	return x, y, ok
}

// times multiplies the values with a power of ten, to have that scale.
func (e *evaluation) times(x Column, power int, scale uint8, depth int) (Column, bool) {
	factor, ok := decimal.Decimal{Coef: 1}.Units(uint8(power))
	hi, most := bits.Mul64(x.Most, uint64(factor))
	if !ok || hi > 0 || most > math.MaxInt64 {
		return x, false
	}
	out := e.values(depth)
	a := x.Values[:len(out)]
	for i := range out {
		out[i] = a[i] * factor
	}
	return Column{out, scale, most}, true
}

// values is the memory of numbers at a depth.
func (e *evaluation) values(depth int) []int64 {
	for len(e.numbers) <= depth {
		e.numbers = append(e.numbers, new([chunk]int64))
	}
	return e.numbers[depth][:e.rows]
}

// condition says in holds of each row whether n holds. Numbers from depth on are free.
func (e *evaluation) condition(n *node, holds []bool, depth int) bool {
	if n.op.comparison() {
		return e.compare(n, holds)
	}
	if !e.condition(n.left, holds, depth) {
		return false
	}
	if n.op == opNot {
		for i := range holds {
			holds[i] = !holds[i]
		}
		return true
	}
	for len(e.conditions) <= depth {
		e.conditions = append(e.conditions, new([chunk]bool))
	}
	other := e.conditions[depth][:len(holds)]
	if !e.condition(n.right, other, depth+1) {
		return false
	}
	if n.op == opAnd {
		for i := range holds {
			holds[i] = holds[i] && other[i]
		}
	} else {
		for i := range holds {
			holds[i] = holds[i] || other[i]
		}
	}
	return true
}

// compare says in holds of each row whether a comparison holds.
func (e *evaluation) compare(n *node, holds []bool) bool {
	x, ok := e.number(n.left, 0)
	if !ok {
		return false
	}
	y, ok := e.number(n.right, 1)
	if !ok {
		return false
	}
	if x, y, ok = e.align(x, y, 0); !ok {
		return false
	}
	a, b := x.Values[:len(holds)], y.Values[:len(holds)]
	switch n.op {
	case opEqual, opUnequal:
		if x.Most+y.Most > math.MaxInt64 {
			return false
		}
		most := tolerated(e.tolerance, x.Scale)
		for i := range holds {
			holds[i] = (uint64(a[i]-b[i])+most <= 2*most) == (n.op == opEqual)
		}
	case opLess:
		for i := range holds {
			holds[i] = a[i] < b[i]
		}
	case opLessEqual:
		for i := range holds {
			holds[i] = a[i] <= b[i]
		}
	case opGreater:
		for i := range holds {
			holds[i] = a[i] > b[i]
		}
	default:
		for i := range holds {
			holds[i] = a[i] >= b[i]
		}
	}
	return true
}

// tolerated returns the greatest difference in units of 10^-scale that is
// within a tolerance; at most math.MaxInt64.
func tolerated(tolerance decimal.Decimal, scale uint8) uint64 {
	if tolerance.Scale <= scale {
		if units, ok := tolerance.Units(scale); ok {
			return uint64(units)
		}
		return math.MaxInt64
	}
	unit, _ := decimal.Decimal{Coef: 1}.Units(tolerance.Scale - scale)
	return uint64(tolerance.Coef / unit)
}

func magnitude(n int64) uint64 { return uint64(max(n, -n)) }
