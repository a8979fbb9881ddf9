package decimal

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type span struct{ Start, End uint32 }

// column puts cells one after the other, far enough from the beginning.
func column(cells []string) (data []byte, spans []span) {
	data = []byte("something before")
	for _, c := range cells {
		spans = append(spans, span{uint32(len(data)), uint32(len(data) + len(c))})
		data = append(append(data, c...), ',')
	}
	return data, spans
}

// checkUnits holds that what ParseUnits takes Parse finds too, with that scale,
// and that it takes every common number.
func checkUnits(t interface{ Errorf(string, ...any) }, cells []string, scale uint8) {
	data, spans := column(cells)
	units := make([]int64, len(cells))
	n := ParseUnits(units, data, spans, scale)
	for i, text := range cells[:n] {
		if d, kind := Parse([]byte(text)); kind != Fits || d != (Decimal{units[i], scale}) {
			t.Errorf("%q at scale %d: got %d, Parse finds %v (%v)", text, scale, units[i], d, kind)
		}
	}
	if n == len(cells) {
		return
	}
	d, kind := Parse([]byte(cells[n]))
	common := len(cells[n]) <= 16 && scale <= longestFraction && !strings.ContainsAny(cells[n], "+eE") && !strings.HasSuffix(cells[n], ".")
	if kind == Fits && d.Scale == scale && common {
		t.Errorf("stopped at %q at scale %d", cells[n], scale)
	}
}

func TestParseUnits(t *testing.T) {
	checkUnits(t, []string{"12", "0", "-7", "1234567", "12345678", "123456789", "-1234567890123456", "007", "5."}, 0)
	checkUnits(t, []string{"1.50", ".25", "-0.07", "99999.99", "999999.99", "-12345678901.25", "1234567890123.25", "1.5"}, 2)
	checkUnits(t, []string{"0.1234567", "1.1234567", "-.1234567", "12345678.1234567", "."}, 7)
	for _, text := range []string{"", "-", ".", "-.", "1.2.3", "1,0", " 1", "1 ", "--1", "+1", "1e3", "12x45678", "x2345678", "1234567x", "123456789012345678"} {
		for scale := range uint8(9) {
			checkUnits(t, []string{text}, scale)
		}
	}
	if n := ParseUnits(make([]int64, 1), []byte("1234567890123456"), []span{{1, 0}}, 0); n != 0 {
		t.Errorf("took what is no text")
	}
}

func TestParseUnitsIsParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`-?[0-9]{0,12}(\.[0-9]{0,8})?`), rapid.StringMatching(`[-+.0-9e ,/:]{0,18}`))
		checkUnits(t, rapid.SliceOfN(text, 1, 6).Draw(t, "cells"), uint8(rapid.IntRange(0, 9).Draw(t, "scale")))
	})
}

func TestLastDigitsAreAnInteger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{0,20}[-+.:/ x]?[0-9]{0,18}`).Draw(t, "text")
		n := rapid.IntRange(0, len(text)).Draw(t, "n")
		data := []byte("something before" + text)
		want, err := strconv.ParseUint(text[len(text)-n:], 10, 64)
		digits := err == nil && n > 0 && text[len(text)-n] != '+' && n <= 16
		if got, ok := LastDigits(data, uint32(len(data)), uint(n)); ok != digits || ok && got != want {
			t.Errorf("the last %d of %q: got %d, %v", n, text, got, ok)
		}
	})
	if _, ok := LastDigits([]byte("123456789012345"), 15, 3); ok {
		t.Error("read what stands before the text")
	}
}

func FuzzParseUnits(f *testing.F) {
	f.Add("12.50", uint8(2))
	f.Add("-1234567890.123", uint8(3))
	f.Fuzz(func(t *testing.T, text string, scale uint8) { checkUnits(t, []string{text}, scale%20) })
}

func BenchmarkParseUnits(b *testing.B) {
	for _, c := range []struct {
		name  string
		cells []string
		scale uint8
	}{
		{"whole", []string{"7", "18", "3", "12"}, 0},
		{"money", []string{"562.32", "10121.76", "0.00", "-8993.80"}, 2},
		{"long", []string{"1562348901.32", "7156234890.13", "123456789.76", "98765432.10"}, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			var cells []string
			for range 256 {
				cells = append(cells, c.cells...)
			}
			data, spans := column(cells)
			units := make([]int64, len(cells))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				ParseUnits(units, data, spans, c.scale)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(cells)), "ns/cell")
		})
	}
}
