package tabular

import (
	"bytes"
	"encoding/binary"
)

// firstRecord returns where the first record of data ends, its line end
// included; or 0 and where the quote opened that is still open when data ends,
// -1 if none is.
func firstRecord(data []byte, delim, quote byte) (end, open int) {
	pos := 0
	for {
		nl := bytes.IndexByte(data[pos:], '\n')
		limit := len(data)
		if nl >= 0 {
			limit = pos + nl
		}
		open := opening(data, pos, limit, delim, quote)
		if open < 0 {
			if nl < 0 {
				return 0, -1
			}
			return limit + 1, -1
		}
		if pos = closing(data, open+1, quote); pos < 0 {
			return 0, open
		}
	}
}

// opening returns the first quote of data[pos:limit] that stands at the start
// of a cell, or -1. data[pos] is outside quotes.
func opening(data []byte, pos, limit int, delim, quote byte) int {
	for pos < limit {
		i := bytes.IndexByte(data[pos:limit], quote)
		if i < 0 {
			return -1
		}
		i += pos
		if i == 0 || data[i-1] == delim || data[i-1] == '\n' {
			return i
		}
		pos = i + 1
	}
	return -1
}

// closing returns the place after the quote that closes a cell whose text
// begins at pos, or -1 if data ends first.
func closing(data []byte, pos int, quote byte) int {
	for {
		i := bytes.IndexByte(data[pos:], quote)
		if i < 0 {
			return -1
		}
		pos += i + 1
		if pos == len(data) || data[pos] != quote {
			return pos
		}
		pos++
	}
}

// cut returns how many bytes of data are whole records; 0 if the
// first record does not end there. At the end of the text the last record needs
// no line end. It finds a record end in the second half if there is one, but
// not always the last.
func cut(data []byte, delim, quote byte, atEnd bool) int {
	pos, last := 0, 0 // data[pos] is outside quotes, data[:last] whole records
	for {
		open := opening(data, pos, len(data), delim, quote)
		if open < 0 {
			if atEnd {
				return len(data)
			}
			if i := lastLine(data[pos:]); i >= 0 {
				return pos + i + 1
			}
			return last
		}
		if i := lastLine(data[pos:open]); i >= 0 {
			last = pos + i + 1
		}
		if pos = closing(data, open+1, quote); pos < 0 {
			return last
		}
	}
}

// lastOutside returns where the last record of data ends, 0 if none does.
func lastOutside(data []byte, inside []uint64, atEnd bool) int {
	in := func(i int) bool { return inside[i>>6]>>(uint(i)&63)&1 != 0 }
	if atEnd && len(data) > 0 && !in(len(data)-1) {
		return len(data)
	}
	for n := len(data); ; n-- {
		if n = lastLine(data[:n]) + 1; n == 0 || !in(n-1) {
			return n
		}
	}
}

// lastLine returns where the last LF of data stands, or -1.
func lastLine(data []byte) int {
	n := len(data)
	for ; n >= 8; n -= 8 {
		x := binary.LittleEndian.Uint64(data[n-8:]) ^ ones*'\n'
		if (x-ones)&^x&highBits != 0 { // some byte is LF
			break
		}
	}
	return bytes.LastIndexByte(data[:n], '\n')
}
