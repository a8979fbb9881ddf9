package profile

import "fmt"

// A pair is a column of both sides.
type pair struct{ a, b int }

// match finds which columns belong together, in the order of b, and notes those
// added, removed, renamed and changed in type.
func (d *Difference) match(a, b *Profile) (pairs []pair) {
	left := map[string]int{}
	for i, c := range a.Columns {
		left[c.Name] = i
	}
	of := make([]int, len(b.Columns))
	for j, c := range b.Columns {
		of[j] = -1
		if i, ok := left[c.Name]; ok {
			of[j] = i
			delete(left, c.Name)
		}
	}
	for j := range b.Columns {
		if of[j] >= 0 {
			continue
		}
		best, most := -1, 0.0
		for i := range a.Columns {
			if _, free := left[a.Columns[i].Name]; !free {
				continue
			}
			if l := alike(&a.Columns[i], &b.Columns[j], a.states[i], b.states[j]); l >= likeness && l > most {
				best, most = i, l
			}
		}
		if best >= 0 {
			of[j] = best
			delete(left, a.Columns[best].Name)
			d.Schema = append(d.Schema, Change{Renamed, b.Columns[j].Name, a.Columns[best].Name, b.Columns[j].Name})
		} else {
			d.Schema = append(d.Schema, Change{Kind: Added, Column: b.Columns[j].Name, After: b.Columns[j].Kind()})
		}
	}
	for i, c := range a.Columns {
		if _, gone := left[c.Name]; gone {
			d.Schema = append(d.Schema, Change{Kind: Removed, Column: c.Name, Before: a.Columns[i].Kind()})
		}
	}
	for j, i := range of {
		if i < 0 {
			continue
		}
		pairs = append(pairs, pair{i, j})
		before, after := &a.Columns[i], &b.Columns[j]
		if typed(before) != typed(after) && before.Rows > before.Nulls && after.Rows > after.Nulls {
			d.Schema = append(d.Schema, Change{Retyped, after.Name, typed(before), typed(after)})
		}
	}
	return pairs
}

// typed is a column's type without the share of values that have it.
func typed(c *Column) string {
	one := *c
	one.Fitting = one.Rows - one.Nulls
	return one.Kind()
}

// alike says how much two columns hold the same, from 0 to 1: the share of their
// different values that both have, or 1 less the distance of their numbers, or
// .5 if they are codes of the same shape.
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
	if a.Shape != "" && a.Shape == b.Shape && a.Unique == b.Unique {
		like = max(like, likeness)
	}
	if a.Number != nil && b.Number != nil && like < likeness && a.Rows >= leastCompared && b.Rows >= leastCompared {
		wa, _ := sa.weights()
		wb, _ := sb.weights()
		if distance, _ := kolmogorovSmirnov(wa, wb); distance < leastDistance && a.Distinct > 20 {
			like = max(like, likeness)
		}
	}
	return like
}

// order notes the columns that moved: those outside the longest run of columns
// that kept their order.
func (d *Difference) order(a, b *Profile, pairs []pair) {
	best := make([]int, len(pairs))
	from := make([]int, len(pairs))
	end := -1
	for i := range pairs {
		best[i], from[i] = 1, -1
		for j := range i {
			if pairs[j].a < pairs[i].a && best[j] >= best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if end < 0 || best[i] > best[end] {
			end = i
		}
	}
	kept := map[int]bool{}
	for i := end; i >= 0; i = from[i] {
		kept[i] = true
	}
	for i, p := range pairs {
		if !kept[i] {
			d.Schema = append(d.Schema, Change{Reordered, b.Columns[p.b].Name, fmt.Sprint("place ", p.a+1), fmt.Sprint("place ", p.b+1)})
		}
	}
}

// String says in words what happened to a column.
func (c Change) String() string {
	switch c.Kind {
	case Added:
		return c.Column + ", " + c.After
	case Removed:
		return c.Column + ", " + c.Before
	case Renamed:
		return c.Before + " → " + c.After + ", which holds the same"
	}
	return c.Column + ": " + c.Before + " → " + c.After
}
