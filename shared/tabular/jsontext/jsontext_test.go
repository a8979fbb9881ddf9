package jsontext

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

var seeds = []string{
	`{}`, `[]`, `{"a":1}`, `{ "a" : [1, 2.5e+3, -0, true, false, null, "x\u00e9\n"] }`, `{"a":1,}`, `[1,]`, `{"a" 1}`, `{a:1}`,
	`01`, `-`, `1.`, `1e`, `.5`, `+1`, `tru`, `"a`, `"\x"`, `"\u12"`, "\"a\nb\"", `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `{"a":{"b":[{"c":" d "}]}}`,
	`nulll`, `[1 2]`, `{"a":1}}`, "\"\x00\"", "\"\xff\"", `[[[[`, `"\`, `"\\"`, `{"a":"\"}"}`,
}

// FuzzValue holds Value to what encoding/json takes for JSON, and its helpers
// to what encoding/json makes of it.
func FuzzValue(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		from := Space(data, 0)
		end, loose, reason := Value(data, from)
		ok := reason == "" && Space(data, end) == len(data)
		if want := json.Valid(data); ok != want {
			if reason == "it is nested too deep" {
				return
			}
			t.Fatalf("%q: valid %v (%s), want %v", data, ok, reason, want)
		}
		if !ok {
			return
		}
		value := data[from:end]
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err != nil {
			t.Fatal(err)
		}
		if got := Compact(nil, value); !bytes.Equal(got, compact.Bytes()) {
			t.Errorf("Compact(%q): got %q, want %q", value, got, compact.Bytes())
		}
		if loose != (compact.Len() != len(value)) {
			t.Errorf("%q: loose is %v", value, loose)
		}
		if value[0] == '"' {
			var want string
			if err := json.Unmarshal(value, &want); err != nil {
				t.Fatal(err)
			}
			got := string(Unescape(nil, value[1:len(value)-1]))
			if strings.ToValidUTF8(got, "\uFFFD") != strings.ToValidUTF8(want, "\uFFFD") && json.Valid(data) && bytes.ContainsRune(data, '\\') && !bytes.ContainsRune([]byte(want), '\uFFFD') {
				t.Errorf("Unescape(%q): got %q, want %q", value, got, want)
			}
		}
		if c := value[0]; c == '{' || c == '[' || c == '"' {
			if got := Extent(data, from); got != end {
				t.Errorf("Extent(%q): got %d, want %d", data, got, end)
			}
		}
	})
}

func TestNestingIsBounded(t *testing.T) {
	for depth, want := range map[int]string{MaxDepth: "", MaxDepth + 1: "it is nested too deep"} {
		text := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		if _, _, got := Value([]byte(text), 0); got != want {
			t.Errorf("%d deep: got %q, want %q", depth, got, want)
		}
	}
}

func TestExtentOfWhatIsNotJSON(t *testing.T) {
	for text, want := range map[string]int{
		`{"a":1`: 0, `"abc`: 0, `abc`: 0, `abc,`: 3, `abc]`: 3, `12 `: 2, `{a}x`: 3, `[}]`: 1, `{"a":[1}`: 7, `{"}"}`: 5, `"a\`: 0,
	} {
		if got := Extent([]byte(text), 0); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}
