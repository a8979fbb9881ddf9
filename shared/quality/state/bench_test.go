package state

import (
	"testing"
	"time"

	"tillwatch/shared/quality/view/viewtest"
)

// BenchmarkAggregate lets an aggregate see a column whose cells were found
// before.
func BenchmarkAggregate(b *testing.B) {
	for _, c := range []struct {
		name string
		make func() Aggregate
	}{
		{"figures", func() Aggregate { return &Figures{Slot: viewtest.Price} }},
		{"occurrences", func() Aggregate { return NewOccurrences(viewtest.Word) }},
		{"periods", func() Aggregate { return NewPeriods(viewtest.Day, 24*time.Hour) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			views, size := viewtest.Large(b)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				a := c.make()
				for _, v := range views {
					a.Observe(v)
				}
			}
		})
	}
}
