package tabular

import (
	"bufio"
	"bytes"
	"io"

	"tillwatch/shared/dialect"
)

// How much of a file's beginning decides how it is encoded, and how it is
// written otherwise.
const (
	detectEncodingBytes = 1 << 20
	detectDialectBytes  = 2 * dialect.SampleBytes
)

// detect finds out how the text that start is about to read is written, as far as
// that is not declared, and reads nothing.
func detect(start *bufio.Reader, declared Dialect) dialect.Reading {
	sample, err := start.Peek(detectEncodingBytes) // an error comes again with the first Read
	name, against := dialect.EncodingOf(sample, err == io.EOF, declared.Encoding)
	whole := err == io.EOF && len(sample) <= detectDialectBytes
	sample = sample[:min(len(sample), detectDialectBytes)]
	d := declared
	d.Encoding = name
	text := sample
	if enc, err := encodingOf(name); err == nil && enc != nil {
		text, _ = enc.NewDecoder().Bytes(sample) // what is cut off or damaged is left out
	}
	json, _ := looksLikeJSON(text[:min(len(text), detectBytes)])
	var r dialect.Reading
	switch {
	case d.Format == FormatJSON, d.Format == "" && json && len(d.Fields) == 0:
		d.Format = FormatJSON
		r.Dialect = d
		if declared.Format == FormatJSON {
			r.Declared = []string{"format"}
		} else {
			r.Detected = []string{"format"}
		}
	default:
		r = dialect.Detect(text, whole, d)
	}
	switch {
	case against != "":
		r.Against = append(r.Against, against)
		r.Detected = append(r.Detected, "encoding")
	case declared.Encoding == name:
		r.Declared = append(r.Declared, "encoding")
	default:
		r.Detected = append(r.Detected, "encoding")
	}
	return r
}

// carriageReturns reads a text in which CR ends lines with LF in its place.
type carriageReturns struct{ io.Reader }

func (c carriageReturns) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	for text := p[:n]; ; {
		i := bytes.IndexByte(text, '\r')
		if i < 0 {
			return n, err
		}
		text[i] = '\n'
		text = text[i+1:]
	}
}
