package quality

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/wire"
	"tillwatch/shared/tabular"
)

// A file that is too large for one process is judged in sections, by as many
// processes as there are, which share nothing but messages:
//
//	Divide          says whether the file can be, and where to look at it
//	tabular's Scan  one range each, then Cut: the sections
//	Observe         one section each: what its rows tell, and its keys by partition
//	RepeatedKeys    one partition of one key each: which rows repeat a key
//	Merge           all of it: the findings
//	Unseen, Look    one section each: the rows that can be shown only now
//	Report          the report, the same as Validate's of the whole
//
// All of them get the same Input, but for its Source being opened in places; what
// differs is noticed, as each message names the plan that it was made by.

// Sections say where the parts of a file begin that are judged apart.
type Sections struct {
	Split  tabular.Split
	Starts []int64
	Size   int64 // of the file, as stored
}

// Len returns how many sections there are.
func (s Sections) Len() int { return len(s.Starts) }

// bounds returns the bytes of a section, the end excluded.
func (s Sections) bounds(i int) (from, to int64) {
	if i+1 < len(s.Starts) {
		return s.Starts[i], s.Starts[i+1]
	}
	return s.Starts[i], s.Size
}

// Partitions is how many partitions the keys of the file are spread over: a power
// of two, about as many as there are sections.
func (s Sections) Partitions() int {
	n := 1
	for n < len(s.Starts) && n < state.MostKeyPartitions {
		n *= 2
	}
	return n
}

// ErrWhole is returned for a file that has to be judged whole; its text says why.
var ErrWhole = errors.New("the file can only be read from its beginning")

// Divide says how the file can be read in sections, or returns ErrWhole.
func Divide(ctx context.Context, in Input) (tabular.Split, error) {
	in.defaults()
	options, err := in.options()
	if err != nil {
		return tabular.Split{}, err
	}
	reader, closer, err := tabular.OpenReader(ctx, in.Source, in.Object, options)
	if err != nil {
		return tabular.Split{}, err
	}
	defer closer.Close()
	split, reason := reader.Split()
	if reason != "" {
		return tabular.Split{}, fmt.Errorf("%w: %s", ErrWhole, reason)
	}
	return split, nil
}

// Cut returns the sections of the file that its scans tell of.
func Cut(ctx context.Context, in Input, split tabular.Split, scans []tabular.Scan, size int64) (Sections, error) {
	in.defaults()
	options, err := in.options()
	if err != nil {
		return Sections{}, err
	}
	src, err := in.ranger()
	if err != nil {
		return Sections{}, err
	}
	starts, err := split.Cut(ctx, src, in.Object, options, scans, size)
	return Sections{Split: split, Starts: starts, Size: size}, err
}

// Seen is what a section tells: a message with what its rows came to, and the
// messages of each key's partitions.
type Seen struct {
	State []byte
	Keys  [][][]byte
}

// Observe reads one section and returns what it tells.
func Observe(ctx context.Context, in Input, sections Sections, section int) (Seen, error) {
	p, reader, closer, err := in.openSection(ctx, sections, section)
	if err != nil {
		return Seen{}, err
	}
	defer closer()
	workers := make([]*worker, p.in.Threads)
	for i := range workers {
		workers[i] = newWorker(p)
		defer workers[i].close()
	}
	if err := scan(ctx, reader, workers, p.in.progress(reader)); err != nil {
		return Seen{}, fmt.Errorf("read section %d of %s: %w", section, in.Object, err)
	}
	w := join(workers)
	var out wire.Writer
	out.Word(p.sum)
	out.Uint(uint64(section))
	w.encode(&out)
	seen := Seen{State: out.Seal()}
	for _, spec := range p.keys {
		messages, err := state.EncodeKeys(buffersOf(workers, spec), sections.Partitions(), section, len(w.blocks))
		if err != nil {
			return Seen{}, err
		}
		seen.Keys = append(seen.Keys, messages)
	}
	return seen, nil
}

// RepeatedKeys finds the rows that repeat a key, among one partition of one key:
// messages are the Seen.Keys of all sections, in order.
func RepeatedKeys(messages [][]byte) ([]byte, error) { return state.RepeatedKeys(messages) }

// A Merged is what all sections of a file told together.
type Merged struct {
	f        *findings
	report   *Report
	header   []byte
	sections Sections
	first    []int // block of each section
}

// Merge puts together the states of all sections, which state returns by the
// section's number, and what RepeatedKeys made of each key's partitions.
func Merge(ctx context.Context, in Input, sections Sections, state func(section int) ([]byte, error), repeated func(key int) ([][]byte, error)) (*Merged, error) {
	p, reader, closer, err := in.openSection(ctx, sections, -1)
	if err != nil {
		return nil, err
	}
	defer closer()
	m := &Merged{sections: sections, header: reader.RawHeader()}
	total := newWorker(p)
	defer total.close()
	for i := range sections.Len() {
		message, err := state(i)
		if err != nil {
			return nil, fmt.Errorf("read state of section %d: %w", i, err)
		}
		part := newWorker(p)
		part.close()
		if err := part.read(message, i); err != nil {
			return nil, fmt.Errorf("read state of section %d: %w", i, err)
		}
		m.first = append(m.first, len(total.blocks))
		part.shift(len(total.blocks))
		total.merge(part)
	}
	m.f = total.findings(reader.HeaderLines())
	for _, spec := range p.keys {
		messages, err := repeated(spec.Index)
		if err != nil {
			return nil, err
		}
		if err := m.f.addRepeated(spec, messages); err != nil {
			return nil, err
		}
	}
	m.report = m.f.report(reader)
	return m, nil
}

// Keys returns how many keys the checks on a file have, which is how many
// partitioned sets of messages Observe makes.
func Keys(ctx context.Context, in Input, sections Sections) (int, error) {
	p, _, closer, err := in.openSection(ctx, sections, -1)
	if err != nil {
		return 0, err
	}
	closer()
	return len(p.keys), nil
}

// Unseen returns, by section, messages for Look that say which rows are to be
// read again.
func (m *Merged) Unseen() map[int][]byte {
	bySection := map[int][]wish{}
	for _, w := range m.f.wishes(m.report) {
		section := sort.Search(len(m.first), func(i int) bool { return m.first[i] > w.block }) - 1
		w.block -= m.first[section]
		bySection[section] = append(bySection[section], w)
	}
	unseen := map[int][]byte{}
	for section, wishes := range bySection {
		var out wire.Writer
		out.Word(m.f.plan.sum)
		encodeWishes(&out, wishes)
		unseen[section] = out.Seal()
	}
	return unseen
}

// Look reads the rows of a section again that Unseen told of.
func Look(ctx context.Context, in Input, sections Sections, section int, unseen []byte) ([]byte, error) {
	p, reader, closer, err := in.openSection(ctx, sections, section)
	if err != nil {
		return nil, err
	}
	defer closer()
	r, err := wire.Open(unseen)
	if err != nil {
		return nil, err
	}
	if r.Word() != p.sum {
		return nil, errOtherPlan
	}
	wishes := decodeWishes(r, len(p.checks))
	if err := r.Done(); err != nil {
		return nil, err
	}
	glimpses, err := p.look(ctx, reader, wishes)
	if err != nil {
		return nil, fmt.Errorf("read section %d of %s again: %w", section, in.Object, err)
	}
	var out wire.Writer
	out.Word(p.sum)
	encodeGlimpses(&out, glimpses)
	return out.Seal(), nil
}

// Report completes the report by what Look returned, by section.
func (m *Merged) Report(looked map[int][]byte) (*Report, error) {
	p := m.f.plan
	var glimpses []glimpse
	for section, first := range m.first {
		message, ok := looked[section]
		if !ok {
			continue
		}
		r, err := wire.Open(message)
		if err != nil {
			return nil, fmt.Errorf("read rows of section %d: %w", section, err)
		}
		if r.Word() != p.sum {
			return nil, errOtherPlan
		}
		more := decodeGlimpses(r, len(p.checks))
		if err := r.Done(); err != nil {
			return nil, fmt.Errorf("read rows of section %d: %w", section, err)
		}
		for _, g := range more {
			g.block += first
			glimpses = append(glimpses, g)
		}
	}
	if err := m.f.show(m.report, m.header, glimpses); err != nil {
		return nil, err
	}
	if p.in.Elapsed != nil {
		m.report.DurationMS = p.in.Elapsed().Milliseconds()
	}
	return m.report, nil
}

var errOtherPlan = errors.New("the contract or the file is not what it was when judging began: put the file again")

// openSection opens a section, -1 for one without rows, and compiles the plan
// for its file.
func (in Input) openSection(ctx context.Context, sections Sections, section int) (*plan, *tabular.Reader, func(), error) {
	in.defaults()
	options, err := in.options()
	if err != nil {
		return nil, nil, nil, err
	}
	src, err := in.ranger()
	if err != nil {
		return nil, nil, nil, err
	}
	from, to := sections.Size, sections.Size
	if section >= 0 && section < sections.Len() {
		from, to = sections.bounds(section)
	}
	reader, closer, err := tabular.OpenSection(ctx, src, in.Object, options, sections.Split, from, to, sections.Size)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := compile(&in, reader.Header(), reader.Faults(), reader.Dialect())
	if err == nil {
		if section >= 0 {
			clear(p.listings) // only the report needs them, which is made once
		}
		err = p.prepare(ctx)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, closer.Close())
	}
	p.sum = p.digest()
	return p, reader, func() { closer.Close() }, nil
}

func (in *Input) ranger() (tabular.Ranger, error) {
	src, ok := in.Source.(tabular.Ranger)
	if !ok {
		return nil, fmt.Errorf("%w: its store has no ranges", ErrWhole)
	}
	return src, nil
}
