package columnar

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// compressions are what columns may be compressed by. LZ4_RAW is not among them:
// the library returns zeros for most of its pages, and no error
// (parquet-go issue 608).
var compressions = []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd}

// bounds returns where the bytes of a column of a row group are.
func (f *File) bounds(group, leaf int) (from, to int64, err error) {
	meta := &f.file.Metadata().RowGroups[group].Columns[leaf].MetaData
	from = meta.DataPageOffset
	if meta.DictionaryPageOffset != 0 {
		from = meta.DictionaryPageOffset
	}
	to = from + meta.TotalCompressedSize
	if from < 4 || from > f.size || meta.TotalCompressedSize < 0 || to > f.size {
		return 0, 0, fmt.Errorf("the column %s lies outside the file", strings.Join(meta.PathInSchema, "."))
	}
	return from, to, nil
}

// checkCodec returns an error if a column can't be decompressed.
func (f *File) checkCodec(group, leaf int) error {
	if codec := f.file.Metadata().RowGroups[group].Columns[leaf].MetaData.Codec; !slices.Contains(compressions, codec) {
		return fmt.Errorf("it is compressed by %s, which is not read: write the file with snappy, gzip, zstd or brotli", codec)
	}
	return nil
}

// headers looks at the headers of a column's pages before the pages are read: what
// they say of sizes decides how much memory that takes.
type headers struct {
	in       io.ReaderAt
	bits     int64 // that a value takes where it is written plainly, at least
	at, end  int64 // what is not looked at yet
	room     int64 // bits for the values of the page that next told of, -1 if they are not plain
	protocol thrift.CompactProtocol
	buffer   []byte
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

// next looks at the headers up to that of the next page that is no dictionary, if there
// is one.
func (h *headers) next() error {
	if h.buffer == nil {
		h.buffer = make([]byte, 4<<10)
	}
	for h.at < h.end {
		n, err := h.in.ReadAt(h.buffer[:min(int64(len(h.buffer)), h.end-h.at)], h.at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		header := new(format.PageHeader)
		reader := h.protocol.NewReaderFromBytes(h.buffer[:n])
		if err := thrift.NewDecoder(reader).Decode(header); err != nil {
			if len(h.buffer) < 1<<20 && int64(len(h.buffer)) < h.end-h.at {
				h.buffer = make([]byte, 16*len(h.buffer)) // statistics may be long
				continue
			}
			return fmt.Errorf("read page header: %w", err)
		}
		values, coded, size := int64(0), false, 8*int64(header.UncompressedPageSize)
		h.room = -1
		switch {
		case header.Type == format.DataPage && header.DataPageHeader.Valid:
			v := &header.DataPageHeader.V
			if values = int64(v.NumValues); v.Encoding == format.Plain {
				h.room = size
			}
		case header.Type == format.DataPageV2 && header.DataPageHeaderV2.Valid:
			v := &header.DataPageHeaderV2.V
			if values = int64(v.NumValues); v.Encoding == format.Plain {
				h.room = size - 8*int64(v.DefinitionLevelsByteLength) - 8*int64(v.RepetitionLevelsByteLength)
			}
		case header.DictionaryPageHeader.Valid:
			if values, coded = int64(header.DictionaryPageHeader.V.NumValues), true; values*h.bits > size {
				return fmt.Errorf("a dictionary of %d values in %d bytes makes no sense", values, size/8)
			}
		}
		packed := int64(header.CompressedPageSize)
		if packed < 0 || header.UncompressedPageSize < 0 || values < 0 || h.at+int64(reader.BytesRead())+packed > h.end {
			return errors.New("a page header makes no sense")
		}
		if int64(header.UncompressedPageSize) > mostPage || values > mostValues {
			return fmt.Errorf("a page holds %d bytes and %d values, which is more than %d or %d: write the file with smaller pages",
				header.UncompressedPageSize, values, mostPage, mostValues)
		}
		if h.at += int64(reader.BytesRead()) + packed; !coded {
			return nil
		}
	}
	return nil
}
