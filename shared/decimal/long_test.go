package decimal

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLongsAreFloatsAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		name, text, want string // want is "" for none
	}{
		{"a float below one", "-0.07452092145678901", "-0.07452092145678901"},
		{"a small float", "7.637746189766142e-06", "0.000007637746189766142"},
		{"a large one", "1.5E+20", "150000000000000000000"},
		{"the largest power of ten", "9e75", "9" + strings.Repeat("0", 75)},
		{"the smallest", "1e-75", "0." + strings.Repeat("0", 74) + "1"},
		{"beyond the largest", "10e75", ""},
		{"below the smallest", "0.9e-75", ""},
		{"zeros before it count for nothing", "000001e75", "1" + strings.Repeat("0", 75)},
		{"too many characters", strings.Repeat("1", MaxLong+1), ""},
		{"no number", "1.5 ", ""},
		{"nothing", "", ""},
	} {
		l, ok := ParseLong([]byte(c.text))
		if ok != (c.want != "") {
			t.Errorf("%s: got %v, %v, want %q", c.name, l, ok, c.want)
			continue
		}
		if want, read := new(big.Rat).SetString(c.want); read && l.Rat().Cmp(want) != 0 {
			t.Errorf("%s: got %v, want %s", c.name, l.Rat(), c.want)
		}
	}
}

var anyLong = rapid.Custom(func(t *rapid.T) Long {
	if rapid.Bool().Draw(t, "short") {
		return anyDecimal.Draw(t, "d").Long()
	}
	l, ok := ParseLong([]byte(rapid.StringMatching(`-?[0-9]\.[0-9]{1,17}e-?[1-6][0-9]`).Draw(t, "text")))
	if !ok {
		return Long{Coef: new(big.Int)}
	}
	return l
})

func TestLongsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var whole LongSum
		parts := make([]LongSum, 3)
		want := new(big.Rat)
		for range rapid.IntRange(0, 20).Draw(t, "count") {
			l, m := anyLong.Draw(t, "l"), anyLong.Draw(t, "m")
			if got, want := l.Cmp(m), l.Rat().Cmp(m.Rat()); got != want {
				t.Fatalf("%v against %v: got %d, want %d", l, m, got, want)
			}
			product := l.Times(m)
			whole.Add(product)
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Add(product)
			want.Add(want, new(big.Rat).Mul(l.Rat(), m.Rat()))
		}
		form, _ := whole.AppendBinary(nil)
		var merged LongSum
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			partForm, _ := parts[i].AppendBinary(nil)
			var back LongSum
			if err := back.UnmarshalBinary(partForm); err != nil {
				t.Fatal(err)
			}
			merged.Merge(&back)
		}
		again, _ := merged.AppendBinary(nil)
		if whole.Rat().Cmp(want) != 0 || merged.Rat().Cmp(want) != 0 || !bytes.Equal(form, again) {
			t.Fatalf("got %v, merged %v, want %v", whole.Rat(), merged.Rat(), want)
		}
	})
}

func FuzzLongSumBinary(f *testing.F) {
	for _, text := range []string{"1.5e30", "-7e-60"} {
		var s LongSum
		l, _ := ParseLong([]byte(text))
		s.Add(l)
		form, _ := s.AppendBinary(nil)
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form []byte) {
		var s, back LongSum
		if len(form) > 4096 || s.UnmarshalBinary(form) != nil {
			return
		}
		again, _ := s.AppendBinary(nil)
		if err := back.UnmarshalBinary(again); err != nil || back.Rat().Cmp(s.Rat()) != 0 {
			t.Errorf("%x: read back %v as %v, %v", form, s.Rat(), back.Rat(), err)
		}
	})
}
