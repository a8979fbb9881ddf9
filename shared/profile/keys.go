package profile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tillwatch/shared/contract"
)

// key returns the column that is the primary key, -1 if none is.
func (w *writer) key() int {
	if w.least() < leastRows {
		return -1
	}
	best := -1
	for i := range w.p.Columns {
		c := &w.p.Columns[i]
		if !w.everywhere(i) || !w.keyLike(i) || c.Nulls > 0 {
			continue
		}
		if best < 0 || named(c.Name) && !named(w.p.Columns[best].Name) {
			best = i
		}
	}
	return best
}

// keyLike reports whether the values of a column are unique and such that they
// are so on purpose: codes, what is called a key, and whole numbers that stand so
// close together that they would not all be different by chance.
func (w *writer) keyLike(i int) bool {
	c := &w.p.Columns[i]
	values := c.Rows - c.Nulls
	if !c.Unique || c.Fitting != values || c.Longest > 64 {
		return false
	}
	switch c.Type {
	case contract.String:
		return named(c.Name) || c.Format == "uuid" || c.Format == "" && values >= leastShaped && w.p.states[i].coded()
	case contract.Integer:
		return named(c.Name) || unlikelyUnique(w.p.states[i], values)
	}
	return false
}

// coded reports whether all values are codes: built alike, of letters, digits and
// what joins them, unlike shares and sums such as 12.5 % and 1,000.
func (c *column) coded() bool {
	if c.pattern(true) == "" {
		return false
	}
	return codes(c.shapes.seen)
}

// codes reports whether shapes are those of codes.
func codes(shapes map[string]int64) bool {
	for shape := range shapes {
		if strings.Trim(shape, "9Aa-_/:#") != "" {
			return false
		}
	}
	return true
}

// unlikelyUnique reports whether so many numbers, drawn at random from as far as
// they reach, would be all different in less than 5 of 100 cases: they'd have
// n² ÷ 2·reach pairs that are equal, and none of them with the chance of e to the
// minus of that.
func unlikelyUnique(s *column, n int64) bool {
	least, greatest := s.numbers.reach()
	return float64(n)*float64(n)/(2*(greatest-least+1)) > -math.Log(.05)
}

// named reports whether a column's name says that it is a key.
func named(name string) bool {
	return slices.ContainsFunc(tokens(name), func(t string) bool {
		return slices.Contains([]string{"id", "key", "code", "number", "no", "uuid", "sku"}, t)
	})
}

// repeats writes how many rows may occur more than once, where hardly any did.
func (w *writer) repeats() {
	if w.least() < leastRows {
		return
	}
	most := int64(0)
	for _, f := range w.p.Files {
		if f.repeated < 0 || float64(f.repeated) > repeatedShare*float64(f.Rows) {
			return
		}
		most = max(most, int64(math.Ceil(allowed(f.repeated, f.Rows, together(1))*float64(f.Rows))))
	}
	w.rule(3, "rows_repeated", "hardly a row occurs more than once", "type: custom", "engine: dqdl",
		fmt.Sprintf("implementation: \"DuplicateRowCount <= %d\"", most), "dimension: uniqueness", "severity: error")
}
