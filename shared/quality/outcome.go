package quality

import (
	"context"
	"errors"
	"slices"

	"tillwatch/shared/tabular"
)

// Outcomes takes in what became of the rows of a file, in the order of the
// file and from one goroutine. An error of either method ends judging and is
// returned by Validate, wrapped.
type Outcomes interface {
	// Begin is called once, before the first row. The report is whole but for
	// DurationMS; neither it nor the form may be kept and changed.
	Begin(*Report, Form) error
	// Row is called for each row, malformed ones included. The outcome and all it
	// holds are valid until Row returns.
	Row(*Outcome) error
}

// A Form is how the file that was read is written.
type Form struct {
	// Header is all that stands before the first row as written, with the byte order mark before the header and the
	// line end after it, if it has them; empty for an empty file. It is UTF-8,
	// whatever the file is, and a file in UTF-16 has no byte order mark here. Of a
	// file that is no delimited text it is the header that one would have.
	Header   []byte
	Encoding string // as read, in the words of tabular.Dialect; utf-8 for what is no delimited text
}

// An OutcomeKind says what became of a row.
type OutcomeKind string

// The kinds of outcome. RowFail is a row that breaks a check that failed, and
// these are the rows that Report.BadRows counts and quarantine sets aside, but
// for malformed rows of a structure check that tolerates them. RowPass breaks
// none but checks that tolerate as many. RowMalformed can't be told apart into
// cells: no check looked at it but those on the file's form.
const (
	RowPass      OutcomeKind = "pass"
	RowFail      OutcomeKind = "fail"
	RowMalformed OutcomeKind = "malformed"
)

// An Outcome is what became of one row. The checks it speaks of are those that
// judge rows; checks of the whole file (row count, totals, coverage, arrival …)
// have no outcome for a row.
type Outcome struct {
	Row, Line int64 // data row and physical line, from 1
	Kind      OutcomeKind
	// Passed is how many checks looked at the row and found nothing wrong. A
	// value that is null passes the checks of a column's values.
	Passed int
	// Failed are the ids of the failed checks that the row breaks, Tolerated those
	// of the checks that it breaks and that passed, for they allow as many; both
	// in report order.
	Failed, Tolerated []string
	// Skipped are the ids of the checks that could not be measured or are not
	// executed, the same for every row. A malformed row was skipped by all checks
	// of rows besides, but those on the file's form.
	Skipped []string

	batch   *tabular.Batch
	ordinal int
}

// Raw returns the row as written, in UTF-8 and without its line end; of a file
// that is no delimited text, as a row of one.
func (o *Outcome) Raw() []byte { return o.batch.RawRecord(o.ordinal) }

// End returns the row's line end as written: LF, CRLF, or nothing where the
// file ends without one; LF for a file that is no delimited text.
func (o *Outcome) End() []byte { return o.batch.LineEnd(o.ordinal) }

var errChanged = errors.New("the file is not what it was when it was judged: judge it again once nobody writes to it")

// tellOutcomes reads the file once more and tells what became of each row.
func (f *findings) tellOutcomes(ctx context.Context, report *Report, o tabular.Options) error {
	reader, closer, err := tabular.OpenReader(ctx, f.plan.in.Source, f.plan.in.Object, o)
	if err != nil {
		return err
	}
	defer closer.Close()
	t := newTeller(f, report)
	var blk tabular.Block
	if err = next(ctx, reader, &blk); unlessEOF(err) != nil {
		return err
	}
	if begun := f.plan.in.Outcomes.Begin(report, formOf(reader)); begun != nil {
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
	if t.rows != f.rows {
		return errChanged
	}
	return nil
}

// formOf describes the file.
func formOf(r *tabular.Reader) Form {
	if !r.Delimited() {
		return Form{Encoding: "utf-8", Header: append(slices.Clone(r.RawHeader()), '\n')}
	}
	return Form{Encoding: r.Encoding(), Header: slices.Clone(r.Beginning())}
}

// A teller makes the outcomes of one block after another.
type teller struct {
	f       *findings
	checks  []rowCheck
	forms   int // how many of checks are on the file's form
	skipped []string
	batch   tabular.Batch
	any     []uint64 // rows of the block that break some check
	rows    int64
	out     Outcome
}

// A rowCheck is a measured check that judges rows.
type rowCheck struct {
	id     string
	failed bool
	form   bool
	tally  *tally
	bits   []uint64 // rows of the block that break it
	here   bool     // whether there are any
}

func newTeller(f *findings, report *Report) *teller {
	t := &teller{f: f}
	for i, c := range f.plan.checks {
		r := &report.Checks[i]
		if r.Status == Errored || r.Status == Skipped {
			t.skipped = append(t.skipped, r.ID)
			continue
		}
		if c.kernel == nil && c.keys == nil && !c.ofForm {
			continue
		}
		if c.ofForm {
			t.forms++
		}
		t.checks = append(t.checks, rowCheck{id: r.ID, failed: r.Status == Fail, form: c.ofForm, tally: &f.tallies[i]})
	}
	return t
}

// tell tells the outcomes of one block's rows.
func (t *teller) tell(blk *tabular.Block) error {
	b := &t.batch
	b.Parse(blk, len(t.f.plan.header), t.f.plan.dialect)
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
		t.out.batch, t.out.ordinal = b, ordinal
		if err := t.f.plan.in.Outcomes.Row(&t.out); err != nil {
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
	*o = Outcome{Kind: RowPass, Passed: len(t.checks), Failed: o.Failed[:0], Tolerated: o.Tolerated[:0], Skipped: t.skipped}
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
				o.Failed, o.Kind = append(o.Failed, c.id), RowFail
			default:
				o.Tolerated = append(o.Tolerated, c.id)
			}
			o.Passed--
		}
	}
	if !readable {
		o.Kind = RowMalformed
	}
}
