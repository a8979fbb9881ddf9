package key

import "os"

// A Spill is a temporary file that the key buffers of one worker share. It is
// used by one goroutine at a time while it is written.
type Spill struct {
	dir     string
	file    *os.File
	written int64
}

// NewSpill returns a spill that makes its file in dir ("" is the system's) when
// it is first needed.
func NewSpill(dir string) *Spill { return &Spill{dir: dir} }

// write appends b and returns where it stands.
func (s *Spill) write(b []byte) (int64, error) {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "tillwatch-keys-*")
		if err != nil {
			return 0, err
		}
		// The name is not needed: the file goes when it is closed.
		if err := os.Remove(f.Name()); err != nil {
			f.Close()
			return 0, err
		}
		s.file = f
	}
	at := s.written
	if _, err := s.file.WriteAt(b, at); err != nil {
		return 0, err
	}
	s.written += int64(len(b))
	return at, nil
}

// Close gives up the file.
func (s *Spill) Close() {
	if s.file != nil {
		s.file.Close()
	}
}
