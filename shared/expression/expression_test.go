package expression

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/decimal"
)

var dec = decimal.MustParse

func rats(cells []decimal.Decimal) []*big.Rat {
	out := make([]*big.Rat, len(cells))
	for i, c := range cells {
		out[i] = c.Rat()
	}
	return out
}

func TestHolds(t *testing.T) {
	const total = "amount = round(quantity * unit_price - discount, 2)"
	for _, c := range []struct {
		rule, text string
		cells      string // in order of Columns
		tolerance  string
		holds      bool
		measured   bool // by Holds
	}{
		{"total holds", total, "23.99 2 12.50 1.01", "0", true, true},
		{"total broken by a cent", total, "24.00 2 12.50 1.01", "0", false, true},
		{"within tolerance, inclusive", total, "24.00 2 12.50 1.01", "0.01", true, true},
		{"beyond tolerance", total, "24.01 2 12.50 1.01", "0.01", false, true},
		{"rounds half away from zero", total, "0.13 1 0.125 0", "0", true, true},
		{"scales do not matter", "a = b", "1.5 1.50", "0", true, true},
		{"unequal beyond tolerance", "a != b", "1.5 1.6", "0.05", true, true},
		{"unequal within tolerance", "a <> b", "1.5 1.6", "0.1", false, true},
		{"order is exact", "a <= b", "1.51 1.50", "0.05", false, true},
		{"less", "a < b", "1 1", "0", false, true},
		{"greater or equal", "a >= b", "1 1", "0", true, true},
		{"times before plus", "a + b * c == 7", "1 2 3", "0", true, true},
		{"minus from the left", "a - b - c = -4", "1 2 3", "0", true, true},
		{"parentheses", "(a + b) * c = 9", "1 2 3", "0", true, true},
		{"unary minus before times", "-a * b = -6", "2 3", "0", true, true},
		{"two minuses", "a - -b = 5", "2 3", "0", true, true},
		{"unary plus", "+a = 2", "2", "0", true, true},
		{"not before and", "not a = 1 and b = 1", "2 1", "0", true, true},
		{"and before or", "a = 1 or b = 1 and c = 1", "1 0 0", "0", true, true},
		{"or before and in parentheses", "(a = 1 or b = 1) and c = 1", "1 0 0", "0", false, true},
		{"not of parentheses", "NOT (a = 1 OR b = 1)", "0 0", "0", true, true},
		{"min and max of several", "min(a, b, 3) = 1 and max(a, b, 3) = 3", "2 1", "0", true, true},
		{"abs floor ceil", "abs(a) = 1.5 and floor(a) = -2 and ceil(a) = -1", "-1.5", "0", true, true},
		{"round without places", "round(a) = 3", "2.5", "0", true, true},
		{"round to hundreds", "round(a, -2) = 1300", "1250", "0", true, true},
		{"exact division", "a / b = 0.25", "1 4", "0", true, true},
		{"inexact division", "a / b * b = a", "1 3", "0", true, false},
		{"rounded division", "a = round(b / c, 2)", "0.33 1 3", "0", true, true},
		{"rounded division half away", "a = round(b / c, 2)", "-0.13 -1 8", "0", true, true},
		{"overflow", "a * a > 0", "9000000000000000000", "0", true, false},
		{"the left side guards the right", "b != 0 and a / b > 1", "0 5", "0", false, true},
		{"or guards too", "b = 0 or a / b > 1", "0 5", "0", true, true},
		{"a number on the left", "0 <= a", "1", "0", true, true},
		{"quoted columns", "\"unit price\" = `net \"price\"`", "1 1", "0", true, true},
		{"doubled quotes", `"a""b" = 1`, "1", "0", true, true},
		{"functions' names are columns too", "min = max", "1 1", "0", true, true},
		{"letters beyond ASCII", "prix_été > 0", "1", "0", true, true},
		{"exponents", "a = 1.5e3", "1500", "0", true, true},
	} {
		comparison, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		var cells []decimal.Decimal
		for _, cell := range strings.Fields(c.cells) {
			cells = append(cells, dec(cell))
		}
		holds, measured := comparison.Holds(cells, dec(c.tolerance))
		if measured != c.measured || measured && holds != c.holds {
			t.Errorf("%s: Holds = %v %v, want %v %v", c.rule, holds, measured, c.holds, c.measured)
		}
		holds, measured = comparison.HoldsExact(rats(cells), dec(c.tolerance).Rat())
		if !measured || holds != c.holds {
			t.Errorf("%s: HoldsExact = %v %v, want %v", c.rule, holds, measured, c.holds)
		}
	}
}

func TestDivisionByZeroIsNotMeasured(t *testing.T) {
	for _, text := range []string{"a / b = 1", "round(a / b, 2) = 1", "a = 1 and a / b = 1", "not a / (b * 2) = 1"} {
		c, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		cells := []decimal.Decimal{dec("1"), dec("0")}
		if _, measured := c.Holds(cells, decimal.Decimal{}); measured {
			t.Errorf("%s: Holds is measured", text)
		}
		if _, measured := c.HoldsExact(rats(cells), new(big.Rat)); measured {
			t.Errorf("%s: HoldsExact is measured", text)
		}
	}
}

func TestColumnsInOrderOfFirstUse(t *testing.T) {
	c, err := Parse("b = a + b and Not \"a\" > C")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Columns(), []string{"b", "a", "C"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSides(t *testing.T) {
	c, err := Parse("a = b / c")
	if err != nil {
		t.Fatal(err)
	}
	left, right, ok := c.Sides(rats([]decimal.Decimal{dec("2"), dec("1"), dec("3")}))
	if !ok || left.RatString() != "2" || right.RatString() != "1/3" {
		t.Errorf("got %v %v %v", left, right, ok)
	}
	if _, _, ok := c.Sides(rats([]decimal.Decimal{dec("2"), dec("1"), dec("0")})); ok {
		t.Error("sides of a division by zero")
	}
	c, err = Parse("a = 1 and b = 2")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := c.Sides(rats([]decimal.Decimal{dec("2"), dec("1")})); ok {
		t.Error("sides of two comparisons")
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		text   string
		offset int
		part   string
	}{
		{"", 0, "ends"}, {"a", 0, "not a comparison"}, {"a +", 3, "ends"}, {"a = ", 4, "ends"}, {"a b", 2, "operator"},
		{"a = b = c", 2, "condition where a number"}, {"a and b = 1", 0, "number where a condition"}, {"not a", 4, "number where a condition"},
		{"-(a = 1) = 2", 4, "condition where a number"}, {"(a = 1", 6, "ends"}, {"a = 1)", 5, "operator"},
		{"a = 'x'", 4, "begins nothing"}, {`"a = 1`, 0, "never closed"}, {`"" = 1`, 0, "without a name"}, {"a ! b", 2, "stands alone"},
		{"a = 1.2.3", 4, "not a number"}, {"a = 1e", 4, "not a number"}, {"a = 12345678901234567890", 4, "18 digits"},
		{"a = sqrt(b)", 4, "no function"}, {"a = min(b)", 4, "two arguments"}, {"a = abs(b, c)", 11, "too many"}, {"a = round(b, 2, 3)", 16, "too many"},
		{"a = round()", 10, "expected"}, {"a = round(b, c)", 13, "whole number"}, {"a = round(b, 19)", 13, "whole number"}, {"a = round(b, 1.5)", 13, "whole number"},
		{"a = b % c", 6, "means nothing"}, {"a = $b", 4, "means nothing"}, {"and = 1", 0, "without a condition"}, {"a = \xff", 4, "means nothing"},
		{strings.Repeat("(", 65) + "a", 65, "64 levels"}, {"a = " + strings.Repeat("-", 70) + "1", 69, "64 levels"}, {strings.Repeat(" ", 5000), 4096, "4,096 bytes"},
	} {
		_, err := Parse(c.text)
		var e *Error
		if !errors.As(err, &e) || e.Offset != c.offset || !strings.Contains(e.Error(), c.part) {
			t.Errorf("Parse(%.40q): got %v", c.text, err)
		}
	}
}

// numbers draws the text of a number's expression over the columns a, b and c.
func numbers(depth int) *rapid.Generator[string] {
	leaf := rapid.SampledFrom([]string{"a", "b", "c", "0", "1", "2.5", "0.001", "1000000000000"})
	if depth == 0 {
		return leaf
	}
	return rapid.Custom(func(t *rapid.T) string {
		inner := numbers(depth - 1)
		x, y := inner.Draw(t, "x"), inner.Draw(t, "y")
		switch rapid.IntRange(0, 8).Draw(t, "shape") {
		case 0:
			return leaf.Draw(t, "leaf")
		case 1:
			return "-" + x
		case 2:
			return "(" + x + ")"
		case 3:
			return fmt.Sprintf("%s(%s)", rapid.SampledFrom([]string{"abs", "floor", "ceil", "round"}).Draw(t, "f"), x)
		case 4:
			return fmt.Sprintf("%s(%s, %s)", rapid.SampledFrom([]string{"min", "max"}).Draw(t, "f"), x, y)
		case 5:
			if rapid.Bool().Draw(t, "quotient") {
				x += " / (" + y + ")"
			}
			return fmt.Sprintf("round(%s, %d)", x, rapid.IntRange(-18, 18).Draw(t, "places"))
		}
		return x + rapid.SampledFrom([]string{" + ", "-", "*", " / "}).Draw(t, "op") + y
	})
}

func conditions(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if depth == 0 {
			op := rapid.SampledFrom([]string{"=", "==", "!=", "<>", "<", "<=", ">", ">="}).Draw(t, "op")
			return numbers(3).Draw(t, "left") + " " + op + " " + numbers(3).Draw(t, "right")
		}
		inner := conditions(depth - 1)
		switch rapid.IntRange(0, 3).Draw(t, "shape") {
		case 0:
			return inner.Draw(t, "x")
		case 1:
			return "not (" + inner.Draw(t, "x") + ")"
		case 2:
			return inner.Draw(t, "x") + " and " + inner.Draw(t, "y")
		}
		return "(" + inner.Draw(t, "x") + ") or " + inner.Draw(t, "y")
	})
}

// Where Holds gives an answer it is that of HoldsExact.
func TestHoldsAgreesWithHoldsExact(t *testing.T) {
	cell := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		coef := rapid.OneOf(rapid.Int64Range(-300, 300), rapid.Int64Range(-1<<62, 1<<62)).Draw(t, "coef")
		return decimal.Decimal{Coef: coef, Scale: uint8(rapid.IntRange(0, 6).Draw(t, "scale"))}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := conditions(2).Draw(t, "text")
		c, err := Parse(text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		for range 5 {
			var cells []decimal.Decimal
			for range c.Columns() {
				cells = append(cells, cell.Draw(t, "cell"))
			}
			tolerance := rapid.SampledFrom([]string{"0", "0.01", "5"}).Draw(t, "tolerance")
			holds, measured := c.Holds(cells, dec(tolerance))
			want, exact := c.HoldsExact(rats(cells), dec(tolerance).Rat())
			if measured && (!exact || holds != want) {
				t.Fatalf("%s on %v: Holds %v, HoldsExact %v %v", text, cells, holds, want, exact)
			}
		}
	})
}

// Where HoldsAll gives answers they are those of HoldsExact; and it gives them
// where no number is long and none divided.
func TestHoldsAllAgreesWithHoldsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := conditions(2).Draw(t, "text")
		c, err := Parse(text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		most := rapid.SampledFrom([]int64{9, 300, 1 << 40, 1<<63 - 1}).Draw(t, "most")
		rows := rapid.SampledFrom([]int{1, 3, chunk, chunk + 2}).Draw(t, "rows")
		columns := make([]Column, len(c.Columns()))
		for i := range columns {
			few := rapid.SliceOfN(rapid.Int64Range(-most, most), 1, 5).Draw(t, "values")
			columns[i] = Column{Scale: uint8(rapid.IntRange(0, 6).Draw(t, "scale")), Most: uint64(most)}
			for row := range rows {
				columns[i].Values = append(columns[i].Values, few[row%len(few)])
			}
		}
		tolerance := dec(rapid.SampledFrom([]string{"0", "0.01", "5", "9223372036854775807", "0.000000000000000007"}).Draw(t, "tolerance"))
		holds := make([]bool, rows)
		if !c.HoldsAll(columns, tolerance, holds) {
			if most == 9 && len(text) < 12 && !strings.ContainsAny(text, "/1") && tolerance.Coef < 10 {
				t.Errorf("%s was not answered", text)
			}
			return
		}
		for _, row := range []int{0, 1, 2, rows - 1} {
			if row >= rows {
				continue
			}
			cells := make([]decimal.Decimal, len(columns))
			for i := range cells {
				cells[i] = decimal.Decimal{Coef: columns[i].Values[row], Scale: columns[i].Scale}
			}
			if want, exact := c.HoldsExact(rats(cells), tolerance.Rat()); !exact || holds[row] != want {
				t.Fatalf("%s on %v within %v: got %v, HoldsExact %v %v", text, cells, tolerance, holds[row], want, exact)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("amount = round(quantity * unit_price - discount, 2)")
	f.Add("not (`a b` / \"c\" >= -1.5e3) or min(a, b, c) <> abs(-a) and ceil(a) == floor(b)")
	f.Add("((((a))))=1")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) || e.Message == "" {
				t.Fatalf("Parse(%q): %v", text, err)
			}
			return
		}
		cells := make([]decimal.Decimal, len(c.Columns()))
		for i := range cells {
			cells[i] = decimal.Decimal{Coef: int64(i*37 - 50), Scale: uint8(i % 4)}
		}
		holds, measured := c.Holds(cells, decimal.Decimal{})
		want, exact := c.HoldsExact(rats(cells), new(big.Rat))
		if measured && (!exact || holds != want) {
			t.Fatalf("%q: Holds %v, HoldsExact %v %v", text, holds, want, exact)
		}
	})
}

func TestDeepestExpressionFitsTheStack(t *testing.T) {
	text := strings.Repeat("1 + 1 * max(1, ", 64) + "1" + strings.Repeat(")", 64) + " > a"
	for _, text := range []string{text, strings.Repeat("a + ", 900) + "a > 0", "min(a" + strings.Repeat(", a", 900) + ") > 0"} {
		c, err := Parse(text)
		if err != nil {
			t.Fatalf("Parse(%.30q): %v", text, err)
		}
		c.Holds([]decimal.Decimal{dec("1")}, decimal.Decimal{})
	}
}

func TestHoldsDoesNotAllocate(t *testing.T) {
	c, err := Parse("amount = round(quantity * unit_price - discount, 2)")
	if err != nil {
		t.Fatal(err)
	}
	cells := []decimal.Decimal{dec("23.99"), dec("2"), dec("12.50"), dec("1.01")}
	if n := testing.AllocsPerRun(100, func() { c.Holds(cells, decimal.Decimal{}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHolds(b *testing.B) {
	for _, text := range []string{"a = b", "a = b + c - d", "a = round(b * c - d, 2)", "a = round(b / c, 2)", "a >= b and c >= d"} {
		c, err := Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		cells := []decimal.Decimal{dec("23.99"), dec("2"), dec("12.50"), dec("1.01")}[:len(c.Columns())]
		exact := rats(cells)
		b.Run(text+"/decimal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Holds(cells, decimal.Decimal{})
			}
		})
		b.Run(text+"/exact", func(b *testing.B) {
			tolerance := new(big.Rat)
			for b.Loop() {
				c.HoldsExact(exact, tolerance)
			}
		})
	}
}

func BenchmarkHoldsAll(b *testing.B) {
	for _, text := range []string{"a = b", "a = b + c - d", "a = round(b * c - d, 2)", "a >= b and c >= d"} {
		c, err := Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		columns := make([]Column, len(c.Columns()))
		holds := make([]bool, 2000)
		for i := range columns {
			columns[i] = Column{Scale: uint8(i % 3), Most: 1 << 30, Values: make([]int64, len(holds))}
			for row := range holds {
				columns[i].Values[row] = int64(row * (i + 1))
			}
		}
		b.Run(text, func(b *testing.B) {
			b.SetBytes(int64(8 * len(columns) * len(holds)))
			b.ReportAllocs()
			for b.Loop() {
				c.HoldsAll(columns, dec("0.01"), holds)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(holds)), "ns/row")
		})
	}
}
