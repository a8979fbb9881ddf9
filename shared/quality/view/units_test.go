package view_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/view/viewtest"
)

// Units hold what Parse finds in each cell, in one unit.
func TestUnitsAreTheNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, cells := viewtest.Numbers(t)
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
			if n, kind := decimal.ParseInteger([]byte(text)); u.Whole && gotKind == decimal.Fits && !isOdd(u, row) && (kind != decimal.Fits || n != got.Coef) {
				t.Errorf("%q is said to be whole", text)
			}
		}
		for row, run := range u.Runs() {
			for i, n := range run {
				if rows++; isOdd(u, row+i) || n < u.Least || n > u.Most || n != u.Values[row+i] {
					t.Errorf("row %d is odd, or beyond %d to %d: %d", row+i, u.Least, u.Most, n)
				}
			}
		}
		if u.Nulls != nulls || rows != u.N() {
			t.Errorf("got %d nulls and %d rows, want %d and %d", u.Nulls, rows, nulls, u.N())
		}
	})
}

func isOdd(u *view.Units, row int) bool {
	return slices.ContainsFunc(u.Odd, func(o view.Odd) bool { return int(o.Row) == row })
}
