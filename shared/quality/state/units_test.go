package state

import (
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/tabular"
)

// numberText draws cells that are numbers of one form, mostly.
func numberText(t *rapid.T) string {
	return rapid.OneOf(
		rapid.StringMatching(`-?[0-9]{1,5}\.[0-9]{2}`), rapid.StringMatching(`-?[0-9]{1,18}`), rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{0,18})?`),
		rapid.SampledFrom([]string{"", "x", "1e3", "1e400", "5.", "+7", "-0", "0.00", "9223372036854775807", "-9223372036854775807", "12345678901234567890", `""`}),
	).Draw(t, "cell")
}

// numberColumn draws a block with one column of numbers, twice.
func numberColumn(t *rapid.T) (v *View, cells []string) {
	cells = rapid.SliceOfN(rapid.Custom(numberText), 1, 40).Draw(t, "cells")
	if rapid.Bool().Draw(t, "alike") {
		for i := range cells {
			cells[i] = cells[i%min(2, len(cells))]
		}
	}
	var text strings.Builder
	for _, c := range cells {
		fmt.Fprintf(&text, "a,%s,2026-01-01\n", c)
	}
	blocks(t, text.String(), 1<<16, func(each *View) { v = each })
	return v, cells
}

// Units hold what Parse finds in each cell, in one unit.
func TestUnitsAreTheNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, cells := numberColumn(t)
		u := v.Units(1)
		nulls, rows := 0, 0
		for row, text := range cells {
			want, kind := decimal.Parse([]byte(strings.Trim(text, `"`)))
			if text == "" {
				nulls++
			}
			got, gotKind := u.At(row)
			if gotKind != kind || kind == decimal.Fits && got.Cmp(want) != 0 {
				t.Errorf("%q: got %v (%v), want %v (%v)", text, got, gotKind, want, kind)
			}
			if n, kind := decimal.ParseInteger([]byte(text)); u.Whole && gotKind == decimal.Fits && !u.isOdd(row) && (kind != decimal.Fits || n != got.Coef) {
				t.Errorf("%q is said to be whole", text)
			}
		}
		for row, run := range u.Runs() {
			for i, n := range run {
				if rows++; u.isOdd(row+i) || n < u.Least || n > u.Most || n != u.Values[row+i] {
					t.Errorf("row %d is odd, or beyond %d to %d: %d", row+i, u.Least, u.Most, n)
				}
			}
		}
		if u.Nulls != nulls || rows != u.N() {
			t.Errorf("got %d nulls and %d rows, want %d and %d", u.Nulls, rows, nulls, u.N())
		}
	})
}

func (u *Units) isOdd(row int) bool {
	return slices.ContainsFunc(u.Odd, func(o Odd) bool { return int(o.Row) == row })
}

// Compare finds what comparing each cell as a fraction does, whatever orders are
// allowed.
func TestCompareIsThatOfFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, cells := numberColumn(t)
		text := rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,5}(\.[0-9]{1,3})?`), rapid.SampledFrom([]string{cells[0], "0", "9223372036854775807", "-9223372036854775807"})).Draw(t, "bound")
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
		v, cells := numberColumn(t)
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

// blocks calls each with the blocks of text, without a header, of the columns key,
// number and day.
func blocks(t interface{ Fatal(...any) }, text string, block int, each func(*View)) {
	r, err := tabular.NewReader(strings.NewReader("key,number,day\n"+text), tabular.Options{Limits: tabular.Limits{BlockBytes: block}})
	if err != nil {
		t.Fatal(err)
	}
	view := NewView([]Slot{
		{Name: "key", Position: 0, Layout: datetime.ISODate(), Zone: time.UTC},
		{Name: "number", Position: 1, Layout: datetime.ISODate(), Zone: time.UTC},
		{Name: "day", Position: 2, Layout: datetime.ISODate(), Zone: time.UTC},
	})
	var blk tabular.Block
	var batch tabular.Batch
	for {
		if err := r.Next(&blk); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		batch.Parse(&blk, 3, tabular.Dialect{})
		view.Turn(&batch, blk.Index)
		each(view)
	}
}
