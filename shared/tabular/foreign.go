package tabular

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// An UnreadError says that a file is in a form that is not read: Form is what it
// is, Advice what to send instead.
type UnreadError struct{ Form, Advice string }

// Error names the form and the advice.
func (e *UnreadError) Error() string {
	return fmt.Sprintf("it is %s, which is not read: %s", e.Form, e.Advice)
}

const (
	packOtherwise  = "send it plain, or compressed by gzip, zstd or bzip2 or in a zip"
	writeOtherwise = "write the data as delimited text, JSON Lines or Parquet"
	exportSheet    = "save the sheet with the data as CSV"
)

// foreign are forms by the bytes that they begin with, foreignBytes at most.
var foreign = []struct {
	magic, form, advice string
}{
	{"\xfd7zXZ\x00", "compressed by xz", packOtherwise},
	{"\x04\x22\x4d\x18", "compressed by lz4", packOtherwise},
	{"\xff\x06\x00\x00sNaPpY", "compressed by snappy", packOtherwise},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", packOtherwise},
	{"Rar!\x1a\x07", "a RAR archive", packOtherwise},
	{"Obj\x01\x02", "an Avro file", writeOtherwise}, // and how many properties follow
	{"Obj\x01\x03", "an Avro file", writeOtherwise},
	{"Obj\x01\x04", "an Avro file", writeOtherwise},
	{"ARROW1\x00\x00", "an Arrow (Feather) file", writeOtherwise},
	{"SQLite for", "an SQLite database", writeOtherwise},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file", writeOtherwise},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office file", exportSheet},
	{"%PDF-1.", "a PDF", writeOtherwise},
}

// foreignBytes is how much of a file's beginning tells how it is compressed or what else it is.
const foreignBytes = 10

// checkForeign returns an UnreadError if a file that begins with start is known to be
// nothing that is read; what is garbled in another way is left to its reader.
func checkForeign(start []byte) error {
	for _, f := range foreign {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			return &UnreadError{f.form, f.advice}
		}
	}
	return nil
}

// checkTar returns an UnreadError if text is a tar archive: its first record says so
// behind the name of the first file, which NULs fill up.
func checkTar(text []byte) error {
	const at, magic = 257, "ustar"
	if len(text) < at+len(magic) || string(text[at:at+len(magic)]) != magic || bytes.IndexByte(text[:100], 0) < 0 {
		return nil
	}
	return &UnreadError{"a tar archive", "send the file that is in it by itself, or several in a zip"}
}

// checkDocument returns an UnreadError if the files of a zip are the parts of a
// spreadsheet or another document.
func checkDocument(files []*zip.File) error {
	has := func(begin string) bool {
		return slices.ContainsFunc(files, func(f *zip.File) bool { return strings.HasPrefix(f.Name, begin) })
	}
	switch {
	case has("[Content_Types].xml") && has("xl/"):
		return &UnreadError{"an Excel workbook", exportSheet}
	case has("mimetype") && has("content.xml"):
		return &UnreadError{"an OpenDocument file", exportSheet}
	}
	return nil
}
