// Package document reads YAML strictly and remembers where everything stands.
//
// [Parse] turns the bytes of one YAML document into a tree of [Node] values,
// each with the line and column it was written at, so that whoever gives the
// tree a meaning can name the place of every fault. A [Shape] says what a tree
// may look like: which keys, which kinds, which words. [Faults] collects what
// is wrong, all of it, and returns it as [Errors] in the order of the file.
//
// What is read is YAML 1.2 with the core schema: null, true and false, whole
// and decimal numbers; everything else, dates and yes and no among it, is text.
// Anchors, aliases and merge keys are resolved. A key given twice, a second
// document, a tag of one's own and a key that is not a scalar are errors.
//
// Input is not trusted. A document is at most [MaxBytes] long, [MaxDepth]
// levels deep and [MaxNodes] nodes large after its aliases are expanded; what
// exceeds a bound is an error, found before time or memory is spent on it.
package document

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a document.
const (
	MaxBytes  = 4 << 20 // length in bytes
	MaxDepth  = 64      // lists and maps within each other
	MaxNodes  = 200_000 // values after the expansion of aliases
	MaxKeys   = 5_000   // keys of one map
	MaxFaults = 1_000   // errors that are listed; one more says so
)

// A Kind says what a node is.
type Kind uint8

// The kinds of node. They are bits, so that a [Shape] can allow several.
const (
	Null Kind = 1 << iota
	Bool
	Int
	Float
	Text
	List
	Map

	Number = Int | Float
	Scalar = Null | Bool | Int | Float | Text
	Any    = Scalar | List | Map
)

// String returns the kind, or the kinds joined by or, in words: "text or a list".
func (k Kind) String() string {
	switch k {
	case Any:
		return "any value"
	case Scalar, Scalar &^ Null:
		return "a single value"
	}
	var words []string
	for _, w := range [...]struct {
		kind Kind
		word string
	}{{Null, "nothing"}, {Bool, "true or false"}, {Number, "a number"}, {Int, "a whole number"}, {Float, "a number"},
		{Text, "text"}, {List, "a list"}, {Map, "a map"}} {
		if k&w.kind == w.kind {
			words = append(words, w.word)
			k &^= w.kind
		}
	}
	return strings.Join(words, " or ")
}

// A Place is where something stands in a file: line and column count from 1,
// columns in characters. The zero value means unknown.
type Place struct{ Line, Column int }

// A Node is a value of a document. Nodes that an alias repeats are shared:
// they keep the place of the anchor and must not be changed.
type Node struct {
	Kind Kind
	// Text is a scalar as written, without quotes, escapes resolved.
	Text string
	Place
	// Items are the values of a list.
	Items []*Node
	// Entries are the keys and values of a map in the order of the file.
	Entries []Entry

	size   int   // nodes in this tree, aliases expanded
	height int   // levels below this one
	block  Place // where the text of a literal block (|) begins
}

// An Entry is one key of a map and its value; Place is the key's.
type Entry struct {
	Key string
	Place
	Value *Node
}

// Block returns where the text of a literal block (|) begins, from where its
// lines are those of the file; the zero Place for any other node.
func (n *Node) Block() Place {
	if n == nil {
		return Place{}
	}
	return n.block
}

// Get returns the value of key, or nil if n is nil, no map, or lacks it.
func (n *Node) Get(key string) *Node {
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Entry returns the entry of key, or nil if n is nil, no map, or lacks it.
func (n *Node) Entry(key string) *Entry {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return &n.Entries[i]
		}
	}
	return nil
}

// Str returns the text of a text node, and "" for any other and for nil.
func (n *Node) Str() string {
	if n == nil || n.Kind != Text {
		return ""
	}
	return n.Text
}

// Is reports whether n is there and of one of the kinds.
func (n *Node) Is(k Kind) bool { return n != nil && n.Kind&k != 0 }

// True reports whether n is the boolean true.
func (n *Node) True() bool { return n.Is(Bool) && strings.EqualFold(n.Text, "true") }

// List returns the values of a list, and nothing for any other node and for nil.
func (n *Node) List() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// An Error is one fault of a document.
type Error struct {
	File         string
	Line, Column int
	// Message says what is wrong, Hint what to write instead; Hint may be "".
	Message, Hint string
}

// Error returns "file:line:column: message; hint", leaving out what is unknown.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", e.Line, e.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Errors are the faults of a document in the order of their places.
type Errors []*Error

// Error returns the errors, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors one by one.
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// Faults collects the errors of one file. The zero value is ready to use.
type Faults struct {
	// File is the name that the errors show.
	File string
	list Errors
	seen map[Error]bool
	more bool
}

// Addf adds an error at p: a message made from format and args, and a hint
// that says what to write instead, or "". The same error at the same place is
// added once; beyond [MaxFaults] only their being more is remembered.
func (f *Faults) Addf(p Place, hint, format string, args ...any) {
	e := Error{File: f.File, Line: p.Line, Column: p.Column, Message: clip(fmt.Sprintf(format, args...)), Hint: clip(hint)}
	switch {
	case f.seen[e]:
	case f.Full():
		f.more = true
	default:
		if f.seen == nil {
			f.seen = map[Error]bool{}
		}
		f.seen[e] = true
		f.list = append(f.list, &e)
	}
}

// clip shortens what would quote too much of a document.
func clip(text string) string {
	const most = 600
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Full reports whether as many errors were added as are listed, so that there
// is no point in looking for more.
func (f *Faults) Full() bool { return len(f.list) >= MaxFaults }

// Len returns how many errors were added.
func (f *Faults) Len() int { return len(f.list) }

// Err returns the errors as [Errors], sorted by place, or nil if there is none.
func (f *Faults) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	list := slices.Clone(f.list)
	slices.SortStableFunc(list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if f.more {
		list = append(list, &Error{File: f.File, Message: fmt.Sprintf("more than %d errors, the rest is not listed", MaxFaults)})
	}
	return list
}

// Float returns the value of a number; an error if n is none or it is not finite.
func (n *Node) Float() (float64, error) {
	if !n.Is(Number) {
		return 0, errNotNumber
	}
	if text, radix := base(n.Text); radix != 10 {
		i, err := strconv.ParseUint(text, radix, 64)
		return float64(i), err
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	if err != nil {
		return 0, errNotNumber
	}
	return finite(f)
}

// Int returns the value of a whole number; an error if n is none or it does not fit.
func (n *Node) Int() (int, error) {
	if !n.Is(Int) {
		return 0, errNotNumber
	}
	text, radix := base(n.Text)
	i, err := strconv.ParseInt(text, radix, 0)
	return int(i), err
}

var errNotNumber = errors.New("not a finite number")

func finite(f float64) (float64, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, errNotNumber
	}
	return f, nil
}

// base splits 0x1F and 0o17 into digits and radix.
func base(text string) (string, int) {
	switch {
	case strings.HasPrefix(text, "0x"):
		return text[2:], 16
	case strings.HasPrefix(text, "0o"):
		return text[2:], 8
	}
	return text, 10
}
