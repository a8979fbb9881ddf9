//go:build goexperiment.simd && amd64

package tabular

import "simd/archsimd"

func init() {
	if archsimd.X86.AVX2() {
		mark = markVectors
	}
}

// markVectors is markPortable, 32 bytes at a time.
func markVectors(data []byte, delim byte, groups *[markGroups]marked) (high uint64) {
	delims, lines := archsimd.BroadcastUint8x32(delim), archsimd.BroadcastUint8x32('\n')
	var all archsimd.Uint8x32
	for g := range min(len(data)/64, markGroups) {
		d := (*[64]byte)(data[64*g:])
		x, y := archsimd.LoadUint8x32((*[32]byte)(d[:32])), archsimd.LoadUint8x32((*[32]byte)(d[32:]))
		groups[g] = marked{
			uint64(x.Equal(delims).ToBits()) | uint64(y.Equal(delims).ToBits())<<32,
			uint64(x.Equal(lines).ToBits()) | uint64(y.Equal(lines).ToBits())<<32,
		}
		all = all.Or(x).Or(y)
	}
	if all.AsInt8x32().Less(archsimd.Int8x32{}).ToBits() != 0 {
		high = highBits
	}
	archsimd.ClearAVXUpperBits()
	return high
}
