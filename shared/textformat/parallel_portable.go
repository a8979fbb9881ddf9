//go:build !goexperiment.simd || !amd64

package textformat

// haveVectors says that classes is faster than classify.
const haveVectors = false

// classes is classify.
func (p *parallel) classes(text *[lanes]byte, length uint, lane int, in *[maxClasses][lanes]uint64) bool {
	return p.classify(text, length, lane, in)
}
