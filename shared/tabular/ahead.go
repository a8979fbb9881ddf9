package tabular

import (
	"io"
	"sync"
)

// aheadBytes and aheadChunks bound what is decompressed before anybody asks
// for it.
const (
	aheadBytes  = 256 << 10
	aheadChunks = 6
)

// ahead reads a source on a goroutine of its own, a few chunks before they are
// asked for. Decompression goes from one byte to the next and takes longer than judging what
// comes out of it: with a goroutine that never waits for a worker to wake up,
// the workers' time hides behind it.
type ahead struct {
	full chan chunk
	free chan []byte
	stop chan struct{}
	done sync.WaitGroup
	now  chunk
	all  []byte // now's memory
}

// A chunk is what one or several reads brought, and what ended them.
type chunk struct {
	data []byte
	err  error
}

func newAhead(r io.Reader) *ahead {
	a := &ahead{full: make(chan chunk, aheadChunks), free: make(chan []byte, aheadChunks), stop: make(chan struct{})}
	for range aheadChunks {
		a.free <- nil // made when it is needed: most files are small
	}
	a.done.Go(func() { a.fill(r) })
	return a
}

// fill reads r until it ends or Close is called.
func (a *ahead) fill(r io.Reader) {
	for {
		var memory []byte
		select {
		case memory = <-a.free:
		case <-a.stop:
			return
		}
		if memory == nil {
			memory = make([]byte, aheadBytes)
		}
		n, empty := 0, 0
		var err error
		for n < len(memory) && err == nil {
			var m int
			if m, err = r.Read(memory[n:]); m > 0 {
				empty = 0
			} else if empty++; empty > 100 && err == nil {
				err = io.ErrNoProgress
			}
			n += m
		}
		a.full <- chunk{memory[:n], err} // there is room: as many are made as it holds
		if err != nil {
			return
		}
	}
}

// Read reads what was decompressed.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.now.data) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.all != nil {
			a.free <- a.all
		}
		a.now = <-a.full
		a.all = a.now.data[:cap(a.now.data)]
	}
	n := copy(p, a.now.data)
	a.now.data = a.now.data[n:]
	return n, nil
}

// Close ends reading ahead. What was read and not asked for is lost.
func (a *ahead) Close() error {
	close(a.stop)
	a.done.Wait()
	return nil
}
