package quality

import (
	"context"
	"slices"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/tabular"
)

// lookAgain reads the rows that can only be shown once the whole file is
// known: those whose key came before, and those to set aside. Only blocks that
// hold such rows are parsed, and reading ends with the last of them.
func (f *findings) lookAgain(ctx context.Context, report *Report, o tabular.Options) error {
	in := f.plan.in
	bad := f.badRows(report)
	again := &secondLook{f: f, report: report, wanted: make(map[int][]uint32), samples: make(map[int]map[uint32][]int)}
	for i := range f.tallies {
		if set := f.tallies[i].repeated; set != nil {
			state.First(state.Union([]*state.RowSet{set}, f.records), in.Samples, func(block int, ordinal uint32) {
				again.want(block, ordinal)
				if again.samples[block] == nil {
					again.samples[block] = map[uint32][]int{}
				}
				again.samples[block][ordinal] = append(again.samples[block][ordinal], i)
			})
		}
	}
	rows := max(in.QuarantineRows, 0)
	again.quarantined = map[int]map[uint32]bool{}
	report.BadRows = state.First(bad, rows, func(block int, ordinal uint32) {
		again.want(block, ordinal)
		if again.quarantined[block] == nil {
			again.quarantined[block] = map[uint32]bool{}
		}
		again.quarantined[block][ordinal] = true
	})
	if in.QuarantineRows > 0 {
		report.Quarantine = &Quarantine{Delimiter: o.Dialect.Delimiter, Rows: []BadRow{}, Total: report.BadRows, Cap: rows}
	}
	if len(again.wanted) == 0 {
		return nil
	}
	reader, closer, err := tabular.OpenReader(ctx, in.Source, in.Object, o)
	if err != nil {
		return err
	}
	defer closer.Close()
	if report.Quarantine != nil {
		report.Quarantine.Header = slices.Clone(reader.RawHeader())
	}
	view := state.NewView(f.plan.slots)
	var batch tabular.Batch
	var blk tabular.Block
	for len(again.wanted) > 0 {
		if err := next(ctx, reader, &blk); err != nil {
			return err // the file became shorter since it was read
		}
		if ordinals, ok := again.wanted[blk.Index]; ok {
			batch.Parse(&blk, len(f.plan.header), f.plan.dialect)
			view.Turn(&batch, blk.Index)
			slices.Sort(ordinals)
			again.show(view, slices.Compact(ordinals))
			delete(again.wanted, blk.Index)
		}
	}
	again.sortSamples()
	return nil
}

// A secondLook knows which rows to look at again and what for.
type secondLook struct {
	f           *findings
	report      *Report
	wanted      map[int][]uint32         // ordinals by block
	samples     map[int]map[uint32][]int // checks whose samples a row belongs to
	quarantined map[int]map[uint32]bool
}

func (s *secondLook) want(block int, ordinal uint32) {
	s.wanted[block] = append(s.wanted[block], ordinal)
}

// show takes the rows with these ordinals, ascending, from the view's block.
func (s *secondLook) show(v *state.View, ordinals []uint32) {
	row := 0
	for _, ordinal := range ordinals {
		for row < v.Batch.Rows && v.Batch.Ordinal(row) < int(ordinal) {
			row++
		}
		readable := row < v.Batch.Rows && v.Batch.Ordinal(row) == int(ordinal)
		place := sample{block: v.Block, ordinal: int(ordinal)}
		if readable {
			place.line = v.Batch.Line(row)
		} else {
			place.line = malformedLine(v.Batch, int(ordinal))
		}
		for _, i := range s.samples[v.Block][ordinal] {
			if readable {
				place.value = s.f.plan.shown(s.f.plan.checks[i], v, row)
			}
			s.report.Checks[i].Samples = append(s.report.Checks[i].Samples, s.f.place(place))
		}
		if s.quarantined[v.Block][ordinal] {
			at := s.f.place(place)
			s.report.Quarantine.Rows = append(s.report.Quarantine.Rows, BadRow{
				Row: at.Row, Line: at.Line,
				Raw:    slices.Clone(v.Batch.RawRecord(int(ordinal))),
				Checks: s.broken(v.Block, ordinal),
			})
		}
	}
}

// malformedLine returns the line of a record that is malformed.
func malformedLine(b *tabular.Batch, ordinal int) int {
	for i := range b.Malformed() {
		if o, line, _ := b.MalformedRecord(i); o == ordinal {
			return line
		}
	}
	return 0
}

// broken lists the failed checks that a row breaks.
func (s *secondLook) broken(block int, ordinal uint32) []string {
	var ids []string
	for i := range s.report.Checks {
		t := &s.f.tallies[i]
		if s.report.Checks[i].Status == Fail && (t.rows.Has(block, ordinal) || t.repeated != nil && t.repeated.Has(block, ordinal)) {
			ids = append(ids, s.report.Checks[i].ID)
		}
	}
	return ids
}

// sortSamples puts samples of both looks in the order of the file and keeps as
// many as were asked for.
func (s *secondLook) sortSamples() {
	for i := range s.report.Checks {
		if s.f.tallies[i].repeated == nil {
			continue
		}
		samples := s.report.Checks[i].Samples
		slices.SortFunc(samples, func(a, b Sample) int { return int(a.Row - b.Row) })
		s.report.Checks[i].Samples = samples[:min(len(samples), s.f.plan.in.Samples)]
	}
}
