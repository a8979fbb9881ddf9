package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/words"
)

// leastNullPoints is how much of a hundred nulls change by to count as changed.
const leastNullPoints = 5

// A Difference is what changed from one profile to another.
type Difference struct {
	Version int            `json:"version"`
	Same    bool           `json:"same"` // nothing of the schema or of a distribution changed
	Before  Side           `json:"before"`
	After   Side           `json:"after"`
	Schema  []drift.Change `json:"schema"`
	Columns []Shift        `json:"columns"` // of those that both have
}

// A Side is what is compared.
type Side struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// A Shift compares what a column holds on both sides.
type Shift struct {
	Column  string   `json:"column"` // the name after
	Changed bool     `json:"changed"`
	Tests   []Test   `json:"tests"`
	Notes   []string `json:"notes,omitempty"` // what is told but does not count as changed
	// Before and After are distributions in the same classes, of numbers and
	// categories; nil elsewhere and for personal columns that are masked.
	Before []Bar `json:"before,omitempty"`
	After  []Bar `json:"after,omitempty"`
}

// A Test is one comparison. A test that could not be made is not Measured.
type Test struct {
	Name      string   `json:"name"`
	Measured  bool     `json:"measured"`
	Changed   bool     `json:"changed"`
	Value     float64  `json:"value"`
	Threshold float64  `json:"threshold"`
	Chance    *float64 `json:"chance,omitempty"` // of a difference as large by accident
	Message   string   `json:"message"`
}

// Compare says what changed from a to b, which were read with the same options.
//
// Columns belong together by their names, and those that only one side has by
// what they hold: where half of the different values of both are common, or
// where codes have the same shape, a removed column was renamed. Distributions
// are compared as follows; a column is changed if one of its tests is.
//
//   - Nulls: the shares differ by at least 5 points and by accident (chi-square
//     of null and not null) with a chance below 1 %.
//   - Numbers: the Kolmogorov–Smirnov distance is at least 0.1 and by accident with a
//     chance below 1 %; or the population stability index over the tenths of a is
//     at least 0.25, and that by accident with a chance below 1 %.
//   - Categories, which are texts and booleans with up to 200 different values:
//     chi-square with a chance below 1 % and Cramér's V of at least 0.1; or the index
//     over the values as for numbers.
//   - Other texts: at least a tenth of the values is built from other sorts of
//     characters in a row than any in a, lengths aside.
//   - Dates and timestamps go on as time does; their extent is told and no change.
//
// Fewer than 50 values on either side are too few to tell, which a test then says.
func Compare(a, b *Profile) *Difference {
	d := &Difference{Version: Version, Before: sideOf(a), After: sideOf(b), Schema: []drift.Change{}, Columns: []Shift{}}
	changes, pairs := drift.Schema(fieldsOf(a), fieldsOf(b), func(i, j int) float64 {
		return alike(&a.Columns[i], &b.Columns[j], a.states[i], b.states[j])
	})
	d.Schema = append(d.Schema, changes...)
	d.Same = len(d.Schema) == 0
	for _, p := range pairs {
		s := compareColumns(&a.Columns[p.Before], &b.Columns[p.After], a.states[p.Before], b.states[p.After])
		d.Same = d.Same && !s.Changed
		d.Columns = append(d.Columns, s)
	}
	return d
}

func sideOf(p *Profile) Side {
	name := ""
	if len(p.Files) > 0 {
		name = p.Files[0].Name
	}
	return Side{name, p.Rows}
}

// compareColumns compares what a column holds.
func compareColumns(a, b *Column, sa, sb *column) Shift {
	s := Shift{Column: b.Name, Tests: []Test{nullTest(a, b)}}
	hidden := a.Min == masked || b.Min == masked
	number := func(c *Column) bool { return c.Type == contract.Integer || c.Type == contract.Number }
	moment := func(c *Column) bool { return c.Type == contract.Date || c.Type == contract.Timestamp }
	switch enough := min(a.Rows-a.Nulls, b.Rows-b.Nulls) >= drift.LeastCompared; {
	case a.Rows == a.Nulls || b.Rows == b.Nulls:
	case moment(a) && moment(b):
		if !hidden && (a.Min != b.Min || a.Max != b.Max) {
			s.Notes = append(s.Notes, fmt.Sprintf("from %s to %s; before from %s to %s", b.Min, b.Max, a.Min, a.Max))
		}
	case typed(a) != typed(b): // told as a change of the schema
	case !enough:
		s.Tests = append(s.Tests, Test{Name: "distribution", Message: fmt.Sprintf("too few values to tell: %s and %s, %d needed",
			words.Count(a.Rows-a.Nulls), words.Count(b.Rows-b.Nulls), drift.LeastCompared)})
	case number(a) && a.Unique && b.Unique && a.Type == contract.Integer:
		s.Notes = append(s.Notes, "whole numbers that never repeat: they count up, and are not compared")
	case number(a):
		s.numbers(sa, sb, hidden)
	case a.DistinctExact && b.DistinctExact && max(a.Distinct, b.Distinct) <= drift.MostClasses:
		s.categories(sa, sb, hidden)
	default:
		s.shapes(sa, sb)
	}
	s.Changed = slices.ContainsFunc(s.Tests, func(t Test) bool { return t.Changed })
	return s
}

func nullTest(a, b *Column) Test {
	points := math.Abs(b.NullPercent - a.NullPercent)
	_, _, chance, _ := drift.ChiSquare([]int64{a.Nulls, a.Rows - a.Nulls}, []int64{b.Nulls, b.Rows - b.Nulls})
	t := Test{Name: "nulls", Measured: true, Value: points, Threshold: leastNullPoints, Chance: &chance,
		Changed: points >= leastNullPoints && chance < drift.Significance,
		Message: fmt.Sprintf("%s %% null, before %s %%", words.Percent(b.NullPercent), words.Percent(a.NullPercent))}
	if min(a.Rows, b.Rows) < drift.LeastCompared {
		t.Measured, t.Changed, t.Chance = false, false, nil
		t.Message += fmt.Sprintf("; too few rows to tell, %d needed", drift.LeastCompared)
	}
	return t
}

func (s *Shift) numbers(a, b *column, hidden bool) {
	wa, _ := a.weights()
	wb, _ := b.weights()
	distance, chance := drift.KolmogorovSmirnov(wa, wb)
	s.Tests = append(s.Tests, Test{Name: "kolmogorov-smirnov", Measured: true, Value: distance, Threshold: drift.LeastDistance, Chance: &chance,
		Changed: distance >= drift.LeastDistance && chance < drift.Significance,
		Message: fmt.Sprintf("distance %s, %s by accident", short3(distance), likely(chance))})
	edges := drift.Tenths(wa)
	ca, cb := drift.Classed(wa, edges), drift.Classed(wb, edges)
	s.index(ca, cb)
	if hidden {
		return
	}
	s.Notes = append(s.Notes, fmt.Sprintf("mean %s, before %s", short(meanOf(b)), short(meanOf(a))))
	low, high := min(drift.Quantile(wa, .01), drift.Quantile(wb, .01)), max(drift.Quantile(wa, .99), drift.Quantile(wb, .99))
	both := slices.Concat(wa, wb)
	slices.SortFunc(both, func(x, y drift.Weight) int { return cmp.Compare(x.At, y.At) })
	frame := &Figures{P1: low, P99: high}
	s.Before, s.After = barsOf(both, false, frame), barsOf(both, false, frame)
	for i := range s.Before {
		s.Before[i].Count, s.After[i].Count = 0, 0
	}
	fill(s.Before, wa, low, high)
	fill(s.After, wb, low, high)
}

func meanOf(c *column) float64 {
	mean, _ := c.numbers.meanDeviation()
	return mean
}

// fill counts numbers into bars of one width from low to high.
func fill(list []Bar, numbers []drift.Weight, low, high float64) {
	for _, w := range numbers {
		at := 0
		if high > low {
			at = int(min(max(math.Floor((w.At-low)/(high-low)*float64(len(list))), 0), float64(len(list)-1)))
		}
		list[at].Count += w.N
	}
}

func (s *Shift) index(a, b []int64) {
	v, chance := drift.StabilityIndex(a, b)
	word := "no change to speak of"
	switch {
	case chance >= drift.Significance: // an index of few rows is large by itself
	case v >= drift.LeastIndex:
		word = "a large change"
	case v >= .1:
		word = "some change"
	}
	s.Tests = append(s.Tests, Test{Name: "stability index", Measured: true, Value: v, Threshold: drift.LeastIndex, Chance: &chance,
		Changed: v >= drift.LeastIndex && chance < drift.Significance,
		Message: fmt.Sprintf("%s, %s, %s by accident", short3(v), word, likely(chance))})
}

func (s *Shift) categories(a, b *column, hidden bool) {
	both := map[uint64]string{}
	for p, v := range a.held {
		both[p] = v.text
	}
	for p, v := range b.held {
		both[p] = v.text
	}
	type class struct {
		text string
		a, b int64
	}
	var list []class
	for p, text := range both {
		c := class{text: text}
		if v := a.held[p]; v != nil {
			c.a = v.n
		}
		if v := b.held[p]; v != nil {
			c.b = v.n
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(x, y class) int { return cmp.Or(cmp.Compare(y.a+y.b, x.a+x.b), cmp.Compare(x.text, y.text)) })
	var ca, cb []int64
	var gone, fresh []string
	for _, c := range list {
		ca, cb = append(ca, c.a), append(cb, c.b)
		if !hidden {
			s.Before, s.After = append(s.Before, Bar{c.text, c.text, c.a}), append(s.After, Bar{c.text, c.text, c.b})
		}
		if c.b == 0 {
			gone = append(gone, c.text)
		} else if c.a == 0 {
			fresh = append(fresh, c.text)
		}
	}
	statistic, freedom, chance, cramer := drift.ChiSquare(ca, cb)
	s.Tests = append(s.Tests, Test{Name: "chi-square", Measured: true, Value: cramer, Threshold: drift.LeastCramer, Chance: &chance,
		Changed: cramer >= drift.LeastCramer && chance < drift.Significance,
		Message: fmt.Sprintf("Cramér's V %s (χ² %s, %d degrees of freedom), %s by accident", short3(cramer), short3(statistic), freedom, likely(chance))})
	s.index(ca, cb)
	if !hidden {
		s.noteValues("new", fresh)
		s.noteValues("gone", gone)
	}
}

func (s *Shift) noteValues(what string, list []string) {
	if len(list) == 0 {
		return
	}
	text := ""
	for i, v := range list {
		if i == 5 {
			text += fmt.Sprintf(" and %d more", len(list)-i)
			break
		}
		text += fmt.Sprintf(" %q", v)
	}
	s.Notes = append(s.Notes, what+":"+text)
}

// shapes compares how texts of many different values are built.
func (s *Shift) shapes(a, b *column) {
	if a.shapes.seen == nil || b.shapes.seen == nil {
		s.Tests = append(s.Tests, Test{Name: "shape", Message: "free text: neither its values nor their shapes can be compared"})
		return
	}
	known := map[string]bool{}
	for shape := range a.shapes.seen {
		known[sorts(shape)] = true
	}
	var other, all int64
	for shape, n := range b.shapes.seen {
		all += n
		if !known[sorts(shape)] {
			other += n
		}
	}
	share := percent(other, all) / 100
	s.Tests = append(s.Tests, Test{Name: "shape", Measured: true, Value: share, Threshold: drift.LeastDistance, Changed: share >= drift.LeastDistance,
		Message: fmt.Sprintf("%s %% of the values are built as none was before", words.Percent(100*share))})
}

func short3(v float64) string { return words.Number(math.Round(v*1000) / 1000) }

// likely says a chance in words.
func likely(chance float64) string {
	if chance < .0001 {
		return "less than 0.01 % likely"
	}
	if chance > .9999 && chance < 1 {
		return "more than 99.99 % likely"
	}
	return words.Percent(100*chance) + " % likely"
}
