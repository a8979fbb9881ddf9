package tabular

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// DecodeText returns r as UTF-8. A byte order mark decides, or else
// d.Encoding; UTF-8 passes through untouched, byte order mark included. It
// returns an error if d.Encoding is none of the names that Dialect allows.
func DecodeText(r io.Reader, d Dialect) (io.Reader, error) {
	text, _, err := decodeText(r, d)
	return text, err
}

func decodeText(r io.Reader, d Dialect) (text io.Reader, name string, err error) {
	in := bufio.NewReaderSize(&counter{r: r, n: new(atomic.Int64)}, 64)
	start, _ := in.Peek(3) // an error comes again with the first Read
	name = d.Filled().Encoding
	switch {
	case bytes.HasPrefix(start, byteOrderMark):
		name = "utf-8"
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}):
		name = "utf-16le"
	case bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		name = "utf-16be"
	}
	enc, err := encodingOf(name)
	if err != nil {
		return nil, "", fmt.Errorf("decode text: %w", err)
	}
	if enc == nil {
		return in, name, nil
	}
	return enc.NewDecoder().Reader(in), name, nil
}

// encodingOf returns the encoding of a name in Dialect's words, nil for UTF-8.
func encodingOf(name string) (encoding.Encoding, error) {
	switch name {
	case "utf-8":
		return nil, nil
	case "latin-1":
		return charmap.ISO8859_1, nil
	case "windows-1252":
		return charmap.Windows1252, nil
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	}
	return nil, fmt.Errorf("no encoding is called %q: write utf-8, latin-1, windows-1252, utf-16le or utf-16be", name)
}

// guessEncoding says what bytes that are not UTF-8 look like.
func guessEncoding(cell []byte) string {
	for _, c := range cell {
		if c >= 0x80 && c < 0xa0 {
			return "the bytes look like Windows-1252: declare the encoding windows-1252"
		}
	}
	return "the bytes look like Latin-1: declare the encoding latin-1 (or windows-1252)"
}
