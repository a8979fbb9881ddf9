package tabular

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	defaultTotal = 64 << 30
	defaultRatio = 1000
	// Below this many bytes a high ratio does no harm.
	ratioFrom = 64 << 20
	// The most that zstd may need to look back; its own tool writes no more by default.
	zstdWindow = 128 << 20
)

// Decompress returns what r holds, decompressed if its first bytes are those
// of gzip, zstd, bzip2 or a zip of exactly one file; of several, OpenReader reads all. The name stands in errors.
// A zip is first copied to a temporary file, as its directory is at its end.
//
// Reading beyond l.TotalBytes or l.RatioLimit returns an error that wraps
// ErrTooLarge, reading a file that is cut off one that wraps
// io.ErrUnexpectedEOF, after everything before it. If the reader returned is an
// io.Closer, close it; that does not close r.
func Decompress(r io.Reader, name string, l Limits) (io.Reader, error) {
	plain, _, err := decompress(r, name, l)
	if err != nil {
		return nil, err
	}
	if plain.members != nil {
		return nil, errors.Join(fmt.Errorf("decompress %s: the archive holds %d files where it should hold one", name, len(plain.members)), plain.Close())
	}
	return plain, nil
}

func decompress(r io.Reader, name string, l Limits) (plain *bounded, form string, err error) {
	if l.TotalBytes <= 0 {
		l.TotalBytes = defaultTotal
	}
	if l.RatioLimit <= 0 {
		l.RatioLimit = defaultRatio
	}
	packed := new(atomic.Int64)
	source := &counter{r: r, n: packed}
	in := bufio.NewReaderSize(source, 64<<10)
	start, _ := in.Peek(foreignBytes) // an error comes again with the first Read
	out := &bounded{name: name, total: l.TotalBytes, ratio: l.RatioLimit, packed: packed, source: source}
	switch form = compression(start); form {
	case "":
		if err := checkForeign(start); err != nil {
			return nil, "", fmt.Errorf("read %s: %w", name, err)
		}
		out.r, out.packed = in, nil
		return out, form, nil
	case "gzip":
		var z *gzip.Reader
		if z, err = gzip.NewReader(in); err == nil {
			out.r, out.close = z, func() error { z.Close(); return nil } // Close repeats Read's error
		}
	case "zstd":
		var z *zstd.Decoder
		z, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err == nil {
			out.r, out.close = z, func() error { z.Close(); return nil }
		}
	case "bzip2":
		out.r = bzip2.NewReader(in)
	case "zip":
		err = out.unzip(in, l.TotalBytes)
	}
	if err != nil {
		return nil, form, fmt.Errorf("decompress %s: %s: %w%s", name, form, cutOff(err), out.remedy(form, err))
	}
	out.form = form
	return out, form, nil
}

// compression tells by its first bytes how a file is compressed; "" if it isn't.
func compression(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(start, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		len(start) >= 4 && start[0]&0xf0 == 0x50 && string(start[1:4]) == "\x2a\x4d\x18": // a frame to be skipped, as pzstd writes first
		return "zstd"
	case len(start) == 10 && string(start[:3]) == "BZh" && (string(start[4:]) == "1AY&SY" || string(start[4:]) == "\x17rE8P\x90"): // a block, or the end
		return "bzip2"
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("PK\x05\x06")):
		return "zip"
	}
	return ""
}

// cutOff makes the end of a file inside compressed data an unexpected one.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// remedy says what to do about data compressed in that form that can't be read. Nothing is
// to be done to the file where its source failed.
func (b *bounded) remedy(form string, err error) string {
	var corrupt flate.CorruptInputError
	switch {
	case b.source.err != nil && b.source.err != io.EOF:
		return ""
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ": the file is cut off; send it again, whole"
	case errors.Is(err, zip.ErrAlgorithm):
		return ": pack it by deflate, the usual method"
	case errors.Is(err, gzip.ErrHeader):
		return ": something else follows the compressed data, or it is damaged; pack the file and send it again"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return ": pack it without --long"
	case form != "zip", errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.As(err, &corrupt):
		return ": the file is damaged; pack it and send it again"
	}
	return ""
}

// A bounded reader stops at the limits and names the file in errors.
type bounded struct {
	r            io.Reader
	close        func() error
	name, form   string
	total, ratio int64
	packed       *atomic.Int64 // nil if nothing is compressed
	source       *counter
	members      []*zip.File // of a zip with several, which r then can't be before one is opened
	n            int64
	err          error
}

// Read reads decompressed bytes.
func (b *bounded) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if room := b.total - b.n + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	switch {
	case b.n > b.total:
		n -= int(b.n - b.total)
		err = &TooLargeError{"text of " + b.name + ", in bytes,", b.total, "split the file, or raise the limit (--max-bytes; context max_bytes for the functions) if it is meant to be this large"}
	case b.packed != nil && b.n > ratioFrom && b.n/b.ratio > b.packed.Load():
		err = &TooLargeError{"growth of " + b.name + " by decompression, as a ratio,", b.ratio, "it looks like a decompression bomb; raise the limit (--max-ratio; context max_ratio for the functions) if it is real data"}
	case err != nil && err != io.EOF && b.form != "":
		err = fmt.Errorf("decompress %s: %s: %w%s", b.name, b.form, err, b.remedy(b.form, err))
	}
	b.err = err
	return n, err
}

// readAhead goes on reading while nobody asks.
func (b *bounded) readAhead() {
	a, drop := newAhead(b.r), b.close
	b.r, b.close = a, func() error {
		a.Close()
		if drop == nil {
			return nil
		}
		return drop()
	}
}

// Close frees what decompression holds, a temporary file among it.
func (b *bounded) Close() error {
	if b.close == nil {
		return nil
	}
	return b.close()
}

// unzip reads from the one file of the zip archive in.
func (b *bounded) unzip(in io.Reader, most int64) error {
	spool, err := os.CreateTemp("", "tillwatch-*.zip")
	if err != nil {
		return err
	}
	drop := func() error { return errors.Join(spool.Close(), os.Remove(spool.Name())) }
	size, err := io.Copy(spool, io.LimitReader(in, most+1))
	if err == nil && size > most {
		err = &TooLargeError{"archive, in bytes,", most, "split the file, or raise the limit (--max-bytes; context max_bytes for the functions)"}
	}
	var files []*zip.File
	if err == nil {
		files, err = listed(spool, size)
	}
	if err == nil && len(files) > 1 {
		b.members, b.close = files, drop
		return nil
	}
	if err == nil {
		var member io.ReadCloser
		if member, err = openMember(files[0]); err == nil {
			b.r, b.close = member, func() error { member.Close(); return drop() } // Close repeats Read's error
			return nil
		}
	}
	return errors.Join(err, drop())
}
