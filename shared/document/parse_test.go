package document

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// show writes a tree on one line: kinds, texts and, with places, where they stand.
func show(n *Node, places bool) string {
	var b strings.Builder
	at := func(p Place) {
		if places {
			fmt.Fprintf(&b, "@%d:%d", p.Line, p.Column)
		}
	}
	var walk func(n *Node)
	walk = func(n *Node) {
		switch n.Kind {
		case Map:
			b.WriteString("{")
			for i, e := range n.Entries {
				if i > 0 {
					b.WriteString(", ")
				}
				b.WriteString(e.Key)
				at(e.Place)
				b.WriteString(": ")
				walk(e.Value)
			}
			b.WriteString("}")
		case List:
			b.WriteString("[")
			for i, v := range n.Items {
				if i > 0 {
					b.WriteString(", ")
				}
				walk(v)
			}
			b.WriteString("]")
		case Text:
			fmt.Fprintf(&b, "%q", n.Text)
		case Null:
			b.WriteString("null")
		default:
			b.WriteString(map[Kind]string{Bool: "bool ", Int: "int ", Float: "float "}[n.Kind] + n.Text)
		}
		at(n.Place)
	}
	walk(n)
	return b.String()
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ rule, yaml, want string }{
		{"scalars have the kinds of the core schema", "a: [1, -2, +3, 0x1F, 0o17, 010, 1.5, .5, 1e3, .inf, true, False, null, ~, yes, 1_000, 12:30]",
			`{a: [int 1, int -2, int +3, int 0x1F, int 0o17, int 010, float 1.5, float .5, float 1e3, float .inf, bool true, bool False, null, null, "yes", "1_000", "12:30"]}`},
		{"dates stay text", "a: 2022-10-03\nb: 2022-05-12T09:30:10-08:00", `{a: "2022-10-03", b: "2022-05-12T09:30:10-08:00"}`},
		{"quotes make text", `a: "1"` + "\nb: 'true'\nc: \"é\\n\"\nd: 'it''s'", `{a: "1", b: "true", c: "é\n", d: "it's"}`},
		{"an empty value is null", "a:\nb: 1", `{a: null, b: int 1}`},
		{"keys keep their order and may be numbers", "b: 1\na: 2\n3: x", `{b: int 1, a: int 2, 3: "x"}`},
		{"literal and folded blocks", "a: |\n  one\n   two: 3\nb: >-\n  fold\n  me", `{a: "one\n two: 3\n", b: "fold me"}`},
		{"aliases repeat their anchor", "a: &x [1]\nb: *x", `{a: [int 1], b: [int 1]}`},
		{"own keys win over merged ones", "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3", `{a: {k: int 1, l: int 2}, b: {l: int 3, k: int 1}}`},
		{"the first of merged maps wins", "a: &x {k: 1}\nb: &y {k: 2, m: 4}\nc:\n  <<: [*x, *y]", `{a: {k: int 1}, b: {k: int 2, m: int 4}, c: {k: int 1, m: int 4}}`},
		{"tags of the core schema", "a: !!str 1\nb: !!int \"3\"", `{a: "1", b: int 3}`},
		{"a byte order mark, CRLF and comments are no content", "\ufeff# c\r\na: 1 # d\r\nb: 2\r\n", `{a: int 1, b: int 2}`},
		{"markers around one document", "%YAML 1.2\n---\na: 1\n...\n", `{a: int 1}`},
		{"JSON is YAML", `{"a": [1, {"b": null}]}`, `{a: [int 1, {b: null}]}`},
	} {
		n, err := Parse("f", []byte(c.yaml))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		if got := show(n, false); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.rule, got, c.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct{ rule, yaml, want string }{
		{"block", "a:\n  - é: 1\n    b: x\n", `{a@1:1: [{é@2:5: int 1@2:8, b@3:5: "x"@3:8}@2:5]@2:3}@1:1`},
		{"flow", "a: {b: [x, {c: 1}]}", `{a@1:1: {b@1:5: ["x"@1:9, {c@1:13: int 1@1:16}@1:12]@1:8}@1:4}@1:1`},
		{"a missing value stands where its key does", "a:\nb:\n", `{a@1:1: null@1:1, b@2:1: null@2:1}@1:1`},
		{"CRLF", "a: 1\r\nb: 2\r\n", `{a@1:1: int 1@1:4, b@2:1: int 2@2:4}@1:1`},
	} {
		n, err := Parse("f", []byte(c.yaml))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
		} else if got := show(n, true); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.rule, got, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ rule, yaml, want string }{
		{"nothing", "", "f:1:1: the document is empty"},
		{"only a comment", "# c\n", "f:1:1: the document is empty"},
		{"every duplicated key, at once", "a: 1\nb: {c: 1, c: 2}\na: 2\n",
			"f:2:11: the key \"c\" stands on line 2 already; keep one of them\nf:3:1: the key \"a\" stands on line 1 already; keep one of them"},
		{"a second document", "a: 1\n---\nb: 2\n", "f:3:2: a second document begins here; put each document in a file of its own"},
		{"a tab", "a:\n\t- b\n", "f:2:1: a tab where YAML wants spaces; indent with spaces"},
		{"an alias without anchor", "a: *b\n", "f:1:4: no anchor is named \"b\"; write the anchor &b before it"},
		{"an alias within its anchor", "a: &b\n  - *b\n", "f:2:5: no anchor is named \"b\"; write the anchor &b before it"},
		{"a tag of one's own", "a: !env HOME\n", "f:1:4: the tag !env is not known here; remove it"},
		{"a tag that does not fit", "a: !!int x\n", "f:1:4: the tag !!int does not fit text \"x\""},
		{"a key that is a list", "? [a]\n: z\n", ""},
		{"a second colon", "a: b: c\n", "f:1:4: a second colon makes no sense here; put text that contains \": \" in quotes, or indent the next key like its neighbours"},
		{"indentation", "a:\n  b: 1\n c: 2\n", "f:3:2: this does not fit what stands above it; check the indentation"},
		{"an open quote", "a: 'x\nb: 1", "f:1:4: a quoted text has no end; close the quote; a quote within single quotes is written twice"},
		{"an open bracket", "a: [1, 2\nb: 1\n", "f:2:1: a list in brackets has no end before this; close it with ], and put commas between its values"},
		{"an open brace", "a: {x: 1\nb: 2\n", "f:2:1: a map in braces has no end before this; close it with }, and put commas between its keys"},
		{"a reserved character", "a: @x\n", "f:1:4: no text begins with this character; put the text in quotes"},
		{"a percent sign", "a: %x\n", "f:1:4: no text begins with this character; put the text in quotes"},
		{"a line without colon", "a: 1\nb\n", "f:2:1: a line without a colon where keys stand; write key: value, or indent the line under the key that it belongs to"},
		{"a first line without colon", "a\nb: 1\n", "f:1:1: a line without a colon where keys stand; write key: value, or indent the line under the key that it belongs to"},
		{"a backslash", "a: \"\\d\"\n", "f:1:6: a backslash that escapes nothing; write two of them, or put the text in single quotes"},
		{"a list beside its key", "a: - b\n", "f:1:4: a list cannot begin on the line of its key; begin it on the next line, indented"},
		{"not UTF-8", "a: 1\nb: \xff", "f:2:4: byte 0xFF is not UTF-8; save the file as UTF-8"},
		{"a control character", "a: \x1b[0m", "f:1:4: control character U+001B; remove it"},
		{"merging what is no map", "a:\n  <<: 3", "f:2:3: << merges maps, not the number 3; name a map with an alias: <<: *name"},
	} {
		_, err := Parse("f", []byte(c.yaml))
		if err == nil {
			t.Errorf("%s: no error", c.rule)
		} else if got := err.Error(); c.want != "" && got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.rule, got, c.want)
		}
	}
}

// What is hostile must be refused quickly, whatever it does to a parser.
func TestBounds(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	chain := "a0: &a0 [x]\n"
	for i := 1; i < 200; i++ {
		ten := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", ")
		if i < 12 {
			bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, ten)
		}
		chain += fmt.Sprintf("a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	for _, c := range []struct{ rule, yaml, want string }{
		{"size", "a: " + strings.Repeat("x", MaxBytes), "larger than 4 MiB"},
		{"alias bomb", bomb, "more than 200000 values"},
		{"depth by aliases", chain, "more than 64 levels deep"},
		{"brackets", strings.Repeat("[", 1<<18), "more than 64 levels deep"},
		{"braces", strings.Repeat("{a: ", 1<<17), "more than 64 levels deep"},
		{"dashes", strings.Repeat("- ", 1<<18), "more than 64 levels deep"},
		{"questions", strings.Repeat("? ", 1<<18), "more than 64 levels deep"},
		{"65 levels", strings.Repeat("[", 65) + strings.Repeat("]", 65), "more than 64 levels deep"},
		{"many values", strings.Repeat("- 1\n", MaxNodes+1), "more than 200000 values"},
		{"many tokens", strings.Repeat("- {}\n", 1<<19), "more than 200000 values"},
		{"a long key", strings.Repeat("k", 2000) + ": 1", "a key is longer than 1024 bytes"},
		{"long keys above many values", strings.Repeat("k", 1000) + ":\n" + strings.Repeat(" - v\n", 180_000), "the keys on the way to here are too long"},
		{"many keys", func() string {
			var b strings.Builder
			for i := range 200_000 {
				fmt.Fprintf(&b, "k%d: 1\n", i)
			}
			return b.String()
		}(), "more than 5000 keys"},
		{"many keys in braces", "{" + func() string {
			var b strings.Builder
			for i := range 150_000 {
				fmt.Fprintf(&b, "k%d: 1, ", i)
			}
			return b.String()
		}() + "}", "more than 5000 keys"},
		{"tags", strings.Repeat("!!str ", 1<<19) + "x", "too many tags"},
		{"anchors", strings.Repeat("&a ", 1<<20) + "x", ""},
	} {
		begin := time.Now()
		_, err := Parse("f", []byte(c.yaml))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %.200v, want an error that says %q", c.rule, err, c.want)
		}
		if took := time.Since(begin); took > 60*time.Second {
			t.Errorf("%s: took %v", c.rule, took)
		}
	}
	deep := strings.Repeat("[", 64) + strings.Repeat("]", 64)
	if _, err := Parse("f", []byte(deep)); err != nil {
		t.Errorf("64 levels: %v", err)
	}
}

func TestParseText(t *testing.T) {
	for _, c := range []struct{ rule, yaml, want, fault string }{
		{"a literal block keeps the places of the file", "a:\n  b: |\n\n    x: 1\n    y: [2]\n", `{x@4:5: int 1@4:8, y@5:5: [int 2@5:9]@5:8}@4:5`, ""},
		{"quoted text stands where it begins", "a:\n  b: \"x: 1\"\n", `{x@2:6: int 1@2:6}@2:6`, ""},
		{"a fault within", "a:\n  b: |-\n    x: 1\n    x: 2\n", "", "f:4:5: the key \"x\" stands on line 3 already; keep one of them"},
	} {
		n, err := Parse("f", []byte(c.yaml))
		if err != nil {
			t.Fatal(err)
		}
		f := &Faults{File: "f"}
		inner := ParseText(f, n.Get("a").Get("b"))
		if c.fault != "" {
			if err := f.Err(); err == nil || err.Error() != c.fault {
				t.Errorf("%s: got %v, want %v", c.rule, err, c.fault)
			}
			continue
		}
		if f.Len() > 0 {
			t.Errorf("%s: %v", c.rule, f.Err())
		} else if got := show(inner, true); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.rule, got, c.want)
		}
	}
}

func TestErrorsUnwrap(t *testing.T) {
	_, err := Parse("f", []byte("a: 1\na: 2\n"))
	var one *Error
	if !errors.As(err, &one) || one.Line != 2 || one.Column != 1 || one.File != "f" {
		t.Errorf("got %+v from %v", one, err)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	f := &Faults{}
	for i := range 2 * MaxFaults {
		f.Addf(Place{2*MaxFaults - i, 1}, "", "x")
		f.Addf(Place{2*MaxFaults - i, 1}, "", "x")
	}
	list := f.Err().(Errors)
	if len(list) != MaxFaults+1 || list[0].Line != MaxFaults+1 || !strings.Contains(list[MaxFaults].Message, "more than 1000") {
		t.Errorf("got %d errors, first %v, last %v", len(list), list[0], list[len(list)-1])
	}
}

func TestFloat(t *testing.T) {
	for text, want := range map[string]float64{"1": 1, "-2": -2, "+3": 3, "0x1F": 31, "0o17": 15, "010": 10, "1.5": 1.5, "1e3": 1000} {
		n := &Node{Kind: resolve(text), Text: text}
		if got, err := n.Float(); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{".inf", "-.inf", ".nan", "1e999", "x", strings.Repeat("9", 400)} {
		n := &Node{Kind: resolve(text), Text: text}
		if got, err := n.Float(); err == nil {
			t.Errorf("%.10s: got %v, want an error", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"required", "description", "unique", "quality"}
	for _, c := range []struct{ word, want string }{
		{"requird", "required"}, {"reqiured", "required"}, {"Required", "required"}, {"desc", ""}, {"uniqe", "unique"}, {"x", ""}, {"", ""},
	} {
		if got := Nearest(c.word, words); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}

// The distance of words is a metric but for the triangle, which swaps bend.
func TestDistance(t *testing.T) {
	word := rapid.SliceOfN(rapid.SampledFrom([]rune("abc")), 0, 8)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) {
			t.Fatalf("%s to %s: %d there, %d back", string(a), string(b), d, distance(b, a))
		}
		if (d == 0) != (string(a) == string(b)) || d > max(len(a), len(b)) {
			t.Fatalf("%s to %s: %d", string(a), string(b), d)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: 1", "a: &x [1]\nb: *x", "a: |\n  x\n", "<<: {a: 1}", "? a\n: b", "- - - x", "{a: [b, {c: d}]}", "a: !!str 1",
		"\ufeffa: 1", "a:\n\t- b", "%YAML 1.2\n---\na\n...", "a: \"\\x41\"", "- &a\n- *a", "&a : b", "!!map {a: b}", "? - a\n: b", "a: >2\n   x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		begin := time.Now()
		n, err := Parse("f", data)
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		if (n == nil) != (err != nil) {
			t.Fatalf("got %v and %v", n, err)
		}
		if err != nil {
			list, ok := err.(Errors)
			if !ok || len(list) == 0 {
				t.Fatalf("got %T", err)
			}
			return
		}
		nodes := 0
		var walk func(n *Node, depth int)
		walk = func(n *Node, depth int) {
			if nodes++; nodes > MaxNodes || depth > MaxDepth+1 {
				t.Fatalf("%d nodes, %d deep", nodes, depth)
			}
			for _, v := range n.Items {
				walk(v, depth+1)
			}
			for _, e := range n.Entries {
				if e.Line < 1 || e.Column < 1 || e.Value == nil {
					t.Fatalf("key %q at %v", e.Key, e.Place)
				}
				walk(e.Value, depth+1)
			}
		}
		walk(n, 1)
	})
}
