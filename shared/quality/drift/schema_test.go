package drift

import (
	"strings"
	"testing"
)

func TestSchema(t *testing.T) {
	fields := func(list string) (out []Field) {
		for _, f := range strings.Fields(list) {
			name, kind, _ := strings.Cut(f, ":")
			out = append(out, Field{name, kind, kind})
		}
		return out
	}
	for _, c := range []struct {
		rule, before, after string
		alike               map[string]float64 // by "before>after"
		want                string
	}{
		{"nothing changed", "a:int b:text", "a:int b:text", nil, ""},
		{"added and removed", "a:int b:text", "a:int c:date", nil, "added c, date; removed b, text"},
		{"renamed by content", "a:int b:text", "a:int c:text", map[string]float64{"b>c": .5}, "renamed b → c, which holds the same"},
		{"too little in common", "a:int b:text", "a:int c:text", map[string]float64{"b>c": .4}, "added c, text; removed b, text"},
		{"the most alike is what it was", "a b c", "x c", map[string]float64{"a>x": .6, "b>x": .9}, "renamed b → x, which holds the same; removed a, "},
		{"a name is the same before any content", "a b", "b x", map[string]float64{"a>b": 1}, "added x, ; removed a, "},
		{"type changed", "a:int", "a:text", nil, "type changed a: int → text"},
		{"of nothing no type is known", "a:int b", "a b:text", nil, ""},
		{"one moved to the front", "a b c d", "d a b c", nil, "reordered d: place 4 → place 1"},
		{"added in between moves nothing", "a b", "a x b", nil, "added x, "},
		{"renamed, changed and moved", "a:int b:int c:int", "c:int x:text b:int", map[string]float64{"a>x": 1},
			"renamed a → x, which holds the same; type changed x: int → text; reordered c: place 3 → place 1"},
	} {
		a, b := fields(c.before), fields(c.after)
		changes, _ := Schema(a, b, func(i, j int) float64 { return c.alike[a[i].Name+">"+b[j].Name] })
		var got []string
		for _, change := range changes {
			got = append(got, string(change.Kind)+" "+change.String())
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, text, c.want)
		}
	}
}
