// Package dialect says how the text of a file is written, declares it by names,
// detects it, and splits any of it into records and cells.
//
// The flow is
//
//	Set(name, value)          what a contract or a flag declares
//	Encoding(bytes, declared) how the bytes are encoded, by the file's beginning
//	Detect(text, declared)    the rest: delimiter, quotes, comments, header
//	Splitter.Record           one record of a text in any dialect
//
// Detection looks at a prefix whose length the caller bounds and depends on
// nothing else. What is declared is kept, unless the file cannot be so: then the
// file is read as it is, and Reading.Against says what the declaration got wrong.
package dialect

import (
	"fmt"
	"slices"
)

// A Dialect says how a file of text is written. The zero value is RFC 4180:
// commas, double quotes, a header line, UTF-8. For Detect a zero field is one that
// is not declared.
type Dialect struct {
	// Format is Delimited, Fixed, JSON or Parquet; "" lets the file's beginning
	// decide, and never for Fixed, which must have Fields.
	Format    string
	Delimiter byte // 0 means a comma
	Quote     byte // 0 means a double quote, None that no character quotes
	// Escape makes the character after it mean itself, inside quotes and
	// outside, where that is a quote, the delimiter, a line end or the escape; before anything else
	// it is an ordinary character. 0 means that there is none, and Doubled declares it: a quote inside quotes is
	// doubled, which it may be in any case.
	Escape byte
	// Comment begins lines that are no records; 0 and None mean that none does.
	Comment byte
	// Header says whether the first record names the columns; see Names.
	Header Header
	// SkipRows is how many lines stand before the header or the first record.
	SkipRows int
	// Null is a text that is null when it stands for a whole unquoted cell, as the empty
	// cell always is; "" is no such text.
	Null string
	// SkipSpace drops spaces and tabs (but a delimiter) at the beginning of cells.
	SkipSpace bool
	// CR says that records end with CR alone; otherwise LF and CRLF end them.
	CR bool
	// Encoding is utf-8 (or ""), latin-1, windows-1252, utf-16le or utf-16be. A
	// byte order mark is recognised whatever Encoding says.
	Encoding string
	// Fields are the columns of a file of fixed width, by Start; nil of any other.
	Fields []Field
	// Names are the columns that are expected. They name those of a file without
	// header, and are evidence for Detect.
	Names []string
}

// The formats of Dialect.Format.
const (
	Delimited = "csv"
	Fixed     = "fixed"
	JSON      = "json" // objects, one a line or in one array
	Parquet   = "parquet"
)

// None in place of a character says that there is none. No text in UTF-8
// holds a byte of that value.
const None = 0xff

// A Header says whether there is a header line.
type Header int8

// Whether there is a header; Unsaid is read as Present where nothing is detected.
const (
	Unsaid Header = iota
	Present
	Absent
)

// A Field is a column of a file of fixed width. Start counts characters from 0;
// a Width of 0, for the last field only, reaches to the end of the line.
type Field struct {
	Name         string
	Start, Width int
}

// Filled returns d with its defaults written out.
func (d Dialect) Filled() Dialect {
	if d.Delimiter == 0 {
		d.Delimiter = ','
	}
	if d.Quote == 0 {
		d.Quote = '"'
	}
	if d.Escape == 0 || d.Escape == Doubled {
		d.Escape = d.Quote
	}
	if d.Comment == 0 {
		d.Comment = None
	}
	if d.Header == Unsaid {
		d.Header = Present
	}
	if d.Encoding == "" {
		d.Encoding = "utf-8"
	}
	return d
}

// Check says what makes a dialect impossible.
func (d Dialect) Check() error {
	d = d.Filled()
	for _, c := range []byte{d.Delimiter, d.Quote, d.Escape, d.Comment} {
		if c == '\n' || c == '\r' || c >= 0x80 && c != None {
			return fmt.Errorf("dialect: %q can be neither delimiter nor quote: take an ASCII character other than a line end", c)
		}
	}
	switch {
	case d.Delimiter == None:
		return fmt.Errorf("dialect: a delimiter is needed")
	case d.Delimiter == d.Quote:
		return fmt.Errorf("dialect: %q is both delimiter and quote", d.Quote)
	case d.Delimiter == d.Escape:
		return fmt.Errorf("dialect: %q is both delimiter and escape", d.Escape)
	case d.Comment != None && (d.Comment == d.Delimiter || d.Comment == d.Quote || d.Comment == d.Escape):
		return fmt.Errorf("dialect: %q is both comment and delimiter, quote or escape", d.Comment)
	case d.Format == Fixed && len(d.Fields) == 0:
		return fmt.Errorf("dialect: a file of fixed width needs the start and width of its columns")
	}
	return checkFields(d.Fields)
}

// checkFields wants fields that do not overlap, in order.
func checkFields(fields []Field) error {
	end := 0
	for i, f := range fields {
		switch {
		case f.Start < end:
			return fmt.Errorf("dialect: column %s begins at character %d, which belongs to the column before it", f.Name, f.Start+1)
		case f.Width < 0 || f.Start > 1<<20 || f.Width > 1<<20:
			return fmt.Errorf("dialect: column %s has a width of %d characters", f.Name, f.Width)
		case f.Width == 0 && i < len(fields)-1:
			return fmt.Errorf("dialect: column %s has no width, and only the last column may go without", f.Name)
		}
		end = f.Start + f.Width
	}
	return nil
}

// Plain reports whether delimiters, line ends and doubled quotes are all
// there is between the cells, once the header is read, so that the fast splitter of
// package tabular can read it. A Splitter reads the others.
func (d Dialect) Plain() bool {
	d = d.Filled()
	return len(d.Fields) == 0 && d.Quote != None && d.Escape == d.Quote && d.Comment == None && !d.SkipSpace
}

// QuoteParity reports whether a file in this dialect, once it is not compressed,
// can be cut at any byte by counting the quotes before it: an even number of them
// means that the next LF ends a record (but for what tabular calls stray quotes, which reading
// must still look for).
// That needs an encoding in which each byte of ASCII stands for itself.
func (d Dialect) QuoteParity() bool {
	return d.Plain() && (d.Format == "" || d.Format == Delimited) && !d.CR &&
		slices.Contains([]string{"", "utf-8", "latin-1", "windows-1252"}, d.Encoding)
}
