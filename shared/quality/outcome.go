package quality

import "tillwatch/shared/tabular"

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

// Show has Raw and End tell of a record of a batch, for as long as the batch holds it.
func (o *Outcome) Show(batch *tabular.Batch, ordinal int) { o.batch, o.ordinal = batch, ordinal }

// Raw returns the row as written, in UTF-8 and without its line end; of a file
// that is no delimited text, as a row of one.
func (o *Outcome) Raw() []byte { return o.batch.RawRecord(o.ordinal) }

// End returns the row's line end as written: LF, CRLF, or nothing where the
// file ends without one; LF for a file that is no delimited text.
func (o *Outcome) End() []byte { return o.batch.LineEnd(o.ordinal) }
