package quality

import (
	"errors"

	"tillwatch/shared/quality/key"
	"tillwatch/shared/tabular"
)

// Sections say where the parts of a file begin that are judged apart.
type Sections struct {
	Split  tabular.Split
	Starts []int64
	Size   int64 // of the file, as stored
}

// Len returns how many sections there are.
func (s Sections) Len() int { return len(s.Starts) }

// Bounds returns the bytes of a section, the end excluded.
func (s Sections) Bounds(i int) (from, to int64) {
	if i+1 < len(s.Starts) {
		return s.Starts[i], s.Starts[i+1]
	}
	return s.Starts[i], s.Size
}

// Partitions is how many partitions the keys of the file are spread over: a power
// of two, about as many as there are sections.
func (s Sections) Partitions() int {
	n := 1
	for n < len(s.Starts) && n < key.Partitions {
		n *= 2
	}
	return n
}

// ErrWhole is returned for a file that has to be judged whole; its text says why.
var ErrWhole = errors.New("the file can only be read from its beginning")

// Seen is what a section tells: a message with what its rows came to, and the
// messages of each key's partitions.
type Seen struct {
	State []byte
	Keys  [][][]byte
}
