package textformat

import (
	"encoding/binary"
	"unicode/utf8"
)

const highBits = 0x8080808080808080

// Length returns the number of code points in b; each byte that is not UTF-8
// counts as one.
func Length(b []byte) int {
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&highBits != 0 {
			return i + utf8.RuneCount(b[i:])
		}
	}
	return i + utf8.RuneCount(b[i:])
}

func isASCII(b []byte) bool {
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&highBits != 0 {
			return false
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
