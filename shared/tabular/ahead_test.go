package tabular

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Reading ahead brings what reading brings, however the source hands it out and
// however much is asked for, and then the source's own error again and again.
func TestAheadReadsTheSame(t *testing.T) {
	broken := errors.New("broken")
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom([]int{0, 1, 100, aheadBytes - 1, aheadBytes, aheadBytes + 1, 3*aheadBytes + 7, (aheadChunks + 2) * aheadBytes}).Draw(rt, "size")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(r.Uint32())
		}
		var in io.Reader = bytes.NewReader(want)
		end := io.EOF
		if rapid.Bool().Draw(rt, "breaks") {
			in, end = io.MultiReader(in, iotest.ErrReader(broken)), broken
		}
		switch rapid.SampledFrom([]string{"whole", "half", "end with data"}).Draw(rt, "source") {
		case "half":
			in = iotest.HalfReader(in)
		case "end with data":
			in = iotest.DataErrReader(in)
		}
		a := newAhead(in)
		defer a.Close()
		var got []byte
		for {
			p := make([]byte, 1+r.IntN(2*aheadBytes))
			n, err := a.Read(p)
			if got = append(got, p[:n]...); err == nil {
				continue
			}
			if err != end {
				rt.Fatalf("got the error %v, want %v", err, end)
			}
			break
		}
		if !bytes.Equal(got, want) {
			rt.Fatalf("got %d other bytes than the %d of the source", len(got), len(want))
		}
		if n, err := a.Read(make([]byte, 1)); n != 0 || err != end {
			rt.Errorf("after its end: %d bytes and %v", n, err)
		}
	})
}

// endless counts what is taken of it.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n += len(p)
	return len(p), nil
}

// Closed before its end, it stops reading, and has read no more than it may hold.
func TestAheadIsClosedEarly(t *testing.T) {
	for _, reads := range []int{0, 1, 3} {
		src := &endless{}
		a := newAhead(src)
		p := make([]byte, aheadBytes)
		for range reads {
			if n, err := a.Read(p); n == 0 || err != nil {
				t.Fatalf("got %d, %v", n, err)
			}
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if most := (aheadChunks + reads) * aheadBytes; src.n > most {
			t.Errorf("after %d reads: %d bytes were read ahead, want at most %d", reads, src.n, most)
		}
	}
}

// A source that brings nothing is not asked for ever.
func TestAheadGivesUpOnNothing(t *testing.T) {
	a := newAhead(silent{})
	defer a.Close()
	if _, err := a.Read(make([]byte, 10)); err != io.ErrNoProgress {
		t.Errorf("got %v, want %v", err, io.ErrNoProgress)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }
