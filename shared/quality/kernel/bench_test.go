package kernel

import (
	"testing"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/view/viewtest"
	"tillwatch/shared/textformat"
)

// BenchmarkKernel judges a column whose cells were found and read before.
func BenchmarkKernel(b *testing.B) {
	email, err := textformat.Pattern(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	if err != nil {
		b.Fatal(err)
	}
	code, err := textformat.Pattern(`^C[0-9]{6}$`)
	if err != nil {
		b.Fatal(err)
	}
	bound, _ := NewBound("0.01")
	for _, c := range []struct {
		name   string
		kernel Kernel
	}{
		{"null", Null(viewtest.Key)},
		{"number", Number(viewtest.Price)},
		{"minimum", Compare(viewtest.Price, bound, func(order int) bool { return order >= 0 })},
		{"moment", Moment(viewtest.Day, nil)},
		{"allowed", Values(viewtest.Word, In([]contract.Value{{Text: "store"}, {Text: "web"}, {Text: "mobile"}, {Text: "marketplace"}}))},
		{"short pattern", Values(viewtest.Code, code.Match)},
		{"long pattern", Values(viewtest.Text, email.Match)},
	} {
		b.Run(c.name, func(b *testing.B) {
			views, size := viewtest.Large(b)
			var bad []uint32
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, v := range views {
					bad, _ = c.kernel(v, bad[:0])
				}
			}
		})
	}
}
