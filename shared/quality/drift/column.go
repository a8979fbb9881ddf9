package drift

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
)

// Bounds of what is remembered of a column, about a kilobyte in all.
const (
	mostPrints  = 32
	mostNumbers = 40
)

// A Column is what is remembered of a column of a file, to compare later files
// with: no more than is asked for, and nothing of a column whose values are
// personal but its name and type.
type Column struct {
	Name string `json:"name"`
	// Type is integer, number, boolean, date, timestamp or string, "" if the column
	// holds no values.
	Type string `json:"type,omitempty"`
	// Values is how many values there are, nulls apart.
	Values int64 `json:"values,omitempty"`
	// Prints are the 32 smallest fingerprints of the different values, or all, in
	// ascending order and eight bytes each, the most significant first.
	Prints []byte `json:"prints,omitempty"`
	// At are up to 40 numbers in ascending order, and Numbers how many of the values
	// are up to that one and above the one before: each different number, or of
	// more than 40 the ends of fortieths.
	At      []float64 `json:"at,omitempty"`
	Numbers []int64   `json:"numbers,omitempty"`
	// Classes is how often each value occurs, nil if there are more than
	// MostClasses different ones or none were asked for.
	Classes map[string]int64 `json:"classes,omitempty"`
}

// SetPrints remembers the smallest fingerprints.
func (c *Column) SetPrints(prints []uint64) {
	prints = slices.Sorted(slices.Values(prints))
	c.Prints = nil
	for _, p := range prints[:min(len(prints), mostPrints)] {
		c.Prints = binary.BigEndian.AppendUint64(c.Prints, p)
	}
}

// A Distribution is how often each number occurs, in ascending order, or each
// class; nil is unknown or, of classes, more than are told apart.
type Distribution struct {
	Numbers []Weight
	Classes map[string]int64
}

// Set remembers a distribution.
func (c *Column) Set(d Distribution) {
	c.Classes, c.At = d.Classes, nil
	if len(d.Numbers) > mostNumbers {
		for i := 1; i <= mostNumbers; i++ {
			c.At = append(c.At, Quantile(d.Numbers, float64(i)/mostNumbers))
		}
		c.At = slices.Compact(c.At)
	} else {
		for _, w := range d.Numbers {
			c.At = append(c.At, w.At)
		}
	}
	c.Numbers = Classed(d.Numbers, c.At)[:len(c.At)]
}

// Weights returns the numbers that are remembered, in order.
func (c *Column) Weights() []Weight {
	list := make([]Weight, min(len(c.At), len(c.Numbers)))
	for i := range list {
		list[i] = Weight{c.At[i], c.Numbers[i]}
	}
	return list
}

// Likeness estimates the share of the different values of both columns that
// both have, from the 32 smallest fingerprints of all; few reports whether it is
// exact, for neither has more. It is 0 if either has none. Source: Broder, On the
// Resemblance and Containment of Documents (1997).
func (c *Column) Likeness(o *Column) (like float64, few bool) {
	a, b := c.prints(), o.prints()
	if len(a) == 0 || len(b) == 0 {
		return 0, false
	}
	few = len(a) < mostPrints && len(b) < mostPrints
	union := slices.Sorted(slices.Values(slices.Concat(a, b)))
	union = slices.Compact(union)
	if !few {
		union = union[:min(len(union), mostPrints)]
	}
	both := 0
	for _, p := range union {
		_, inA := slices.BinarySearch(a, p)
		_, inB := slices.BinarySearch(b, p)
		if inA && inB {
			both++
		}
	}
	return float64(both) / float64(len(union)), few
}

func (c *Column) prints() (list []uint64) {
	for at := 0; at+8 <= len(c.Prints); at += 8 {
		list = append(list, binary.BigEndian.Uint64(c.Prints[at:]))
	}
	return list
}

// A Method compares two distributions.
type Method string

// The methods, with what a difference is measured in.
const (
	Index   Method = "stabilityIndex"    // of numbers by the tenths of what was, or of classes
	Smirnov Method = "kolmogorovSmirnov" // of numbers: the largest distance of the distribution functions
	Chi     Method = "chiSquare"         // of classes: Cramér's V
)

// Compare measures how far a distribution is from that of a column before, and
// the chance that it is as far by accident. It is false if the two can't be
// compared so: numbers with what are none, or more classes than are told apart.
// Numbers are compared at the ends that are remembered of before, so that a
// distance is too small by at most 1/40, and never too large.
func (m Method) Compare(before *Column, now Distribution) (value, chance float64, ok bool) {
	if was := before.Weights(); m != Chi && len(was) > 0 && len(now.Numbers) > 0 {
		if m == Index {
			edges := Tenths(was)
			value, chance = StabilityIndex(Classed(was, edges), Classed(now.Numbers, edges))
			return value, chance, true
		}
		var is []Weight
		for i, n := range Classed(now.Numbers, before.At[:len(was)]) {
			if i == len(was) {
				is = append(is, Weight{math.Inf(1), n})
			} else {
				is = append(is, Weight{was[i].At, n})
			}
		}
		value, chance = KolmogorovSmirnov(was, is)
		return value, chance, true
	}
	if m == Smirnov || before.Classes == nil || now.Classes == nil {
		return 0, 0, false
	}
	var was, is []int64
	for _, class := range Classes(before.Classes, now.Classes) {
		was, is = append(was, before.Classes[class]), append(is, now.Classes[class])
	}
	if m == Index {
		value, chance = StabilityIndex(was, is)
	} else {
		_, _, chance, value = ChiSquare(was, is)
	}
	return value, chance, true
}

// Classes returns the classes of both, in order.
func Classes(a, b map[string]int64) []string {
	both := map[string]int64{}
	maps.Copy(both, a)
	maps.Copy(both, b)
	return slices.Sorted(maps.Keys(both))
}
