package document

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

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
