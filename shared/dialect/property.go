package dialect

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Property is one thing that a contract, among its customProperties, or a
// flag of the command line says about a dialect. The names are those of Frictionless
// dialects, but for skipRows and encoding, which are CSVW's, and widths.
type Property struct {
	Name string
	// Help says what the value is, which stands in backquotes.
	Help string
	set  func(*Dialect, string) error
}

// Properties are all properties, in the order in which help lists them.
var Properties = []Property{
	{"delimiter", "`CHARACTER` between cells, or tab (default detected)", func(d *Dialect, v string) (err error) {
		d.Delimiter, err = character(v, false)
		return err
	}},
	{"quoteChar", "`CHARACTER` around cells, or none (default detected)", func(d *Dialect, v string) (err error) {
		d.Quote, err = character(v, true)
		return err
	}},
	{"doubleQuote", "`true` says that a quote inside quotes is doubled, and nothing else escapes", func(d *Dialect, v string) error {
		double, err := truth(v)
		if err == nil && double && d.Escape == 0 {
			d.Escape = Doubled
		}
		return err
	}},
	{"escapeChar", "`CHARACTER` that makes the next one mean itself, or none (default detected)", func(d *Dialect, v string) (err error) {
		if d.Escape, err = character(v, true); d.Escape == None {
			d.Escape = Doubled
		}
		return err
	}},
	{"commentChar", "`CHARACTER` that begins lines to pass over, or none (default detected)", func(d *Dialect, v string) (err error) {
		d.Comment, err = character(v, true)
		return err
	}},
	{"header", "`true` or false: whether there is a header line (default detected)", func(d *Dialect, v string) error {
		present, err := truth(v)
		if d.Header = Absent; present {
			d.Header = Present
		}
		return err
	}},
	{"skipRows", "`N` lines stand before the header", func(d *Dialect, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > mostSkipped {
			return fmt.Errorf("give a number of lines from 0 to %d", mostSkipped)
		}
		d.SkipRows = n
		return nil
	}},
	{"nullSequence", "`TEXT`, without quotes, that means null, as nothing does", func(d *Dialect, v string) error {
		if strings.ContainsAny(v, "\r\n") || len(v) > 100 {
			return errors.New("give a short text without line ends")
		}
		d.Null = v
		return nil
	}},
	{"skipInitialSpace", "`true` says that spaces after a delimiter are no part of the cell", func(d *Dialect, v string) (err error) {
		d.SkipSpace, err = truth(v)
		return err
	}},
	{"lineTerminator", "`END` of lines: \\n or \\r\\n, both of which are read as either, or \\r", func(d *Dialect, v string) error {
		switch v {
		case "\n", "\r\n", `\n`, `\r\n`, "lf", "crlf":
			d.CR = false
		case "\r", `\r`, "cr":
			d.CR = true
		default:
			return errors.New(`write "\n", "\r\n" or "\r"`)
		}
		return nil
	}},
	{"widths", "`WIDTHS` of the columns, for a file of fixed width, such as 10,8,5", func(d *Dialect, v string) (err error) {
		d.Fields, err = widths(v)
		return err
	}},
	{"encoding", "`ENCODING`: " + strings.Join(Encodings, ", ") + " (default detected)", func(d *Dialect, v string) error {
		v = strings.ToLower(v)
		if !slices.Contains(Encodings, v) {
			return fmt.Errorf("write one of %s", strings.Join(Encodings, ", "))
		}
		d.Encoding = v
		return nil
	}},
}

// Doubled in Dialect.Escape declares that a quote inside quotes is doubled and
// that nothing escapes.
const Doubled = 0xfe

// mostSkipped bounds the lines before a header.
const mostSkipped = 10_000

// Set declares the property name. It returns false if there is no such property,
// and an error that says what to write if value is none of its values.
func (d *Dialect) Set(name, value string) (known bool, err error) {
	for _, p := range Properties {
		if p.Name == name {
			return true, p.set(d, value)
		}
	}
	return false, nil
}

// Each calls say with the properties that a contract needs so that nothing of
// the dialect is left to detection; the delimiter and widths are left out, and so is
// what is usual and never detected otherwise.
func (d Dialect) Each(say func(name, value string)) {
	d = d.Filled()
	char := func(c byte) string {
		switch c {
		case None:
			return "none"
		case '\t':
			return "tab"
		}
		return string(rune(c))
	}
	if d.Encoding != "utf-8" {
		say("encoding", d.Encoding)
	}
	say("quoteChar", char(d.Quote))
	if d.Escape == d.Quote {
		say("doubleQuote", "true")
	} else {
		say("escapeChar", char(d.Escape))
	}
	say("commentChar", char(d.Comment))
	say("header", strconv.FormatBool(d.Header != Absent))
	if d.SkipRows > 0 {
		say("skipRows", strconv.Itoa(d.SkipRows))
	}
	if d.Null != "" {
		say("nullSequence", d.Null)
	}
	if d.SkipSpace {
		say("skipInitialSpace", "true")
	}
	if d.CR {
		say("lineTerminator", `\r`)
	}
}

// character reads one character of ASCII.
func character(v string, orNone bool) (byte, error) {
	switch {
	case v == "tab" || v == `\t`:
		return '\t', nil
	case orNone && (v == "" || v == "none"):
		return None, nil
	case len(v) == 1 && v[0] < 0x80 && v[0] != '\n' && v[0] != '\r' && v[0] != 0:
		return v[0], nil
	case orNone:
		return 0, errors.New("give one ASCII character, or none")
	}
	return 0, errors.New("give one ASCII character, or tab")
}

func truth(v string) (bool, error) {
	switch v {
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	return false, errors.New("write true or false")
}

// widths reads widths of columns that follow each other.
func widths(v string) ([]Field, error) {
	var fields []Field
	start := 0
	for part := range strings.SplitSeq(v, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > 1<<20 || len(fields) == 10_000 {
			return nil, errors.New("give the widths in characters with commas between them, such as 10,8,5")
		}
		fields = append(fields, Field{Start: start, Width: n})
		start += n
	}
	return fields, nil
}
