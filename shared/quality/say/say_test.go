package say

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

func TestConditions(t *testing.T) {
	for op, want := range map[contract.Op]string{
		contract.Equal: "= 1.5", contract.NotEqual: "!= 1.5", contract.Greater: "> 1.5", contract.GreaterOrEqual: ">= 1.5",
		contract.Less: "< 1.5", contract.LessOrEqual: "<= 1.5",
		contract.Between: "> 1.5 and < 3", contract.NotBetween: "<= 1.5 or >= 3",
	} {
		if got := Condition(contract.Want{Op: op, Low: 1.5, High: 3}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Whatever a file holds, a value is short and text.
func TestValuesAreText(t *testing.T) {
	for _, c := range []struct{ rule, value, want string }{
		{"a short value is as it is", "Zürich", "Zürich"},
		{"nothing is nothing", "", ""},
		{"what is no UTF-8 is marked", "a\xffb", "a\uFFFDb"},
		{"a long value is cut", strings.Repeat("x", 200), strings.Repeat("x", 120) + "…"},
		{"no character is cut in two", strings.Repeat("x", 119) + "ü", strings.Repeat("x", 119) + "…"},
	} {
		if got := Value([]byte(c.value)); got != c.want || !utf8.ValidString(got) {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
	if got := Shorten(strings.Repeat("ü", 200)); len(got) > 300+len("…") || !strings.HasSuffix(got, "ü…") {
		t.Errorf("got %q", got)
	}
}

func TestValuesNameTheFirst(t *testing.T) {
	list := []contract.Value{{Text: "a"}, {Null: true}, {Text: ""}}
	if got, want := Values(list), `"a", null, ""`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for range 9 {
		list = append(list, contract.Value{Text: "b"})
	}
	if got, want := Values(list), `"a", null, "", "b", "b", "b", "b", "b", … (12 in all)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFaultNamesItsColumn(t *testing.T) {
	header := []string{"id", ""}
	for want, fault := range map[string]tabular.Fault{
		"too few cells: 1 of 2":           {Kind: tabular.ShortRow, Column: -1, Detail: "1 of 2"},
		"too few cells, at column 1 (id)": {Kind: tabular.ShortRow, Column: 0},
		"too few cells: x, at column 2":   {Kind: tabular.ShortRow, Column: 1, Detail: "x"},
		"too few cells: beyond":           {Kind: tabular.ShortRow, Column: 2, Detail: "beyond"},
	} {
		if got := Fault(fault, header); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
