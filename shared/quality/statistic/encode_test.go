package statistic

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/wire"
)

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

// all has every kind of aggregate, in an order that stays.
func all() (fresh []func() state.Aggregate) {
	for _, kinds := range []map[string]func() state.Aggregate{aggregates, statistics} {
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			fresh = append(fresh, kinds[name])
		}
	}
	return fresh
}

// FuzzDecode holds that no bytes make an aggregate panic, neither when it reads
// them nor when it is used afterwards.
func FuzzDecode(f *testing.F) {
	kinds := all()
	f.Add(byte(0), []byte{1, 2, 3})
	for kind, fresh := range kinds {
		a := fresh()
		observe(f, a, "a1,1.5,2026-01-01\na2,-7,\n,1e400,2026-01-02\n", 1000)
		var w wire.Writer
		a.Encode(&w)
		f.Add(byte(kind), w.Values())
	}
	f.Fuzz(func(t *testing.T, kind byte, form []byte) {
		fresh := kinds[int(kind)%len(kinds)]
		a := fresh()
		r := wire.NewReader(form)
		a.Decode(r)
		b := fresh()
		b.Merge(a)
		if len(form) < 1000 { // what is far apart takes long to tell, and no more
			tell(b)
			tellStatistic(b)
		}
		if r.Done() == nil {
			var w wire.Writer
			a.Encode(&w)
		}
	})
}
