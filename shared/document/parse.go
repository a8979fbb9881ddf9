package document

import (
	"bytes"
	"errors"
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
