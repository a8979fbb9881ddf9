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
	type level struct{ column, key, keys int }
	var (
		block []level // open block lists and maps, by column
		flow  []level // open brackets, with the length of the key before them
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
		keys := 0 // of the map that this token adds one to
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
			open := level{key: key}
			if t.Type == token.MappingStartType {
				open.keys = 1
			}
			flow = append(flow, open)
			path += key + 4
		case token.SequenceEndType, token.MappingEndType:
			if len(flow) > 0 {
				path -= flow[len(flow)-1].key + 4
				flow = flow[:len(flow)-1]
			}
		case token.CollectEntryType:
			if len(flow) > 0 && flow[len(flow)-1].keys > 0 {
				flow[len(flow)-1].keys++
				keys = flow[len(flow)-1].keys
			}
		default:
			if len(flow) == 0 && (first || isKey || t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType) {
				next := level{column: t.Position.Column}
				if isKey {
					next.key, next.keys = len(t.Value), 1
				}
				for len(block) > 0 && block[len(block)-1].column >= t.Position.Column {
					last := block[len(block)-1]
					if last.column == next.column && isKey {
						next.keys += last.keys
					}
					path -= last.key + 4
					block = block[:len(block)-1]
				}
				keys = next.keys
				block = append(block, next)
				path += next.key + 4
			}
		}
		if keys > MaxKeys {
			b.faults.Addf(b.place(t), "", "a map has more than %d keys", MaxKeys)
			return false
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
