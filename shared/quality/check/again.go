package check

import (
	"cmp"
	"context"
	"slices"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/tabular"
)

// A wish is a row that can only be shown once the whole file is known: its key
// came before, or it is set aside.
type wish struct {
	block   int
	ordinal uint32
	samples []int // checks whose samples it belongs to
	aside   bool
}

// A glimpse is what is seen of such a row.
type glimpse struct {
	wish
	line   int
	values []string // of the columns of samples' checks
	raw    []byte   // nil unless it is set aside
}

// lookAgain reads the rows that can't be shown before, and shows them.
func (f *Findings) lookAgain(ctx context.Context, report *quality.Report, o tabular.Options) error {
	in := f.Plan.In
	wishes := f.wishes(report)
	if len(wishes) == 0 {
		return f.show(report, nil, nil)
	}
	reader, closer, err := tabular.OpenReader(ctx, in.Source, in.Object, o)
	if err != nil {
		return err
	}
	defer closer.Close()
	glimpses, err := f.Plan.look(ctx, reader, wishes)
	if err != nil {
		return err
	}
	return f.show(report, reader.RawHeader(), glimpses)
}

// wishes returns the rows to read again, in file order, and counts the bad ones.
func (f *Findings) wishes(report *quality.Report) []wish {
	in := f.Plan.In
	type place struct {
		block   int
		ordinal uint32
	}
	at := map[place]int{}
	var wishes []wish
	want := func(block int, ordinal uint32) *wish {
		i, ok := at[place{block, ordinal}]
		if !ok {
			i = len(wishes)
			at[place{block, ordinal}] = i
			wishes = append(wishes, wish{block: block, ordinal: ordinal})
		}
		return &wishes[i]
	}
	for i := range f.tallies {
		if set := f.tallies[i].repeated; set != nil {
			rowset.First(rowset.Union([]*rowset.Set{set}, f.records), in.Samples, func(block int, ordinal uint32) {
				w := want(block, ordinal)
				w.samples = append(w.samples, i)
			})
		}
	}
	report.BadRows = rowset.First(f.badRows(report), max(in.QuarantineRows, 0), func(block int, ordinal uint32) {
		want(block, ordinal).aside = true
	})
	slices.SortFunc(wishes, func(a, b wish) int {
		return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.ordinal, b.ordinal))
	})
	return wishes
}

// look reads the rows that are wished for, in their order. Only blocks that hold
// such rows are parsed, and reading ends with the last of them.
func (p *Plan) look(ctx context.Context, reader *tabular.Reader, wishes []wish) ([]glimpse, error) {
	v := view.New(p.Slots)
	var batch tabular.Batch
	var blk tabular.Block
	glimpses := make([]glimpse, 0, len(wishes))
	checks := p.reported()
	for len(wishes) > 0 {
		if err := next(ctx, reader, &blk); err != nil {
			return nil, err // the file became shorter since it was read
		}
		if blk.Index != wishes[0].block {
			continue
		}
		batch.Parse(&blk, len(p.Header), p.dialect)
		v.Turn(&batch, blk.Index)
		row := 0
		for len(wishes) > 0 && wishes[0].block == blk.Index {
			w := wishes[0]
			wishes = wishes[1:]
			for row < batch.Rows && batch.Ordinal(row) < int(w.ordinal) {
				row++
			}
			if int(w.ordinal) >= batch.Records {
				return nil, errChanged
			}
			glimpses = append(glimpses, p.glimpse(checks, v, w, row))
		}
	}
	return glimpses, reader.Err()
}

// reported returns the checks that a report has, by whose places wishes name them: the
// parts of composites are left out, as fold does, which a section's plan has yet to.
func (p *Plan) reported() []*Check {
	return slices.DeleteFunc(slices.Clone(p.checks), func(c *Check) bool { return c.Part })
}

// glimpse shows a row of the view's block; row is where it stands if it is well formed.
func (p *Plan) glimpse(checks []*Check, v *view.View, w wish, row int) glimpse {
	g := glimpse{wish: w}
	readable := row < v.Batch.Rows && v.Batch.Ordinal(row) == int(w.ordinal)
	if readable {
		g.line = v.Batch.Line(row)
	} else {
		g.line = malformedLine(v.Batch, int(w.ordinal))
	}
	for _, i := range w.samples {
		value := ""
		if readable {
			value = p.shown(checks[i], v, row)
		}
		g.values = append(g.values, value)
	}
	if w.aside {
		g.raw = slices.Clone(v.Batch.RawRecord(int(w.ordinal)))
	}
	return g
}

// show adds what was seen of the rows, in file order, to the report; header is
// that of the file as written.
func (f *Findings) show(report *quality.Report, header []byte, glimpses []glimpse) error {
	in := f.Plan.In
	if in.QuarantineRows > 0 {
		report.Quarantine = &quality.Quarantine{Delimiter: f.Plan.dialect.Delimiter, Rows: []quality.BadRow{}, Total: report.BadRows, Cap: in.QuarantineRows}
		if len(glimpses) > 0 {
			report.Quarantine.Header = slices.Clone(header)
		}
	}
	for _, g := range glimpses {
		if g.block >= len(f.records) || int(g.ordinal) >= f.records[g.block] {
			return errChanged
		}
		place := sample{block: g.block, ordinal: int(g.ordinal), line: g.line}
		for n, i := range g.samples {
			place.value = g.values[n]
			report.Checks[i].Samples = append(report.Checks[i].Samples, f.place(place))
		}
		if g.aside && report.Quarantine != nil {
			at := f.place(place)
			report.Quarantine.Rows = append(report.Quarantine.Rows, quality.BadRow{
				Row: at.Row, Line: at.Line, Raw: g.raw, Checks: f.broken(report, g.block, g.ordinal),
			})
		}
	}
	f.sortSamples(report)
	return nil
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
func (f *Findings) broken(report *quality.Report, block int, ordinal uint32) []string {
	var ids []string
	for i := range report.Checks {
		t := &f.tallies[i]
		if report.Checks[i].Status == quality.Fail && (t.rows.Has(block, ordinal) || t.repeated != nil && t.repeated.Has(block, ordinal)) {
			ids = append(ids, report.Checks[i].ID)
		}
	}
	return ids
}

// sortSamples puts samples of both looks in the order of the file and keeps as
// many as were asked for.
func (f *Findings) sortSamples(report *quality.Report) {
	for i := range report.Checks {
		if f.tallies[i].repeated == nil {
			continue
		}
		samples := report.Checks[i].Samples
		slices.SortFunc(samples, func(a, b quality.Sample) int { return int(a.Row - b.Row) })
		report.Checks[i].Samples = samples[:min(len(samples), f.Plan.In.Samples)]
	}
}
