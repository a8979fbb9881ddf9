package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// A Reading is how a text is read, and why.
type Reading struct {
	Dialect Dialect // complete: no field of it is left to detection
	// Declared names the properties that were declared and are so, Detected those that
	// were found; in the words of Properties.
	Declared, Detected []string
	// Against says what was declared and is not so, a sentence for each.
	Against []string
}

var encodingNames = map[string]string{"utf-8": "UTF-8", "latin-1": "Latin-1", "windows-1252": "Windows-1252", "utf-16le": "UTF-16 (little-endian)", "utf-16be": "UTF-16 (big-endian)"}

var separators = map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ':': "colon", ' ': "space", '^': "caret", '~': "tilde"}

// Name names a delimiter or another character for a person.
func Name(c byte) string {
	if name, ok := separators[c]; ok {
		return name
	}
	if c == None {
		return "none"
	}
	if c > ' ' && c < 0x7f {
		return string(rune(c))
	}
	return strings.Trim(fmt.Sprintf("%q", rune(c)), "'")
}

// String says how the text is read: "semicolon-separated, Windows-1252, detected". What all of it has
// in common, being declared or detected, stands at the end, else after each part.
func (r Reading) String() string {
	d := r.Dialect.Filled()
	type part struct{ text, origin string }
	var parts []part
	add := func(property, format string, args ...any) {
		origin := ""
		switch {
		case slices.Contains(r.Declared, property):
			origin = "declared"
		case slices.Contains(r.Detected, property):
			origin = "detected"
		}
		parts = append(parts, part{fmt.Sprintf(format, args...), origin})
	}
	switch d.Format {
	case JSON:
		add("format", "JSON")
	case Parquet:
		add("format", "Parquet")
	case Fixed:
		add("widths", "fixed width")
	default:
		add("delimiter", "%s-separated", Name(d.Delimiter))
		if d.Quote == None {
			add("quoteChar", "no quotes")
		} else if d.Quote != '"' {
			add("quoteChar", "quoted by %s", Name(d.Quote))
		}
		if d.Escape != d.Quote {
			add("escapeChar", "escaped by %c", d.Escape)
		}
	}
	if d.Format != JSON && d.Format != Parquet {
		if d.Comment != None {
			add("commentChar", "comments after %c", d.Comment)
		}
		if d.SkipRows > 0 {
			add("skipRows", "after line %d", d.SkipRows)
		}
		if d.Header == Absent {
			add("header", "without a header")
		}
		if d.CR {
			add("lineTerminator", "lines end with CR")
		}
	}
	if d.Format != Parquet {
		name := encodingNames[d.Encoding]
		if name == "" {
			name = d.Encoding
		}
		add("encoding", "%s", name)
	}
	same := true
	for _, p := range parts {
		same = same && p.origin == parts[0].origin
	}
	var texts []string
	for _, p := range parts {
		if !same && p.origin != "" {
			p.text += " (" + p.origin + ")"
		}
		texts = append(texts, p.text)
	}
	if same && parts[0].origin != "" {
		texts = append(texts, parts[0].origin)
	}
	return strings.Join(texts, ", ")
}
