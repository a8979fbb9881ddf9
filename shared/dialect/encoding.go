package dialect

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Encodings are the names of Dialect.Encoding.
var Encodings = []string{"utf-8", "latin-1", "windows-1252", "utf-16le", "utf-16be"}

// EncodingOf returns how a file is encoded that begins with start; whole says that
// start is all of it. Its byte order mark decides, or else:
//
//   - Zeros in one half of the bytes and hardly any in the other are UTF-16, and
//     so is what has zeros and is lines of printable characters only if read so.
//   - Bytes that are UTF-8 are; so are those of which more than a few are,
//     with damage.
//   - Other bytes above 0x7f are Windows-1252 if most of them are its letters
//     or marks, and Latin-1 only if some have no meaning in Windows-1252: what both
//     have is the same in both, and Latin-1 has no printable character besides.
//   - Bytes that are none of that are damaged UTF-8.
//
// A declared encoding is kept unless it cannot be, which against then says. Which
// order UTF-16 is in is the mark's to say.
func EncodingOf(start []byte, whole bool, declared string) (name, against string) {
	found, marked := mark(start), true
	sure := true
	if found == "" {
		marked = false
		found, sure = guess(start, whole)
	}
	switch {
	case declared == "", declared == found, marked && wide(declared) && wide(found):
		return found, ""
	case marked:
	case wide(declared):
		sure = len(start) >= 4 && bytes.IndexByte(start, 0) < 0 // not a comma, not a line end
	case wide(found):
	default:
		sure = sure && declared != "utf-8"
	}
	if !sure {
		return declared, ""
	}
	return found, "the encoding " + encodingNames[declared] + " is declared, and the bytes are " + encodingNames[found]
}

// mark returns the encoding that a byte order mark names, "" without one.
func mark(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		return "utf-8"
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}):
		return "utf-16le"
	case bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return "utf-16be"
	}
	return ""
}

func wide(name string) bool { return name == "utf-16le" || name == "utf-16be" }

// guess returns the encoding, and whether it could hardly be another.
func guess(start []byte, whole bool) (name string, sure bool) {
	if name := sixteen(start); name != "" {
		return name, true
	}
	valid, invalid := 0, 0 // sequences of several bytes; bytes that are in none
	likely, undefined, odd := 0, 0, 0
	for i := 0; i < len(start); {
		if start[i] < utf8.RuneSelf {
			i++
			continue
		}
		switch r, size := utf8.DecodeRune(start[i:]); {
		case r != utf8.RuneError || size > 1:
			valid++
			i += size
			continue
		case !whole && len(start)-i < utf8.UTFMax && !utf8.FullRune(start[i:]):
			i = len(start) // cut off by us
			continue
		}
		invalid++
		switch c := start[i]; {
		case c == 0x81 || c == 0x8d || c == 0x8f || c == 0x90 || c == 0x9d:
			undefined++
		case c == 0xd7 || c == 0xf7 || c >= 0xfe:
			odd++
		default:
			likely++
		}
		i++
	}
	switch {
	case invalid == 0:
		return "utf-8", valid > 0
	case valid*4 > invalid, likely < 3*(odd+undefined):
		return "utf-8", false
	case undefined > 0:
		return "latin-1", false
	}
	return "windows-1252", false
}

// sixteenBytes is how much of a file tells whether it is UTF-16.
const sixteenBytes = 4096

// sixteen tells UTF-16 without a byte order mark: by where zeros stand, as half of
// the bytes of Latin letters, or by what it says if it is read so.
func sixteen(start []byte) string {
	start = start[:min(len(start), sixteenBytes)&^1]
	if len(start) < 4 {
		return ""
	}
	var zeros [2]int
	for i, c := range start {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := len(start) / 2
	switch {
	case zeros[1]*10 >= half*4 && zeros[0]*20 <= half:
		return "utf-16le"
	case zeros[0]*10 >= half*4 && zeros[1]*20 <= half:
		return "utf-16be"
	case zeros[0]+zeros[1] == 0 || likeASCII(start):
		return ""
	case saysText(start, binary.LittleEndian):
		return "utf-16le"
	case saysText(start, binary.BigEndian):
		return "utf-16be"
	}
	return ""
}

// likeASCII reports whether bytes with zeros among them are most likely an ASCII
// or UTF-8 text which should hold none: read as UTF-16, that is a text of rare ideographs.
func likeASCII(start []byte) bool {
	for len(start) > 0 && start[len(start)-1] >= utf8.RuneSelf { // what we cut off, perhaps
		start = start[:len(start)-1]
	}
	printable, zeros, above := 0, 0, 0
	for _, c := range start {
		switch {
		case c == 0:
			zeros++
		case c >= utf8.RuneSelf:
			above++
		case c >= ' ' && c < 0x7f, c == '\n', c == '\r', c == '\t':
			printable++
		}
	}
	return printable*20 >= (len(start)-zeros)*17 || above > 0 && utf8.Valid(start)
}

// saysText reports whether bytes are UTF-16 in that order of nothing but printable
// characters in lines.
func saysText(start []byte, order binary.ByteOrder) bool {
	units := make([]uint16, len(start)/2)
	for i := range units {
		units[i] = order.Uint16(start[2*i:])
	}
	if last := len(units) - 1; utf16.IsSurrogate(rune(units[last])) { // its other half may be cut off by us
		units = units[:last]
	}
	lines := false
	for _, r := range utf16.Decode(units) {
		switch {
		case r == '\n', r == '\r':
			lines = true
		case r == utf8.RuneError, r != '\t' && !unicode.IsPrint(r) && !unicode.In(r, unicode.Cf, unicode.Zs):
			return false
		}
	}
	return lines
}
