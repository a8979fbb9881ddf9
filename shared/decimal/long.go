package decimal

import (
	"encoding/binary"
	"math/big"
	"slices"
)

// MaxLong is the longest text of a Long, in bytes, and MaxOrder the largest power of
// ten, either way, that it begins with: a float64 holds the fourth power of it, and a
// sum of many of these.
const (
	MaxLong  = 64
	MaxOrder = 75
)

// A Long is a number that a Decimal need not hold: Coef × 10^-Scale. Its methods
// change nothing.
type Long struct {
	Coef  *big.Int
	Scale int
}

// ParseLong reads any number of Parse's grammar that is within MaxLong and MaxOrder.
// For others, and for what is no number, it returns false.
func ParseLong(b []byte) (Long, bool) {
	n, ok := cut(b)
	if !ok || len(b) > MaxLong {
		return Long{}, false
	}
	first := 0
	for first < len(n.whole)+len(n.fraction) && n.digit(first) == 0 {
		first++
	}
	if order := len(n.whole) - 1 - first + n.exponent; order < -MaxOrder || order > MaxOrder {
		return Long{}, false
	}
	return n.long()
}

// long returns the number, and false if its exponent is beyond ±MaxExponent.
func (n *numeral) long() (Long, bool) {
	if n.exponent < -MaxExponent || n.exponent > MaxExponent {
		return Long{}, false
	}
	text := make([]byte, 0, 1+len(n.whole)+len(n.fraction))
	text = append(append(append(text, '0'), n.whole...), n.fraction...)
	coef, _ := new(big.Int).SetString(string(text), 10)
	if n.negative {
		coef.Neg(coef)
	}
	return Long{coef, len(n.fraction) - n.exponent}, true
}

// Long returns d as a Long.
func (d Decimal) Long() Long { return Long{big.NewInt(d.Coef), int(d.Scale)} }

// Times returns l × m.
func (l Long) Times(m Long) Long {
	return Long{new(big.Int).Mul(l.Coef, m.Coef), l.Scale + m.Scale}
}

// Cmp returns -1, 0 or 1 as l is less than, equal to or greater than m.
func (l Long) Cmp(m Long) int {
	switch {
	case l.Scale == m.Scale:
		return l.Coef.Cmp(m.Coef)
	case l.Scale > m.Scale:
		return -m.Cmp(l)
	}
	return new(big.Int).Mul(l.Coef, tenTo(m.Scale-l.Scale)).Cmp(m.Coef)
}

// Rat returns l as a fraction, which the caller may change.
func (l Long) Rat() *big.Rat {
	if l.Scale >= 0 {
		return new(big.Rat).SetFrac(l.Coef, tenTo(l.Scale))
	}
	return new(big.Rat).SetInt(new(big.Int).Mul(l.Coef, tenTo(-l.Scale)))
}

func tenTo(power int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil)
}

// A LongSum adds Longs exactly, however many: each scale has a sum of its own, so
// that no fraction is ever reduced. The zero value is an empty sum, 0. Sums of parts
// Merge to the sum of the whole in any order. It is not safe for concurrent use, and
// a copy of one shares what was added.
type LongSum struct {
	at map[int]*big.Int // by scale
}

// Add adds l.
func (s *LongSum) Add(l Long) {
	sum := s.at[l.Scale]
	if sum == nil {
		if s.at == nil {
			s.at = map[int]*big.Int{}
		}
		sum = new(big.Int)
		s.at[l.Scale] = sum
	}
	sum.Add(sum, l.Coef)
}

// Merge adds what t has summed.
func (s *LongSum) Merge(t *LongSum) {
	for scale, sum := range t.at {
		s.Add(Long{sum, scale})
	}
}

// Long returns the sum as a Long, which is 0 if nothing was added, and false if
// numbers of several scales were.
func (s *LongSum) Long() (Long, bool) {
	for scale, sum := range s.at {
		return Long{sum, scale}, len(s.at) == 1
	}
	return Long{Coef: new(big.Int)}, true
}

// Rat returns the sum as a fraction, which the caller may change.
func (s *LongSum) Rat() *big.Rat {
	total := new(big.Rat)
	for scale, sum := range s.at {
		total.Add(total, Long{sum, scale}.Rat())
	}
	return total
}

// longScale is the largest magnitude of a scale in the binary form of a sum: that of
// a product of four Longs.
const longScale = 4 * (MaxOrder + MaxLong)

// AppendBinary implements encoding.BinaryAppender; it returns no error. The form is,
// for each scale, ascending, the scale, a sign, the number of the sum's bytes and these.
func (s *LongSum) AppendBinary(b []byte) ([]byte, error) {
	scales := make([]int, 0, len(s.at))
	for scale, sum := range s.at {
		if sum.Sign() != 0 {
			scales = append(scales, scale)
		}
	}
	slices.Sort(scales)
	for _, scale := range scales {
		sum := s.at[scale].Bytes()
		b = binary.AppendVarint(b, int64(scale))
		b = append(b, byte(s.at[scale].Sign()+1))
		b = binary.AppendUvarint(b, uint64(len(sum)))
		b = append(b, sum...)
	}
	return b, nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. Bytes that no sum has
// are ErrBinary.
func (s *LongSum) UnmarshalBinary(b []byte) error {
	var read LongSum
	for len(b) > 0 {
		scale, size := binary.Varint(b)
		if size <= 0 || scale < -longScale || scale > longScale || len(b) == size || read.at[int(scale)] != nil {
			return ErrBinary
		}
		sign := b[size]
		n, length := binary.Uvarint(b[size+1:])
		rest := b[size+1+max(length, 0):]
		if length <= 0 || n > uint64(len(rest)) || sign != 0 && sign != 2 {
			return ErrBinary
		}
		sum := new(big.Int).SetBytes(rest[:n])
		if sum.Sign() == 0 {
			return ErrBinary
		}
		if sign == 0 {
			sum.Neg(sum)
		}
		read.Add(Long{sum, int(scale)})
		b = rest[n:]
	}
	*s = read
	return nil
}
