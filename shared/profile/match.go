package profile

import "tillwatch/shared/quality/drift"

// fieldsOf returns the columns of a profile as their schema is compared.
func fieldsOf(p *Profile) []drift.Field {
	var fields []drift.Field
	for i := range p.Columns {
		c := &p.Columns[i]
		f := drift.Field{Name: c.Name, Shown: c.Kind()}
		if c.Rows > c.Nulls {
			f.Type = typed(c)
		}
		fields = append(fields, f)
	}
	return fields
}

// typed is a column's type without the share of values that have it.
func typed(c *Column) string {
	one := *c
	one.Fitting = one.Rows - one.Nulls
	return one.Kind()
}

// alike says how much two columns hold the same, from 0 to 1: the share of their
// different values that both have, or half of it all if they are codes of one
// shape or numbers of nearly one distribution.
func alike(a, b *Column, sa, sb *column) float64 {
	if typed(a) != typed(b) || a.Rows == a.Nulls || b.Rows == b.Nulls {
		return 0
	}
	below := min(sa.below, sb.below)
	common, all := 0, 0
	for p := range sa.held {
		if p < below {
			all++
			if sb.held[p] != nil {
				common++
			}
		}
	}
	for p := range sb.held {
		if p < below && sa.held[p] == nil {
			all++
		}
	}
	like := float64(common) / float64(max(all, 1))
	if like >= drift.Likeness || a.Shape != "" && a.Shape == b.Shape && a.Unique == b.Unique {
		return max(like, drift.Likeness)
	}
	if a.Number == nil || b.Number == nil || min(a.Rows, b.Rows) < drift.LeastCompared || a.Distinct <= 20 {
		return like
	}
	wa, _ := sa.weights()
	wb, _ := sb.weights()
	if distance, _ := drift.KolmogorovSmirnov(wa, wb); distance < drift.LeastDistance {
		return drift.Likeness
	}
	return like
}
