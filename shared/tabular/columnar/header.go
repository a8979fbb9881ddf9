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

// check looks at the headers of a chunk's pages: what they say of sizes decides
// how much memory reading them takes.
func (f *File) check(c parquet.ColumnChunk, group int, rows int64) error {
	k, ok := c.(*parquet.FileColumnChunk)
	if !ok {
		return errors.New("the row group lacks the column")
	}
	meta := &f.file.Metadata().RowGroups[group].Columns[k.Column()].MetaData
	if !slices.Contains(compressions, meta.Codec) {
		return fmt.Errorf("it is compressed by %s, which is not read: write the file with snappy, gzip, zstd or brotli", meta.Codec)
	}
	at := meta.DataPageOffset
	if d := meta.DictionaryPageOffset; d > 0 && d < at {
		at = d
	}
	end := at + meta.TotalCompressedSize
	if at < 4 || meta.TotalCompressedSize < 0 || end > f.size {
		return fmt.Errorf("the column %s lies outside the file", strings.Join(meta.PathInSchema, "."))
	}
	var protocol thrift.CompactProtocol
	buffer := make([]byte, 4<<10)
	for seen := int64(0); at < end && seen < rows; {
		n, err := f.in.ReadAt(buffer[:min(int64(len(buffer)), end-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		header := new(format.PageHeader)
		reader := protocol.NewReaderFromBytes(buffer[:n])
		if err := thrift.NewDecoder(reader).Decode(header); err != nil {
			if len(buffer) < 1<<20 && int64(len(buffer)) < end-at {
				buffer = make([]byte, 16*len(buffer)) // statistics may be long
				continue
			}
			return fmt.Errorf("read page header: %w", err)
		}
		values := int64(0)
		switch {
		case header.Type == format.DataPage && header.DataPageHeader.Valid:
			values = int64(header.DataPageHeader.V.NumValues)
			seen += values
		case header.Type == format.DataPageV2 && header.DataPageHeaderV2.Valid:
			values = int64(header.DataPageHeaderV2.V.NumValues)
			seen += values
		case header.DictionaryPageHeader.Valid:
			values = int64(header.DictionaryPageHeader.V.NumValues)
		}
		packed := int64(header.CompressedPageSize)
		if packed < 0 || header.UncompressedPageSize < 0 || values < 0 || at+int64(reader.BytesRead())+packed > end {
			return errors.New("a page header makes no sense")
		}
		if int64(header.UncompressedPageSize) > mostPage || values > mostValues {
			return fmt.Errorf("a page holds %d bytes and %d values, which is more than %d or %d: write the file with smaller pages",
				header.UncompressedPageSize, values, mostPage, mostValues)
		}
		at += int64(reader.BytesRead()) + packed
	}
	return nil
}
