package tabular

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// sales writes about that many bytes of rows of 15 columns and some 140 bytes.
// Of a hundred rows, quoted have a cell that needs its quotes; if all is true
// every cell of every row has quotes.
func sales(size, quoted int, all bool) []byte {
	rng := rand.New(rand.NewPCG(7, 7))
	regions := []string{"North", "South", "Central", "Coast"}
	var s bytes.Buffer
	s.WriteString("id,customer,product,store,channel,quantity,price,discount,amount,currency,day,time,mail,region,payment\n")
	row := make([]string, 15)
	for i := 1; s.Len() < size; i++ {
		q, p := 1+rng.IntN(20), 50+rng.IntN(99950)
		customer := rng.IntN(250000)
		region := regions[rng.IntN(4)]
		if rng.IntN(100) < quoted {
			region = []string{`"North, Upper"`, `"East, ""Old Town"""`}[rng.IntN(2)]
		}
		day := fmt.Sprintf("2026-06-%02d", 1+rng.IntN(30))
		row = append(row[:0], fmt.Sprintf("T%010d", i), fmt.Sprintf("C%06d", customer), fmt.Sprintf("P%05d", rng.IntN(20000)),
			fmt.Sprintf("S%04d", rng.IntN(400)), []string{"store", "web", "mobile", "marketplace"}[rng.IntN(4)], fmt.Sprint(q),
			fmt.Sprintf("%.2f", float64(p)/100), "0.00", fmt.Sprintf("%.2f", float64(q*p)/100), "EUR", day,
			fmt.Sprintf("%sT%02d:%02d:%02dZ", day, rng.IntN(24), rng.IntN(60), rng.IntN(60)), fmt.Sprintf("user%d@mail.example.org", customer),
			region, []string{"card", "cash", "voucher", "bank_transfer"}[rng.IntN(4)])
		if all {
			for c, v := range row {
				if v[0] != '"' {
					row[c] = `"` + v + `"`
				}
			}
		}
		s.WriteString(strings.Join(row, ","))
		s.WriteByte('\n')
	}
	return s.Bytes()
}

var shapes = []struct {
	name   string
	quoted int
	all    bool
}{{"plain", 0, false}, {"tenth", 10, false}, {"quoted", 5, true}}

func each(b *testing.B, f func(b *testing.B, text []byte)) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			text := sales(16<<20, s.quoted, s.all)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			b.ResetTimer()
			f(b, text)
		})
	}
}

// The floor: counting line ends.
func BenchmarkNewlines(b *testing.B) {
	each(b, func(b *testing.B, text []byte) {
		for b.Loop() {
			for rest := text; len(rest) > 0; {
				n := min(len(rest), defaultBlock)
				bytes.Count(rest[:n], []byte{'\n'})
				rest = rest[n:]
			}
		}
	})
}

// What runs in one goroutine: reading and cutting.
func BenchmarkNext(b *testing.B) {
	var blk Block
	each(b, func(b *testing.B, text []byte) {
		for b.Loop() {
			r, err := NewReader(bytes.NewReader(text), Options{})
			if err != nil {
				b.Fatal(err)
			}
			for r.Next(&blk) == nil {
			}
		}
	})
}

func blocks(b *testing.B, text []byte) []Block {
	r, err := NewReader(bytes.NewReader(text), Options{})
	if err != nil {
		b.Fatal(err)
	}
	var all []Block
	for {
		var blk Block
		if r.Next(&blk) != nil {
			return all
		}
		all = append(all, blk)
	}
}

// What runs in many goroutines: finding the cells.
func BenchmarkParse(b *testing.B) {
	var batch Batch
	each(b, func(b *testing.B, text []byte) {
		all := blocks(b, text)
		batch.Parse(&all[0], 15, Dialect{})
		b.ResetTimer()
		for b.Loop() {
			for i := range all {
				batch.Parse(&all[i], 15, Dialect{})
			}
		}
	})
}

// Parse and the spans of every column.
func BenchmarkColumns(b *testing.B) {
	var batch Batch
	var spans []Span
	each(b, func(b *testing.B, text []byte) {
		all := blocks(b, text)
		b.ResetTimer()
		for b.Loop() {
			for i := range all {
				batch.Parse(&all[i], 15, Dialect{})
				for c := range 15 {
					spans = batch.Column(c, spans[:0])
				}
			}
		}
	})
}

// The peer.
func BenchmarkEncodingCSV(b *testing.B) {
	each(b, func(b *testing.B, text []byte) {
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(text))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
