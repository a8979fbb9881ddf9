package tabular

import (
	"fmt"
	"io"

	"golang.org/x/text/transform"
)

// EncodeText returns a writer that takes UTF-8 and writes it to w in an
// encoding of Reader.Encoding, UTF-16 with a byte order mark. Close writes what
// it still holds and does not close w. Text that the encoding has no bytes for
// is an error of Write or Close.
func EncodeText(w io.Writer, name string) (io.WriteCloser, error) {
	enc, err := encodingOf(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("encode text: %w", err)
	case enc == nil:
		return asItIs{w}, nil
	}
	return transform.NewWriter(w, enc.NewEncoder()), nil
}

// asItIs is a writer that needs no closing.
type asItIs struct{ io.Writer }

func (asItIs) Close() error { return nil }

// Delimited reports whether the file is delimited text. If not, RawHeader, Raw
// and RawRecord write what it holds as such.
func (r *Reader) Delimited() bool {
	return r.json == nil && r.table == nil && len(r.dialect.Fields) == 0
}

var lineFeed = []byte{'\n'}

// LineEnd returns the line end of the record with that ordinal, malformed or
// not, as written: LF, CRLF, or nothing where the file ends without one; LF for
// a file that is no delimited text. It is valid until the next Parse.
func (b *Batch) LineEnd(ordinal int) []byte {
	if b.blk.json != nil || b.blk.slice != nil || b.blk.other != nil && len(b.blk.other.Fields) > 0 {
		return lineFeed
	}
	rest := b.blk.Data
	if i, found := b.malformedAt(ordinal); found {
		rest = rest[b.malformed[i].end:]
	} else {
		rest = rest[b.rows[ordinal-i].end:]
	}
	for i, c := range rest[:min(len(rest), 2)] {
		if c == '\n' {
			return rest[:i+1]
		}
		if c != '\r' {
			break
		}
	}
	return nil
}
