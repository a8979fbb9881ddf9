package state

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/tabular"
	"tillwatch/shared/textformat"
)

// The columns of benchBlocks.
const (
	slotKey = iota
	slotCode
	slotPrice
	slotDay
	slotWord
	slotText
)

// benchBlocks are parsed blocks of some 16 MB of rows, as a worker sees them,
// and how many bytes they have.
func benchBlocks(b *testing.B) (views []*View, size int64) {
	var text bytes.Buffer
	text.WriteString("key,code,price,day,word,text\n")
	words := []string{"store", "web", "mobile", "marketplace"}
	for i := range 200_000 {
		fmt.Fprintf(&text, "T%010d,C%06d,%d.%02d,2026-06-%02d,%s,user%d@mail.example.org\n",
			i, i*7919%250_000, i%900, i%100, 1+i%30, words[i*31%4], i*7919%250_000)
	}
	size = int64(text.Len())
	r, err := tabular.NewReader(&text, tabular.Options{Limits: tabular.Limits{BlockBytes: 256 << 10}})
	if err != nil {
		b.Fatal(err)
	}
	var slots []Slot
	for i, name := range r.Header() {
		slots = append(slots, Slot{Name: name, Position: i, Layout: datetime.ISODate(), Zone: time.UTC})
	}
	for {
		blk, batch := new(tabular.Block), new(tabular.Batch)
		if err := r.Next(blk); err == io.EOF {
			return views, size
		} else if err != nil {
			b.Fatal(err)
		}
		batch.Parse(blk, len(slots), tabular.Dialect{})
		v := NewView(slots)
		v.Turn(batch, blk.Index)
		views = append(views, v)
	}
}

// BenchmarkView finds the cells of a column and reads them as what they are.
func BenchmarkView(b *testing.B) {
	for _, c := range []struct {
		name string
		read func(*View)
	}{
		{"spans", func(v *View) { v.Spans(slotText) }},
		{"numbers", func(v *View) { v.Numbers(slotPrice) }},
		{"moments", func(v *View) { v.Moments(slotDay) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			views, size := benchBlocks(b)
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
		{"null", Null(slotKey)},
		{"number", Number(slotPrice)},
		{"minimum", Compare(slotPrice, bound, func(order int) bool { return order >= 0 })},
		{"moment", Moment(slotDay, nil)},
		{"allowed", Values(slotWord, In([]contract.Value{{Text: "store"}, {Text: "web"}, {Text: "mobile"}, {Text: "marketplace"}}))},
		{"short pattern", Values(slotCode, code.Match)},
		{"long pattern", Values(slotText, email.Match)},
	} {
		b.Run(c.name, func(b *testing.B) {
			views, size := benchBlocks(b)
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

// BenchmarkAggregate lets an aggregate see a column whose cells were found
// before.
func BenchmarkAggregate(b *testing.B) {
	for _, c := range []struct {
		name string
		make func() Aggregate
	}{
		{"figures", func() Aggregate { return &Figures{Slot: slotPrice} }},
		{"occurrences", func() Aggregate { return NewOccurrences(slotWord) }},
		{"distinct codes", func() Aggregate { return NewDistinct([]int{slotCode}) }},
		{"distinct texts", func() Aggregate { return NewDistinct([]int{slotText}) }},
		{"periods", func() Aggregate { return NewPeriods(slotDay, 24*time.Hour) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			views, size := benchBlocks(b)
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

// BenchmarkKeys gathers keys and finds those that came before.
func BenchmarkKeys(b *testing.B) {
	for _, c := range []struct {
		name string
		slot int
	}{{"numbers", slotKey}, {"texts", slotText}} {
		b.Run(c.name, func(b *testing.B) {
			views, size := benchBlocks(b)
			var records []int
			for _, v := range views {
				records = append(records, v.Batch.Records)
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				keys := NewKeyBuffer(&KeySpec{Slots: []int{c.slot}}, 1<<24, NewSpill(""))
				for _, v := range views {
					if _, err := keys.Observe(v); err != nil {
						b.Fatal(err)
					}
				}
				if _, _, err := Repeats([]*KeyBuffer{keys}, records, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
