// Package statetest is the suite that every state.Aggregate must pass: Merging
// holds that parts merge to the whole, after travelling between processes, and
// Decoding that no message makes one panic.
package statetest

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view/viewtest"
	"tillwatch/shared/quality/wire"
)

// Kinds are aggregates to be tested, by name: what makes one that has seen nothing,
// over the columns of viewtest.Blocks.
type Kinds map[string]func() state.Aggregate

// Merging holds that a file split anywhere, observed in parts, written, read back and
// merged in any order, gives what observing it whole gives. What an aggregate
// knows is as tell writes it, the same for the same.
func Merging(t *testing.T, kinds Kinds, tell func(state.Aggregate) string) {
	for name, fresh := range kinds {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				parts := rapid.SliceOfN(rapid.SliceOf(rapid.Custom(row)), 1, 5).Draw(t, "parts")
				whole := fresh()
				viewtest.Blocks(t, strings.Join(slices.Concat(parts...), ""), rapid.IntRange(1, 99).Draw(t, "block"), whole.Observe)
				states := make([]state.Aggregate, len(parts))
				for i, p := range parts {
					seen := fresh()
					viewtest.Blocks(t, strings.Join(p, ""), 50, seen.Observe)
					states[i] = readBack(t, seen, fresh())
				}
				for len(states) > 1 { // any two become one: associative and commutative
					i := rapid.IntRange(0, len(states)-1).Draw(t, "into")
					j := rapid.IntRange(0, len(states)-2).Draw(t, "from")
					if j >= i {
						j++
					}
					states[i].Merge(states[j])
					states = slices.Delete(states, j, j+1)
				}
				if got, want := tell(states[0]), tell(whole); got != want {
					t.Errorf("merged: got %s, want %s", got, want)
				}
			})
		})
	}
}

// row draws a line of a key, a number and a day, each of which may be something else.
func row(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "3", "0.30", "-7", `"c,"""`, ""}).Draw(t, "key") + "," +
		rapid.SampledFrom([]string{"1", "-2.50", "0.1", "0", "", "x", "1e400", "0.123456789012345678", "9223372036854775807", "99999999999999999999"}).Draw(t, "number") + "," +
		rapid.SampledFrom([]string{"2026-01-01", "2026-01-02", "", "1969-12-31", "no"}).Draw(t, "day") + "\n"
}

// readBack writes an aggregate, reads it into a fresh one and returns that.
func readBack(t *rapid.T, a, fresh state.Aggregate) state.Aggregate {
	var first, second wire.Writer
	a.Encode(&first)
	r := wire.NewReader(first.Values())
	fresh.Decode(r)
	if err := r.Done(); err != nil {
		t.Fatalf("read back %T: %v", a, err)
	}
	fresh.Encode(&second)
	if !bytes.Equal(first.Values(), second.Values()) {
		t.Errorf("%T was written as %x, read, and then written as %x", a, first.Values(), second.Values())
	}
	return fresh
}

// Decoding holds that no bytes make an aggregate panic, neither when it reads
// them nor when it is used afterwards.
func Decoding(f *testing.F, kinds Kinds, tell func(state.Aggregate) string) {
	names := slices.Sorted(maps.Keys(kinds)) // in an order that stays
	f.Add(byte(0), []byte{1, 2, 3})
	for i, name := range names {
		a := kinds[name]()
		viewtest.Blocks(f, "a1,1.5,2026-01-01\na2,-7,\n,1e400,2026-01-02\n", 1000, a.Observe)
		var w wire.Writer
		a.Encode(&w)
		f.Add(byte(i), w.Values())
	}
	f.Fuzz(func(t *testing.T, kind byte, form []byte) {
		fresh := kinds[names[int(kind)%len(names)]]
		a := fresh()
		r := wire.NewReader(form)
		a.Decode(r)
		b := fresh()
		b.Merge(a)
		if len(form) < 1000 { // what is far apart takes long to tell, and no more
			tell(b)
		}
		if r.Done() == nil {
			var w wire.Writer
			a.Encode(&w)
		}
	})
}
