package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// An OutcomeTable writes what became of every row as comma-separated values:
//
//	tillwatch_row       data row, from 1, malformed ones counted
//	tillwatch_line      physical line on which the row begins, from 1
//	result              pass, fail or malformed
//	checks_passed       how many checks of rows found nothing wrong in it
//	checks_failed       ids of the failed checks that it breaks
//	checks_tolerated    ids of the checks that it breaks and that allow as many
//	checks_skipped      ids of the checks that were not measured, on every row
//	                    the same; after them * for a malformed row, which no
//	                    check of its cells looked at
//
// Ids have a space between them. What passed is a number and not a list: with
// fifty checks the list would be several times as large as the file, and it is
// the report's checks of rows less those that are listed. Checks of the whole
// file stand in the report only. Write errors come with Flush.
type OutcomeTable struct{ out *bufio.Writer }

// NewOutcomeTable returns a table that is written to w.
func NewOutcomeTable(w io.Writer) *OutcomeTable { return &OutcomeTable{bufio.NewWriterSize(w, 64<<10)} }

var _ quality.Outcomes = (*OutcomeTable)(nil)

// Begin writes the header.
func (t *OutcomeTable) Begin(*quality.Report, quality.Form) error {
	_, err := t.out.WriteString("tillwatch_row,tillwatch_line,result,checks_passed,checks_failed,checks_tolerated,checks_skipped\n")
	return err
}

// Row writes one line.
func (t *OutcomeTable) Row(o *quality.Outcome) error {
	b := t.out.AvailableBuffer()
	b = append(strconv.AppendInt(b, o.Row, 10), ',')
	b = append(strconv.AppendInt(b, o.Line, 10), ',')
	b = append(append(b, o.Kind...), ',')
	b = append(strconv.AppendInt(b, int64(o.Passed), 10), ',')
	b = append(appendIDs(b, o.Failed), ',')
	b = append(appendIDs(b, o.Tolerated), ',')
	b = appendIDs(b, o.Skipped)
	if o.Kind == quality.RowMalformed {
		if len(o.Skipped) > 0 {
			b = append(b, ' ')
		}
		b = append(b, '*')
	}
	_, err := t.out.Write(append(b, '\n'))
	return err
}

// Flush writes what is still held back.
func (t *OutcomeTable) Flush() error {
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("write outcomes of rows: %w", err)
	}
	return nil
}

// appendIDs appends ids as one cell.
func appendIDs(b []byte, ids []string) []byte {
	switch len(ids) {
	case 0:
		return b
	case 1:
		if !strings.ContainsAny(ids[0], "\",\r\n") {
			return append(b, ids[0]...)
		}
	}
	cell := strings.Join(ids, " ")
	if strings.ContainsAny(cell, "\",\r\n") {
		cell = quoted(cell)
	}
	return append(b, cell...)
}

// ErrUnproven is returned for a file whose good rows can't be told, because a
// check of severity HIGH could not be measured.
var ErrUnproven = errors.New("could not be measured, so that no row is proven good")

// A Clean writes the good rows of a file: its header and the rows whose outcome
// is pass, byte for byte, line ends included, in the file's own encoding. A
// file in UTF-16 gets a byte order mark, whether it had one or not. A row that
// is left out takes its line end along. JSON and Parquet become delimited text.
type Clean struct {
	// Rows are those written, Left those left out, and Malformed those among them
	// that are malformed and break no failed check: structure tolerates them.
	Rows, Left, Malformed int64
	// By counts, for each failed check that judges rows, the rows left out that
	// break it; a row may break several.
	By map[string]int64

	raw  io.Writer
	out  *bufio.Writer
	text io.WriteCloser
}

// NewClean returns a Clean that writes to w.
func NewClean(w io.Writer) *Clean { return &Clean{raw: w, By: map[string]int64{}} }

var _ quality.Outcomes = (*Clean)(nil)

// Begin writes the header. It returns an error that wraps ErrUnproven, and
// writes nothing, if a check of severity HIGH could not be measured.
func (c *Clean) Begin(r *quality.Report, form quality.Form) error {
	var unproven []string
	for i := range r.Checks {
		if r.Checks[i].Status == quality.Errored && r.Checks[i].Severity == "HIGH" {
			unproven = append(unproven, r.Checks[i].ID)
		}
	}
	if len(unproven) > 0 {
		return fmt.Errorf("%s %w", strings.Join(unproven, ", "), ErrUnproven)
	}
	text, err := tabular.EncodeText(c.raw, form.Encoding)
	if err != nil {
		return err
	}
	c.text, c.out = text, bufio.NewWriterSize(text, 64<<10)
	_, err = c.out.Write(form.Header)
	return err
}

// Row writes a good row and counts a bad one.
func (c *Clean) Row(o *quality.Outcome) error {
	if o.Kind == quality.RowPass {
		c.Rows++
		c.out.Write(o.Raw())
		_, err := c.out.Write(o.End())
		return err
	}
	c.Left++
	if o.Kind == quality.RowMalformed && len(o.Failed) == 0 {
		c.Malformed++
	}
	for _, id := range o.Failed {
		c.By[id]++
	}
	return nil
}

// Flush writes what is still held back; it must be called once, after the last
// row.
func (c *Clean) Flush() error {
	if c.out == nil {
		return nil
	}
	if err := errors.Join(c.out.Flush(), c.text.Close()); err != nil {
		return fmt.Errorf("write good rows: %w", err)
	}
	return nil
}

// Mended reports whether leaving out bad rows does away with a check's failure:
// all that it found wrong are rows that were left out. A check of the whole
// file, and one that found the header at fault too, is not mended so.
func (c *Clean) Mended(r *quality.Result) bool {
	return r.Violations > 0 && c.By[r.ID] == r.Violations
}
