package profile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/tabular"
)

// A scanned file is what was seen of it.
type scanned struct {
	file    File
	names   []string // without those used twice
	columns []*column
	unique  []bool
}

// A worker observes blocks. The workers of a file take turns with its reader.
type worker struct {
	batch   tabular.Batch
	view    *view.View
	columns []*column
	keys    []*key.Buffer // nil once a value was seen twice
	whole   *key.Buffer   // of whole rows; nil if they aren't told apart
	spill   *key.Spill
	records map[int]int // of each block
	rows    int64
	faulty  int64 // records with a fault of any kind
}

// scan reads one file; before is how many bytes were read of others.
func scan(ctx context.Context, in Input, o Options, before int64) (*scanned, error) {
	r, closer, err := tabular.OpenReader(ctx, in.Source, in.Name, tabular.Options{Dialect: o.Dialect, Limits: o.Limits, Detect: true, Ahead: o.Threads > 1})
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	d := r.Dialect()
	s := &scanned{}
	var slots []view.Slot
	seen := map[string]bool{}
	for i, name := range r.Header() {
		if !seen[name] {
			seen[name] = true
			slots = append(slots, view.Slot{Name: name, Position: i})
			s.names = append(s.names, name)
		}
	}
	workers := make([]*worker, o.Threads)
	for i := range workers {
		workers[i] = newWorker(slots, int(o.KeyBytes)/key.EntryBytes/((len(slots)+1)*len(workers)), o.SpillDir, o.WholeRows)
		defer workers[i].spill.Close()
	}
	progress := func() {
		if o.Progress != nil {
			o.Progress(before + r.SourceBytes())
		}
	}
	if err := observe(ctx, r, workers, d, progress); err != nil {
		return nil, fmt.Errorf("read %s: %w", in.Name, err)
	}
	if err := r.Err(); err != nil { // of Parquet, whose parts workers read
		return nil, fmt.Errorf("read %s: %w", in.Name, err)
	}
	s.file = File{Name: in.Name, Bytes: in.Bytes, Format: d.Format, Encoding: r.Encoding(), Compression: r.Compression(), ReadAs: r.Reading().String(), Header: r.Header(), dialect: d}
	if d.Format == tabular.FormatDelimited {
		s.file.Delimiter = string(rune(d.Delimiter))
	}
	for _, f := range r.Faults() {
		if f.Kind == tabular.BlankHeader || f.Kind == tabular.DoubleHeader {
			s.file.nameless++
		}
	}
	if s.file.Header == nil {
		s.file.Header = []string{}
	}
	if in.Bytes < 0 {
		s.file.Bytes = r.SourceBytes()
	}
	return s, s.gather(workers)
}

func newWorker(slots []view.Slot, keyBound int, spillDir string, whole bool) *worker {
	w := &worker{view: view.New(slots), spill: key.NewSpill(spillDir), records: map[int]int{}}
	var named []int // what rows are told apart by
	for i, slot := range slots {
		if slot.Name != "" {
			named = append(named, i)
		}
		w.columns = append(w.columns, newColumn(capacity(len(slots))))
		w.keys = append(w.keys, key.NewBuffer(&key.Spec{Slots: []int{i}, Index: i}, keyBound, w.spill))
	}
	if whole && len(named) > 0 {
		w.whole = key.NewBuffer(&key.Spec{Slots: named, Whole: true, Index: len(slots)}, keyBound, w.spill)
	}
	return w
}

// observe shows each block of a file to one of the workers.
func observe(ctx context.Context, r *tabular.Reader, workers []*worker, d tabular.Dialect, progress func()) error {
	var (
		turn sync.Mutex // of r, and of end
		end  error
		wg   sync.WaitGroup
	)
	width := len(r.Header())
	for _, w := range workers {
		wg.Go(func() {
			var blk tabular.Block
			for {
				turn.Lock()
				err := end
				if err == nil {
					err = ctx.Err()
				}
				if err == nil {
					err = r.Next(&blk)
				}
				stop := err != nil
				if !stop {
					progress()
				} else if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
					end = err // but the end of the file may be this worker's alone
				}
				turn.Unlock()
				if stop {
					return
				}
				if err := w.observe(&blk, width, d); err != nil {
					turn.Lock()
					end = err
					turn.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return end
}

// observe shows one block to every column.
func (w *worker) observe(blk *tabular.Block, width int, d tabular.Dialect) error {
	w.batch.Parse(blk, width, d)
	w.view.Turn(&w.batch, blk.Index)
	w.records[blk.Index] = w.batch.Records
	w.rows += int64(w.batch.Rows)
	w.faulty += int64(len(w.batch.FaultyRecords()))
	for i, c := range w.columns {
		c.observe(w.view, i)
		if c.repeated {
			w.keys[i] = nil
		}
		if w.keys[i] == nil {
			continue
		}
		if _, err := w.keys[i].Observe(w.view); err != nil {
			return err
		}
	}
	if w.whole == nil {
		return nil
	}
	_, err := w.whole.Observe(w.view)
	return err
}

// gather merges what the workers saw.
func (s *scanned) gather(workers []*worker) error {
	blocks := 0
	for _, w := range workers {
		blocks += len(w.records)
		s.file.Rows += w.rows
		s.file.faulty += w.faulty
	}
	records := make([]int, blocks)
	for _, w := range workers {
		for block, n := range w.records {
			records[block] = n
			s.file.Malformed += int64(n)
		}
	}
	s.file.Malformed -= s.file.Rows
	for i := range s.names {
		c := workers[0].columns[i]
		buffers := []*key.Buffer{workers[0].keys[i]}
		for _, w := range workers[1:] {
			c.merge(w.columns[i])
			buffers = append(buffers, w.keys[i])
		}
		unique := c.rows > c.nulls && !c.repeated
		if unique {
			_, repeats, err := key.Repeats(buffers, records, len(workers))
			if err != nil {
				return err
			}
			unique = repeats == 0
		}
		s.columns, s.unique = append(s.columns, c), append(s.unique, unique)
	}
	for i, c := range s.columns {
		if s.unique[i] && c.nulls == 0 && s.names[i] != "" {
			return nil // no row occurs twice
		}
	}
	if workers[0].whole == nil {
		s.file.repeated = -1
		return nil
	}
	var rows []*key.Buffer
	for _, w := range workers {
		rows = append(rows, w.whole)
	}
	_, repeated, err := key.Repeats(rows, records, len(workers))
	s.file.repeated = repeated
	return err
}
