package columnar

import (
	"fmt"
	"slices"
	"strings"
)

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
		return fmt.Errorf("it is compressed by %s, which is not read: write the file with snappy, gzip, zstd, brotli or LZ4_RAW", codec)
	}
	return nil
}
