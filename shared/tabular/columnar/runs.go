package columnar

import (
	"errors"
	"fmt"
	"math/bits"
)

var errRuns = errors.New("the runs of a page make no sense")

// prefixed splits text after as many bytes as its first four say.
func prefixed(text []byte) (part, rest []byte, err error) {
	if len(text) < 4 {
		return nil, nil, errRuns
	}
	n := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24
	if n > uint64(len(text)-4) {
		return nil, nil, errRuns
	}
	return text[4 : 4+n], text[4+n:], nil
}

// countLevels returns how many of so many levels are the highest.
func countLevels(levels []byte, values int, highest byte) (there int, err error) {
	width := uint(bits.Len8(highest))
	held, err := walk(levels, width, values, func(run []byte, packed bool, n int) {
		switch {
		case !packed && run[0] == highest:
			there += n
		case packed && width == 1:
			for ; n >= 8; n, run = n-8, run[1:] {
				there += bits.OnesCount8(run[0])
			}
			if n > 0 {
				there += bits.OnesCount8(run[0] & (1<<n - 1))
			}
		case packed:
			for i := range uint(n) {
				at := i * width
				word := uint(run[at/8])
				if int(at/8+1) < len(run) {
					word |= uint(run[at/8+1]) << 8
				}
				if byte(word>>(at%8)&(1<<width-1)) == highest {
					there++
				}
			}
		}
	})
	if err == nil && held < values {
		err = fmt.Errorf("a page of %d rows says of %d whether they have a value", values, held)
	}
	return there, err
}

// walk goes through runs of numbers of so many bits, and calls see with each and how many
// of its numbers count: no more than values in all. It returns how many there are. Source: Apache
// Parquet, Encodings, section "Run Length Encoding / Bit-Packing Hybrid".
func walk(text []byte, width uint, values int, see func(run []byte, packed bool, n int)) (held int, err error) {
	for held < values && len(text) > 0 {
		head, size := uvarint(text)
		if size <= 0 {
			return held, errRuns
		}
		text = text[size:]
		count, length, packed := head>>1, uint64(width+7)/8, head&1 == 1
		if packed {
			length = count * uint64(width)
			count *= 8
		}
		// Of the last groups of eight a writer may leave out what is beyond the values.
		if left := uint64(values - held); packed && count > left {
			count = left
			length = min(length, max(uint64(len(text)), (left*uint64(width)+7)/8))
		}
		if count == 0 || count > uint64(values-held) || length > uint64(len(text)) {
			return held, errRuns
		}
		if see != nil {
			see(text[:length], packed, int(count))
		}
		held += int(count)
		text = text[length:]
	}
	return held, nil
}

// deltas returns how many values a text of deltas says that it holds.
func deltas(text []byte) (int, error) {
	var total uint64
	for range 3 { // values of a block, its parts, all values
		n, size := uvarint(text)
		if size <= 0 {
			return 0, errRuns
		}
		total, text = n, text[size:]
	}
	if total > mostValues {
		return 0, errRuns
	}
	return int(total), nil
}

// uvarint reads a number of 32 bits; size is 0 if there is none.
func uvarint(text []byte) (n uint64, size int) {
	for i, b := range text[:min(len(text), 5)] {
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return n, i + 1
		}
	}
	return 0, 0
}
