package kernel

import (
	"math/big"

	"tillwatch/shared/decimal"
	"tillwatch/shared/expression"
	"tillwatch/shared/quality/view"
)

// Arithmetic finds the rows in which a comparison between columns does not
// hold. Rows with a cell that is no number are not looked at.
func Arithmetic(slots []int, rule *expression.Comparison, tolerance Bound) Kernel {
	return func(v *view.View, bad []uint32) ([]uint32, int) {
		columns := make([]expression.Column, len(slots))
		units := make([]*view.Units, len(slots))
		holds := make([]bool, v.Len())
		alone := make([]bool, v.Len()) // rows to be judged one by one
		for i, s := range slots {
			u := v.Units(s)
			units[i], columns[i] = u, expression.Column{Values: u.Values, Scale: u.Scale, Most: u.Greatest()}
			for _, o := range u.Odd {
				alone[o.Row] = true
			}
		}
		all := rule.HoldsAll(columns, tolerance.value, holds)
		cells := make([]decimal.Decimal, len(slots))
		looked := 0
		for row, good := range holds {
			measured := true
			if !all || alone[row] {
				good, measured = arithmeticRow(v, slots, units, row, cells, rule, tolerance)
			}
			if measured {
				looked++
				if !good {
					bad = append(bad, uint32(row))
				}
			}
		}
		return bad, looked
	}
}

// arithmeticRow judges one row; cells is scratch memory.
func arithmeticRow(v *view.View, slots []int, units []*view.Units, row int, cells []decimal.Decimal, rule *expression.Comparison, tolerance Bound) (holds, measured bool) {
	fits := true
	for i, u := range units {
		var kind decimal.Kind
		cells[i], kind = u.At(row)
		switch kind {
		case decimal.NotNumber:
			return false, false
		case decimal.Large:
			fits = false
		}
	}
	if fits {
		if holds, measured = rule.Holds(cells, tolerance.value); measured {
			return holds, true
		}
	}
	return exactly(v, slots, row, rule, tolerance)
}

// exactly evaluates a comparison with fractions, for the rows whose numbers
// are too long for the fast way.
func exactly(v *view.View, slots []int, row int, rule *expression.Comparison, tolerance Bound) (holds, measured bool) {
	cells := make([]*big.Rat, len(slots))
	for i, s := range slots {
		var ok bool
		if cells[i], ok = decimal.Rat(v.Value(s, row)); !ok {
			return false, false
		}
	}
	return rule.HoldsExact(cells, tolerance.exact)
}
