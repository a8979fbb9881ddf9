package document

import "github.com/goccy/go-yaml/token"

const (
	maxTokens    = 1_000_000
	maxKeyLength = 1024
	// maxPath bounds the bytes that the parser spends on remembering the path
	// of keys to every value: the sum of their lengths.
	maxPath = 64 << 20
	// maxLevels bounds what the parser nests before the exact depth is known;
	// it is generous, since columns tell the depth of a block only roughly.
	maxLevels = 2 * MaxDepth
)

// bounded walks over the tokens before they are parsed and reports what would
// make the parser, whose time is quadratic in the depth, slow or large.
func (b *builder) bounded(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		b.faults.Addf(b.place(nil), "", "the document has more than %d values", MaxNodes)
		return false
	}
	type level struct{ column, key int }
	var (
		block []level // open block lists and maps, by column
		flow  []int   // open brackets, by the length of the key before them
		path  int     // length of the keys on the way to here
		total int     // sum of path over all tokens
		marks int     // tags and anchors in a row
		key   int     // length of the last key
		line  int
	)
	for i, t := range tokens {
		if t.Type == token.CommentType || t.Position == nil {
			continue
		}
		first := t.Position.Line != line
		line = t.Position.Line
		isKey := i+1 < len(tokens) && tokens[i+1].Type == token.MappingValueType
		if isKey {
			if key = len(t.Value); key > maxKeyLength {
				b.faults.Addf(b.place(t), "", "a key is longer than %d bytes", maxKeyLength)
				return false
			}
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow = append(flow, key)
			path += key + 4
		case token.SequenceEndType, token.MappingEndType:
			if len(flow) > 0 {
				path -= flow[len(flow)-1] + 4
				flow = flow[:len(flow)-1]
			}
		default:
			if len(flow) == 0 && (first || isKey || t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType) {
				for len(block) > 0 && block[len(block)-1].column >= t.Position.Column {
					path -= block[len(block)-1].key + 4
					block = block[:len(block)-1]
				}
				length := 0
				if isKey {
					length = len(t.Value)
				}
				block = append(block, level{t.Position.Column, length})
				path += length + 4
			}
		}
		if len(block)+len(flow) > maxLevels {
			b.faults.Addf(b.place(t), "", "lists and maps are more than %d levels deep", MaxDepth)
			return false
		}
		switch {
		case t.Type == token.TagType || t.Type == token.AnchorType:
			if marks++; marks > 4 {
				b.faults.Addf(b.place(t), "", "too many tags and anchors before one value")
				return false
			}
		case i > 0 && tokens[i-1].Type == token.AnchorType: // the anchor's name
		default:
			marks = 0
		}
		if total += path; total > maxPath {
			b.faults.Addf(b.place(t), "use shorter keys", "the keys on the way to here are too long for so large a document")
			return false
		}
	}
	return true
}
