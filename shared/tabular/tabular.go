// Package tabular reads delimited files, JSON and Parquet as blocks of bytes in which every cell
// is a span, so that checks run over a column of a block and nothing is
// allocated per row or per cell.
//
// The flow is
//
//	Source.Open → Decompress → DecodeText → NewReader, together OpenReader
//	Reader.Next(*Block)    cuts the stream at record ends; sequential, cheap
//	Batch.Parse(*Block)    finds the cells of one block; any goroutine
//	Batch.Column(i, spans) the cells of one column, quotes removed
//
// Blocks are numbered, so that what was found in them by many workers can be
// put back in the order of the file.
//
// # What is read
//
// The text is RFC 4180 plus what real files have:
//
//   - The first line is the header, whatever it holds, unless the dialect says that there is none:
//     then columns are called as Dialect.Names has them, or column1, column2 and so on. A byte order mark before
//     it is dropped. Names lose their quotes and are otherwise as written.
//   - Records end with LF or CRLF, mixed as they come; a CR elsewhere is data.
//     The last record needs no line end.
//   - A cell whose first byte is the quote is quoted: it ends at the next quote
//     that is not doubled, and delimiters, line ends and doubled quotes before that
//     are its text. A quote anywhere else is an ordinary character.
//   - After a closing quote only a delimiter, a line end or the end of the file may
//     follow. Other text there is the fault StrayQuote; it belongs to the value
//     as it is, up to the next delimiter or line end.
//   - An unquoted empty cell is null; "" is empty text and not null.
//   - A line with nothing before its line end is no record if the header has two
//     columns or more. If it has one, the line is a row with a null, but for
//     such a line at the very end of the file.
//
// # What is malformed
//
// A record with fewer or more cells than the header is ShortRow or LongRow. A
// quote that is not closed before the end of the file, or within RecordBytes of
// the start of its record, is UnclosedQuote: the record then ends with the line that the
// quote opened in, and reading resumes at the next line, so that one stray quote
// costs one record. A record that goes on for more than RecordBytes otherwise is LongRecord:
// what is beyond is dropped up to the next LF. Such records count in Records and not
// in Rows, no column has a cell of theirs, and they have that one fault and no other.
//
// StrayQuote, NULByte and BadEncoding are faults of one cell and leave it
// readable, LateKey is one of a JSON record. All faults are counted, and the first 20 of each kind in each block
// kept.
//
// # Archives
//
// All files of a zip that have the same columns in the same order, by the dialect of the first, are one table:
// rows are counted on from file to file, and lines anew in each. A file with other columns is the fault
// OtherMember. Compressed files within an archive, and several Parquet files, are errors.
//
// # Other dialects
//
// Text with an escape character, comments, no quotes, blanks before cells, or of fixed width is
// split by a dialect.Splitter, by the rules above where they apply and more slowly. Comments and
// lines that are passed over count as lines and are no rows. A line of fixed width that is not as long as its columns is
// ShortRow or LongRow; blanks around a value are dropped, and what is blank is null. CR
// in place of line ends is read, and written again, as LF.
//
// # JSON
//
// A text that begins with an object, or with an array of objects, is JSON: one
// object a line, or the elements of one array. The columns are the keys of the
// first MiB (or of the first record, if that is longer) in order of first appearance;
// a key that only comes later is LateKey. A key that is not there is null, as
// null is. Of a string the cell is its text, of an array or object its JSON
// without white space, of anything else what is written. Of a key that comes twice
// the last value counts. A line or element that is no object as RFC 8259 has it is
// NotJSON; reading goes on with the next line, or with what follows the element,
// as far as its brackets tell where that is. Raw
// writes a record as a row of a delimited text.
//
// # Parquet
//
// A file that begins with PAR1 is Parquet: package columnar says what its
// columns are. Values are written as the checks read them: numbers and decimals in
// digits, dates, times and timestamps as ISO 8601 has them, in UTC with a Z where
// the file says so, true and false, anything else as its bytes. Rows are numbered
// and said to stand on lines of their own; Data holds no more than the columns that were
// asked for. What need not be text can be had as codes of a dictionary, numbers or
// times (Batch.Codes, Numbers, Times). Readers with a Block of their own are given
// row groups of their own: each holds the pages of the columns that it is asked for.
// Parquet has no faults of single rows: damage is an error, of Next or Reader.Err.
//
// # What it costs
//
// Memory is a few times BlockBytes for each Block and Batch, or RecordBytes
// where a record is that long, whatever the size of the file; after the first
// few blocks nothing is allocated. Time is linear in the bytes of the file, whatever
// they are. Cutting is exact and guesses nothing: from quote to quote by the
// rules above, or, where quotes are many, by their parity, having proved for the
// block that parity and rules agree.
package tabular

import (
	"context"
	"io"

	"tillwatch/shared/dialect"
)

// A Source is a file that can be read more than once; each Open starts at the
// first byte.
type Source interface {
	Open(ctx context.Context) (io.ReadCloser, error)
}

// A Dialect says how a file is written; see package dialect.
type Dialect = dialect.Dialect

// The formats of Dialect.Format.
const (
	FormatDelimited = dialect.Delimited
	FormatFixed     = dialect.Fixed
	FormatJSON      = dialect.JSON
	FormatParquet   = dialect.Parquet
)

// Limits bound what reading a file may cost.
type Limits struct {
	// BlockBytes is the size of a block, 1 MiB if 0.
	BlockBytes int
	// RecordBytes is the longest record, its line end included, 16 MiB if 0 and
	// 1 GiB at most; a longer one is a fault, and a longer header, or a name of more
	// than 64 KiB in it, an error. Where it is
	// less than BlockBytes, it is also the size of a block.
	RecordBytes int
	// TotalBytes is the longest file after decompression, 64 GiB if 0; a longer one is
	// ErrTooLarge. RatioLimit is how many times larger than its compressed
	// form a file may become once it is beyond 64 MiB, 1,000 if 0.
	TotalBytes int64
	RatioLimit int64
}

// A Span is where a cell's value stands in Batch.Data. A null cell (unquoted
// and empty) has End < Start.
type Span struct{ Start, End uint32 }

// Null is the span of a null cell.
var Null = Span{1, 0}

// IsNull reports whether the cell is null.
func (s Span) IsNull() bool { return s.End < s.Start }

// A FaultKind says what is wrong with the structure of a file.
type FaultKind string

// The faults. ShortRow, LongRow, UnclosedQuote, LongRecord and NotJSON make a row
// malformed: its cells can't be told apart, so that it counts as a row and no
// column is read from it. The others leave the row readable.
const (
	ShortRow      FaultKind = "too few cells"
	LongRow       FaultKind = "too many cells"
	UnclosedQuote FaultKind = "quote never closed"
	LongRecord    FaultKind = "record too long"
	StrayQuote    FaultKind = "text after a closing quote"
	NULByte       FaultKind = "NUL byte"
	BadEncoding   FaultKind = "not UTF-8"
	NotJSON       FaultKind = "not a JSON object"
	LateKey       FaultKind = "key not among the first records'"
	EmptyFile     FaultKind = "empty file"
	BlankHeader   FaultKind = "column without a name"
	DoubleHeader  FaultKind = "column name used twice"
	// OtherMember is a file of an archive that is no part of the table.
	OtherMember FaultKind = "file in the archive with other columns"
	// NotAsDeclared says that the file's dialect is not the declared one.
	NotAsDeclared FaultKind = "not as declared"
)

// Malformed reports whether the fault makes its row unreadable.
func (k FaultKind) Malformed() bool {
	return k == ShortRow || k == LongRow || k == UnclosedQuote || k == LongRecord || k == NotJSON
}

// A Fault is one structural fault. Row is the data row, malformed ones counted
// (Batch.Ordinal), and Line the physical line on which the cell begins, both
// counted from 0 within the block, or Row -1 for the header (whose Line counts
// within the file). For ShortRow, LongRow and LongRecord Line is where the record
// begins, for UnclosedQuote where the quote opens. Column counts from 0; for ShortRow it is the
// first that is missing, for LongRow the first beyond the header's.
type Fault struct {
	Kind   FaultKind
	Row    int
	Line   int
	Column int
	Detail string // such as "9 cells where the header has 12"
}
