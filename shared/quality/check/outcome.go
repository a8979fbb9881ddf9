package check

import (
	"context"
	"errors"
	"slices"

	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

var errChanged = errors.New("the file is not what it was when it was judged: judge it again once nobody writes to it")

// tellOutcomes reads the file once more and tells what became of each row.
func (f *Findings) tellOutcomes(ctx context.Context, report *quality.Report, o tabular.Options) error {
	reader, closer, err := tabular.OpenReader(ctx, f.Plan.In.Source, f.Plan.In.Object, o)
	if err != nil {
		return err
	}
	defer closer.Close()
	t := newTeller(f, report)
	var blk tabular.Block
	if err = next(ctx, reader, &blk); unlessEOF(err) != nil {
		return err
	}
	if begun := f.Plan.In.Outcomes.Begin(report, formOf(reader)); begun != nil {
		return begun
	}
	for ; err == nil; err = next(ctx, reader, &blk) {
		if err := t.tell(&blk); err != nil {
			return err
		}
	}
	if err := unlessEOF(err); err != nil {
		return err
	}
	if t.rows != f.Rows {
		return errChanged
	}
	return nil
}

// formOf describes the file.
func formOf(r *tabular.Reader) quality.Form {
	if !r.Delimited() {
		return quality.Form{Encoding: "utf-8", Header: append(slices.Clone(r.RawHeader()), '\n')}
	}
	return quality.Form{Encoding: r.Encoding(), Header: slices.Clone(r.Beginning())}
}

// A teller makes the outcomes of one block after another.
type teller struct {
	f       *Findings
	checks  []rowCheck
	forms   int // how many of checks are on the file's form
	skipped []string
	batch   tabular.Batch
	any     []uint64 // rows of the block that break some check
	rows    int64
	out     quality.Outcome
}

// A rowCheck is a measured check that judges rows.
type rowCheck struct {
	id     string
	failed bool
	form   bool
	tally  *Tally
	bits   []uint64 // rows of the block that break it
	here   bool     // whether there are any
}

func newTeller(f *Findings, report *quality.Report) *teller {
	t := &teller{f: f}
	for i, c := range f.Plan.checks {
		r := &report.Checks[i]
		if r.Status == quality.Errored || r.Status == quality.Skipped {
			t.skipped = append(t.skipped, r.ID)
			continue
		}
		if c.Kernel == nil && c.Keys == nil && !c.OfForm {
			continue
		}
		if c.OfForm {
			t.forms++
		}
		t.checks = append(t.checks, rowCheck{id: r.ID, failed: r.Status == quality.Fail, form: c.OfForm, tally: &f.tallies[i]})
	}
	return t
}

// tell tells the outcomes of one block's rows.
func (t *teller) tell(blk *tabular.Block) error {
	b := &t.batch
	b.Parse(blk, len(t.f.Plan.Header), t.f.Plan.dialect)
	if blk.Index >= len(t.f.records) || b.Records != t.f.records[blk.Index] {
		return errChanged
	}
	t.mark(blk.Index)
	row, bad := 0, 0 // the next well-formed and the next malformed one
	for ordinal := range b.Records {
		place := sample{block: blk.Index, ordinal: ordinal}
		readable := true
		if bad < b.Malformed() {
			at, line, _ := b.MalformedRecord(bad)
			readable, place.line = at != ordinal, line
		}
		if readable {
			place.line = b.Line(row)
			row++
		} else {
			bad++
		}
		t.judge(uint32(ordinal), readable)
		at := t.f.place(place)
		t.out.Row, t.out.Line = at.Row, at.Line
		t.out.Show(b, ordinal)
		if err := t.f.Plan.In.Outcomes.Row(&t.out); err != nil {
			return err
		}
	}
	t.rows += int64(b.Records)
	return nil
}

// mark finds which rows of a block break which check.
func (t *teller) mark(block int) {
	words := (t.f.records[block] + 63) / 64
	t.any = cleared(t.any, words)
	for i := range t.checks {
		c := &t.checks[i]
		c.bits = cleared(c.bits, words)
		c.here = c.tally.rows.Mark(block, c.bits)
		if c.tally.repeated != nil && c.tally.repeated.Mark(block, c.bits) {
			c.here = true
		}
		if c.here {
			for w, bits := range c.bits {
				t.any[w] |= bits
			}
		}
	}
}

// cleared returns n zeros, in the memory of words if it is large enough.
func cleared(words []uint64, n int) []uint64 {
	if cap(words) < n {
		return make([]uint64, n)
	}
	words = words[:n]
	clear(words)
	return words
}

// judge sets the outcome of a row but for its place and text.
func (t *teller) judge(ordinal uint32, readable bool) {
	o := &t.out
	*o = quality.Outcome{Kind: quality.RowPass, Passed: len(t.checks), Failed: o.Failed[:0], Tolerated: o.Tolerated[:0], Skipped: t.skipped}
	if !readable {
		o.Passed = t.forms
	}
	word, bit := ordinal>>6, uint64(1)<<(ordinal&63)
	if t.any[word]&bit != 0 {
		for i := range t.checks {
			c := &t.checks[i]
			switch {
			case !c.here || c.bits[word]&bit == 0:
				continue
			case c.failed:
				o.Failed, o.Kind = append(o.Failed, c.id), quality.RowFail
			default:
				o.Tolerated = append(o.Tolerated, c.id)
			}
			o.Passed--
		}
	}
	if !readable {
		o.Kind = quality.RowMalformed
	}
}
