package tabular

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"
)

// Many workers who share a reader see each row once, and can tell its row and
// line in the file.
func TestManyWorkers(t *testing.T) {
	text := sales(1<<20, 10, false)
	r, closer, err := OpenReader(t.Context(), Bytes(text), "sales.csv", Options{Limits: Limits{BlockBytes: 16 << 10}})
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	var mu sync.Mutex
	rows, failed := map[int]int{}, []error(nil)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			var blk Block
			var b Batch
			var spans []Span
			for {
				mu.Lock()
				err := r.Next(&blk)
				mu.Unlock()
				if err != nil {
					if err != io.EOF {
						mu.Lock()
						failed = append(failed, err)
						mu.Unlock()
					}
					return
				}
				b.Parse(&blk, len(r.Header()), Dialect{})
				for c := range r.Header() {
					spans = b.Column(c, spans[:0])
				}
				if r.SourceBytes() < blk.FirstOffset+int64(len(blk.Data)) {
					t.Errorf("block %d was read before its bytes", blk.Index)
				}
				mu.Lock()
				rows[blk.Index] += b.Rows
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	total := 0
	for i := range len(rows) {
		total += rows[i]
	}
	if want := bytes.Count(text, []byte{'\n'}) - 1; total != want || failed != nil {
		t.Errorf("%d rows of %d, errors %v", total, want, errors.Join(failed...))
	}
}
