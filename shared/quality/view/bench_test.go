package view_test

import (
	"testing"

	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/view/viewtest"
)

// BenchmarkView finds the cells of a column and reads them as what they are.
func BenchmarkView(b *testing.B) {
	for _, c := range []struct {
		name string
		read func(*view.View)
	}{
		{"spans", func(v *view.View) { v.Spans(viewtest.Text) }},
		{"numbers", func(v *view.View) { v.Numbers(viewtest.Price) }},
		{"moments", func(v *view.View) { v.Moments(viewtest.Day) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			views, size := viewtest.Large(b)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, v := range views {
					v.Turn(v.Batch, v.Block)
					c.read(v)
				}
			}
		})
	}
}
