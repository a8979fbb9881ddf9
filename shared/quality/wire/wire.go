// Package wire writes and reads what a part of a file was found to hold, so that
// it can be kept and merged elsewhere. A message is a version, its values one
// after another without names, and a checksum: whoever reads asks for the same
// values in the same order as they were written.
//
// A Reader keeps its first error and returns zeros from then on, so that a
// decoder asks for an error once, at its end. It never panics, whatever it is
// given, and counts are checked against the bytes that are left, so that a
// damaged message can't make a decoder ask for much memory.
package wire

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/zeebo/xxh3"
)

// Version is that of the messages that are written; others are not read.
const Version = 2

// ErrDamaged is returned for a message that is not what was written.
var ErrDamaged = errors.New("damaged state")

const (
	magic = "tillwatch\x00"
	ends  = len(magic) + 1 + checksumBytes

	checksumBytes = 8
)

// A Writer appends values to a message. The zero value is an empty one.
type Writer struct{ b []byte }

// Uint writes a number in as few bytes as it needs.
func (w *Writer) Uint(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

// Int writes a number in as few bytes as it needs.
func (w *Writer) Int(n int64) { w.b = binary.AppendVarint(w.b, n) }

// Word writes a number in eight bytes.
func (w *Writer) Word(n uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, n) }

// Float writes a number bit by bit.
func (w *Writer) Float(x float64) { w.Word(math.Float64bits(x)) }

// Bool writes a truth value.
func (w *Writer) Bool(is bool) {
	n := byte(0)
	if is {
		n = 1
	}
	w.b = append(w.b, n)
}

// Text writes a text of any length.
func (w *Writer) Text(s string) {
	w.Uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

// Bytes writes bytes of any number.
func (w *Writer) Bytes(b []byte) {
	w.Uint(uint64(len(b)))
	w.b = append(w.b, b...)
}

// Words writes numbers of eight bytes each, and how many there are.
func (w *Writer) Words(words []uint64) {
	w.Uint(uint64(len(words)))
	for _, n := range words {
		w.Word(n)
	}
}

// Values returns what was written so far, for another message's Bytes.
func (w *Writer) Values() []byte { return w.b }

// Seal returns the message. The Writer must not be used any more.
func (w *Writer) Seal() []byte {
	out := make([]byte, 0, len(w.b)+ends)
	out = append(append(append(out, magic...), Version), w.b...)
	return binary.LittleEndian.AppendUint64(out, xxh3.Hash(out))
}

// A Reader takes values out of a message.
type Reader struct {
	b   []byte
	err error
}

// Open returns a reader of a message, or an error that wraps ErrDamaged.
func Open(message []byte) (*Reader, error) {
	switch {
	case len(message) < ends || string(message[:len(magic)]) != magic:
		return nil, fmt.Errorf("%w: no message", ErrDamaged)
	case message[len(magic)] != Version:
		return nil, fmt.Errorf("%w: version %d, want %d", ErrDamaged, message[len(magic)], Version)
	}
	body, sum := message[:len(message)-checksumBytes], message[len(message)-checksumBytes:]
	if xxh3.Hash(body) != binary.LittleEndian.Uint64(sum) {
		return nil, fmt.Errorf("%w: wrong checksum", ErrDamaged)
	}
	return &Reader{b: body[len(magic)+1:]}, nil
}

// NewReader returns a reader of values that have no version and no checksum of
// their own, such as Bytes returns of a message.
func NewReader(values []byte) *Reader { return &Reader{b: values} }

// Fail makes the message a damaged one, unless it is already.
func (r *Reader) Fail(why string) {
	r.err = cmp.Or(r.err, fmt.Errorf("%w: %s", ErrDamaged, why))
	r.b = nil
}

// Failed reports whether the message is damaged as far as it was read.
func (r *Reader) Failed() bool { return r.err != nil }

// Done returns what was wrong with the message, an error that wraps ErrDamaged,
// and one also if there is more of it than was read.
func (r *Reader) Done() error {
	if len(r.b) > 0 {
		r.Fail(fmt.Sprintf("%d bytes too many", len(r.b)))
	}
	return r.err
}

// Uint reads what Writer.Uint wrote.
func (r *Reader) Uint() uint64 {
	n, size := binary.Uvarint(r.b)
	return take(r, n, size)
}

// Int reads what Writer.Int wrote.
func (r *Reader) Int() int64 {
	n, size := binary.Varint(r.b)
	return take(r, n, size)
}

func take[T any](r *Reader, value T, size int) T {
	if size <= 0 {
		r.Fail("a number is cut off or too large")
		var zero T
		return zero
	}
	r.b = r.b[size:]
	return value
}

// Within reads what Writer.Uint wrote, which must be no more than most.
func (r *Reader) Within(most uint64) uint64 {
	n := r.Uint()
	if n > most {
		r.Fail(fmt.Sprintf("%d where %d is the most", n, most))
		return 0
	}
	return n
}

// Natural reads what Writer.Int wrote, which must not be negative.
func (r *Reader) Natural() int64 {
	n := r.Int()
	if n < 0 {
		r.Fail("a negative count")
		return 0
	}
	return n
}

// Word reads what Writer.Word wrote.
func (r *Reader) Word() uint64 {
	if len(r.b) < 8 {
		r.Fail("a word is cut off")
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

// Float reads what Writer.Float wrote.
func (r *Reader) Float() float64 { return math.Float64frombits(r.Word()) }

// Bool reads what Writer.Bool wrote.
func (r *Reader) Bool() bool {
	if len(r.b) == 0 || r.b[0] > 1 {
		r.Fail("no truth value")
		return false
	}
	is := r.b[0] == 1
	r.b = r.b[1:]
	return is
}

// Count reads, as Writer.Uint wrote it, how many things follow, each of which
// takes at least that many bytes, one or more.
func (r *Reader) Count(least int) int {
	n := r.Uint()
	if n > uint64(len(r.b)/least) {
		r.Fail(fmt.Sprintf("%d things in %d bytes", n, len(r.b)))
		return 0
	}
	return int(n)
}

// Bytes reads what Writer.Bytes wrote; they are part of the message.
func (r *Reader) Bytes() []byte {
	n := r.Count(1)
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// Text reads what Writer.Text wrote.
func (r *Reader) Text() string { return string(r.Bytes()) }

// Words reads what Writer.Words wrote.
func (r *Reader) Words() []uint64 {
	words := make([]uint64, r.Count(8))
	for i := range words {
		words[i] = r.Word()
	}
	return words
}
