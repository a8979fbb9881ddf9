package decimal

import (
	"encoding/binary"
	"errors"
	"math/big"
)

// ErrBinary is returned for bytes that AppendBinary did not write.
var ErrBinary = errors.New("no binary form of a sum")

// sumBytes is the length of the binary form of a sum that fits 128 bits.
const sumBytes = 17

// AppendBinary implements encoding.BinaryAppender; it returns no error. The form
// is the 128 bits, low word first, the scale and, where they overflowed, the rest
// as a fraction: a sign, the number of the numerator's bytes, numerator, denominator.
func (s Sum) AppendBinary(b []byte) ([]byte, error) {
	b = binary.LittleEndian.AppendUint64(b, s.lo)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.hi))
	b = append(b, s.scale)
	if s.spill == nil {
		return b, nil
	}
	b = append(b, byte(s.spill.Sign()+1))
	numerator := s.spill.Num().Bytes()
	b = binary.AppendUvarint(b, uint64(len(numerator)))
	b = append(b, numerator...)
	return append(b, s.spill.Denom().Bytes()...), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. Bytes that no sum has
// are ErrBinary.
func (s *Sum) UnmarshalBinary(b []byte) error {
	if len(b) < sumBytes || b[16] > MaxScale {
		return ErrBinary
	}
	read := Sum{lo: binary.LittleEndian.Uint64(b), hi: int64(binary.LittleEndian.Uint64(b[8:])), scale: b[16]}
	if b = b[sumBytes:]; len(b) > 0 {
		n, size := binary.Uvarint(b[1:])
		if size <= 0 || n > uint64(len(b)-1-size) || b[0] > 2 {
			return ErrBinary
		}
		sign, rest := int(b[0])-1, b[1+size:]
		numerator, denominator := new(big.Int).SetBytes(rest[:n]), new(big.Int).SetBytes(rest[n:])
		if denominator.Sign() == 0 || (numerator.Sign() == 0) != (sign == 0) {
			return ErrBinary
		}
		if sign < 0 {
			numerator.Neg(numerator)
		}
		read.spill = new(big.Rat).SetFrac(numerator, denominator)
	}
	*s = read
	return nil
}
