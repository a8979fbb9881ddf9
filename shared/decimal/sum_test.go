package decimal

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestSumIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s, left, right Sum
		want := new(big.Rat)
		for range rapid.IntRange(0, 40).Draw(t, "count") {
			d := anyDecimal.Draw(t, "d")
			n := rapid.SampledFrom([]int64{1, 1, 2, -3, math.MaxInt64, math.MinInt64}).Draw(t, "times")
			part := &left
			if rapid.Bool().Draw(t, "right") {
				part = &right
			}
			for _, to := range []*Sum{&s, part} {
				if n == 1 {
					to.Add(d)
				} else {
					to.AddTimes(d, n)
				}
			}
			want.Add(want, new(big.Rat).Mul(d.Rat(), new(big.Rat).SetInt64(n)))
		}
		if s.Rat().Cmp(want) != 0 {
			t.Fatalf("got %v, want %v", s.Rat(), want)
		}
		if read, ok := new(big.Rat).SetString(s.String()); !ok || read.Cmp(want) != 0 {
			t.Fatalf("String() = %s, want %v", s, want)
		}
		if s.Float64() != nearest(want) || s.Sign() != want.Sign() {
			t.Fatalf("Float64() = %v, Sign() = %d of %v", s.Float64(), s.Sign(), want)
		}
		if d, ok := s.Decimal(); ok != fitsSomehow(want) || ok && d.Rat().Cmp(want) != 0 {
			t.Fatalf("Decimal() = %v %v of %v", d, ok, want)
		}
		a, b := left, right
		a.Merge(right)
		b.Merge(left)
		if a.Rat().Cmp(want) != 0 || b.Rat().Cmp(want) != 0 || a.Cmp(b) != 0 {
			t.Fatalf("merged %v and %v, want %v", a, b, want)
		}
		difference := new(big.Rat).Sub(left.Rat(), right.Rat())
		if left.Sub(right).Rat().Cmp(difference) != 0 || left.Cmp(right) != difference.Sign() {
			t.Fatalf("%v - %v = %v", left, right, left.Sub(right))
		}
		tolerance := anyDecimal.Draw(t, "tolerance").Abs()
		if got, want := left.Within(right, tolerance), new(big.Rat).Abs(difference).Cmp(tolerance.Rat()) <= 0; got != want {
			t.Fatalf("%v within %v of %v: got %v", left, tolerance, right, got)
		}
	})
}

func TestSumMergeIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts [3]Sum
		for i := range parts {
			for range rapid.IntRange(0, 5).Draw(t, "count") {
				parts[i].AddTimes(anyDecimal.Draw(t, "d"), rapid.Int64().Draw(t, "times"))
			}
		}
		left, inner, right := parts[0], parts[1], parts[0]
		left.Merge(parts[1])
		left.Merge(parts[2])
		inner.Merge(parts[2])
		right.Merge(inner)
		if left.Cmp(right) != 0 || left.String() != right.String() {
			t.Fatalf("%v and %v", left, right)
		}
	})
}

func TestSumCopiesAreIndependent(t *testing.T) {
	var s Sum
	s.AddBytes([]byte("1e300"))
	copied := s
	s.AddBytes([]byte("1e300"))
	if want, _ := Rat([]byte("1e300")); copied.Rat().Cmp(want) != 0 {
		t.Errorf("the copy became %v", copied)
	}
}

func TestSumAddBytes(t *testing.T) {
	var s Sum
	for text, want := range map[string]bool{"12.50": true, "-1e30": true, "1e30": true, "x": false, "1e500": false, "": false} {
		if got := s.AddBytes([]byte(text)); got != want {
			t.Errorf("AddBytes(%q): got %v", text, got)
		}
	}
	if s.String() != "12.50" {
		t.Errorf("got %s, want 12.50", s)
	}
	if d, ok := s.Decimal(); !ok || d.Cmp(MustParse("12.5")) != 0 {
		t.Errorf("got %v %v", d, ok)
	}
}

func TestEmptySum(t *testing.T) {
	var s Sum
	if s.String() != "0" || s.Sign() != 0 || s.Float64() != 0 {
		t.Errorf("got %v", s)
	}
}
