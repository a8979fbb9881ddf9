package short

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/tabular"
)

// Texts are told apart as the strings are that they are of.
func TestTextsDiffer(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`19[6-7][0-9]-[01][0-9]-[0-3][0-9]`), rapid.StringMatching(`[ab\x00]{0,16}`))
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if at := rapid.IntRange(0, 16).Draw(t, "at"); at < len(a) { // but for one byte the same
			b = a[:at] + string(rune(rapid.IntRange(0, 127).Draw(t, "byte"))) + a[at+1:]
		}
		padding := strings.Repeat("-", Bytes)
		x, _ := Of([]byte(padding+a), tabular.Span{Start: Bytes, End: uint32(Bytes + len(a))})
		y, _ := Of([]byte(padding+b), tabular.Span{Start: Bytes, End: uint32(Bytes + len(b))})
		if a != "" && b != "" && (x.Differs(&y) != 0) != (a != b) {
			t.Errorf("%q and %q: got %x", a, b, x.Differs(&y))
		}
	})
}
