package key

import (
	"github.com/zeebo/xxh3"

	"tillwatch/shared/quality/view"
)

// Fingerprint is that of a tuple of one value.
func Fingerprint(value []byte) uint64 { return xxh3.Hash(value) }

// Tuples calls each with the fingerprint of each row's values in slots; rows
// with a null among them are left out.
func Tuples(v *view.View, slots []int, each func(row int, print uint64)) {
	for _, s := range slots {
		v.Spans(s)
	}
	data := v.Batch.Data
	if len(slots) == 1 {
		for row, s := range v.Spans(slots[0]) {
			if !s.IsNull() {
				each(row, Fingerprint(data[s.Start:s.End]))
			}
		}
		return
	}
rows:
	for row := range v.Len() {
		var print uint64
		for _, slot := range slots {
			s := v.Spans(slot)[row]
			if s.IsNull() {
				continue rows
			}
			print = chain(print, data[s.Start:s.End])
		}
		each(row, print)
	}
}

// WholeTuples is Tuples without leaving rows out: a null is a value of its own.
func WholeTuples(v *view.View, slots []int, each func(row int, print uint64)) {
	for _, s := range slots {
		v.Spans(s)
	}
	data := v.Batch.Data
	for row := range v.Len() {
		var print uint64
		for _, slot := range slots {
			if s := v.Spans(slot)[row]; s.IsNull() {
				print = chain(^print, nil)
			} else {
				print = chain(print, data[s.Start:s.End])
			}
		}
		each(row, print)
	}
}

// TupleTimes calls each with the fingerprint of each different tuple of a block, or of
// some several times, and how often it occurs.
func TupleTimes(v *view.View, slots []int, each func(print uint64, n int64)) {
	var times []int64
	if len(slots) == 1 {
		v, times = v.Weighed(slots[0])
	}
	Tuples(v, slots, func(row int, print uint64) {
		if n := view.Weight(times, row); n > 0 {
			each(print, n)
		}
	})
}

// chain extends the fingerprint of a tuple by one more value.
func chain(print uint64, value []byte) uint64 {
	return xxh3.HashSeed(value, print+0x9E3779B97F4A7C15)
}
