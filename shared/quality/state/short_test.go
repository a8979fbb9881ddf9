package state

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

// Among finds what comparing each value with each of the list does.
func TestAmongIsComparing(t *testing.T) {
	word := rapid.OneOf(rapid.StringMatching(`[a-c\x00]{0,18}`), rapid.StringMatching(`[a-z]{1,9}`))
	rapid.Check(t, func(t *rapid.T) {
		var list []contract.Value
		for range rapid.SampledFrom([]int{1, 4, 40, 300}).Draw(t, "values") {
			list = append(list, contract.Value{Text: word.Draw(t, "value")})
		}
		list = append(list, contract.Value{Null: true})
		var cells []string
		var text strings.Builder
		for i := range 40 {
			cell := word.Draw(t, "cell")
			if i%2 == 0 {
				cell = list[i%(len(list)-1)].Text
			}
			cells = append(cells, cell)
			fmt.Fprintf(&text, "%s,1,\n", cell)
		}
		blocks(t, text.String(), 1<<16, func(v *View) {
			bad, looked := Among(0, list)(v, nil)
			var want []uint32
			values := 0
			for row, cell := range cells {
				if cell == "" {
					continue
				}
				values++
				if !slices.ContainsFunc(list, func(v contract.Value) bool { return v.Text == cell && !v.Null }) {
					want = append(want, uint32(row))
				}
			}
			if looked != values || !slices.Equal(bad, want) {
				t.Errorf("got rows %v of %d, want %v of %d", bad, looked, want, values)
			}
		})
	})
}

// Shorts are told apart as their texts are.
func TestShortsDiffer(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`19[6-7][0-9]-[01][0-9]-[0-3][0-9]`), rapid.StringMatching(`[ab\x00]{0,16}`))
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if at := rapid.IntRange(0, 16).Draw(t, "at"); at < len(a) { // but for one byte the same
			b = a[:at] + string(rune(rapid.IntRange(0, 127).Draw(t, "byte"))) + a[at+1:]
		}
		padding := strings.Repeat("-", shortBytes)
		x, _ := shortOf([]byte(padding+a), tabular.Span{Start: shortBytes, End: uint32(shortBytes + len(a))})
		y, _ := shortOf([]byte(padding+b), tabular.Span{Start: shortBytes, End: uint32(shortBytes + len(b))})
		if a != "" && b != "" && (x.differs(&y) != 0) != (a != b) {
			t.Errorf("%q and %q: got %x", a, b, x.differs(&y))
		}
	})
}
