package columnar

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// An unpacker hands the pages of a column to the library decompressed, as pages of
// version 2, each looked at before: what a header or the length of a run says decides
// how much memory the library takes, and where a page holds fewer values than that, the
// library returns what its memory held before. It is an io.ReaderAt that is read from its
// beginning on, a page at a time.
type unpacker struct {
	in       io.ReaderAt
	at, end  int64 // in the file, what is not unpacked yet
	codec    compress.Codec
	column   *column
	bits     int64 // that a value takes where it is written plainly, at least
	protocol thrift.CompactProtocol

	from int64    // where, as the library counts, left begins
	left [][]byte // what is unpacked, and not read yet

	*desk
}

// A desk is the memory that a page is unpacked on. Few are in use at a time, however many
// columns are read.
type desk struct{ head, packed, plain []byte }

var desks = sync.Pool{New: func() any { return &desk{head: make([]byte, 4<<10)} }}

// compressions are what columns may be compressed by.
var compressions = []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw}

// newUnpacker returns an unpacker of the bytes of a column from from to to.
func newUnpacker(in io.ReaderAt, codec format.CompressionCodec, c *column, length int, from, to int64) *unpacker {
	return &unpacker{in: in, at: from, end: to, from: from, column: c, bits: plainBits(c.kind, length),
		codec: parquet.LookupCompressionCodec(codec)}
}

// page unpacks the next page of values and has it read.
func (u *unpacker) page(read func() (parquet.Page, error)) (parquet.Page, error) {
	u.desk = desks.Get().(*desk)
	defer func() {
		desks.Put(u.desk)
		u.desk, u.left = nil, nil // what is read lies elsewhere
	}()
	if err := u.next(); err != nil {
		return nil, err
	}
	return read()
}

// plainBits returns how many bits a value of a column takes at least where it is written
// plainly.
func plainBits(kind parquet.Kind, length int) int64 {
	switch kind {
	case parquet.Boolean:
		return 1
	case parquet.Int32, parquet.Float, parquet.ByteArray: // whose length comes first
		return 32
	case parquet.Int64, parquet.Double:
		return 64
	case parquet.Int96:
		return 96
	case parquet.FixedLenByteArray:
		return 8 * int64(length)
	}
	return 0
}

// ReadAt implements io.ReaderAt for what comes next; fewer bytes than asked for are no error.
func (u *unpacker) ReadAt(p []byte, off int64) (int, error) {
	if off != u.from {
		return 0, errors.New("the page of its dictionary is missing")
	}
	for len(u.left) > 0 && len(u.left[0]) == 0 {
		u.left = u.left[1:]
	}
	if len(u.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, u.left[0])
	u.left[0] = u.left[0][n:]
	u.from += int64(n)
	return n, nil
}

// next unpacks the next page of values, and a dictionary before it, if there is one.
func (u *unpacker) next() error {
	u.left = u.left[:0]
	for u.at < u.end {
		header, body, err := u.read()
		if err != nil {
			return err
		}
		switch {
		case header.Type == format.DictionaryPage && header.DictionaryPageHeader.Valid:
			if err := u.dictionary(header, body); err != nil {
				return err
			}
			continue
		case header.Type == format.DataPage && header.DataPageHeader.Valid:
			return u.first(header, body)
		case header.Type == format.DataPageV2 && header.DataPageHeaderV2.Valid:
			return u.second(header, body)
		}
		return fmt.Errorf("a page of type %s holds no values", header.Type)
	}
	return nil
}

// read reads a page as it is.
func (u *unpacker) read() (*format.PageHeader, []byte, error) {
	header := new(format.PageHeader)
	size := 0
	for {
		n, err := u.in.ReadAt(u.head[:min(int64(len(u.head)), u.end-u.at)], u.at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		reader := u.protocol.NewReaderFromBytes(u.head[:n])
		if err = thrift.NewDecoder(reader).Decode(header); err == nil {
			size = reader.BytesRead()
			break
		}
		if len(u.head) >= 1<<20 || int64(len(u.head)) >= u.end-u.at {
			return nil, nil, fmt.Errorf("read page header: %w", err)
		}
		u.head, header = make([]byte, 16*len(u.head)), new(format.PageHeader) // statistics may be long
	}
	from, packed := u.at+int64(size), int64(header.CompressedPageSize)
	if packed < 0 || header.UncompressedPageSize < 0 || from+packed > u.end {
		return nil, nil, errors.New("a page header makes no sense")
	}
	if max(packed, int64(header.UncompressedPageSize)) > mostPage {
		return nil, nil, tooLargePage(header, 0)
	}
	u.packed = slices.Grow(u.packed[:0], int(packed))[:packed]
	if n, err := u.in.ReadAt(u.packed, from); n < len(u.packed) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, nil, err
	}
	if header.CRC != 0 && uint32(header.CRC) != crc32.ChecksumIEEE(u.packed) {
		return nil, nil, errors.New("the checksum of a page is another than its header says")
	}
	u.at = from + packed
	return header, u.packed, nil
}

func tooLargePage(header *format.PageHeader, values int) error {
	if values < 0 {
		return errors.New("a page header makes no sense")
	}
	return fmt.Errorf("a page holds %d bytes and %d values, which is more than %d or %d: write the file with smaller pages",
		header.UncompressedPageSize, values, mostPage, mostValues)
}

// unpack decompresses what should come to so many bytes.
func (u *unpacker) unpack(packed []byte, size int) ([]byte, error) {
	if u.codec.CompressionCodec() == format.Uncompressed || len(packed) == 0 {
		return packed, nil
	}
	u.plain = slices.Grow(u.plain[:0], size)
	var text []byte
	var err error
	switch u.codec.CompressionCodec() {
	case format.Lz4Raw: // which the library unpacks into whatever memory it takes
		n := 0
		n, err = lz4.UncompressBlock(packed, u.plain[:size])
		text = u.plain[:max(n, 0)]
	case format.Snappy:
		n := 0
		if n, err = s2.DecodedLen(packed); err == nil && n > mostPage {
			err = errors.New("it is too large")
		}
		if err == nil {
			text, err = u.codec.Decode(u.plain[:cap(u.plain)], packed)
		}
	default:
		text, err = u.codec.Decode(u.plain[:cap(u.plain)], packed)
	}
	if err != nil {
		return nil, fmt.Errorf("decompress a page by %s: %w", u.codec, err)
	}
	if cap(text) > cap(u.plain) {
		u.plain = text
	}
	return text, nil
}

// dictionary hands on a dictionary as it is, once it was seen to hold its values.
func (u *unpacker) dictionary(header *format.PageHeader, body []byte) error {
	values := int(header.DictionaryPageHeader.V.NumValues)
	if values < 0 || values > mostValues {
		return tooLargePage(header, values)
	}
	text, err := u.unpack(body, int(header.UncompressedPageSize))
	if err != nil {
		return err
	}
	if int64(values)*u.bits > 8*int64(len(text)) {
		return fmt.Errorf("a dictionary of %d values in %d bytes makes no sense", values, len(text))
	}
	if u.codec.CompressionCodec() == format.Lz4Raw && header.UncompressedPageSize > 0 {
		// The library mislays what it decompresses if that is as long as it should be
		// (parquet-go issue 608).
		header.UncompressedPageSize--
	}
	header.CRC = 0
	return u.emit(header, slices.Clone(body))
}

// first unpacks a page of version 1.
func (u *unpacker) first(header *format.PageHeader, body []byte) error {
	v := header.DataPageHeader.V
	if u.plainly(header, body) {
		return u.emit(header, body)
	}
	text, err := u.unpack(body, int(header.UncompressedPageSize))
	if err != nil {
		return err
	}
	var levels []byte
	if u.column.levels > 0 {
		if v.DefinitionLevelEncoding != format.RLE {
			return fmt.Errorf("a page says by %s which values are there, which is not read: write the file anew", v.DefinitionLevelEncoding)
		}
		if levels, text, err = prefixed(text); err != nil {
			return err
		}
	}
	return u.values(header, format.DataPageHeaderV2{NumValues: v.NumValues, NumRows: v.NumValues, Encoding: v.Encoding}, levels, text)
}

// plainly reports whether a page of version 1 can be handed on as it is: its values are
// written plainly, there is room for them, and which are there stands at the beginning, in
// what Snappy has not compressed. The library then unpacks it once, and nobody twice. Source:
// Snappy, format description, section 2.
func (u *unpacker) plainly(header *format.PageHeader, body []byte) bool {
	v := &header.DataPageHeader.V
	if u.codec.CompressionCodec() != format.Snappy || v.Encoding != format.Plain || u.column.levels == 0 || v.DefinitionLevelEncoding != format.RLE ||
		v.NumValues < 0 || v.NumValues > mostValues || u.bits == 0 {
		return false
	}
	size, n := uvarint(body)
	if n == 0 || size != uint64(header.UncompressedPageSize) || len(body) <= n || body[n]&3 != 0 {
		return false
	}
	text := body[n+1:]
	length := int(body[n]>>2) + 1
	if more := length - 60; more > 0 { // bytes that hold the length
		if length = 1; more > 3 || len(text) < more {
			return false
		}
		for i := range more {
			length += int(text[i]) << (8 * i)
		}
		text = text[more:]
	}
	levels, _, err := prefixed(text[:min(length, len(text))])
	if err != nil {
		return false
	}
	there, err := countLevels(levels, int(v.NumValues), u.column.levels)
	return err == nil && int64(there)*u.bits <= 8*(int64(size)-4-int64(len(levels)))
}

// second unpacks a page of version 2.
func (u *unpacker) second(header *format.PageHeader, body []byte) error {
	v := header.DataPageHeaderV2.V
	repeated, defined := int(v.RepetitionLevelsByteLength), int(v.DefinitionLevelsByteLength)
	if repeated < 0 || defined < 0 || repeated+defined > len(body) || v.NumRows != v.NumValues {
		return errors.New("a page header makes no sense")
	}
	levels, text := body[repeated:repeated+defined], body[repeated+defined:]
	if u.column.levels == 0 {
		levels = nil
	}
	if !v.IsCompressed.Valid || v.IsCompressed.V {
		var err error
		if text, err = u.unpack(text, max(0, int(header.UncompressedPageSize)-repeated-defined)); err != nil {
			return err
		}
	}
	return u.values(header, v, levels, text)
}

// values hands on a page that is unpacked.
func (u *unpacker) values(header *format.PageHeader, v format.DataPageHeaderV2, levels, text []byte) error {
	there := int(v.NumValues)
	if there < 0 || there > mostValues {
		return tooLargePage(header, there)
	}
	if u.column.levels > 0 {
		var err error
		if there, err = countLevels(levels, there, u.column.levels); err != nil {
			return err
		}
	}
	if err := u.enough(v.Encoding, text, there); err != nil {
		return err
	}
	v.NumNulls = v.NumValues - int32(there)
	v.RepetitionLevelsByteLength, v.DefinitionLevelsByteLength = 0, int32(len(levels))
	v.IsCompressed = thrift.Null[bool]{V: false, Valid: true}
	v.Statistics = format.Statistics{}
	size := int32(len(levels) + len(text))
	unpacked := &format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: size, CompressedPageSize: size}
	unpacked.DataPageHeaderV2 = thrift.Null[format.DataPageHeaderV2]{V: v, Valid: true}
	return u.emit(unpacked, levels, text)
}

func (u *unpacker) emit(header *format.PageHeader, body ...[]byte) error {
	text, err := thrift.Marshal(&u.protocol, header)
	u.left = append(append(u.left, text), body...)
	return err
}

// enough returns an error unless text holds so many values.
func (u *unpacker) enough(encoding format.Encoding, text []byte, values int) (err error) {
	if values == 0 {
		return nil
	}
	held := values
	switch encoding {
	case format.Plain:
		if u.bits > 0 {
			held = int(8 * int64(len(text)) / u.bits)
		}
	case format.ByteStreamSplit:
		held = int(8 * int64(len(text)) / max(1, u.bits))
	//lint:ignore SA1019 older writers say so of data pages
	case format.PlainDictionary, format.RLEDictionary:
		if len(text) == 0 || text[0] > 32 {
			return errors.New("a page lacks the numbers of its values in the dictionary")
		}
		held, err = walk(text[1:], uint(text[0]), values, nil)
	case format.RLE:
		if text, _, err = prefixed(text); err == nil {
			held, err = walk(text, 1, values, nil)
		}
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray:
		held, err = deltas(text)
		if held > values {
			return fmt.Errorf("a page holds %d values where its header says %d", held, values)
		}
	}
	if err == nil && held < values {
		err = fmt.Errorf("a page holds %d values where its header says %d", held, values)
	}
	return err
}
