package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/tabular"
)

// A worker observes blocks and counts. What all workers counted is put
// together by collect.
type worker struct {
	plan    *Plan
	batch   tabular.Batch
	view    *view.View
	tallies []Tally
	aggs    []state.Aggregate
	stopped []string // why an aggregate stopped, by its index; "" if it didn't
	keys    []*key.Buffer
	spill   *key.Spill
	blocks  []blockFacts
	bad     []uint32
	unasked []tabular.Span
	err     error
}

// blockFacts is what is known of one block once it was observed.
type blockFacts struct {
	index          int
	records, lines int
	member         string // of an archive; "" of any other file
	memberLines    int    // of it before its first record
	faultCount     map[tabular.FaultKind]int64
}

func newWorker(p *Plan) *worker {
	w := &worker{
		plan:    p,
		view:    view.New(p.Slots, p.filters...),
		tallies: make([]Tally, len(p.checks)),
		keys:    make([]*key.Buffer, len(p.keys)),
		spill:   key.NewSpill(p.In.SpillDir),
	}
	for _, make := range p.aggs {
		w.aggs = append(w.aggs, make())
	}
	w.stopped = make([]string, len(w.aggs))
	for i, spec := range p.keys {
		w.keys[i] = key.NewBuffer(spec, p.keyBound, w.spill)
	}
	return w
}

func (w *worker) close() { w.spill.Close() }

// observe parses a block and shows it to every check.
func (w *worker) observe(blk *tabular.Block) error {
	w.batch.KeepFaults = w.plan.In.Samples
	w.batch.Parse(blk, len(w.plan.Header), w.plan.dialect)
	w.view.Turn(&w.batch, blk.Index)
	w.noteBlock(blk)
	w.readUnasked()
	for i, c := range w.plan.checks {
		if c.Kernel != nil && w.tallies[i].crashed == "" {
			w.run(i, c)
		}
	}
	for i, agg := range w.aggs {
		if w.stopped[i] == "" {
			w.feed(i, agg)
		}
	}
	for _, k := range w.keys {
		keyed, err := k.Observe(w.view.Where(k.Spec().Where))
		if err != nil {
			return err
		}
		w.tallies[k.Spec().Check].Looked += int64(keyed)
	}
	return nil
}

// readUnasked reads all columns of a Parquet file if nothing looks at any: only those are
// read that are asked for, and a damaged file would pass.
func (w *worker) readUnasked() {
	if len(w.plan.Slots) > 0 || w.plan.dialect.Format != tabular.FormatParquet {
		return
	}
	for c := range w.plan.Header {
		w.unasked = w.batch.Column(c, w.unasked[:0])
	}
}

// run lets one check look at the block. A check that panics is a check that
// could not be measured; it does not stop the others.
func (w *worker) run(i int, c *Check) {
	t := &w.tallies[i]
	defer func() {
		if r := recover(); r != nil {
			t.crashed = fmt.Sprint(r)
		}
	}()
	v := w.view.Where(c.Where)
	bad, looked := c.Kernel(v, w.bad[:0])
	w.bad = bad
	if c.Where != 0 {
		for j, row := range bad {
			bad[j] = uint32(v.Row(int(row)))
		}
	}
	t.Looked += int64(looked)
	if len(bad) == 0 {
		return
	}
	t.Violations += int64(len(bad))
	for j := 0; j < len(bad) && len(t.samples) < w.plan.In.Samples; j++ {
		t.samples = append(t.samples, w.sample(c, int(bad[j])))
	}
	for j, row := range bad {
		bad[j] = uint32(w.batch.Ordinal(int(row)))
	}
	t.rows.Add(w.view.Block, bad, w.batch.Records)
}

// feed shows the block to an aggregate, which a panic stops.
func (w *worker) feed(i int, agg state.Aggregate) {
	defer func() {
		if r := recover(); r != nil {
			w.stopped[i] = fmt.Sprint(r)
		}
	}()
	agg.Observe(w.view.Where(w.plan.aggWhere[i]))
}

// sample describes one row that broke a check.
func (w *worker) sample(c *Check, row int) sample {
	return sample{
		block: w.view.Block, ordinal: w.batch.Ordinal(row), line: w.batch.Line(row),
		value: w.plan.shown(c, w.view, row),
	}
}

// noteBlock keeps the block's size and faults, and counts the faults for the
// structure check.
func (w *worker) noteBlock(blk *tabular.Block) {
	b := &w.batch
	facts := blockFacts{index: blk.Index, records: b.Records, lines: b.Lines, member: blk.Member, memberLines: blk.MemberLines}
	t := &w.tallies[w.plan.structure]
	t.Looked += int64(b.Records)
	if len(b.Faults) > 0 || b.Records != b.Rows {
		facts.faultCount = make(map[tabular.FaultKind]int64, len(b.FaultCount))
		for k, n := range b.FaultCount {
			facts.faultCount[k] = n
		}
		w.markFaults(t, blk.Index)
	}
	w.blocks = append(w.blocks, facts)
}

// markFaults notes which rows of the block are faulty.
func (w *worker) markFaults(t *Tally, block int) {
	b := &w.batch
	faulty := b.FaultyRecords()
	t.Violations += int64(len(faulty))
	t.rows.Add(block, faulty, b.Records)
	last := -1
	for _, f := range b.Faults {
		if len(t.samples) < w.plan.In.Samples && f.Row >= 0 && f.Row != last {
			t.samples = append(t.samples, sample{block: block, ordinal: f.Row, line: f.Line, value: say.Fault(f, w.plan.Header)})
			last = f.Row
		}
	}
}

// scan reads the whole file once and shows each block to one of the workers,
// those of a worker in the order of the file.
func scan(ctx context.Context, r *tabular.Reader, workers []*worker, progress func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var turn sync.Mutex
	var fail error
	take := func(blk *tabular.Block) *tabular.Block {
		turn.Lock()
		defer turn.Unlock()
		if fail == nil {
			err := next(ctx, r, blk)
			if err == nil {
				progress()
				return blk
			}
			fail = unlessEOF(err)
		}
		return nil
	}
	if len(workers) > 1 && !r.InParts() && r.Compression() != "" {
		take = ahead(&wg, take, len(workers))
	}
	for _, w := range workers {
		wg.Go(func() {
			for blk := take(new(tabular.Block)); blk != nil; blk = take(blk) {
				if w.err == nil {
					if w.err = w.observe(blk); w.err != nil {
						cancel()
					}
				}
			}
		})
	}
	wg.Wait()
	for _, w := range workers {
		if w.err != nil {
			return w.err
		}
	}
	return fail
}

// ahead is take for so many workers, of one goroutine that takes a block more than
// they have: what is unpacked is then unpacked without a break. What is not
// compressed is better read by who judges it, in whose cache it then is.
func ahead(wg *sync.WaitGroup, take func(*tabular.Block) *tabular.Block, workers int) func(*tabular.Block) *tabular.Block {
	free, blocks := make(chan *tabular.Block, workers+1), make(chan *tabular.Block)
	free <- new(tabular.Block)
	wg.Go(func() {
		defer close(blocks)
		for blk := range free {
			if blk = take(blk); blk == nil {
				return
			}
			blocks <- blk
		}
	})
	return func(blk *tabular.Block) *tabular.Block {
		free <- blk
		return <-blocks
	}
}

func next(ctx context.Context, r *tabular.Reader, blk *tabular.Block) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.Next(blk)
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// Findings is what all workers found together.
type Findings struct {
	Plan     *Plan
	tallies  []Tally
	Aggs     []state.Aggregate // where Plan.Need said
	Stopped  []string          // why an aggregate stopped, by its index; "" if it didn't
	records  []int             // by block
	rowsUpTo []int64           // data rows before the block
	lineUpTo []int64           // physical lines of the file, or the member, before the block
	memberOf []string          // by block
	Faults   map[tabular.FaultKind]int64
	Rows     int64 // data rows, malformed ones included
}

// join merges the workers into the first one, all but their keys. The result does
// not depend on which worker saw which block.
func join(workers []*worker) *worker {
	w := workers[0]
	for _, other := range workers[1:] {
		w.merge(other)
	}
	sort.Slice(w.blocks, func(i, j int) bool { return w.blocks[i].index < w.blocks[j].index })
	for i := range w.tallies {
		w.tallies[i].rows.Sort()
	}
	return w
}

// merge takes in what another worker counted of other blocks.
func (w *worker) merge(other *worker) {
	w.blocks = append(w.blocks, other.blocks...)
	for c := range w.tallies {
		w.tallies[c].merge(&other.tallies[c], w.plan.In.Samples)
	}
	for a := range w.aggs {
		w.aggs[a].Merge(other.aggs[a])
		w.stopped[a] = cmp.Or(w.stopped[a], other.stopped[a])
	}
}

// collect puts together what all workers found in a file.
func collect(p *Plan, workers []*worker, headerLines int) (*Findings, error) {
	f := join(workers).findings(headerLines)
	for _, spec := range p.keys {
		set, n, err := key.Repeats(buffersOf(workers, spec), f.records, len(workers))
		if err != nil {
			return nil, err
		}
		f.repeat(spec, set, n)
	}
	return f, nil
}

func buffersOf(workers []*worker, spec *key.Spec) []*key.Buffer {
	buffers := make([]*key.Buffer, len(workers))
	for i, w := range workers {
		buffers[i] = w.keys[spec.Index]
	}
	return buffers
}

// repeat takes in which rows repeat a key.
func (f *Findings) repeat(spec *key.Spec, rows *rowset.Set, n int64) {
	t := &f.tallies[spec.Check]
	t.Violations += n
	t.repeated = rows
}

// findings are those of a file of which w has seen all blocks, but for its keys.
func (w *worker) findings(headerLines int) *Findings {
	f := &Findings{Plan: w.plan, tallies: w.tallies, Aggs: w.aggs, Stopped: w.stopped, Faults: map[tabular.FaultKind]int64{}}
	for c := range f.tallies {
		if w.plan.checks[c].OfForm {
			f.tallies[c] = f.tallies[w.plan.structure]
		}
	}
	line := int64(headerLines)
	for i, b := range w.blocks {
		if b.member != "" && (i == 0 || b.member != w.blocks[i-1].member) {
			line = int64(b.memberLines)
		}
		f.memberOf = append(f.memberOf, b.member)
		f.records = append(f.records, b.records)
		f.rowsUpTo = append(f.rowsUpTo, f.Rows)
		f.lineUpTo = append(f.lineUpTo, line)
		f.Rows += int64(b.records)
		line += int64(b.lines)
		for kind, n := range b.faultCount {
			f.Faults[kind] += n
		}
	}
	return f
}

// place returns a sample's data row and physical line, both from 1.
func (f *Findings) place(s sample) quality.Sample {
	return quality.Sample{
		Row:   f.rowsUpTo[s.block] + int64(s.ordinal) + 1,
		Line:  f.lineUpTo[s.block] + int64(s.line) + 1,
		Value: s.value, Member: f.memberOf[s.block],
	}
}

// Samples are the bad rows that a tally shows, in the order of the file.
func (f *Findings) Samples(t *Tally) []quality.Sample {
	var shown []quality.Sample
	for _, s := range t.samples {
		shown = append(shown, f.place(s))
	}
	return shown
}
