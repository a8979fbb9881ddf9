//go:build goexperiment.simd && amd64

package textformat

import "simd/archsimd"

// haveVectors says that classes is faster than classify.
var haveVectors = archsimd.X86.AVX2()

// upper has for the upper half of a byte its bit in parallel.nibbles; bytes that
// are not ASCII have none.
var upper = [32]uint8{1, 2, 4, 8, 16, 32, 64, 128, 16: 1, 2, 4, 8, 16, 32, 64, 128}

// classes is classify, 32 bytes at a time where there are vectors.
func (p *parallel) classes(text *[lanes]byte, length uint, lane int, in *[maxClasses][lanes]uint64) bool {
	if !haveVectors {
		return p.classify(text, length, lane, in)
	}
	inside := uint64(1)<<(length&63) - 1
	half, bits := archsimd.BroadcastUint8x32(15), archsimd.LoadUint8x32(&upper)
	x := archsimd.LoadUint8x32((*[32]byte)(text[:32]))
	low, bit := x.And(half), bits.PermuteOrZeroGrouped(x.AsUint16x16().ShiftAllRight(4).AsUint8x32().And(half).AsInt8x32())
	for class := range p.sets {
		set := archsimd.LoadUint8x32(&p.nibbles[class]).PermuteOrZeroGrouped(low.AsInt8x32())
		in[class][lane] = uint64(set.And(bit).Equal(bit).ToBits()) & inside
	}
	none := archsimd.Int8x32{}
	other := uint64(x.AsInt8x32().Less(none).ToBits())
	if length > lanes/2 {
		x = archsimd.LoadUint8x32((*[32]byte)(text[32:]))
		low, bit = x.And(half), bits.PermuteOrZeroGrouped(x.AsUint16x16().ShiftAllRight(4).AsUint8x32().And(half).AsInt8x32())
		for class := range p.sets {
			set := archsimd.LoadUint8x32(&p.nibbles[class]).PermuteOrZeroGrouped(low.AsInt8x32())
			in[class][lane] |= uint64(set.And(bit).Equal(bit).ToBits()) << 32 & inside
		}
		other |= uint64(x.AsInt8x32().Less(none).ToBits()) << 32
	}
	archsimd.ClearAVXUpperBits()
	return other&inside == 0
}
