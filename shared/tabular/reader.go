package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"tillwatch/shared/dialect"
	"tillwatch/shared/tabular/columnar"
)

// Options say how to read one file.
type Options struct {
	Dialect Dialect
	Limits  Limits
	// Detect makes OpenReader find out by the file's beginning what Dialect leaves
	// open, and whether it is so otherwise; see Reader.Reading. NewReader only detects JSON.
	Detect bool
	// Ahead makes OpenReader decompress on a goroutine of its own, up to 1.5 MiB
	// before the text is asked for.
	Ahead bool
}

// A Reader cuts a delimited text into blocks of whole records. It is for one
// goroutine at a time, so that workers who share one take turns with Next; the
// blocks it fills belong to whoever passed them.
type Reader struct {
	src     io.Reader
	delim   byte
	quote   byte
	dialect Dialect // filled
	reading dialect.Reading
	start   []byte // what stands before the first record
	block   int    // most bytes of an ordinary block
	record  int    // most bytes of a record, line end included
	carry   []byte
	at      int   // carry[at:] was read and not yet handed out
	err     error // what ended src, io.EOF included; nil while it goes on
	offset  int64 // of the next block
	index   int
	names   []string
	raw     []byte
	lines   int
	faults  []Fault
	form    string // of compression, "" for none
	charset string // as detected or declared
	read    *atomic.Int64
	json    *jsonForm         // nil if the text is delimited
	other   *dialect.Splitter // of a dialect that is not plain, else nil
	table   *parquetInput     // nil if it is a text
	members *members          // nil if the file is one
	pause   int               // blocks that are not worth asking quoting.find
	scanned int64             // bytes looked at, for the proof that reading is linear
}

// A Block is a run of whole records, line ends included. The zero value is
// ready for Reader.Next, which reuses its memory. Whoever makes a block by hand
// starts from the zero value and sets Data to whole records, at most 1 GiB.
type Block struct {
	Index       int // 0, 1, 2 … in the order of the file
	Data        []byte
	FirstOffset int64 // of Data[0] in the decoded text, byte order mark and header included
	// Final is true for the last block of the file.
	Final bool
	// Malformed is UnclosedQuote, NotJSON or LongRecord where the block is one record
	// that is malformed so, else "". Of a LongRecord Data holds the first
	// RecordBytes bytes and its line end, if it has one; Skipped counts the bytes
	// left out.
	Malformed FaultKind
	Skipped   int64
	// Member names the file of an archive of several that the block is of, else it is "". MemberLines is then
	// what HeaderLines is of other files, and FirstOffset counts in the member.
	Member      string
	MemberLines int

	json    *jsonForm       // nil if the text is delimited
	other   *Dialect        // one that is not plain; nil if it is
	slice   *columnar.Slice // nil if it is a text
	first   bool            // of its file
	quoting quoting
	exact   bool // quoting tells what is inside quotes; else nothing does
}

const (
	defaultBlock  = 1 << 20
	defaultRecord = 16 << 20
	largestRecord = 1 << 30 // a Span counts in 32 bits
	slack         = 16      // bytes of capacity beyond a block, for reading words
)

// NewReader returns a reader of the text r, in UTF-8, having read its byte
// order mark, if any, and its header line. It returns an error if the dialect
// can't be, r can't be read or the header is longer than a record may be; an
// empty text is no error but the fault EmptyFile.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	d := o.Dialect.Filled()
	if err := d.Check(); err != nil {
		return nil, err
	}
	block, record := o.Limits.BlockBytes, o.Limits.RecordBytes
	if block <= 0 {
		block = defaultBlock
	}
	if record <= 0 {
		record = defaultRecord
	}
	record = min(record, largestRecord)
	rd := &Reader{src: r, delim: d.Delimiter, quote: d.Quote, block: min(block, record), record: record,
		dialect: d, charset: d.Encoding, read: new(atomic.Int64)}
	if !d.Plain() {
		rd.other = dialect.NewSplitter(d)
	}
	if _, counted := r.(*counter); !counted {
		rd.src = &counter{r: r, n: rd.read}
	}
	header := rd.readHeader
	if rd.detect(o.Dialect.Format); rd.json != nil {
		header, rd.other = rd.readKeys, nil
		rd.dialect.Format = FormatJSON
	} else if rd.dialect.Format != FormatFixed {
		rd.dialect.Format = FormatDelimited
	}
	if err := header(); err != nil {
		return nil, err
	}
	return rd, nil
}

// Header returns the column names, nil for an empty file. They are as written
// but for their quotes: nothing is trimmed.
func (r *Reader) Header() []string { return r.names }

// RawHeader returns the header as written, without its line end and without
// the byte order mark; nil for an empty file.
func (r *Reader) RawHeader() []byte { return r.raw }

// HeaderLines returns how many line ends the header holds, its own included:
// what Batch.Line returns plus the Lines of all blocks before plus HeaderLines
// is the line of the file, counted from 0.
func (r *Reader) HeaderLines() int { return r.lines }

// Faults returns the faults of the header or of the file as a whole, the first
// 20 of each kind. Row is -1.
func (r *Reader) Faults() []Fault { return r.faults }

// SourceBytes returns how many bytes were read so far from the source, before
// decompression, for showing progress. It may be called at any time from any
// goroutine.
func (r *Reader) SourceBytes() int64 { return r.read.Load() }

// Compression returns gzip, zstd, bzip2, zip or "", as OpenReader found.
func (r *Reader) Compression() string { return r.form }

// Encoding returns the encoding that the text was read as, in the words of
// Dialect.Encoding.
func (r *Reader) Encoding() string { return r.charset }

// Dialect returns the dialect that the text is read in, with nothing left open.
// It is what Batch.Parse wants, and what opens the same file again in the same way.
func (r *Reader) Dialect() Dialect { return r.dialect }

// Reading returns what was detected of the dialect, if Options.Detect asked for
// that.
func (r *Reader) Reading() dialect.Reading { return r.reading }

// Beginning returns what stands before the first record, decoded and as written: the byte
// order mark, lines that are passed over, the header and its line end. It is nil
// for what is no delimited text.
func (r *Reader) Beginning() []byte { return r.start }

// InParts reports whether who reads with a Block of its own is given a part of
// the file of its own, as row groups of Parquet, and Next only says which rows
// are next.
func (r *Reader) InParts() bool { return r.table != nil }

// Next fills b with the next records, in the memory that b already has. It
// returns io.EOF after the last block, or if none is left after the one that b had
// where the file is read InParts. Any other error comes after all whole
// records that were read before it, and stays; a record that the error cut off
// is left out.
func (r *Reader) Next(b *Block) error {
	if r.members != nil {
		return r.nextOfMembers(b)
	}
	if r.table != nil {
		return r.nextSlice(b)
	}
	b.slice, b.other = nil, nil
	if r.other != nil {
		b.other = &r.dialect
	}
	b.Index, b.FirstOffset = r.index, r.offset
	b.Malformed, b.Skipped, b.json, b.first = "", 0, r.json, r.index == 0
	b.Member, b.MemberLines = "", 0
	if cap(b.Data) < r.block+1+slack {
		b.Data = make([]byte, 0, r.block+1+slack)
	}
	b.Data = b.Data[:0]
	fromCarry := r.fill(b, r.block+1)
	r.scanned += int64(len(b.Data))
	b.exact = false
	n := r.cut(b)
	if n == 0 && len(b.Data) > 0 {
		n = r.long(b, &fromCarry)
	}
	if n == 0 {
		if r.err == errSectionEnd {
			r.err = io.EOF
			if len(b.Data) > 0 {
				r.err = ErrSection
			}
		}
		b.Data = b.Data[:0]
		if r.err == nil { // cannot be: long ends only with a record or an error
			return io.ErrNoProgress
		}
		return r.err
	}
	if b.Malformed != LongRecord {
		r.keep(b.Data[n:], fromCarry)
		b.Data = b.Data[:n]
	}
	if r.err == nil && r.at == len(r.carry) { // is this the last block?
		r.refill()
	}
	b.Final = r.err == io.EOF && r.spent()
	r.index++
	r.offset += int64(len(b.Data)) + b.Skipped
	return nil
}

// cut returns how many bytes of b are whole records, 0 if the first has no end.
func (r *Reader) cut(b *Block) int {
	atEnd := r.err == io.EOF && len(b.Data) <= r.block
	data := b.Data[:min(len(b.Data), r.block)]
	if r.json != nil {
		return r.json.cut(data, atEnd)
	}
	if r.other != nil {
		return r.cutOther(data, atEnd)
	}
	// With many quotes, looking at each byte is faster than going from quote to quote.
	if r.pause > 0 {
		r.pause--
	} else if quotes := bytes.Count(data, []byte{r.quote}); quotes*64 > len(data) {
		if !b.quoting.find(data, r.delim, r.quote) {
			r.pause = 16
		} else if n := lastOutside(data, b.quoting.inside, atEnd); n > 0 {
			b.exact = true
			return n
		}
	}
	return cut(data, r.delim, r.quote, atEnd)
}

// spent reports whether everything was handed out.
func (r *Reader) spent() bool { return r.err != nil && r.at == len(r.carry) }

// fill extends b.Data to want bytes, or fewer if the source ends. It returns
// whether all of the bytes came from what was carried over.
func (r *Reader) fill(b *Block, want int) (fromCarry bool) {
	n := min(want-len(b.Data), len(r.carry)-r.at)
	b.Data = append(b.Data, r.carry[r.at:r.at+n]...)
	r.at += n
	if len(b.Data) == want || r.err != nil {
		return r.at < len(r.carry)
	}
	empty := 0
	for len(b.Data) < want && r.err == nil {
		var m int
		m, r.err = r.src.Read(b.Data[len(b.Data):want])
		b.Data = b.Data[:len(b.Data)+m]
		if m > 0 {
			empty = 0
		} else if empty++; empty > 100 && r.err == nil {
			r.err = io.ErrNoProgress
		}
	}
	return false
}

// keep puts rest, the end of what fill returned, back to be read next.
func (r *Reader) keep(rest []byte, fromCarry bool) {
	if fromCarry {
		r.at -= len(rest)
		return
	}
	r.carry, r.at = append(r.carry[:0], rest...), 0
}

// long reads on until the first record of b ends. It returns where, having
// marked b if the record is malformed, or 0 if an error ended the source first.
func (r *Reader) long(b *Block, fromCarry *bool) int {
	for {
		window := b.Data[:min(len(b.Data), r.record)]
		r.scanned += int64(len(window))
		whole := len(b.Data) <= r.record && r.spent() // the text ends here
		end, open := 0, 0
		if r.json != nil {
			end, open = r.json.first(window)
		} else if r.other != nil {
			end, open = r.firstOther(window)
		} else {
			end, open = firstRecord(window, r.delim, r.quote)
		}
		switch {
		case end > 0:
			return end
		case whole && r.err != io.EOF:
			return 0
		case whole && open < 0:
			return len(window)
		case whole || len(b.Data) > r.record:
			return r.malformed(b, window, open)
		}
		want := min(2*len(b.Data), r.record+1)
		if cap(b.Data) < want+slack {
			b.Data = append(make([]byte, 0, want+slack), b.Data...)
		}
		*fromCarry = r.fill(b, want)
	}
}

// malformed marks b, whose first record has no end within window, and returns
// where reading resumes. A quote or an element opens at open, or nowhere if open is negative.
func (r *Reader) malformed(b *Block, window []byte, open int) int {
	if open >= 0 {
		b.Malformed = UnclosedQuote
		if r.json != nil {
			b.Malformed = NotJSON
			return len(window) // looking for an end after each beginning could take for ever
		}
		if i := bytes.IndexByte(window[open:], '\n'); i >= 0 {
			return open + i + 1
		}
		if len(window) == len(b.Data) {
			return len(window)
		}
	}
	b.Malformed = LongRecord
	rest := b.Data[len(window):]
	b.Data = window
	r.carry, r.at = append(append([]byte{}, rest...), r.carry[r.at:]...), 0
	r.skip(b)
	return len(b.Data)
}

// skip drops the rest of a line, whose line end goes to b.
func (r *Reader) skip(b *Block) {
	for {
		if i := bytes.IndexByte(r.carry[r.at:], '\n'); i >= 0 {
			b.Data = append(b.Data, '\n')
			b.Skipped += int64(i)
			r.at += i + 1
			return
		}
		b.Skipped += int64(len(r.carry) - r.at)
		r.at = len(r.carry)
		if r.refill(); len(r.carry) == 0 {
			if r.err == errSectionEnd {
				r.err = ErrSection
			}
			return
		}
	}
}

// refill reads a block's worth into carry, which was handed out whole.
func (r *Reader) refill() {
	tmp := Block{Data: r.carry[:0]}
	if cap(tmp.Data) < r.block {
		tmp.Data = make([]byte, 0, r.block)
	}
	r.carry, r.at = nil, 0
	r.fill(&tmp, r.block)
	r.scanned += int64(len(tmp.Data))
	r.carry = tmp.Data
}

// ErrTooLarge says that a file is larger than Limits allow. It is wrapped in a
// TooLargeError.
var ErrTooLarge = errors.New("file too large")

// A TooLargeError says which limit a file broke and what to do about it.
type TooLargeError struct {
	What   string // such as "decompressed text"
	Limit  int64  // bytes, or the ratio for a ratio
	Advice string
}

// Error names the limit and the advice.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%v: %s beyond %d: %s", ErrTooLarge, e.What, e.Limit, e.Advice)
}

// Unwrap returns ErrTooLarge.
func (e *TooLargeError) Unwrap() error { return ErrTooLarge }
