package tabular

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"tillwatch/shared/dialect"
	"tillwatch/shared/tabular/columnar"
)

// A Batch is the cells of one block. The zero value is ready for Parse; a Batch
// is for one goroutine at a time.
type Batch struct {
	// Data is the block's bytes, followed by the values that Column had to write
	// anew. It shares the block's memory until the next Parse.
	Data    []byte
	Rows    int // well-formed rows
	Records int // rows, the malformed ones included
	Lines   int // line ends
	// Faults holds the first KeepFaults faults of each kind, and the first of each
	// kind in each of the first KeepFaults rows that have one, by row and column; FaultyRecords names all the rows, and FaultCount counts them all: malformed records and, for the other kinds, cells.
	Faults     []Fault
	FaultCount map[FaultKind]int64
	// KeepFaults is set before Parse; less than 20 counts as 20.
	KeepFaults int

	blk       *Block
	columns   int
	delim     byte
	quote     byte
	null      string   // besides nothing
	rows      []row    // the well-formed ones
	delims    []uint32 // the delimiters of all records, and a place beyond all
	ends      []uint32 // all LFs, and the length of the text
	groups    [markGroups]marked
	tail      [64]byte          // of the text, which fills no group
	quoted    []bool            // whether the column has a quoted cell
	malformed []badRecord       // in order
	shifts    []shift           // of lines against ordinals, in order
	cells     []jsonCell        // of JSON: the members, by row and column
	other     []dialect.Cell    // of a dialect that is not plain: the cells, by row and column
	splitter  *dialect.Splitter // of other
	whole     []*columnar.Cells // of a Parquet file: all columns, for Raw
	cellText  []byte            // of a Parquet file: memory for a value
	scratch   columnar.Scratch
	late      []Span   // of a JSON record: the keys that are no columns
	lineOf    []uint32 // of JSON: the line of each row
	counts    [len(faultKinds)]int64
	lastOf    [len(faultKinds)]int   // the last row with a fault of the kind
	rowsOf    [len(faultKinds)]int64 // how many rows have one
	faulty    []uint32               // ordinals of records with a fault, some of them twice
}

// A row is data[start:end], whose cells but for the last end at the delimiters
// from first on.
type row struct{ start, end, first uint32 }

// A badRecord is a malformed record: data[start:end] without its line end.
type badRecord struct {
	start, end, ordinal, line uint32
	kind                      uint8 // of faultKinds
}

// A shift says that from a record on lines are that many more than ordinals.
type shift struct{ ordinal, more uint32 }

// Faults of one kind that a batch keeps, so that a bad file costs no memory.
const keptFaults = 20

var faultKinds = [...]FaultKind{ShortRow, LongRow, UnclosedQuote, LongRecord, StrayQuote, NULByte, BadEncoding, NotJSON, LateKey}

const (
	unclosedDetail = "the quote is not closed before the file ends or the record is too long"
	strayDetail    = "after the closing quote only a delimiter or a line end may follow; a quote inside a quoted cell is written twice"
	nulDetail      = "text holds no byte of value 0: the file may be UTF-16 without a byte order mark, or damaged"
)

// Parse finds the cells of blk, whose records should have columns cells each.
// It reuses b's memory and holds on to blk's until the next Parse. The dialect
// is the one that the Reader was given; columns less than 1 count as 1.
func (b *Batch) Parse(blk *Block, columns int, d Dialect) {
	d = d.Filled()
	b.blk, b.Data, b.columns, b.delim, b.quote = blk, blk.Data, max(columns, 1), d.Delimiter, d.Quote
	b.null = d.Null
	b.Rows, b.Records, b.Lines = 0, 0, 0
	b.Faults, b.rows, b.malformed, b.shifts = b.Faults[:0], b.rows[:0], b.malformed[:0], b.shifts[:0]
	b.faulty, b.whole = b.faulty[:0], b.whole[:0]
	if b.FaultCount == nil {
		b.FaultCount = map[FaultKind]int64{}
	}
	clear(b.FaultCount)
	clear(b.counts[:])
	clear(b.rowsOf[:])
	for i := range b.lastOf {
		b.lastOf[i] = -1
	}
	b.quoted = slices.Grow(b.quoted[:0], b.columns)[:b.columns]
	clear(b.quoted)
	switch {
	case blk.Malformed != "":
		b.parseMalformed(blk)
	case blk.slice != nil:
		b.Rows, b.Records, b.Lines = blk.slice.Rows, blk.slice.Rows, blk.slice.Rows
	case blk.json != nil:
		b.parseJSON(blk.json)
	case blk.other != nil:
		b.parseOther(*blk.other)
		b.checkText(true)
	default:
		b.checkText(b.parseRecords())
	}
	for i, n := range b.counts {
		if n > 0 {
			b.FaultCount[faultKinds[i]] = n
		}
	}
	slices.SortStableFunc(b.Faults, func(x, y Fault) int {
		if x.Row != y.Row {
			return x.Row - y.Row
		}
		return x.Column - y.Column
	})
}

// parseMalformed takes in a block that is one malformed record.
func (b *Batch) parseMalformed(blk *Block) {
	end := len(trimLineEnd(blk.Data))
	defer func() { b.Lines = bytes.Count(blk.Data, []byte{'\n'}) }()
	line := bytes.Count(blk.Data[:end], []byte{'\n'})
	if blk.Malformed == LongRecord {
		b.bad(LongRecord, 0, end, 0, 0, fmt.Sprintf("%d bytes without a line end", int64(end)+blk.Skipped))
		return
	}
	if blk.Malformed == NotJSON {
		start := end - len(bytes.TrimLeft(blk.Data[:end], " \t\r\n,]"))
		b.Lines = bytes.Count(blk.Data[:start], []byte{'\n'})
		b.bad(NotJSON, start, end, b.Lines, -1, "it does not end: a bracket or a quote is missing, or the file is cut off")
		return
	}
	column := 0
	if blk.other != nil {
		r := dialect.NewSplitter(*blk.other).Record(blk.Data, 0, true)
		column = r.Count
	}
	for pos := 0; blk.other == nil; column++ {
		if pos, _ = cellEnd(blk.Data, pos, b.delim, b.quote); pos < 0 || pos >= len(blk.Data) {
			break
		}
		pos++
	}
	b.bad(UnclosedQuote, 0, end, line, column, unclosedDetail)
}

// wrongWidth takes in the record data[pos:end], which has too few or too many cells.
func (b *Batch) wrongWidth(pos, end, cells int) {
	kind := ShortRow
	if cells > b.columns {
		kind = LongRow
	}
	detail := ""
	if b.counts[kindIndex(kind)] < int64(max(b.KeepFaults, keptFaults)) {
		detail = fmt.Sprintf("%d cells where the header has %d", cells, b.columns)
	}
	b.bad(kind, pos, end, b.Lines, min(cells, b.columns), detail)
}

// bad takes in a malformed record.
func (b *Batch) bad(kind FaultKind, start, end, line, column int, detail string) {
	b.fault(kind, b.Records, line, column, detail)
	b.malformed = append(b.malformed, badRecord{uint32(start), uint32(end), uint32(b.Records), uint32(b.Lines), uint8(kindIndex(kind))})
	b.Records++
}

// endLines counts the lines of a record that was just taken in.
func (b *Batch) endLines(inside int, ended bool) {
	b.Lines += inside
	if ended {
		b.Lines++
	}
	if inside > 0 {
		b.shiftTo(b.Lines - b.Records)
	}
}

// shiftTo notes that the records from here on stand that many lines further
// than their ordinals say.
func (b *Batch) shiftTo(more int) {
	s := shift{uint32(b.Records), uint32(more)}
	if n := len(b.shifts); n > 0 && b.shifts[n-1].ordinal == s.ordinal {
		b.shifts[n-1] = s
		return
	}
	b.shifts = append(b.shifts, s)
}

// fault counts a fault and keeps it if it is among the first of its kind.
func (b *Batch) fault(k FaultKind, row, line, column int, detail string) {
	i := kindIndex(k)
	if n := len(b.faulty); row >= 0 && (n == 0 || b.faulty[n-1] != uint32(row)) {
		b.faulty = append(b.faulty, uint32(row))
	}
	// One row with many faults leaves room for those after it, so that which
	// rows are shown does not depend on where blocks begin.
	first := b.lastOf[i] != row
	if first {
		b.lastOf[i] = row
		b.rowsOf[i]++
	}
	most := int64(max(b.KeepFaults, keptFaults))
	if b.counts[i]++; b.counts[i] <= most || first && b.rowsOf[i] <= most {
		b.Faults = append(b.Faults, Fault{k, row, line, column, detail})
	}
}

// FaultyRecords returns the ordinals of all records with a fault, malformed or
// not, ascending. It is valid until the next Parse.
func (b *Batch) FaultyRecords() []uint32 {
	slices.Sort(b.faulty)
	b.faulty = slices.Compact(b.faulty)
	return b.faulty
}

func kindIndex(k FaultKind) int { return slices.Index(faultKinds[:], k) }

// checkText looks for NUL bytes and, if some are not ASCII, for text that is not
// UTF-8.
func (b *Batch) checkText(foreign bool) {
	nul := bytes.IndexByte(b.Data, 0) >= 0
	foreign = foreign && !utf8.Valid(b.Data)
	if !nul && !foreign {
		return
	}
	for row := range b.Rows {
		raw := b.Data[b.rows[row].start:b.rows[row].end]
		if !(nul && bytes.IndexByte(raw, 0) >= 0) && !(foreign && !utf8.Valid(raw)) {
			continue
		}
		b.checkRow(row, nul, foreign)
	}
}

func (b *Batch) checkRow(row int, nul, foreign bool) {
	ordinal, line, from := b.Ordinal(row), b.Line(row), b.rows[row].start
	for c := range b.columns {
		start, end := b.cell(row, c)
		cell := b.Data[start:end]
		hasNUL, isForeign := nul && bytes.IndexByte(cell, 0) >= 0, foreign && !utf8.Valid(cell)
		if !hasNUL && !isForeign {
			continue
		}
		line += bytes.Count(b.Data[from:start], []byte{'\n'})
		from = start
		if hasNUL {
			b.fault(NULByte, ordinal, line, c, nulDetail)
		}
		if isForeign {
			b.fault(BadEncoding, ordinal, line, c, guessEncoding(cell))
		}
	}
}

// Ordinal returns the index of the well-formed row among the block's records,
// malformed ones counted.
func (b *Batch) Ordinal(row int) int {
	if len(b.malformed) == 0 {
		return row
	}
	// The i-th malformed record has ordinal-i well-formed rows before it.
	return row + sort.Search(len(b.malformed), func(i int) bool { return int(b.malformed[i].ordinal)-i > row })
}

// Line returns the physical line on which the well-formed row begins, counted
// from 0 within the block.
func (b *Batch) Line(row int) int {
	if b.blk.json != nil {
		return int(b.lineOf[row])
	}
	ordinal := b.Ordinal(row)
	i := sort.Search(len(b.shifts), func(i int) bool { return int(b.shifts[i].ordinal) > ordinal })
	if i == 0 {
		return ordinal
	}
	return ordinal + int(b.shifts[i-1].more)
}

// Raw returns the well-formed row as written, without its line end; of a file
// that is no delimited text, as a row of one. It is valid until the next Parse.
func (b *Batch) Raw(row int) []byte {
	if b.blk.slice != nil {
		return b.sliceRaw(row)
	}
	if b.blk.json != nil {
		return b.jsonRaw(row)
	}
	if b.blk.other != nil && len(b.blk.other.Fields) > 0 {
		return b.fixedRaw(row)
	}
	return b.Data[b.rows[row].start:b.rows[row].end]
}

// RawRecord returns the record with that ordinal, malformed or not, as written
// and without its line end, as Raw does; of a LongRecord only what the block holds.
func (b *Batch) RawRecord(ordinal int) []byte {
	i, found := b.malformedAt(ordinal)
	if found {
		record := b.Data[b.malformed[i].start:b.malformed[i].end]
		if b.blk.json != nil || b.blk.other != nil && len(b.blk.other.Fields) > 0 {
			return appendCell(nil, record, b.delim, b.quote)
		}
		return record
	}
	return b.Raw(ordinal - i)
}

// malformedAt returns how many malformed records come before the record with
// that ordinal, and whether it is malformed itself.
func (b *Batch) malformedAt(ordinal int) (before int, found bool) {
	i := sort.Search(len(b.malformed), func(i int) bool { return int(b.malformed[i].ordinal) >= ordinal })
	return i, i < len(b.malformed) && int(b.malformed[i].ordinal) == ordinal
}

// Malformed returns how many records of the block are malformed: Records less Rows.
func (b *Batch) Malformed() int { return len(b.malformed) }

// MalformedRecord returns the i-th malformed record: its ordinal, the physical
// line on which it begins, counted from 0 within the block, and what is wrong.
func (b *Batch) MalformedRecord(i int) (ordinal, line int, kind FaultKind) {
	m := b.malformed[i]
	return int(m.ordinal), int(m.line), faultKinds[m.kind]
}
