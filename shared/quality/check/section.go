package check

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/wire"
	"tillwatch/shared/tabular"
)

// Divide says how the file can be read in sections, or returns quality.ErrWhole.
func Divide(ctx context.Context, in quality.Input) (tabular.Split, error) {
	defaults(&in)
	options, err := options(&in)
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
		return tabular.Split{}, fmt.Errorf("%w: %s", quality.ErrWhole, reason)
	}
	return split, nil
}

// CutFile returns the sections of the file that its scans tell of.
func CutFile(ctx context.Context, in quality.Input, split tabular.Split, scans []tabular.Scan, size int64) (quality.Sections, error) {
	defaults(&in)
	options, err := options(&in)
	if err != nil {
		return quality.Sections{}, err
	}
	src, err := ranger(&in)
	if err != nil {
		return quality.Sections{}, err
	}
	starts, err := split.Cut(ctx, src, in.Object, options, scans, size)
	return quality.Sections{Split: split, Starts: starts, Size: size}, err
}

// Observe reads one section and returns what it tells.
func (compile Compiler) Observe(ctx context.Context, in quality.Input, sections quality.Sections, section int) (quality.Seen, error) {
	p, reader, closer, err := compile.openSection(ctx, in, sections, section)
	if err != nil {
		return quality.Seen{}, err
	}
	defer closer()
	workers := make([]*worker, p.In.Threads)
	for i := range workers {
		workers[i] = newWorker(p)
		defer workers[i].close()
	}
	if err := scan(ctx, reader, workers, progress(p.In, reader)); err != nil {
		return quality.Seen{}, fmt.Errorf("read section %d of %s: %w", section, in.Object, err)
	}
	w := join(workers)
	var out wire.Writer
	out.Word(p.sum)
	out.Uint(uint64(section))
	w.encode(&out)
	seen := quality.Seen{State: out.Seal()}
	for _, spec := range p.keys {
		messages, err := key.Encode(buffersOf(workers, spec), sections.Partitions(), section, len(w.blocks))
		if err != nil {
			return quality.Seen{}, err
		}
		seen.Keys = append(seen.Keys, messages)
	}
	return seen, nil
}

// A Merged is what all sections of a file told together.
type Merged struct {
	f        *Findings
	report   *quality.Report
	header   []byte
	sections quality.Sections
	first    []int // block of each section
}

// Merge puts together the states of all sections, which state returns by the
// section's number, and what RepeatedKeys made of each key's partitions.
func (compile Compiler) Merge(ctx context.Context, in quality.Input, sections quality.Sections, state func(section int) ([]byte, error), repeated func(key int) ([][]byte, error)) (*Merged, error) {
	p, reader, closer, err := compile.openSection(ctx, in, sections, -1)
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
func (compile Compiler) Keys(ctx context.Context, in quality.Input, sections quality.Sections) (int, error) {
	p, _, closer, err := compile.openSection(ctx, in, sections, -1)
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
		out.Word(m.f.Plan.sum)
		encodeWishes(&out, wishes)
		unseen[section] = out.Seal()
	}
	return unseen
}

// Look reads the rows of a section again that Unseen told of.
func (compile Compiler) Look(ctx context.Context, in quality.Input, sections quality.Sections, section int, unseen []byte) ([]byte, error) {
	p, reader, closer, err := compile.openSection(ctx, in, sections, section)
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
func (m *Merged) Report(looked map[int][]byte) (*quality.Report, error) {
	p := m.f.Plan
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
	if p.In.Elapsed != nil {
		m.report.DurationMS = p.In.Elapsed().Milliseconds()
	}
	return m.report, nil
}

var errOtherPlan = errors.New("the contract or the file is not what it was when judging began: put the file again")

// openSection opens a section, -1 for one without rows, and compiles the plan
// for its file.
func (compile Compiler) openSection(ctx context.Context, in quality.Input, sections quality.Sections, section int) (*Plan, *tabular.Reader, func(), error) {
	defaults(&in)
	options, err := options(&in)
	if err != nil {
		return nil, nil, nil, err
	}
	src, err := ranger(&in)
	if err != nil {
		return nil, nil, nil, err
	}
	from, to := sections.Size, sections.Size
	if section >= 0 && section < sections.Len() {
		from, to = sections.Bounds(section)
	}
	reader, closer, err := tabular.OpenSection(ctx, src, in.Object, options, sections.Split, from, to, sections.Size)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := compile.newPlan(&in, reader.Header(), reader.Lists(), reader.Faults(), reader.Dialect())
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

func ranger(in *quality.Input) (tabular.Ranger, error) {
	src, ok := in.Source.(tabular.Ranger)
	if !ok {
		return nil, fmt.Errorf("%w: its store has no ranges", quality.ErrWhole)
	}
	return src, nil
}
