package kernel

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/view/viewtest"
)

// Compare finds what comparing each cell as a fraction does, whatever orders are
// allowed.
func TestCompareIsThatOfFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, cells := viewtest.Numbers(t)
		text := rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,5}(\.[0-9]{1,3})?`), rapid.SampledFrom([]string{cells[0], "0", "9223372036854775807", "-9223372036854775807",
			"18446744073709551615", "-14000000000000000000", "1e30", "0.0000000000000000000001"})).Draw(t, "bound")
		bound, ok := NewBound(text)
		if !ok {
			return
		}
		allowed := [3]bool{rapid.Bool().Draw(t, "below"), rapid.Bool().Draw(t, "equal"), rapid.Bool().Draw(t, "above")}
		bad, looked := Compare(1, bound, func(order int) bool { return allowed[order+1] })(v, nil)
		var want []uint32
		numbers := 0
		for row, cell := range cells {
			if exact, ok := decimal.Rat([]byte(cell)); ok {
				numbers++
				if !allowed[exact.Cmp(bound.exact)+1] {
					want = append(want, uint32(row))
				}
			}
		}
		if looked != numbers || !slices.Equal(bad, want) {
			t.Errorf("%q: got rows %v of %d, want %v of %d", cells, bad, looked, want, numbers)
		}
	})
}

// Integer finds what reading each cell as a big integer does.
func TestIntegerIsThatOfBigIntegers(t *testing.T) {
	ranges := [][2]*big.Int{{nil, nil}, {big.NewInt(-128), big.NewInt(127)}, {new(big.Int), new(big.Int).SetUint64(math.MaxUint64)}}
	rapid.Check(t, func(t *rapid.T) {
		v, cells := viewtest.Numbers(t)
		r := rapid.SampledFrom(ranges).Draw(t, "range")
		bad, looked := Integer(1, r[0], r[1])(v, nil)
		var want []uint32
		values := 0
		for row, cell := range cells {
			if cell == "" {
				continue
			}
			values++
			n, ok := new(big.Int).SetString(strings.Trim(cell, `"`), 10)
			if !ok || r[0] != nil && (n.Cmp(r[0]) < 0 || n.Cmp(r[1]) > 0) {
				want = append(want, uint32(row))
			}
		}
		if looked != values || !slices.Equal(bad, want) {
			t.Errorf("%q: got rows %v of %d, want %v of %d", cells, bad, looked, want, values)
		}
	})
}

func TestIntervals(t *testing.T) {
	const least, most = leastUnit, mostUnit
	for _, c := range []struct {
		rule     string
		interval interval
		in, out  []int64
	}{
		{"no numbers", interval{}, nil, []int64{least, -1, 0, 1, most}},
		{"all numbers", between(nil, nil), []int64{least, -1, 0, 1, most}, nil},
		{"all below", between(nil, big.NewInt(4)), []int64{least, 4}, []int64{5, most}},
		{"all but one", between(nil, big.NewInt(4)).join(between(big.NewInt(6), nil)), []int64{least, 4, 6, most}, []int64{5}},
		{"two that touch", between(nil, big.NewInt(4)).join(between(big.NewInt(5), nil)), []int64{least, 4, 5, most}, nil},
		{"ends in the wrong order", between(big.NewInt(2), big.NewInt(1)), nil, []int64{1, 2}},
	} {
		for _, n := range c.in {
			if !c.interval.has(n) {
				t.Errorf("%s: %d is not in it", c.rule, n)
			}
		}
		for _, n := range c.out {
			if c.interval.has(n) {
				t.Errorf("%s: %d is in it", c.rule, n)
			}
		}
	}
	if hole := between(nil, big.NewInt(4)).join(between(big.NewInt(6), nil)); hole.hasAll(4, 6) || !hole.hasAll(6, 9) {
		t.Errorf("all but 5: it does not tell 4 to 6 from 6 to 9")
	}
}
