package columnar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// A farFile answers after a while, and notes what it was asked for.
type farFile struct {
	text  []byte
	delay func() time.Duration
	fail  int // number of the request that is refused, from 1; 0 for none

	mu    sync.Mutex
	asked [][2]int64
	open  int // requests under way
	most  int
}

var errRefused = errors.New("refused")

func (f *farFile) OpenRange(ctx context.Context, from, to int64) (io.ReadCloser, error) {
	f.mu.Lock()
	f.asked = append(f.asked, [2]int64{from, to})
	refused := len(f.asked) == f.fail
	f.open++
	f.most = max(f.most, f.open)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.open--
	}()
	if f.delay != nil {
		select {
		case <-time.After(f.delay()):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if refused {
		return nil, errRefused
	}
	return io.NopCloser(bytes.NewReader(f.text[from:to])), nil
}

// openFar opens a file with windows of at least so many bytes, and that many all in all.
func openFar(t testing.TB, src *farFile, least, memory int64) *File {
	t.Helper()
	far := newFar(t.Context(), src, int64(len(src.text)))
	far.least, far.memory = least, memory
	f, err := Open(far, far.size)
	if err != nil {
		t.Fatal(err)
	}
	f.far = far
	t.Cleanup(func() { f.Close() })
	return f
}

// TestFarIsAsNear holds that a file that is far away is read as it is from near, whatever
// the windows that it is seen through and however late they come.
func TestFarIsAsNear(t *testing.T) {
	records, want := sample(1000)
	for name, options := range map[string][]parquet.WriterOption{
		"one group":                 nil,
		"small groups, small pages": {parquet.MaxRowsPerRowGroup(130), parquet.PageBufferSize(64)},
		"pages of version 1":        {parquet.DataPageVersion(1), parquet.PageBufferSize(200), parquet.MaxRowsPerRowGroup(400)},
	} {
		file := write(t, records, options...)
		for _, least := range []int64{600, 5000, 64 << 10} {
			for _, workers := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s, windows of %d, %d workers", name, least, workers), func(t *testing.T) {
					chance, mu := rand.New(rand.NewPCG(1, uint64(least))), sync.Mutex{}
					src := &farFile{text: file, delay: func() time.Duration {
						mu.Lock()
						defer mu.Unlock()
						return time.Duration(chance.IntN(50)) * time.Microsecond
					}}
					f := openFar(t, src, least, 1)
					found := make([][]string, f.Slices(100))
					var turn sync.Mutex
					var wg sync.WaitGroup
					for range workers {
						wg.Go(func() {
							var scratch Scratch
							for s := (*Slice)(nil); ; s.Done() {
								turn.Lock()
								s = f.Next(100, s)
								turn.Unlock()
								if s == nil {
									return
								}
								found[s.Index] = rowsOf(f, s, &scratch)
							}
						})
					}
					wg.Wait()
					var got []string
					for _, part := range found {
						got = append(got, part...)
					}
					if err := f.Err(); err != nil || !cmp.Equal(got, want) {
						t.Errorf("%v (-want +got):\n%s", err, cmp.Diff(want, got))
					}
					if src.most > farAtOnce {
						t.Errorf("%d requests at once, want %d at most", src.most, farAtOnce)
					}
				})
			}
		}
	}
}

// TestOnlyWhatIsAskedForIsFetched holds that a column costs its own bytes, once, and the
// footer; and that those of the next row group are on their way before they are asked for.
func TestOnlyWhatIsAskedForIsFetched(t *testing.T) {
	records, _ := sample(4000)
	file := write(t, records, parquet.MaxRowsPerRowGroup(1000), parquet.PageBufferSize(512))
	src := &farFile{text: file}
	f := openFar(t, src, 5000, 1)
	for _, a := range src.asked {
		if a[0] > 0 && a[0] < int64(len(file)-6000) {
			t.Errorf("opening a file of %d bytes asked for %v", len(file), a)
		}
	}
	src.asked = nil
	id := slices.Index(f.Names(), "id")
	var of [][2]int64
	want := int64(0)
	for g := range 4 {
		from, to, err := f.bounds(g, f.columns[id].index)
		if err != nil {
			t.Fatal(err)
		}
		of, want = append(of, [2]int64{from, to}), want+to-from
	}
	for s := f.Next(100, nil); s != nil; s = f.Next(100, s) {
		Append(s, id, nil, []span(nil), new(Scratch))
		s.Done()
	}
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	got, first, third := int64(0), -1, -1
	for i, a := range src.asked {
		got += a[1] - a[0]
		if a[1] == of[1][1] {
			first = i // the end of the second row group
		}
		if a[0] == of[2][0] {
			third = i
		}
	}
	if got != want || third < 0 || third > first {
		t.Errorf("fetched %d bytes of %d, want the column's %d; the third row group was asked for %d., the end of the second %d.: %v", got, len(file), want, third, first, src.asked)
	}
}

// TestFarErrorIsTheFiles refuses each request in turn.
func TestFarErrorIsTheFiles(t *testing.T) {
	records, _ := sample(300)
	file := write(t, records, parquet.MaxRowsPerRowGroup(100), parquet.PageBufferSize(64))
	for fail := 1; ; fail++ {
		src := &farFile{text: file, fail: fail}
		far := newFar(t.Context(), src, int64(len(file)))
		far.least, far.memory = 300, 1
		f, err := Open(far, far.size)
		if err == nil {
			f.far = far
			var scratch Scratch
			for s := f.Next(100, nil); s != nil; s = f.Next(100, s) {
				rowsOf(f, s, &scratch)
				s.Done()
			}
			err = f.Err()
		}
		far.close()
		if len(src.asked) < fail {
			if err != nil || fail < 20 {
				t.Errorf("nothing was refused among %d requests: got %v", len(src.asked), err)
			}
			return
		}
		if !errors.Is(err, errRefused) {
			t.Errorf("request %d, for %v: got %v, want that it was refused", fail, src.asked[fail-1], err)
		}
	}
}

// TestCloseEndsWhatIsUnderWay holds that nobody waits for bytes that nobody reads.
func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	records, _ := sample(1000)
	src := &farFile{text: write(t, records, parquet.MaxRowsPerRowGroup(100))}
	f := openFar(t, src, 100, 1)
	begun := make(chan struct{}, 100)
	src.delay = func() time.Duration {
		begun <- struct{}{}
		return time.Hour
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		Append(f.Next(100, nil), 0, nil, []span(nil), new(Scratch))
	}()
	<-begun
	f.Close()
	<-done
	if err := f.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that reading was ended", err)
	}
}

// TestKeepReadsSomeRowGroups holds that the parts of a file, cut anywhere, are the whole.
func TestKeepReadsSomeRowGroups(t *testing.T) {
	records, want := sample(700)
	file := write(t, records, parquet.MaxRowsPerRowGroup(60))
	chance := rand.New(rand.NewPCG(4, 2))
	for range 20 {
		cuts := []int64{0}
		for cuts[len(cuts)-1] < int64(len(file)) {
			cuts = append(cuts, cuts[len(cuts)-1]+1+chance.Int64N(int64(len(file))/2))
		}
		var got []string
		for i := range len(cuts) - 1 {
			f, err := Open(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Keep(cuts[i], cuts[i+1]); err != nil {
				t.Fatal(err)
			}
			n := len(got)
			for s := f.Next(17, nil); s != nil; s = f.Next(17, s) {
				got = append(got, rowsOf(f, s, new(Scratch))...)
				s.Done()
			}
			if int64(len(got)-n) != f.Rows() {
				t.Errorf("%d rows from %d to %d, want %d", len(got)-n, cuts[i], cuts[i+1], f.Rows())
			}
		}
		if !cmp.Equal(got, want) {
			t.Fatalf("cut at %v: got %d rows, want %d:\n%s", cuts, len(got), len(want), strings.Join(got[:3], "\n"))
		}
	}
}
