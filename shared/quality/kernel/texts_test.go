package kernel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/view/viewtest"
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
		viewtest.Blocks(t, text.String(), 1<<16, func(v *view.View) {
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
