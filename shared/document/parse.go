package document

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Parse reads one YAML document. File is the name that errors show. A document
// of nothing but comments is an error. The error, if any, is [Errors] with
// every fault that could be told: a fault of syntax ends the reading, a
// duplicated key or an unknown alias does not.
func Parse(file string, data []byte) (*Node, error) {
	f := &Faults{File: file}
	n := parse(f, data, Place{})
	if err := f.Err(); err != nil {
		return nil, err
	}
	return n, nil
}

// ParseText reads the text of n, a text node, as a document of its own, and
// adds what is wrong with it to f; it returns nil if that was anything. Where
// the text is a literal block (|) the places are those of the file, elsewhere
// all are n's own.
func ParseText(f *Faults, n *Node) *Node {
	inner := &Faults{File: f.File}
	at := n.block
	root := parse(inner, []byte(n.Text), at)
	if at == (Place{}) {
		pin(root, n.Place)
	}
	for _, e := range inner.list {
		p := Place{e.Line, e.Column}
		if at == (Place{}) {
			p = n.Place
		}
		f.Addf(p, e.Hint, "%s", e.Message)
	}
	if inner.Len() > 0 {
		return nil
	}
	return root
}

func pin(n *Node, p Place) {
	if n == nil {
		return
	}
	n.Place = p
	for _, v := range n.Items {
		pin(v, p)
	}
	for i := range n.Entries {
		n.Entries[i].Place = p
		pin(n.Entries[i].Value, p)
	}
}

// parse reads data whose first character stands at the place at of the file,
// or at its beginning if at is zero.
func parse(f *Faults, data []byte, at Place) (root *Node) {
	b := &builder{faults: f, at: Place{max(at.Line-1, 0), max(at.Column-1, 0)}, anchors: map[string]*Node{}}
	if !b.readable(data) {
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	b.source = data
	// The parser is another's and its input anyone's: what it does not bear is
	// a fault of the document, never of the program.
	defer func() {
		if r := recover(); r != nil {
			f.Addf(b.place(nil), "", "cannot be read as YAML")
			root = nil
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if !b.bounded(tokens) {
		return nil
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		b.syntax(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range tree.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		bodies = append(bodies, doc.Body)
	}
	switch len(bodies) {
	case 0:
		f.Addf(b.place(nil), "", "the document is empty")
		return nil
	case 1:
	default:
		f.Addf(b.place(bodies[1].GetToken()), "put each document in a file of its own", "a second document begins here")
		return nil
	}
	root = b.node(bodies[0], 1)
	return root
}

// A builder turns the syntax tree of one document into nodes.
type builder struct {
	faults  *Faults
	at      Place // what to add to the parser's positions
	source  []byte
	lines   [][]byte // of source, split when first asked for
	anchors map[string]*Node
	nodes   int
	full    bool // MaxNodes or MaxDepth was reported
}

func (b *builder) place(t *token.Token) Place {
	p := Place{1, 1}
	if t != nil && t.Position != nil {
		p = Place{max(t.Position.Line, 1), max(t.Position.Column, 1)}
	}
	return Place{p.Line + b.at.Line, p.Column + b.at.Column}
}

// readable checks the length, the encoding and that there is no control
// character that would make a terminal or a log lie.
func (b *builder) readable(data []byte) bool {
	if len(data) > MaxBytes {
		b.faults.Addf(b.place(nil), "", "the document is larger than %d MiB", MaxBytes>>20)
		return false
	}
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		at := Place{line + b.at.Line, column + b.at.Column}
		if r == utf8.RuneError && size == 1 {
			b.faults.Addf(at, "save the file as UTF-8", "byte 0x%02X is not UTF-8", data[i])
			return false
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			b.faults.Addf(at, "remove it", "control character U+%04X", r)
			return false
		}
		if column++; r == '\n' {
			line, column = line+1, 1
		}
		i += size
	}
	return true
}

func (b *builder) syntax(err error) {
	var fault interface {
		GetMessage() string
		GetToken() *token.Token
	}
	if !errors.As(err, &fault) {
		b.faults.Addf(b.place(nil), "", "cannot be read as YAML: %v", err)
		return
	}
	message, hint := fault.GetMessage(), ""
	switch {
	case strings.Contains(message, "\t") || strings.Contains(message, "tab character"):
		message, hint = "a tab where YAML wants spaces", "indent with spaces"
	case strings.Contains(message, "mapping value is not allowed"):
		message, hint = "a second colon makes no sense here", "put text that contains \": \" in quotes, or indent the next key like its neighbours"
	case strings.Contains(message, "could not find end character"):
		message, hint = "a quoted text has no end", "close the quote; a quote within single quotes is written twice"
	case strings.Contains(message, "'}' must be specified"):
		message, hint = "a map in braces has no end before this", "close it with }, and put commas between its keys"
	case strings.Contains(message, "']' must be specified"):
		message, hint = "a list in brackets has no end before this", "close it with ], and put commas between its values"
	case strings.Contains(message, "reserved character"), strings.Contains(message, "unexpected directive"):
		message, hint = "no text begins with this character", "put the text in quotes"
	case strings.Contains(message, "unexpected key name"), strings.Contains(message, "non-map value"):
		message, hint = "a line without a colon where keys stand", "write key: value, or indent the line under the key that it belongs to"
	case strings.Contains(message, "unknown escape character"):
		message, hint = "a backslash that escapes nothing", "write two of them, or put the text in single quotes"
	case strings.Contains(message, "block sequence entries"):
		message, hint = "a list cannot begin on the line of its key", "begin it on the next line, indented"
	case strings.Contains(message, "is not allowed in this context"):
		message, hint = "this does not fit what stands above it", "check the indentation"
	}
	b.faults.Addf(b.place(fault.GetToken()), hint, "%s", strings.TrimSpace(message))
}

func (b *builder) node(n ast.Node, depth int) *Node {
	out := b.value(n, depth)
	b.nodes++
	if out.size == 0 {
		out.size = 1
	}
	for _, v := range out.Items {
		out.size += v.size
		out.height = max(out.height, v.height+1)
	}
	for _, e := range out.Entries {
		out.size += e.Value.size
		out.height = max(out.height, e.Value.height+1)
	}
	if !b.full && out.height > MaxDepth {
		b.full = true
		b.faults.Addf(out.Place, "", "lists and maps are more than %d levels deep", MaxDepth)
	}
	if !b.full && (out.size > MaxNodes || b.nodes > MaxNodes) {
		b.full = true
		b.faults.Addf(out.Place, "", "the document has more than %d values", MaxNodes)
	}
	if out.size > MaxNodes {
		out.size = MaxNodes // once is enough, and it must not overflow
	}
	return out
}

func (b *builder) value(n ast.Node, depth int) *Node {
	if depth > MaxDepth {
		if !b.full {
			b.full = true
			b.faults.Addf(b.place(n.GetToken()), "", "lists and maps are more than %d levels deep", MaxDepth)
		}
		return &Node{Kind: Null}
	}
	switch n := n.(type) {
	case nil:
		return &Node{Kind: Null}
	case *ast.MappingNode:
		out := &Node{Kind: Map, Place: b.place(n.Start)}
		if !n.IsFlowStyle && len(n.Values) > 0 {
			out.Place = b.place(n.Values[0].Key.GetToken())
		}
		b.entries(out, n.Values, depth)
		return out
	case *ast.MappingValueNode:
		out := &Node{Kind: Map, Place: b.place(n.Key.GetToken())}
		b.entries(out, []*ast.MappingValueNode{n}, depth)
		return out
	case *ast.SequenceNode:
		out := &Node{Kind: List, Place: b.place(n.Start)}
		for _, v := range n.Values {
			out.Items = append(out.Items, b.node(v, depth+1))
		}
		return out
	case *ast.AnchorNode:
		out := b.node(n.Value, depth)
		b.anchors[n.Name.GetToken().Value] = out
		return &Node{Kind: out.Kind, Text: out.Text, Place: out.Place, Items: out.Items, Entries: out.Entries, block: out.block}
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if to := b.anchors[name]; to != nil {
			return &Node{Kind: to.Kind, Text: to.Text, Place: to.Place, Items: to.Items, Entries: to.Entries, block: to.block}
		}
		b.faults.Addf(b.place(n.Start), "write the anchor &"+name+" before it", "no anchor is named %q", name)
		return &Node{Kind: Null, Place: b.place(n.Start)}
	case *ast.TagNode:
		return b.tagged(n, depth)
	case *ast.LiteralNode:
		out := &Node{Kind: Text, Text: n.Value.Value, Place: b.place(n.Start)}
		if strings.HasPrefix(n.Start.Value, "|") {
			out.block = b.block(n.Start.Position.Line)
		}
		return out
	default:
		t := n.GetToken()
		switch t.Type {
		case token.SingleQuoteType, token.DoubleQuoteType:
			return &Node{Kind: Text, Text: t.Value, Place: b.place(t)}
		case token.ImplicitNullType:
			return &Node{Kind: Null, Place: b.place(t)}
		}
		if s, ok := n.(*ast.StringNode); ok {
			return &Node{Kind: resolve(s.Value), Text: s.Value, Place: b.place(t)}
		}
		return &Node{Kind: resolve(t.Value), Text: t.Value, Place: b.place(t)}
	}
}

// block returns where the text of a literal block begins whose header stands
// on the given line of the source.
func (b *builder) block(header int) Place {
	if b.lines == nil {
		b.lines = bytes.Split(b.source, []byte("\n"))
	}
	for _, line := range b.lines[min(header, len(b.lines)):] {
		if text := bytes.TrimLeft(line, " "); len(bytes.TrimSpace(text)) > 0 {
			return Place{header + 1 + b.at.Line, len(line) - len(text) + 1 + b.at.Column}
		}
	}
	return Place{}
}

func (b *builder) tagged(n *ast.TagNode, depth int) *Node {
	out := b.node(n.Value, depth)
	want := map[string]Kind{"!!str": Text, "!!int": Int, "!!float": Number, "!!bool": Bool, "!!null": Null, "!!seq": List, "!!map": Map}[n.Start.Value]
	switch {
	case want == 0:
		b.faults.Addf(b.place(n.Start), "remove it", "the tag %s is not known here", n.Start.Value)
	case want == Text && out.Kind&Scalar != 0:
		out.Kind = Text
	case want&(Number|Bool|Null) != 0 && out.Kind == Text && resolve(out.Text)&want != 0:
		out.Kind = resolve(out.Text)
	case out.Kind&want == 0:
		b.faults.Addf(b.place(n.Start), "", "the tag %s does not fit %s", n.Start.Value, Describe(out))
	}
	return out
}

func (b *builder) entries(out *Node, values []*ast.MappingValueNode, depth int) {
	index := map[string]int{}
	var merges []Entry
	for _, v := range values {
		key, merge := b.key(v.Key)
		if key == nil {
			b.node(v.Value, depth+1) // for its faults
			continue
		}
		e := Entry{Key: key.Text, Place: key.Place, Value: b.node(v.Value, depth+1)}
		if e.Value.Place == (Place{}) || e.Value.Kind == Null && e.Value.Text == "" {
			e.Value.Place = e.Place
		}
		if merge {
			merges = append(merges, e)
			continue
		}
		if i, dup := index[e.Key]; dup {
			b.faults.Addf(e.Place, "keep one of them", "the key %q stands on line %d already", e.Key, out.Entries[i].Line)
			continue
		}
		index[e.Key] = len(out.Entries)
		out.Entries = append(out.Entries, e)
	}
	for _, m := range merges {
		sources := []*Node{m.Value}
		if m.Value.Kind == List {
			sources = m.Value.Items
		}
		for _, s := range sources {
			if s.Kind != Map {
				b.faults.Addf(m.Place, "name a map with an alias: <<: *name", "<< merges maps, not %s", Describe(s))
				continue
			}
			for _, e := range s.Entries {
				if _, own := index[e.Key]; !own {
					index[e.Key] = len(out.Entries)
					out.Entries = append(out.Entries, e)
				}
			}
		}
	}
}

// key returns a map's key as a text node and whether it is the merge key, or
// nil after reporting that it is no scalar.
func (b *builder) key(k ast.MapKeyNode) (*Node, bool) {
	if _, ok := k.(*ast.MergeKeyNode); ok {
		return &Node{Kind: Text, Text: "<<", Place: b.place(k.GetToken())}, true
	}
	var n ast.Node = k
	if q, ok := k.(*ast.MappingKeyNode); ok {
		n = q.Value
	}
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return &Node{Kind: Text, Text: n.GetToken().Value, Place: b.place(n.GetToken())}, false
	}
	b.faults.Addf(b.place(k.GetToken()), "write the key as plain text", "a key must be a single word or number")
	return nil, false
}

var (
	intForm   = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatForm = regexp.MustCompile(`^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
)

// resolve returns the kind of an unquoted scalar by YAML 1.2's core schema.
func resolve(text string) Kind {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	case ".nan", ".NaN", ".NAN":
		return Float
	}
	switch strings.TrimLeft(text, "+-") {
	case ".inf", ".Inf", ".INF":
		return Float
	}
	switch {
	case intForm.MatchString(text):
		return Int
	case floatForm.MatchString(text):
		return Float
	}
	return Text
}
