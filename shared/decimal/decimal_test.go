package decimal

import (
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		rule, text string
		want       Decimal
		kind       Kind
	}{
		{"whole", "12", Decimal{12, 0}, Fits},
		{"zeros after the point are kept", "1.50", Decimal{150, 2}, Fits},
		{"leading zeros are not", "007", Decimal{7, 0}, Fits},
		{"many leading zeros", "0000000000000000000000000000001.5", Decimal{15, 1}, Fits},
		{"minus", "-0.07", Decimal{-7, 2}, Fits},
		{"plus", "+3", Decimal{3, 0}, Fits},
		{"minus zero is zero", "-0", Decimal{}, Fits},
		{"nothing before the point", ".5", Decimal{5, 1}, Fits},
		{"nothing after the point", "5.", Decimal{5, 0}, Fits},
		{"exponent", "1.5e3", Decimal{1500, 0}, Fits},
		{"negative exponent", "15E-3", Decimal{15, 3}, Fits},
		{"exponent within places", "1.25e1", Decimal{125, 1}, Fits},
		{"zero with any exponent", "0e999999999999", Decimal{}, Fits},
		{"zero with too many places", "0.0000000000000000000000", Decimal{0, 18}, Fits},
		{"trailing zeros that do not fit", "1.500000000000000000000000", Decimal{1500000000000000000, 18}, Fits},
		{"trailing zeros before the point", "9000000000000000000", Decimal{9e18, 0}, Fits},
		{"largest", "9223372036854775807", Decimal{math.MaxInt64, 0}, Fits},
		{"smallest", "-9223372036854775807", Decimal{-math.MaxInt64, 0}, Fits},
		{"one beyond the smallest", "-9223372036854775808", Decimal{}, Large},
		{"one beyond the largest", "9223372036854775808", Decimal{}, Large},
		{"twenty digits", "12345678901234567890", Decimal{}, Large},
		{"eighteen places", "0.000000000000000001", Decimal{1, 18}, Fits},
		{"nineteen places", "0.0000000000000000001", Decimal{}, Large},
		{"large exponent", "1e19", Decimal{}, Large},
		{"exponent beyond all", "1e99999999999999999999", Decimal{}, Large},
		{"empty", "", Decimal{}, NotNumber},
		{"sign alone", "-", Decimal{}, NotNumber},
		{"point alone", ".", Decimal{}, NotNumber},
		{"sign and point", "-.", Decimal{}, NotNumber},
		{"two signs", "--1", Decimal{}, NotNumber},
		{"two points", "1.2.3", Decimal{}, NotNumber},
		{"space before", " 1", Decimal{}, NotNumber},
		{"space after", "1 ", Decimal{}, NotNumber},
		{"separator", "1,000", Decimal{}, NotNumber},
		{"underscore", "1_000", Decimal{}, NotNumber},
		{"infinity", "inf", Decimal{}, NotNumber},
		{"NaN", "NaN", Decimal{}, NotNumber},
		{"hexadecimal", "0x10", Decimal{}, NotNumber},
		{"exponent without digits", "1e", Decimal{}, NotNumber},
		{"exponent sign without digits", "1e+", Decimal{}, NotNumber},
		{"exponent with a fraction", "1e1.5", Decimal{}, NotNumber},
		{"exponent alone", "e5", Decimal{}, NotNumber},
		{"other digits", "١", Decimal{}, NotNumber},
	} {
		got, kind := Parse([]byte(c.text))
		if got != c.want || kind != c.kind {
			t.Errorf("%s: Parse(%q) = %v %v, want %v %v", c.rule, c.text, got, kind, c.want, c.kind)
		}
	}
}

func TestParseInteger(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
		kind Kind
	}{
		{"0", 0, Fits}, {"-0", 0, Fits}, {"+12", 12, Fits}, {"-12", -12, Fits},
		{"9223372036854775807", math.MaxInt64, Fits}, {"-9223372036854775808", math.MinInt64, Fits},
		{"9223372036854775808", 0, Large}, {"-9223372036854775809", 0, Large},
		{"18446744073709551616", 0, Large}, {"00000000000000000000000000005", 5, Fits},
		{"99999999999999999999999999999999999", 0, Large}, {"99999999999999999999x", 0, NotNumber},
		{"", 0, NotNumber}, {"-", 0, NotNumber}, {"1.0", 0, NotNumber}, {"1e3", 0, NotNumber}, {" 1", 0, NotNumber},
	} {
		got, kind := ParseInteger([]byte(c.text))
		if got != c.want || kind != c.kind {
			t.Errorf("ParseInteger(%q) = %d %v, want %d %v", c.text, got, kind, c.want, c.kind)
		}
	}
}

func TestRatIsBounded(t *testing.T) {
	for text, want := range map[string]bool{"1e400": true, "1e-400": true, "1e401": false, "1e-401": false, "x": false, "1e999999999999": false} {
		if _, ok := Rat([]byte(text)); ok != want {
			t.Errorf("Rat(%q): got %v", text, ok)
		}
	}
	if _, ok := Rat(make([]byte, maxText+1)); ok {
		t.Error("Rat read a text beyond its limit")
	}
}

// The grammar of Parse, said once more.
var grammar = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

func FuzzParse(f *testing.F) {
	for _, s := range []string{"12.50", "-0.07", "1e5", ".5", "5.", "12345678901234567890", "0e999999999", "1.000000000000000000000", "+", "1,5", "12345678.12345678", "-1234567890123456"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, kind := Parse(b)
		if number := grammar.Match(b) && len(b) > 0 && b[len(b)-1] != '\n'; number != (kind != NotNumber) {
			t.Fatalf("Parse(%q): %v", b, kind)
		}
		slow, slowKind := parseSlow(b)
		if slowKind != kind || slow != d {
			t.Fatalf("Parse(%q) = %v %v, slowly %v %v", b, d, kind, slow, slowKind)
		}
		n, nKind := ParseInteger(b)
		r, ok := Rat(b)
		if !ok {
			return
		}
		want, ok := new(big.Rat).SetString(string(b))
		if !ok || want.Cmp(r) != 0 {
			t.Fatalf("Rat(%q) = %v, want %v", b, r, want)
		}
		checkDecimal(t, d)
		if kind == Fits && d.Rat().Cmp(r) != 0 {
			t.Fatalf("Parse(%q) = %v, want %v", b, d, r)
		}
		if nKind == Fits && new(big.Rat).SetInt64(n).Cmp(r) != 0 {
			t.Fatalf("ParseInteger(%q) = %d, want %v", b, n, r)
		}
		if kind == Large && fitsSomehow(r) {
			t.Fatalf("Parse(%q) is Large, but %v fits", b, r)
		}
		if back, kind := Parse([]byte(d.String())); back != d || kind != Fits {
			t.Fatalf("Parse(%q) = %v, read back %v", b, d, back)
		}
	})
}

// Every text of up to six of these bytes, after up to ten digits, so that each
// place of both words of the fast way has each byte.
func TestParseFastIsParseSlow(t *testing.T) {
	const alphabet = "09.-e:"
	text := make([]byte, 16)
	var try func(from, at, end int)
	try = func(from, at, end int) {
		if at == end {
			fast, kind := Parse(text[from:end])
			slow, slowKind := parseSlow(text[from:end])
			if fast != slow || kind != slowKind {
				t.Fatalf("Parse(%q) = %v %v, slowly %v %v", text[from:end], fast, kind, slow, slowKind)
			}
			n, kind := ParseInteger(text[from:end])
			if digits := text[from:end]; end > from && digits[0] != '-' {
				if long, longKind := parseLong(digits, false); n != long || kind != longKind {
					t.Fatalf("ParseInteger(%q) = %v %v, slowly %v %v", digits, n, kind, long, longKind)
				}
			}
			return
		}
		for i := range len(alphabet) {
			text[at] = alphabet[i]
			try(from, at+1, end)
		}
	}
	for digits := range 11 {
		for free := range 5 {
			copy(text, "1234567890")
			try(0, digits, digits+free)
			copy(text, "1234567890")
			end := digits + free // the free bytes stand first
			copy(text[free:end], "1234567890")
			var first func(at int)
			first = func(at int) {
				if at == free {
					try(0, end, end)
					return
				}
				for i := range len(alphabet) {
					text[at] = alphabet[i]
					first(at + 1)
				}
			}
			first(0)
		}
	}
}

// checkDecimal wants what the type promises.
func checkDecimal(t interface{ Fatalf(string, ...any) }, d Decimal) {
	if d.Scale > MaxScale || d.Coef == math.MinInt64 {
		t.Fatalf("not a Decimal: %d %d", d.Coef, d.Scale)
	}
}

// fitsSomehow reports whether a Decimal of any scale equals r.
func fitsSomehow(r *big.Rat) bool {
	for scale := range pow10 {
		n := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).SetUint64(pow10[scale])))
		if n.IsInt() && n.Num().IsInt64() && n.Num().Int64() != math.MinInt64 {
			return true
		}
	}
	return false
}

// anyDecimal draws Decimals of all sizes, often at the limits.
var anyDecimal = rapid.Custom(func(t *rapid.T) Decimal {
	coef := rapid.OneOf(
		rapid.Int64Range(-1000, 1000),
		rapid.Int64Range(-math.MaxInt64, math.MaxInt64),
		rapid.SampledFrom([]int64{math.MaxInt64, -math.MaxInt64, 5e18, -5e18, 1e18, 999999999999999999}),
	).Draw(t, "coef")
	return Decimal{coef, uint8(rapid.IntRange(0, MaxScale).Draw(t, "scale"))}
})

func TestOperationsAreThoseOfFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyDecimal.Draw(t, "a"), anyDecimal.Draw(t, "b")
		x, y := a.Rat(), b.Rat()
		if got, want := a.Cmp(b), x.Cmp(y); got != want {
			t.Fatalf("Cmp(%v, %v) = %d, want %d", a, b, got, want)
		}
		check := func(name string, got Decimal, ok bool, want *big.Rat) {
			t.Helper()
			checkDecimal(t, got)
			if ok && got.Rat().Cmp(want) != 0 {
				t.Fatalf("%s(%v, %v) = %v, want %v", name, a, b, got, want)
			}
			if !ok && fitsSomehow(want) {
				t.Fatalf("%s(%v, %v) does not fit, but it is %v", name, a, b, want)
			}
		}
		sum, ok := Add(a, b)
		check("Add", sum, ok, new(big.Rat).Add(x, y))
		difference, ok := Sub(a, b)
		check("Sub", difference, ok, new(big.Rat).Sub(x, y))
		product, ok := Mul(a, b)
		check("Mul", product, ok, new(big.Rat).Mul(x, y))
		if quotient, ok := Quo(a, b); ok {
			check("Quo", quotient, ok, new(big.Rat).Quo(x, y))
		}
		check("Neg", a.Neg(), true, new(big.Rat).Neg(x))
		check("Abs", a.Abs(), true, new(big.Rat).Abs(x))
		check("Floor", a.Floor(), true, new(big.Rat).SetInt(floor(x)))
		check("Ceil", a.Ceil(), true, new(big.Rat).Neg(new(big.Rat).SetInt(floor(new(big.Rat).Neg(x)))))
		places := rapid.IntRange(-20, 20).Draw(t, "places")
		if quotient, ok := RoundQuo(a, b, places); ok {
			check("RoundQuo", quotient, ok, roundRat(new(big.Rat).Quo(x, y), places))
		}
		rounded, ok := Round(a, places)
		check("Round", rounded, ok, roundRat(x, places))
		if got := a.Sign(); got != x.Sign() {
			t.Fatalf("Sign(%v) = %d", a, got)
		}
		if got := a.IsInteger(); got != x.IsInt() {
			t.Fatalf("IsInteger(%v) = %v", a, got)
		}
		if b.Coef != 0 {
			if got, want := a.MultipleOf(b), new(big.Rat).Quo(x, y).IsInt(); got != want {
				t.Fatalf("%v.MultipleOf(%v) = %v", a, b, got)
			}
		}
		if got, want := a.Float64(), nearest(x); got != want {
			t.Fatalf("Float64(%v) = %v, want %v", a, got, want)
		}
		if back, kind := Parse([]byte(a.String())); kind != Fits || back != a {
			t.Fatalf("Parse(String(%d, %d)) = %v", a.Coef, a.Scale, back)
		}
	})
}

func nearest(x *big.Rat) float64 { f, _ := x.Float64(); return f }

func floor(x *big.Rat) *big.Int { return new(big.Int).Div(x.Num(), x.Denom()) }

// roundRat rounds half away from zero, slowly.
func roundRat(x *big.Rat, places int) *big.Rat {
	power := Long{big.NewInt(1), -places}.Rat()
	y := new(big.Rat).Mul(new(big.Rat).Abs(x), power)
	y.SetInt(floor(y.Add(y, big.NewRat(1, 2))))
	if x.Sign() < 0 {
		y.Neg(y)
	}
	return y.Quo(y, power)
}

func TestRoundHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		text   string
		places int
		want   string
	}{
		{"2.345", 2, "2.35"}, {"-2.345", 2, "-2.35"}, {"2.344", 2, "2.34"}, {"2.5", 0, "3"}, {"-0.5", 0, "-1"},
		{"1234", -2, "1200"}, {"1250", -2, "1300"}, {"1.5", 4, "1.5"}, {"0.004", 2, "0.00"}, {"7", -1, "10"}, {"4", -1, "0"},
	} {
		got, ok := Round(MustParse(c.text), c.places)
		if !ok || got.String() != c.want {
			t.Errorf("Round(%s, %d) = %v %v, want %s", c.text, c.places, got, ok, c.want)
		}
	}
}

func TestQuoIsExactOrNothing(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"1", "4", "0.25"}, {"10", "0.5", "20"}, {"-7.50", "3", "-2.50"}, {"1", "3", ""}, {"1", "0", ""}, {"0", "7", "0"},
		{"1", "1024", "0.0009765625"}, {"9000000000000000000", "3", "3000000000000000000"},
	} {
		got, ok := Quo(MustParse(c.a), MustParse(c.b))
		if ok != (c.want != "") || ok && got.Cmp(MustParse(c.want)) != 0 {
			t.Errorf("Quo(%s, %s) = %v %v, want %s", c.a, c.b, got, ok, c.want)
		}
	}
}

func TestMustParsePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	MustParse("1e99")
}

func TestFastPathsDoNotAllocate(t *testing.T) {
	cells := [][]byte{[]byte("12.50"), []byte("-1234567890.12"), []byte("1e3"), []byte("x"), []byte("0000000000000000000000001.5")}
	var sum Sum
	if n := testing.AllocsPerRun(100, func() {
		for _, c := range cells {
			d, _ := Parse(c)
			d, _ = Mul(d, d)
			d, _ = Round(d, 2)
			sum.Add(d)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var cells = []struct{ name, text string }{
	{"quantity", "3"}, {"price", "12.50"}, {"amount", "-1234.99"}, {"id", "30006206127"}, {"rate", "0.123456789012"}, {"exponent", "1.5e3"},
}

func BenchmarkParse(b *testing.B) {
	for _, c := range cells {
		text := []byte(c.text)
		b.Run(c.name+"/decimal", func(b *testing.B) {
			for b.Loop() {
				Parse(text)
			}
		})
		b.Run(c.name+"/strconv", func(b *testing.B) {
			for b.Loop() {
				strconv.ParseFloat(string(text), 64)
			}
		})
	}
}

// Lengths vary as in a file, and there are too many cells for a processor to
// learn its branches by heart.
func BenchmarkParseColumn(b *testing.B) {
	const count = 1 << 18
	random := rand.New(rand.NewPCG(1, 2))
	var column [count][]byte
	for i := range column {
		cents := math.Exp(random.Float64() * 12)
		column[i] = strconv.AppendFloat(nil, math.Round(cents)/100, 'f', -1, 64)
	}
	b.Run("decimal", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			Parse(column[i%count])
		}
	})
	b.Run("strconv", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			strconv.ParseFloat(string(column[i%count]), 64)
		}
	})
}

func BenchmarkParseInteger(b *testing.B) {
	text := []byte("30006206127")
	for b.Loop() {
		ParseInteger(text)
	}
}

func BenchmarkSumAdd(b *testing.B) {
	var s Sum
	d := MustParse("12.50")
	for b.Loop() {
		s.Add(d)
	}
}
