package vector

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/decimal"
)

func numberVector(texts ...string) *Vector {
	v, out := new(Vector), new(Vector)
	v.Resize(Text, len(texts))
	for i, t := range texts {
		if v.Texts[i] = []byte(t); t == "" {
			v.Texts[i] = nil
		}
	}
	Cast(Text, Number)(out, []*Vector{v}, len(texts))
	return out
}

func TestDivide(t *testing.T) {
	for _, tt := range []struct{ rule, a, b, want string }{
		{"whole numbers divide to decimals", "1", "4", "0.25"},
		{"exact where 18 digits suffice", "10.50", "3", "3.5"},
		{"else rounded to 18 digits", "2", "3", "0.666666666666666667"},
		{"before and after the point", "2000", "3", "666.666666666666667"},
		{"half away from zero", "-2", "3", "-0.666666666666666667"},
		{"no digit beyond the 18th place", "1", "3000", "0.000333333333333333"},
		{"by zero is null", "1", "0.00", ""},
		{"of null is null", "", "2", ""},
		{"large numbers divide too", "300000000000000000000", "3", "100000000000000000000"},
		{"zero", "0", "7", "0"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			var out Vector
			Divide(&out, []*Vector{numberVector(tt.a), numberVector(tt.b)}, 1)
			got := ""
			if !out.IsNull(0) {
				got = string(out.Format(0))
			}
			if got != tt.want {
				t.Errorf("%s / %s is %q, want %q", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

// TestQuotientsAreThoseOfFractions holds that the fast way to divide is the slow one.
func TestQuotientsAreThoseOfFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) decimal.Decimal {
			coef := rapid.Int64().Draw(t, name) >> rapid.IntRange(1, 63).Draw(t, name+" shift")
			d, _ := decimal.New(coef, uint8(rapid.IntRange(0, decimal.MaxScale).Draw(t, name+" scale")))
			return d
		}
		a, b := draw("a"), draw("b")
		got, ok := quotient(a, b)
		if !ok {
			return
		}
		want := Quotient(a.Rat(), b.Rat())
		if got.Rat().Cmp(want) != 0 {
			t.Fatalf("%v / %v is %v, want %s", a, b, got, want.FloatString(30))
		}
	})
}

func TestLimits(t *testing.T) {
	defer func() {
		if _, ok := recover().(Limit); !ok {
			t.Error("a number that grows without end is computed with")
		}
	}()
	v := numberVector("1e400")
	for range 10 {
		var out Vector
		Multiply(&out, []*Vector{v, v}, 1)
		v = &out
	}
}

// TestLikeIsARegularExpression holds that LIKE matches what the expression
// matches that has .* for % and . for _.
func TestLikeIsARegularExpression(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab%_é\n")), 0, 8, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abé\n")), 0, 12, -1).Draw(t, "text")
		match, err := Like(pattern, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		expression := strings.NewReplacer("%", ".*", "_", ".").Replace(pattern)
		if got, want := match([]byte(text)), regexp.MustCompile(`(?s)\A`+expression+`\z`).MatchString(text); got != want {
			t.Fatalf("%q LIKE %q is %v, want %v", text, pattern, got, want)
		}
	})
}

func TestSubstring(t *testing.T) {
	for _, tt := range []struct{ rule, text, from, length, want string }{
		{"from 1", "Ünïcode", "2", "3", "nïc"},
		{"from the end", "Ünïcode", "-3", "2", "od"},
		{"what would stand before counts", "abc", "0", "2", "a"},
		{"beyond the end is empty", "abc", "9", "2", ""},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			var text, out Vector
			text.Resize(Text, 1)
			text.PutText(0, []byte(tt.text))
			Substring(&out, []*Vector{&text, numberVector(tt.from), numberVector(tt.length)}, 1)
			if got := string(out.Texts[0]); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
