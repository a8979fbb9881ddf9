package key

import (
	"testing"

	"tillwatch/shared/quality/view/viewtest"
)

// BenchmarkKeys gathers keys and finds those that came before.
func BenchmarkKeys(b *testing.B) {
	for _, c := range []struct {
		name string
		slot int
	}{{"numbers", viewtest.Key}, {"texts", viewtest.Text}} {
		b.Run(c.name, func(b *testing.B) {
			views, size := viewtest.Large(b)
			var records []int
			for _, v := range views {
				records = append(records, v.Batch.Records)
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				keys := NewBuffer(&Spec{Slots: []int{c.slot}}, 1<<24, NewSpill(""))
				for _, v := range views {
					if _, err := keys.Observe(v); err != nil {
						b.Fatal(err)
					}
				}
				if _, _, err := Repeats([]*Buffer{keys}, records, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDistinct remembers which values a column has.
func BenchmarkDistinct(b *testing.B) {
	for _, c := range []struct {
		name string
		slot int
	}{{"codes", viewtest.Code}, {"texts", viewtest.Text}} {
		b.Run(c.name, func(b *testing.B) {
			views, size := viewtest.Large(b)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				a := NewDistinct([]int{c.slot})
				for _, v := range views {
					a.Observe(v)
				}
			}
		})
	}
}
