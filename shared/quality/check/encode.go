package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/zeebo/xxh3"

	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/wire"
	"tillwatch/shared/tabular"
)

// digest tells plans apart that have other checks or other columns.
func (p *Plan) digest() uint64 {
	h := xxh3.New()
	fmt.Fprintf(h, "%q %+v %d %d\n", p.Header, p.dialect, p.In.Samples, p.In.QuarantineRows)
	for _, c := range p.checks {
		fmt.Fprintf(h, "%q %q %q %+v %q %v %v %v\n", c.Say.ID, c.Say.Name, c.Say.Place, c.Want, c.Status, c.Kernel != nil, c.Keys != nil, c.Shows)
	}
	for _, s := range p.Slots {
		fmt.Fprintf(h, "%q %d\n", s.Name, s.Position)
	}
	for _, make := range p.aggs {
		fmt.Fprintf(h, "%T\n", make())
	}
	for _, spec := range p.keys {
		fmt.Fprintf(h, "%v %d\n", spec.Slots, spec.Check)
	}
	return h.Sum64()
}

// encode writes what a worker that has seen all blocks of a section knows, but
// for its keys.
func (w *worker) encode(out *wire.Writer) {
	out.Uint(uint64(len(w.blocks)))
	faults := map[tabular.FaultKind]int64{}
	for _, b := range w.blocks {
		out.Uint(uint64(b.records))
		out.Uint(uint64(b.lines))
		for kind, n := range b.faultCount {
			faults[kind] += n
		}
	}
	out.Uint(uint64(len(faults)))
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		out.Text(string(kind))
		out.Int(faults[kind])
	}
	for i := range w.tallies {
		t := &w.tallies[i]
		out.Int(t.Violations)
		out.Int(t.Looked)
		out.Text(t.crashed)
		out.Uint(uint64(len(t.samples)))
		for _, s := range t.samples {
			out.Uint(uint64(s.block))
			out.Uint(uint64(s.ordinal))
			out.Uint(uint64(s.line))
			out.Text(s.value)
		}
		t.rows.Encode(out)
	}
	for i, agg := range w.aggs {
		out.Text(w.stopped[i])
		var own wire.Writer
		agg.Encode(&own)
		out.Bytes(own.Values())
	}
}

// read makes w, which has seen nothing, a worker that has seen the section that
// message is the state of.
func (w *worker) read(message []byte, section int) error {
	r, err := wire.Open(message)
	if err != nil {
		return err
	}
	if r.Word() != w.plan.sum {
		return errOtherPlan
	}
	if of := r.Uint(); of != uint64(section) {
		r.Fail(fmt.Sprintf("the state is of section %d", of))
	}
	w.decode(r)
	return r.Done()
}

func (w *worker) decode(r *wire.Reader) {
	w.blocks = make([]blockFacts, r.Count(2))
	records := make([]int, len(w.blocks))
	for i := range w.blocks {
		records[i] = int(r.Within(1 << 30))
		w.blocks[i] = blockFacts{index: i, records: records[i], lines: int(r.Within(1 << 32))}
	}
	for range r.Count(2) {
		kind := tabular.FaultKind(r.Text())
		n := r.Natural()
		if len(w.blocks) == 0 {
			r.Fail("faults of no blocks")
			return
		}
		if w.blocks[0].faultCount == nil {
			w.blocks[0].faultCount = map[tabular.FaultKind]int64{}
		}
		w.blocks[0].faultCount[kind] += n
	}
	for i := range w.tallies {
		t := &w.tallies[i]
		t.Violations, t.Looked, t.crashed = r.Natural(), r.Natural(), r.Text()
		t.samples = make([]sample, r.Count(4))
		for n := range t.samples {
			s := sample{block: int(r.Uint()), ordinal: int(r.Uint()), line: int(r.Within(1 << 32)), value: r.Text()}
			if uint(s.block) >= uint(len(records)) || uint(s.ordinal) >= uint(records[s.block]) {
				r.Fail("a sample of a row that is none")
				return
			}
			t.samples[n] = s
		}
		t.rows.Decode(r, records)
	}
	for i, agg := range w.aggs {
		w.stopped[i] = r.Text()
		own := wire.NewReader(r.Bytes())
		agg.Decode(own)
		if err := own.Done(); err != nil {
			r.Fail(err.Error())
		}
		if r.Failed() {
			return
		}
	}
}

// shift makes the blocks of w come after so many others.
func (w *worker) shift(blocks int) {
	for i := range w.blocks {
		w.blocks[i].index += blocks
	}
	for i := range w.tallies {
		t := &w.tallies[i]
		t.rows.Shift(blocks)
		for n := range t.samples {
			t.samples[n].block += blocks
		}
	}
}

// addRepeated takes in what RepeatedKeys found among the partitions of a key.
func (f *Findings) addRepeated(spec *key.Spec, messages [][]byte) error {
	set, n, err := key.DecodeRepeated(messages, f.records)
	if err != nil {
		return err
	}
	f.repeat(spec, set, n)
	return nil
}

func encodeWishes(out *wire.Writer, wishes []wish) {
	out.Uint(uint64(len(wishes)))
	for i := range wishes {
		wishes[i].encode(out)
	}
}

func (w *wish) encode(out *wire.Writer) {
	out.Uint(uint64(w.block))
	out.Uint(uint64(w.ordinal))
	out.Bool(w.aside)
	out.Uint(uint64(len(w.samples)))
	for _, i := range w.samples {
		out.Uint(uint64(i))
	}
}

func decodeWishes(r *wire.Reader, checks int) []wish {
	wishes := make([]wish, r.Count(4))
	for i := range wishes {
		wishes[i] = decodeWish(r, checks)
		if i > 0 && (wishes[i].block < wishes[i-1].block || wishes[i].block == wishes[i-1].block && wishes[i].ordinal <= wishes[i-1].ordinal) {
			r.Fail("rows out of order")
		}
	}
	return wishes
}

func decodeWish(r *wire.Reader, checks int) wish {
	w := wish{block: int(r.Within(1 << 32)), ordinal: uint32(r.Within(1<<32 - 1)), aside: r.Bool()}
	w.samples = make([]int, r.Count(1))
	for i := range w.samples {
		w.samples[i] = int(r.Within(uint64(checks - 1)))
	}
	return w
}

func encodeGlimpses(out *wire.Writer, glimpses []glimpse) {
	out.Uint(uint64(len(glimpses)))
	for i := range glimpses {
		g := &glimpses[i]
		g.encode(out)
		out.Uint(uint64(g.line))
		for _, value := range g.values {
			out.Text(value)
		}
		out.Bytes(g.raw)
	}
}

func decodeGlimpses(r *wire.Reader, checks int) []glimpse {
	glimpses := make([]glimpse, r.Count(6))
	for i := range glimpses {
		g := glimpse{wish: decodeWish(r, checks), line: int(r.Within(1 << 32))}
		for range g.samples {
			g.values = append(g.values, r.Text())
		}
		g.raw = r.Bytes()
		glimpses[i] = g
	}
	return glimpses
}
