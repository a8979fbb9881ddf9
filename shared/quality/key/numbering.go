package key

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
	"tillwatch/shared/tabular"
)

// Keys are often one prefix and a number that counts up, such as T0000001.
// Those are kept as what they are: the difference from the number before,
// mostly in one byte, and a bit for each number tells exactly which came
// before. A key of another form turns all of them into fingerprints.

// A numbering is the form that all keys of a buffer have had so far. The zero
// value has seen no key.
type numbering struct {
	prefix string
	// width is how many digits the number has, leading zeros included; 0 is a
	// number without leading zeros.
	width    int
	low, top uint64 // the least and the greatest number, if keys is not 0
	keys     uint64
	bytes    int // of codes
	scratch  []byte
}

// mostDigits is how many digits a number has at most; those before belong to
// the prefix.
const mostDigits = 18

// mostPrefix is how long a prefix is at most.
const mostPrefix = 64

// sparseBytes is how many bytes a number may take on average within a block;
// numbers further apart are better kept as fingerprints.
const sparseBytes = 4

// encode returns the numbers of a block: for each record, up to the last that
// has a key, a varint that is 0 where there is none and else the difference
// from the number before plus one, zigzag. The codes are valid until the
// next call. ok is false if a key has another form or numbers are far apart.
func (n *numbering) encode(v *view.View, slot int) (codes []byte, keyed int, ok bool) {
	spans := v.Spans(slot)
	data := v.Batch.Data
	codes = n.scratch[:0]
	next, last := 0, uint64(0)
	whole := v.Complete()
	for row, s := range spans {
		if s.IsNull() {
			continue
		}
		number, ok := n.alike(data, s)
		if !ok {
			number, ok = n.number(data[s.Start:s.End])
		}
		if !ok {
			return nil, 0, false
		}
		ordinal := row
		if !whole {
			ordinal = v.Ordinal(row)
		}
		for ; next < ordinal; next++ {
			codes = append(codes, 0)
		}
		next++
		keyed++
		if code := number - last; code-1 < 64 { // the rule, in one byte
			codes = append(codes, byte(code-1)<<1+1)
		} else {
			d := int64(number - last - 1)
			codes = binary.AppendUvarint(codes, uint64(d<<1^d>>63)+1)
		}
		n.note(number)
		last = number
	}
	n.scratch = codes
	return codes, keyed, len(codes) <= sparseBytes*v.Batch.Records+binary.MaxVarintLen64
}

// eachRun calls f with each run of numbers of a block that count up by one from
// record to record: the first record's ordinal and number, and how many there are.
func eachRun(codes []byte, f func(ordinal uint32, number uint64, n int)) {
	last := uint64(0)
	for ordinal := uint32(0); len(codes) > 0; ordinal++ {
		code, size := uint64(codes[0]), 1
		if code >= 0x80 {
			code, size = binary.Uvarint(codes)
		}
		codes = codes[size:]
		if code == 0 {
			continue
		}
		code--
		number := last + uint64(int64(code>>1)^-int64(code&1)) + 1
		more := 0
		for len(codes) >= more+8 && binary.LittleEndian.Uint64(codes[more:]) == eightNext {
			more += 8
		}
		for len(codes) > more && codes[more] == nextNumber {
			more++
		}
		f(ordinal, number, 1+more)
		codes, ordinal, last = codes[more:], ordinal+uint32(more), number+uint64(more)
	}
}

// nextNumber is the code of the number after the last, and eightNext of eight such.
const nextNumber, eightNext = 1, 0x0101010101010101

// number returns the number of a key, and false if the key has another form
// than those before.
func (n *numbering) number(key []byte) (uint64, bool) {
	if n.keys == 0 && !n.start(key) {
		return 0, false
	}
	digits := len(key) - len(n.prefix)
	if digits < 1 || digits > mostDigits || string(key[:len(n.prefix)]) != n.prefix {
		return 0, false
	}
	key = key[len(n.prefix):]
	if digits != n.width && (n.width > 0 || key[0] == '0' && digits > 1) && !n.pad(digits) {
		return 0, false
	}
	number, kind := decimal.ParseInteger(key)
	return uint64(number), kind == decimal.Fits && key[0]-'0' <= 9 // no sign
}

// alike is number for a key whose form is certainly that of those before: false
// says nothing.
func (n *numbering) alike(data []byte, s tabular.Span) (uint64, bool) {
	digits := s.End - uint32(n.width)
	if len(n.prefix) != 1 || digits-s.Start != 1 || data[s.Start] != n.prefix[0] {
		return 0, false
	}
	return decimal.LastDigits(data, s.End, uint(n.width))
}

// note takes in a number that the form was found to fit.
func (n *numbering) note(number uint64) {
	if n.keys == 0 {
		n.low, n.top = number, number
	}
	n.keys++
	n.low, n.top = min(n.low, number), max(n.top, number)
}

// start takes the form of the first key.
func (n *numbering) start(key []byte) bool {
	at := len(key)
	for at > 0 && len(key)-at < mostDigits && key[at-1]-'0' <= 9 {
		at--
	}
	if at == len(key) || at > mostPrefix {
		return false
	}
	n.prefix, n.width = string(key[:at]), 0
	if key[at] == '0' && len(key)-at > 1 {
		n.width = len(key) - at
	}
	return true
}

// pad makes width the number of digits, if all numbers so far have as many.
func (n *numbering) pad(width int) bool {
	if n.width > 0 {
		return n.width == width
	}
	if n.keys > 0 && !(digitsOf(n.low) == width && digitsOf(n.top) == width) {
		return false
	}
	n.width = width
	return true
}

func digitsOf(number uint64) int { return len(strconv.AppendUint(nil, number, 10)) }

// text appends the key with that number to dst.
func (n *numbering) text(dst []byte, number uint64) []byte {
	dst = append(dst, n.prefix...)
	for range max(0, n.width-digitsOf(number)) {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, number, 10)
}

// repeatedNumbers is Repeats for keys that all buffers kept as numbers of one
// form and that lie close together; ok is false if they do not.
func repeatedNumbers(buffers []*Buffer, records []int) (set *rowset.Set, count int64, ok bool) {
	var all numbering
	var blocks []blockStart
	for _, b := range buffers {
		if b.numbers == nil || !all.join(b.numbers) {
			return nil, 0, false
		}
		blocks = append(blocks, b.blocks...)
	}
	if all.top-all.low > 8*sparseBytes*all.keys { // no more memory than the codes may take
		return nil, 0, false
	}
	slices.SortFunc(blocks, func(a, b blockStart) int { return cmp.Compare(a.block, b.block) })
	set = new(rowset.Set)
	seen := make([]uint64, (all.top-all.low)/64+1)
	var later []uint32
	for _, b := range blocks {
		later = later[:0]
		eachRun(b.codes, func(ordinal uint32, number uint64, n int) {
			for at := number - all.low; n > 0; {
				// As many as have their bits in one word.
				from := at & 63
				some := min(n, int(64-from))
				run := ^uint64(0) >> (64 - some) << from
				if twice := seen[at>>6] & run; twice != 0 {
					later = appendBits(later, twice>>from, ordinal)
				}
				seen[at>>6] |= run
				at, ordinal, n = at+uint64(some), ordinal+uint32(some), n-some
			}
		})
		set.Add(int(b.block), later, records[b.block])
		count += int64(len(later))
	}
	return set, count, true
}

// appendBits appends where the bits of word stand, counted from from.
func appendBits(list []uint32, word uint64, from uint32) []uint32 {
	for ; word != 0; word &= word - 1 {
		list = append(list, from+uint32(bits.TrailingZeros64(word)))
	}
	return list
}

// join takes in the keys of o, and returns whether they have one form.
func (n *numbering) join(o *numbering) bool {
	switch {
	case o.keys == 0:
		return true
	case n.keys == 0:
		*n = numbering{prefix: o.prefix, width: o.width, low: o.low, top: o.top, keys: o.keys}
		return true
	case n.prefix != o.prefix:
		return false
	case n.width != o.width:
		padded := numbering{width: o.width, low: o.low, top: o.top, keys: o.keys}
		if !n.pad(max(n.width, o.width)) || !padded.pad(n.width) {
			return false
		}
	}
	n.low, n.top, n.keys = min(n.low, o.low), max(n.top, o.top), n.keys+o.keys
	return true
}

// encodeForm writes the form of the keys that were seen.
func (n *numbering) encodeForm(w *wire.Writer) {
	w.Text(n.prefix)
	w.Uint(uint64(n.width))
	w.Uint(n.low)
	w.Uint(n.top)
	w.Uint(n.keys)
}

func (n *numbering) decodeForm(r *wire.Reader) {
	n.prefix = r.Text()
	n.width = int(r.Within(mostDigits))
	n.low, n.top, n.keys = r.Uint(), r.Within(1e18-1), r.Uint()
	if len(n.prefix) > mostPrefix || n.low > n.top {
		r.Fail("no form of keys")
		*n = numbering{}
	}
}
